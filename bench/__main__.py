"""`make bench`: every benchmark, or those named; one JSON object each."""

import argparse
import json
from collections.abc import Callable, Iterable
from typing import Any

from bench import (
    batch,
    budget,
    footprint,
    growth,
    history,
    live_draft,
    long_document,
    prompt_tokens,
    streams,
    text_joins,
    text_load,
)

BENCHMARKS: dict[str, Callable[[], Iterable[dict[str, Any]]]] = {
    "batch": lambda: [batch.run()],
    "budget": lambda: [budget.run()],
    "footprint": lambda: [footprint.run()],
    "growth": lambda: [growth.run()],
    "history": lambda: [history.run()],
    "live_draft": live_draft.run,
    "long_document": lambda: [long_document.run()],
    "tokens": lambda: [prompt_tokens.run()],
    "streams": lambda: [streams.run()],
    "text_joins": text_joins.run,
    "text_load": text_load.run,
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("names", nargs="*", choices=[*BENCHMARKS, []], help="default: all")
    for name in parser.parse_args().names or BENCHMARKS:
        for result in BENCHMARKS[name]():
            print(json.dumps(result), flush=True)


if __name__ == "__main__":
    main()
