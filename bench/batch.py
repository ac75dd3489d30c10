"""A batch of documents of five sections: how fast it is beside what the provider allows, and what
it does to the pages and to the memory meanwhile.

The provider takes so many calls at once. Had all its slots been busy from the first moment to the
last, the batch would have taken `floor_seconds`: that is its limit.

    python -m bench.batch --documents 1000 --slots 32 --kills 2
"""

import argparse
import http.cookiejar
import json
import os
import re
import signal
import statistics
import tempfile
import threading
import time
import urllib.parse
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psutil

from bench.budget import Books
from bench.footprint import name_of, proportional_memory
from bench.live_draft import percentile, shell
from bench.stack import PASSWORD, USER, Provider, Stack

DOCUMENTS, SLOTS = 24, 8
SECTIONS, WORDS = 5, 200
FIRST_TOKEN_SECONDS, TOKENS_PER_SECOND = 0.3, 60
LOOK_SECONDS, MEMORY_SECONDS = 0.25, 2.0
# How many sections are read word by word in the end.
MOST_READ = 500

START = """
from django.contrib.auth import get_user_model
from agents.actions.batches import create_batch
from agents.briefs import Brief
from agents.models import Provider, Workflow
Provider.objects.update(concurrency={slots})
rows = [Brief(f"Reef {{n}}", f"How reef {{n}} lives, for divers.", target_words={words})
        for n in range({documents})]
batch = create_batch(get_user_model().objects.get(username={user!r}), name="Reefs", rows=rows,
                     workflow=Workflow.objects.get(slug="quick"), concurrency={at_once})
print(batch.pk)
"""
CHECK = """
import json
from agents.models import Attempt, Batch, BatchRow, Chunk, Run, Step
from writing.actions.text import body_of
from writing.models import Document, Section
from writing.text.markdown import plain_text
batch = Batch.objects.get()
wrong = 0
for step in Step.objects.filter(kind="write").order_by("?")[:{most}]:
    written = "".join(step.chunks.order_by("number").values_list("text", flat=True))
    wrong += plain_text(body_of(step.section_id)).split() != written.split()
finished = Attempt.objects.filter(outcome="finished")
print(json.dumps({{
    "seconds": (batch.ended_at - batch.started_at).total_seconds(),
    "finished": BatchRow.objects.filter(state="finished").count(),
    "documents": Document.objects.count(),
    "runs": Run.objects.count(),
    "sections": Section.objects.exclude(word_count=0).count(),
    "steps": Step.objects.count(),
    "attempts_finished": finished.count(),
    "steps_finished_twice": finished.count() - finished.values("step").distinct().count(),
    "attempts_interrupted": Attempt.objects.filter(outcome="interrupted").count(),
    "sections_read": min({most}, Step.objects.filter(kind="write").count()),
    "sections_with_lost_or_doubled_words": wrong,
}}))
"""


class Reader:
    """Somebody who looks at pages while the batch runs; milliseconds by page."""

    def __init__(self, url: str, batch: str) -> None:
        self._url, self._batch = url, batch
        jar = urllib.request.HTTPCookieProcessor(http.cookiejar.CookieJar())
        self._opener = urllib.request.build_opener(jar)
        self.milliseconds: dict[str, list[float]] = {}
        self._is_over = threading.Event()
        self._thread = threading.Thread(target=self._read)

    def __enter__(self) -> "Reader":
        address = f"{self._url}/accounts/login/"
        token = re.search(r'name="csrfmiddlewaretoken" value="(\w+)"', self._get(address))
        assert token
        fields = {"login": USER, "password": PASSWORD, "csrfmiddlewaretoken": token[1]}
        self._opener.open(address, urllib.parse.urlencode(fields).encode(), timeout=30).close()
        self._thread.start()
        return self

    def __exit__(self, *error: object) -> None:
        self._is_over.set()
        self._thread.join()

    def _get(self, address: str) -> str:
        with self._opener.open(address, timeout=30) as answer:
            return str(answer.read().decode())

    def _read(self) -> None:
        while not self._is_over.is_set():
            page = self._timed("batch", f"/batches/{self._batch}/")
            self._timed("library", "/")
            self._timed("batches", "/batches/")
            if document := re.search(r"/documents/[0-9a-f-]{36}/", page):
                self._timed("manuscript", document[0])
                self._timed("outline", f"{document[0]}outline/")
                self._timed("runs", f"{document[0]}runs/")

    def _timed(self, name: str, path: str) -> str:
        began = time.monotonic()
        page = self._get(self._url + path)
        self.milliseconds.setdefault(name, []).append((time.monotonic() - began) * 1000)
        self._is_over.wait(LOOK_SECONDS)
        return page


