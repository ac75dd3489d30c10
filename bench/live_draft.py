"""Drafts of 8, 32 and 128 sections, watched in a browser: wall time, first visible token, CPU.

The critical path is the longest chain of calls that one section needs (write, critique, edit) as
the provider logged them: no team of agents can be faster with this provider.
"""

import json
import statistics
import tempfile
from collections.abc import Iterator
from itertools import groupby
from pathlib import Path
from typing import Any

import psutil

from bench.stack import USER, Provider, Stack, chromium, sign_in

# Sections, tokens a second of the provider, and how much longer than the critical path at most.
CASES = ((8, 100, 1.05), (32, 100, 1.10), (128, 30, 1.10))
# As the fake provider by itself says.
WORDS = 150

MAKE_DOCUMENT = """
from django.contrib.auth import get_user_model
from agents.models import Provider
from writing.actions.documents import create_document
from writing.actions.sections import add_section
user = get_user_model().objects.get(username={user!r})
document = create_document(user, title="Reefs", brief="How reefs live.", kind="article",
                           language="en", target_words={sections} * {words})
for number in range({sections}):
    add_section(document, acting_user=user, title=f"Part {{number + 1}}", target_words={words})
Provider.objects.update(concurrency={sections})
print(document.pk)
"""
READ_RUN = """
import json
from agents.models import Run
run = Run.objects.get(document_id={document!r})
print(json.dumps({{"state": run.state,
                   "seconds": (run.finished_at - run.created_at).total_seconds()}}))
"""
# The moment each section's first words are painted, in seconds of the epoch.
WATCH = """
() => {
  window.firstSeen = {};
  const unseen = new Map([...document.querySelectorAll(".section[data-section]")].entries());
  const look = () => {
    for (const [index, section] of unseen) {
      if (!section.querySelector(".agent")?.textContent.trim()) continue;
      window.firstSeen[index] = (performance.timeOrigin + performance.now()) / 1000;
      unseen.delete(index);
    }
    if (!unseen.size) watcher.disconnect();
  };
  const watcher = new MutationObserver(() => requestAnimationFrame(look));
  watcher.observe(document.body, {subtree: true, childList: true, characterData: true});
}
"""


def shell(stack: Stack, code: str) -> str:
    """What a piece of Python in Django's shell prints last."""
    return stack.manage("shell", "--verbosity", "0", "-c", code).strip().splitlines()[-1]


def critical_path(calls: list[dict[str, Any]]) -> float:
    """Seconds of the longest chain of one section's calls."""
    ordered = sorted(calls, key=lambda call: call["section"])
    chains = groupby(ordered, key=lambda call: call["section"])
    return max(float(sum(c["t_end"] - c["t_start"] for c in chain)) for _, chain in chains)


def percentile(values: list[float], share: float) -> float:
    return sorted(values)[min(len(values) - 1, int(len(values) * share))]


def draft_in_browser(
    page: Any, url: str, document: str, sections: int, seconds: float
) -> dict[str, float]:
    """Press *Draft* and wait for the end; gives section index: time of the first visible words."""
    page.goto(f"{url}/documents/{document}/")
    page.wait_for_function(
        "count => document.querySelectorAll('.section').length === count",
        arg=sections,
    )
    page.wait_for_selector("#saved[data-state=saved]")
    page.evaluate(WATCH)
    page.click("header button.primary")
    page.click("#dialog button.primary")
    page.wait_for_selector("[data-purpose=draft][data-run-state=finished]", timeout=seconds * 1000)
    seen: dict[str, float] = page.evaluate("() => window.firstSeen")
    return seen


def cpu_seconds(root: int) -> dict[str, float]:
    """What the processes under this one have used so far, by what they are."""
    used: dict[str, float] = {}
    for process in psutil.Process(root).children(recursive=True):
        command = " ".join(process.cmdline())
        kind = next((k for k in ("project.web", "celery", "valkey") if k in command), "other")
        times = process.cpu_times()
        used[kind] = used.get(kind, 0) + times.user + times.system
    return used


def run() -> Iterator[dict[str, Any]]:
    """One JSON object for each case; delays in milliseconds, CPU in milliseconds a token."""
    for sections, tokens_per_second, target in CASES:
        yield case(sections, tokens_per_second, target)


def case(sections: int, tokens_per_second: int, target: float) -> dict[str, Any]:
    with tempfile.TemporaryDirectory() as name:
        directory = Path(name)
        with (
            Provider(directory, "--ttft", "0.3", "--tps", str(tokens_per_second)) as provider,
            Stack(directory / "data", **provider.environment) as stack,
            chromium() as browser,
        ):
            code = MAKE_DOCUMENT.format(user=USER, sections=sections, words=WORDS)
            document = shell(stack, code)
            page = sign_in(browser, stack.url)
            before = cpu_seconds(stack.pid)
            seen = draft_in_browser(page, stack.url, document, sections, seconds=300)
            used = cpu_seconds(stack.pid)
            result = json.loads(shell(stack, READ_RUN.format(document=document)))
            calls = provider.calls()
    assert result["state"] == "finished", result
    ideal = critical_path(calls)
    writes = sorted((c for c in calls if c["role"] == "writer"), key=lambda c: c["section"])
    delays = [(seen[str(index)] - call["t_first"]) * 1000 for index, call in enumerate(writes)]
    tokens = sum(call["completion_tokens"] for call in calls)
    return {
        "benchmark": "live_draft",
        "sections": sections,
        "tokens_per_second": tokens_per_second,
        "calls": len(calls),
        "completion_tokens": tokens,
        "wall_seconds": round(result["seconds"], 3),
        "critical_path_seconds": round(ideal, 3),
        "ratio": round(result["seconds"] / ideal, 3),
        "target_ratio": target,
        "first_visible_token_ms": {
            "median": round(statistics.median(delays)),
            "p95": round(percentile(delays, 0.95)),
            "max": round(max(delays)),
        },
        "cpu_ms_per_token": {
            kind: round((used[kind] - before.get(kind, 0)) * 1000 / tokens, 3) for kind in used
        },
    }
