"""Two hundred streams of 30 tokens a second in one worker process: its CPU, its memory, and how
long after the provider sent it a token was saved, and so could be seen.

We look into the database every few milliseconds; what is there is committed. Times between looks
count as late, so the figures are upper bounds.
"""

import bisect
import re
import sqlite3
import statistics
import tempfile
import threading
import time
from collections import defaultdict
from contextlib import closing
from pathlib import Path
from typing import Any

import psutil

from bench import fake_text
from bench.live_draft import percentile, shell
from bench.stack import USER, Provider, Stack

DOCUMENTS, SECTIONS = 4, 50
STREAMS = DOCUMENTS * SECTIONS
TOKENS_PER_SECOND = 30
WORDS = 900
LOOK_SECONDS = 0.01
PATIENCE_SECONDS = 300
TARGETS = {"cpu_share_of_a_core": 1.0, "memory_mb": 500, "latest_token_ms": 250}

# Answers that say which request they belong to.
SCRIPT = """
import itertools
from bench.fake_text import prose
numbers = itertools.count(1)
def reply(messages, body):
    number = next(numbers)
    return f"Stream{{number}} {{prose(number, {words})}}"
"""
START = """
from django.contrib.auth import get_user_model
from agents.actions.runs import start_draft
from agents.models import Model, Provider, Workflow
from writing.actions.documents import create_document
from writing.actions.sections import add_section
user = get_user_model().objects.get(username={user!r})
Provider.objects.update(concurrency={streams})
Model.objects.update(tier="large", context_tokens=100_000)
quick = Workflow.objects.get(slug="quick")
documents = []
for number in range({documents}):
    document = create_document(user, title="Reefs", brief="How reefs live.", kind="article",
                               language="en", target_words={sections} * {words})
    for number in range({sections}):
        add_section(document, acting_user=user, title=f"Part {{number + 1}}", target_words={words})
    documents.append(document)
for document in documents:
    start_draft(document, acting_user=user, workflow=quick)
print("started")
"""


class Watch:
    """What a look into the database has found, until it is stopped."""

    def __init__(self, database: Path, worker: psutil.Process) -> None:
        self.chunks: list[tuple[float, str, str]] = []
        # Moment, CPU seconds so far, bytes.
        self.samples: list[tuple[float, float, int]] = []
        self._database, self._worker = database, worker
        self._is_over = threading.Event()
        self._thread = threading.Thread(target=self._look)

    def __enter__(self) -> "Watch":
        self._thread.start()
        return self

    def __exit__(self, *error: object) -> None:
        self._is_over.set()
        self._thread.join()

    def _look(self) -> None:
        newest = 0
        query = "select id, step_id, text from agents_chunk where id > ? order by id"
        with closing(sqlite3.connect(self._database, timeout=20)) as database:
            while not self._is_over.wait(LOOK_SECONDS):
                rows = database.execute(query, [newest]).fetchall()
                now = time.time()
                self.chunks += [(now, step, text) for _pk, step, text in rows]
                newest = rows[-1][0] if rows else newest
                if not self.samples or now - self.samples[-1][0] > 1:
                    times = self._worker.cpu_times()
                    used = times.user + times.system
                    self.samples.append((now, used, self._worker.memory_info().rss))


def lateness(watch: Watch, calls: dict[int, dict[str, Any]]) -> list[tuple[float, float]]:
    """For each chunk: when it was there, and how many seconds before that the provider sent the
    first of its tokens."""
    texts: defaultdict[str, list[tuple[float, str]]] = defaultdict(list)
    for seen_at, step, text in watch.chunks:
        texts[step].append((seen_at, text))
    late = []
    for chunks in texts.values():
        answer = "".join(text for _seen_at, text in chunks)
        found = re.match(r"\s*Stream(\d+)", answer)
        assert found, answer[:50]
        began = calls[int(found[1])]["t_first"]
        ends = [token.end() for token in fake_text.TOKEN.finditer(answer)]
        length = 0
        for seen_at, text in chunks:
            first = bisect.bisect_right(ends, length)
            late.append((seen_at, seen_at - began - first / TOKENS_PER_SECOND))
            length += len(text)
    return late


def worker_of(stack: Stack) -> psutil.Process:
    """The one process that holds the streams."""
    workers = [
        process
        for process in psutil.Process(stack.pid).children(recursive=True)
        if "worker" in process.cmdline()
    ]
    assert len(workers) == 1, workers
    return workers[0]


def run() -> dict[str, Any]:
    with tempfile.TemporaryDirectory() as name:
        directory = Path(name)
        script = directory / "script.py"
        script.write_text(SCRIPT.format(words=WORDS))
        options = ["--ttft", "0.3", "--tps", str(TOKENS_PER_SECOND), "--script", str(script)]
        with (
            Provider(directory, *options) as provider,
            Stack(directory / "data", **provider.environment) as stack,
            Watch(directory / "data" / "scriptorium.sqlite3", worker_of(stack)) as watch,
        ):
            sizes = {"documents": DOCUMENTS, "sections": SECTIONS, "streams": STREAMS}
            shell(stack, START.format(user=USER, words=WORDS, **sizes))
            deadline = time.monotonic() + PATIENCE_SECONDS
            while not provider.log.exists() or len(provider.calls()) < STREAMS:
                assert time.monotonic() < deadline, len(provider.calls())
                time.sleep(1)
            time.sleep(2)
            calls = provider.calls()
    begin, end = max(call["t_first"] for call in calls), min(call["t_end"] for call in calls)
    at_once = [sample for sample in watch.samples if begin <= sample[0] <= end]
    (first, used_before, _), (last, used, _) = at_once[0], at_once[-1]
    by_number = {call["n"]: call for call in calls}
    late = [late for _seen_at, late in lateness(watch, by_number)]
    tokens = sum(call["completion_tokens"] for call in calls)
    all_used = watch.samples[-1][1] - watch.samples[0][1]
    return {
        "benchmark": "streams",
        "streams": len(calls),
        "tokens_per_second": TOKENS_PER_SECOND,
        "seconds_all_at_once": round(last - first, 1),
        "cpu_share_of_a_core": round((used - used_before) / (last - first), 2),
        "cpu_ms_per_token": round(all_used * 1000 / tokens, 3),
        "memory_mb": round(max(sample[2] for sample in watch.samples) / 1e6),
        "token_to_commit_ms": {
            "median": round(statistics.median(late) * 1000),
            "p99": round(percentile(late, 0.99) * 1000),
        },
        "latest_token_ms": round(max(late) * 1000),
        "targets": TARGETS,
    }
