"""A document of 50 sections and 50,000 words in a browser: until it can be used, typing, finding.

Usable is when the first section can be written in and all that is in sight stands there; the rest
of the sections may still be on their way.
"""

import statistics
import tempfile
from pathlib import Path
from typing import Any

from bench.manuscripts import make_documents
from bench.stack import Stack, chromium, sign_in

SECTIONS = 50
WORDS = 1000
LOADS = 5
KEYS = 60
TARGET_SECONDS = 1.0
SENTENCE = "A reef of so many words is read by nobody at once, which is why it has to be quick. "
WORDS_OF_SENTENCE = 20

# Milliseconds since the navigation began, as seen from a page that is still loading.
WATCH = """
window.reached = {};
const look = () => {
  const now = performance.now();
  const sections = document.querySelectorAll(".section-text");
  const first = sections[0]?.querySelector("[contenteditable=true]");
  const ready = document.querySelectorAll(".section-text[data-ready=true]").length;
  const drawn = [...sections].filter((text) => text.textContent.length > 100).length;
  if (first?.textContent.length > 100) window.reached.usable ??= now;
  if (sections.length && ready === sections.length) window.reached.synced ??= now;
  if (sections.length && drawn === sections.length) window.reached.drawn ??= now;
  if (Object.keys(window.reached).length < 3) requestAnimationFrame(look);
};
requestAnimationFrame(look);
"""
# From the key to the next frame's end, in milliseconds.
TYPE = """
() => {
  window.latencies = [];
  document.addEventListener("keydown", () => {
    const began = performance.now();
    requestAnimationFrame(() => {
      const {port1, port2} = new MessageChannel();
      port1.onmessage = () => window.latencies.push(performance.now() - began);
      port2.postMessage(null);
    });
  }, {capture: true});
}
"""


def percentile(values: list[float], share: float) -> float:
    return sorted(values)[min(len(values) - 1, int(len(values) * share))]


def load(page: Any, url: str) -> dict[str, float]:
    page.goto(url)
    page.wait_for_function("() => Object.keys(window.reached).length === 3")
    page.wait_for_selector("#saved[data-state=saved]")
    # The sections are counted a moment after they are drawn.
    page.wait_for_function(
        """least => Number(document.querySelector(".byline .word-count").textContent
          .replace(/ of .*|\\D/g, "")) >= least""",
        arg=SECTIONS * WORDS,
    )
    reached: dict[str, float] = page.evaluate("() => window.reached")
    return reached


def type_in(page: Any, section: int) -> list[float]:
    text = page.locator(".section .ProseMirror").nth(section)
    text.evaluate("text => text.focus()")
    page.wait_for_function("() => document.activeElement.isContentEditable")
    page.evaluate(TYPE)
    page.keyboard.type("typing away " * (KEYS // 12), delay=30)
    latencies: list[float] = page.evaluate("() => window.latencies")
    return latencies


def find(page: Any) -> tuple[float, float]:
    """Milliseconds until what was typed is counted, and until it is replaced everywhere."""
    page.keyboard.press("Control+f")
    seconds: list[float] = page.evaluate(
        """async () => {
          const bar = document.querySelector("#find");
          const frame = () => new Promise((done) => requestAnimationFrame(() => setTimeout(done)));
          const timed = async (act) => {
            const began = performance.now();
            act();
            await frame();
            return performance.now() - began;
          };
          const {sought, replacement} = bar.elements;
          const found = await timed(() => {
            sought.value = "reef";
            sought.dispatchEvent(new InputEvent("input", {bubbles: true}));
          });
          replacement.value = "atoll";
          const all = bar.querySelector("[data-action=replace-all]");
          return [found, await timed(() => all.click())];
        }"""
    )
    found, replaced = seconds
    page.wait_for_selector("#saved[data-state=saved]")
    return found, replaced


def run() -> dict[str, Any]:
    """One JSON object; times in milliseconds, with everything on this machine."""
    paragraph = SENTENCE * 5
    text = "\n\n".join([paragraph] * (WORDS // (5 * WORDS_OF_SENTENCE)))
    with tempfile.TemporaryDirectory() as name:
        directory = Path(name) / "data"
        with Stack(directory, LOCAL_MODEL="none") as stack, chromium() as browser:
            [document] = make_documents(stack, *[(f"Part {n + 1}", text) for n in range(SECTIONS)])
            page = sign_in(browser, stack.url)
            page.context.add_init_script(WATCH)
            url = f"{stack.url}/documents/{document}/"
            loads = [load(page, url) for _ in range(LOADS)]
            words = page.inner_text(".byline .word-count")
            latencies = type_in(page, 0)
            found, replaced = find(page)
            after = type_in(page, SECTIONS // 2)
    usable = [each["usable"] for each in loads]
    return {
        "benchmark": "long_document",
        "sections": SECTIONS,
        "words": words.strip(" ·"),
        "usable_ms": {"median": round(statistics.median(usable)), "max": round(max(usable))},
        "target_ms": round(TARGET_SECONDS * 1000),
        "all_synced_ms": round(statistics.median(each["synced"] for each in loads)),
        "all_drawn_ms": round(statistics.median(each["drawn"] for each in loads)),
        "key_to_frame_ms": {
            "median": round(statistics.median(latencies), 1),
            "p95": round(percentile(latencies, 0.95), 1),
        },
        "find_ms": round(found, 1),
        "replace_all_ms": round(replaced, 1),
        "key_to_frame_after_replacing_ms": {
            "median": round(statistics.median(after), 1),
            "p95": round(percentile(after, 0.95), 1),
        },
    }