class Memory:
    """MB of the web process and the worker, again and again."""

    def __init__(self, root: int) -> None:
        self._root = root
        self.megabytes: list[dict[str, float]] = []
        self._is_over = threading.Event()
        self._thread = threading.Thread(target=self._look)

    def __enter__(self) -> "Memory":
        self._thread.start()
        return self

    def __exit__(self, *error: object) -> None:
        self._is_over.set()
        self._thread.join()

    def _look(self) -> None:
        while not self._is_over.wait(MEMORY_SECONDS):
            sums: dict[str, float] = {}
            for process in psutil.Process(self._root).children(recursive=True):
                try:
                    name, used = name_of(process), proportional_memory(process)
                except psutil.Error:  # it has ended
                    continue
                if name in ("project.web", "worker"):
                    sums[name] = sums.get(name, 0) + used / 2**20
            self.megabytes.append(sums)

    def quarters(self, name: str) -> list[int]:
        """The median of each quarter of the time."""
        seen = [sums[name] for sums in self.megabytes if name in sums]
        size = max(1, len(seen) // 4)
        parts = [seen[start : start + size] for start in range(0, size * 4, size)]
        return [round(statistics.median(part)) for part in parts if part]


def kill_worker(root: int) -> None:
    """As when the machine runs out of memory; the supervisor starts another."""
    for process in psutil.Process(root).children(recursive=True):
        if name_of(process) == "worker":
            os.kill(process.pid, signal.SIGKILL)


@contextmanager
def stack_with_provider() -> Iterator[tuple[Stack, Provider]]:
    pace = ("--ttft", str(FIRST_TOKEN_SECONDS), "--tps", str(TOKENS_PER_SECOND))
    with tempfile.TemporaryDirectory() as name:
        directory = Path(name)
        with (
            Provider(directory, *pace) as provider,
            Stack(directory / "data", **provider.environment) as stack,
        ):
            yield stack, provider


def run(documents: int = DOCUMENTS, slots: int = SLOTS, kills: int = 0) -> dict[str, Any]:
    """One JSON object: documents a minute and the provider's limit of them, p95 of the pages in
    milliseconds, MB by quarters of the time, and what is there in the end."""
    with stack_with_provider() as (stack, provider):
        order = START.format(
            user=USER,
            slots=slots,
            documents=documents,
            # While some are being outlined, the others must be able to fill all slots.
            at_once=min(100, max(4, slots)),
            words=SECTIONS * WORDS,
        )
        batch, books = shell(stack, order), Books(stack.directory)
        due = [documents * (number + 1) // (kills + 1) for number in range(kills)]
        with Reader(stack.url, batch) as reader, Memory(stack.pid) as memory:
            while books.one("select count(*) from agents_batch where state != 'ended'"):
                done = books.one("select count(*) from agents_batchrow where state = 'finished'")
                if due and done >= due[0]:
                    due.pop(0)
                    kill_worker(stack.pid)
                time.sleep(0.2)
        found = json.loads(shell(stack, CHECK.format(most=MOST_READ)))
        calls = provider.calls()
    floor = sum(call["t_end"] - call["t_start"] for call in calls) / slots
    milliseconds = reader.milliseconds
    assert not due, due
    result = {
        "benchmark": "batch",
        "documents": documents,
        "sections_each": SECTIONS,
        "slots": slots,
        "kills": kills,
        "calls": len(calls),
        "seconds": round(found.pop("seconds"), 1),
        "floor_seconds": round(floor, 1),
        "pages_p95_ms": {
            name: round(percentile(times, 0.95)) for name, times in milliseconds.items()
        },
        "pages_read": sum(map(len, milliseconds.values())),
        "memory_mb_by_quarters": {
            name: memory.quarters(name) for name in ("project.web", "worker")
        },
        **found,
    }
    result["documents_per_minute"] = round(documents / result["seconds"] * 60, 1)
    result["limit_per_minute"] = round(documents / floor * 60, 1)
    result["ratio"] = round(floor / result["seconds"], 3)
    assert found["finished"] == found["documents"] == found["runs"] == documents, result
    assert found["sections"] == documents * SECTIONS, result
    assert found["attempts_finished"] == found["steps"] == documents * (SECTIONS + 1), result
    assert found["steps_finished_twice"] == 0, result
    assert found["sections_with_lost_or_doubled_words"] == 0, result
    return result


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--documents", type=int, default=DOCUMENTS)
    parser.add_argument("--slots", type=int, default=SLOTS, help="calls that the provider takes")
    parser.add_argument("--kills", type=int, default=0, help="how often the worker is killed")
    options = parser.parse_args()
    print(json.dumps(run(options.documents, options.slots, options.kills)))


if __name__ == "__main__":
    main()
