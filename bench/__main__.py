"""`make bench`: every benchmark, or those named; one JSON object each."""

import argparse
import json

from bench import footprint, live_draft

BENCHMARKS = {"footprint": footprint.run, "live_draft": live_draft.run}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("names", nargs="*", choices=[*BENCHMARKS, []], help="default: all")
    for name in parser.parse_args().names or BENCHMARKS:
        print(json.dumps(BENCHMARKS[name]()), flush=True)


if __name__ == "__main__":
    main()
