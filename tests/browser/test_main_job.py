"""The main job with the bundled model: from the first visit to the export, typing along."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from bench.stack import PASSWORD, USER, Stack, sign_in
from tests.browser.desk import texts_of, until, words_of

pytestmark = pytest.mark.browser

TYPED = (
    "Zwölf divers went down at dusk; each carried a lamp, a slate and a promise to be back. "
    "Nobody spoke. 海底很安静。 The reef kept its own hours, and theirs ended when the air did. "
    "That is all I know of it: ok? 1234567890"
)
# What the database holds: each section's plain text now, and its write step's own account.
READ_DOCUMENT = """
import json
from agents.models import Chunk, Run, StageKind
from pycrdt import Doc, XmlFragment
from writing.actions.text import body_of, updates_after
from writing.models import Document
from writing.text.markdown import count_words, plain_text
from writing.text.output import words_in

def agent_text(node, attempts):
    parts = []
    for child in node.children:
        if hasattr(child, "diff"):
            parts += [run for run, marks in child.diff()
                      if ((marks or {}).get("agent") or {}).get("attempt") in attempts]
            parts.append(" ") if len(child) else None
        else:
            parts.append(agent_text(child, attempts))
    return "".join(parts)

document = Document.objects.get()
sections = []
for section in document.sections.present():
    chunks = Chunk.objects.filter(step__section=section, step__kind=StageKind.WRITE)
    chunks = list(chunks.order_by("number"))
    last = max(chunk.seq for chunk in chunks if chunk.seq)
    then = Doc()
    for seq, data in updates_after(section.pk, 0):
        if seq <= last:
            then.apply_update(data)
    attempts = {str(chunk.attempt_id) for chunk in chunks}
    body, paid_for = body_of(section.pk), "".join(chunk.text for chunk in chunks)
    sections.append({
        "title": section.title,
        "text": plain_text(body),
        "paid_for": paid_for,
        "written": agent_text(then.get("body", type=XmlFragment), attempts),
        "word_count": section.word_count,
        "words": count_words(body),
        "words_paid_for": words_in(paid_for),
    })
run = Run.objects.first()
print(json.dumps({"id": str(document.pk), "state": run.state, "sections": sections}))
"""


@pytest.fixture(scope="module")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    """Everything with the bundled model, and nobody who has an account."""
    started = Stack(tmp_path_factory.mktemp("stack") / "data")
    started.directory.mkdir()
    started.start()
    yield started
    started.stop()


def set_up_account(browser: Any, stack: Stack) -> Any:
    link = re.search(r"http\S+/setup/\S+/", (stack.directory / "up.log").read_text())
    assert link, "the supervisor prints the one-time link"
    page = browser.new_context(reduced_motion="reduce").new_page()
    page.goto(link[0])
    page.fill("input[name=username]", USER)
    page.fill("input[name=email]", "ana@example.org")
    page.fill("input[name=password1]", PASSWORD)
    page.fill("input[name=password2]", PASSWORD)
    page.click("main button[type=submit]")
    page.wait_for_url(f"{stack.url}/")
    assert page.goto(link[0]).status == 404
    return page


def plan_outline(page: Any, stack: Stack) -> None:
    page.goto(f"{stack.url}/documents/new/")
    page.fill("[name=title]", "The quiet city under the sea")
    page.fill("[name=brief]", "How a coral reef lives, told by a diver. Warm and precise.")
    page.fill("[name=target_words]", "240")
    page.click("button[value=plan]")
    page.wait_for_selector("#sections [data-section]", timeout=60_000)
    page.wait_for_selector("[data-purpose=plan][data-run-state=finished]", timeout=120_000)


def shorten_outline(page: Any, keep: int) -> None:
    """Rename the first section and delete what would only take time."""
    title = page.locator(".section-title textarea").first
    title.fill("A city without streets")
    title.press("Tab")
    page.wait_for_selector("#sections [data-title='A city without streets']")
    rows = page.locator("#sections [data-section]")
    while (count := rows.count()) > keep:
        rows.last.locator("summary").click()
        rows.last.get_by_role("button", name="Delete").click()
        page.wait_for_function(
            "n => document.querySelectorAll('#sections [data-section]').length < n", arg=count
        )
    page.wait_for_function(
        "n => document.querySelectorAll('.section .ProseMirror').length === n", arg=rows.count()
    )


def type_into_agent_text(page: Any) -> int:
    """Put the cursor into the first paragraph an agent is writing and type; gives the section."""
    # In one step: the text is another a moment later.
    found = page.wait_for_function(
        """() => {
          const editors = [...document.querySelectorAll('.section .ProseMirror')];
          const run = editors.flatMap((editor) => [...editor.querySelectorAll('.agent')])
            .find((run) => run.firstChild?.length > 32);
          if (!run) return null;
          const editor = run.closest('.ProseMirror');
          editor.focus();
          getSelection().collapse(run.firstChild, run.firstChild.data.indexOf(' ', 12) + 1);
          return {index: editors.indexOf(editor)};
        }""",
        timeout=120_000,
    )
    index: int = found.json_value()["index"]
    page.keyboard.type(TYPED, delay=25)
    return index


def test_a_brief_becomes_a_document_while_a_person_types(browser: Any, stack: Stack) -> None:
    assert len(TYPED) >= 200
    ana = set_up_account(browser, stack)
    plan_outline(ana, stack)
    shorten_outline(ana, keep=2)
    second = sign_in(browser, stack.url, reduced_motion="reduce")
    second.goto(ana.url)
    second.wait_for_selector(".section .ProseMirror")
    ana.click("header button.primary")
    ana.click("#dialog button.primary")
    index = type_into_agent_text(ana)
    ana.reload()
    ana.wait_for_selector("[data-purpose=draft][data-run-state=finished]", timeout=240_000)
    ana.wait_for_selector("#saved[data-state=saved]")

    saved = json.loads(stack.manage("shell", "-v0", "-c", READ_DOCUMENT).splitlines()[-1])
    for page in (ana, second):
        # An editor may have suggested other words in the midst of it.
        until(lambda page=page: any(TYPED in text for text in texts_of(page)))  # type: ignore[misc]
        for shown, section in zip(texts_of(page), saved["sections"], strict=True):
            assert words_of(shown) == words_of(section["text"])
    assert saved["state"] == "finished"
    assert TYPED in saved["sections"][index]["text"]
    for section in saved["sections"]:
        assert words_of(section["paid_for"]), section["title"]
        assert words_of(section["written"]) == words_of(section["paid_for"])
        assert section["word_count"] == section["words"]
        assert section["words"] >= section["words_paid_for"] // 2

    for kind in ("md", "html"):
        with ana.expect_download() as download:
            ana.evaluate(
                "url => { const a = document.createElement('a'); a.href = url; a.click() }",
                f"/documents/{saved['id']}/export/{kind}/",
            )
        exported = Path(download.value.path()).read_text()
        assert "A city without streets" in exported
        assert TYPED.split(". ")[0] in exported
        for section in saved["sections"]:
            words = words_of(section["text"])
            assert all(word in exported for word in words)
