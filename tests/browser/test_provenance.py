"""What is pasted is nobody's known, what agents wrote stays theirs, and a page shows both."""

import re
from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import expect

from bench.stack import Stack
from tests.browser.desk import (
    Database,
    is_saved,
    new_document,
    run_ends,
    stand_at_end,
    start_draft,
)
from tests.browser.editors import (
    ATTEMPT,
    compose,
    open_editor,
    paste,
    peer_with,
    stand_behind,
    tree_in,
)
from tests.browser.test_accessibility import Auditor
from tests.browser.test_schema_contract import texts_in
from tests.fake_provider import COUNTED_WORDS, FakeProvider, counting
from writing.text.peer import Peer
from writing.text.reviewing import mark_read

pytestmark = pytest.mark.browser

Runs = list[tuple[str, list[str]]]


def runs_in(page: Any) -> Runs:
    """Each run, and which marks of origin it has, `pasted` with its attempt's beginning."""
    found: Runs = []
    for run in texts_in(tree_in(page)):
        marks = run.get("attributes", {})
        names = [name for name in ("agent", "reviewed") if name in marks]
        if "pasted" in marks:
            names.append(f"pasted {(marks['pasted'].get('attempt') or 'unknown')[:7]}")
        found.append((run["insert"], names))
    return found


BY_AGENT = f"pasted {ATTEMPT[:7]}"
UNKNOWN = ["pasted unknown"]


def copy_all(page: Any, key: str = "c") -> None:
    page.keyboard.press("Control+a")
    page.keyboard.press(f"Control+{key}")


def test_what_is_pasted_from_elsewhere_is_nobodys(page: Any) -> None:
    open_editor(page, peer_with("Mine. ", agent=False))
    stand_behind(page, "Mine.")
    paste(page, "<p>Found <b>somewhere</b></p>")
    assert runs_in(page) == [("Mine.", []), ("Found ", UNKNOWN), ("somewhere", UNKNOWN)]
    # Typing at its end and in the middle of it is the typist's own, composing too.
    page.keyboard.type(" now")
    stand_behind(page, "Mine.Fou")
    page.keyboard.type("x")
    compose(page, "的")
    assert runs_in(page)[1:] == [
        ("Fou", UNKNOWN),
        ("x的", []),
        ("nd ", UNKNOWN),
        ("somewhere", UNKNOWN),
        (" now", []),
    ]


def test_what_is_pasted_into_an_agents_words_is_not_the_agents(page: Any) -> None:
    open_editor(page, peer_with("By an agent."))
    stand_behind(page, "By ")
    paste(page, "far ", "text/plain")
    paste(page, "<i>off</i>")
    assert runs_in(page) == [
        ("By ", ["agent"]),
        ("far ", UNKNOWN),
        ("off", UNKNOWN),
        ("an agent.", ["agent"]),
    ]


def test_pasted_words_stay_so_through_splitting_and_undoing(page: Any) -> None:
    open_editor(page, Peer(1))
    stand_behind(page, "")
    paste(page, "<p>one two three</p>")
    stand_behind(page, "one")
    page.keyboard.press("Enter")
    assert runs_in(page) == [("one", UNKNOWN), (" two three", UNKNOWN)]
    page.keyboard.press("Control+z")
    page.keyboard.press("Control+z")
    page.keyboard.press("Control+y")
    page.keyboard.press("Control+y")
    assert all(marks == UNKNOWN for _, marks in runs_in(page))
    copy_all(page, "x")
    page.keyboard.press("Control+v")
    assert {tuple(marks) for _, marks in runs_in(page)} == {tuple(UNKNOWN)}
    # As plain text, too.
    page.keyboard.press("Control+Shift+v")
    assert {tuple(marks) for _, marks in runs_in(page)} == {tuple(UNKNOWN)}


def test_what_was_copied_here_keeps_its_authors(page: Any) -> None:
    peer = peer_with("By an agent.")
    open_editor(page, peer)
    stand_behind(page, "By an ")
    page.keyboard.type("own ")
    copy_all(page)
    stand_behind(page, "By an own agent.")
    for keys in ("Control+v", "Control+Shift+v"):
        page.keyboard.press("Enter")
        page.keyboard.press(keys)
        assert runs_in(page)[-3:] == [("By an ", [BY_AGENT]), ("own ", []), ("agent.", [BY_AGENT])]
    # What somebody else has copied since, with the agent's mark: from another tab.
    html = f'<p>plain <span class="agent" data-attempt="{ATTEMPT}" data-tone="3">words</span></p>'
    page.keyboard.press("Enter")
    paste(page, html)
    assert runs_in(page)[-2:] == [("plain ", UNKNOWN), ("words", [BY_AGENT])]


def test_what_is_written_after_a_review_is_not_reviewed(page: Any) -> None:
    peer = peer_with("By an agent.")
    mark_read(peer, "r")
    open_editor(page, peer)
    assert runs_in(page) == [("By an agent.", ["agent", "reviewed"])]
    stand_behind(page, "By ")
    page.keyboard.type("x")
    page.keyboard.press("Enter")
    assert runs_in(page) == [
        ("By ", ["agent", "reviewed"]),
        ("x", []),
        ("an agent.", ["agent", "reviewed"]),
    ]
    copy_all(page)
    page.keyboard.press("Control+v")
    assert {mark for _, marks in runs_in(page) for mark in marks} == {BY_AGENT}


def pasted_from_elsewhere(page: Any, section: int, html: str) -> None:
    stand_at_end(page, section)
    page.evaluate(
        """([index, html]) => {
          const clipboardData = new DataTransfer();
          clipboardData.setData('text/html', html);
          const options = {clipboardData, bubbles: true, cancelable: true};
          const editor = document.querySelectorAll('.section .ProseMirror')[index];
          editor.dispatchEvent(new ClipboardEvent('paste', options));
        }""",
        [section, html],
    )


def test_a_page_shows_where_the_words_came_from(
    stack: Stack, provider: FakeProvider, database: Database, open_page: Callable[..., Any]
) -> None:
    page = open_page()
    provider.say(counting)
    provider.set_pace(tokens_per_second=400)
    document = new_document(page, stack, "Part 1", "Part 2", words=COUNTED_WORDS)
    start_draft(page, workflow="quick")
    run_ends(page)
    # From one section to another: the agent's words stay the agent's.
    stand_at_end(page, 0)
    page.keyboard.press("Control+a")
    page.keyboard.press("Control+c")
    stand_at_end(page, 1)
    page.keyboard.press("Enter")
    page.keyboard.press("Control+v")
    page.keyboard.press("Enter")
    page.keyboard.type("typed by hand")
    page.keyboard.press("Enter")
    pasted_from_elsewhere(page, 1, "<p>found on some page</p>")
    is_saved(page)
    assert "typed by hand" in database.texts_by_people(document)[1]

    page.click("#tab-history")
    page.get_by_role("link", name="Provenance").click()
    expect(page.locator(".voices li")).to_have_count(3)
    second = page.locator(".sourced-text").nth(1)
    expect(second.locator(".passage.person")).to_have_text(re.compile("typed by hand"))
    expect(second.locator(".passage.unknown")).to_have_text(re.compile("found on some page"))
    assert (
        second.locator("a.passage.agent").count()
        == 2 * page.locator(".sourced-text >> nth=0 >> a.passage.agent").count()
    )
    auditor = Auditor(page)
    auditor.see("provenance")

    page.get_by_role("button", name="I have reviewed it").nth(1).press("Enter")
    expect(second.locator(".passage.unknown")).to_have_class(re.compile("read"))
    page.locator(".toast").get_by_role("button", name="Undo").click()
    expect(second.locator(".passage.unknown")).not_to_have_class(re.compile("read"))
    page.get_by_label("Only what nobody has reviewed").check()
    expect(second.locator(".passage.person")).to_have_count(0)
    page.get_by_role("button", name="I have reviewed it").nth(0).click()
    expect(page.locator(".reviewed-by")).to_have_count(1)
    # What was chosen to be seen stays chosen.
    expect(page.locator(".sourced-text").nth(0).locator("a.passage")).to_have_count(0)
    expect(second.locator(".passage.person")).to_have_count(0)
    auditor.see("provenance, what nobody has reviewed")
    assert not auditor.found, "\n".join(auditor.found)

    second.locator("a.passage").first.press("Enter")
    page.get_by_role("heading", name="Attempt 1").wait_for()
    expect(page.locator(".facts")).to_contain_text("fake")
    expect(page.get_by_text("Prompt", exact=True)).to_be_visible()
