"""A draft as people see it, with agents and people typing in the same text."""

from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import expect

from bench.stack import Stack
from tests.browser.desk import (
    Database,
    agent_goes_on,
    agent_writes,
    all_agree,
    is_saved,
    new_document,
    open_document,
    run_ends,
    stand_in_agent_text,
    start_draft,
    texts_of,
    until,
    words_of,
)
from tests.fake_provider import FakeProvider

pytestmark = pytest.mark.browser

TITLES = ("Where they grow", "Who lives there", "What harms them", "What helps")
# What a reader of the page saw at any time, however briefly.
WATCH = """
() => {
  window.seen = {statuses: [], cursors: [], faces: [], counts: [], progress: [], doing: []};
  const note = (name, values) => {
    const known = window.seen[name];
    known.push(...new Set(values.filter((value) => value && !known.includes(value))));
  };
  const all = (selector, read) => [...document.querySelectorAll(selector)].map(read);
  const look = () => {
    note('statuses', all('#sections [data-section]', (row) => row.dataset.status));
    note('cursors', all('.cursor.agent-cursor .cursor-name', (name) => name.textContent));
    note('faces', all('#faces .face.agent', (face) => face.title.split(' × ')[0]));
    note('counts', all('#sections li:first-child [data-words]', (n) => Number(n.textContent)));
    note('progress', all('#runs .run.live progress', (bar) => bar.value));
    note('doing', all('#runs .at-work b', (work) => work.textContent));
  };
  look();
  new MutationObserver(look).observe(document.body,
    {subtree: true, childList: true, characterData: true, attributes: true});
}
"""


def has_seen(page: Any, name: str, *wanted: str) -> None:
    page.wait_for_function(
        "([name, wanted]) => wanted.every((each) => window.seen[name].includes(each))",
        arg=[name, wanted],
    )


def export(page: Any, document: object, kind: str) -> str:
    with page.expect_download() as download:
        page.evaluate(
            "url => { const a = document.createElement('a'); a.href = url; a.click() }",
            f"/documents/{document}/export/{kind}/",
        )
    return Path(download.value.path()).read_text()


def test_run_is_seen_in_two_browsers_and_all_agree_at_the_end(
    stack: Stack, provider: FakeProvider, database: Database, open_page: Callable[..., Any]
) -> None:
    database.rows("update agents_model set input_price = 100, output_price = 200")
    provider.set_pace(first_after=0.2, tokens_per_second=20)
    ana, second = open_page(), open_page()
    document = new_document(ana, stack, *TITLES)
    open_document(second, stack, document, len(TITLES))
    for page in (ana, second):
        page.evaluate(WATCH)
    provider.hold("writer", "critic", "editor")
    start_draft(ana)
    agent_writes(ana)
    assert ana.locator(".section .comment").count() == 0
    # Each kind of step lasts until both have seen it: panels, which wait for the text, come late.
    for role, status, doing in (
        ("Writer", "drafting", "Writer is drafting"),
        ("Critic", "critiquing", "Critic is reading"),
        ("Editor", "editing", "Editor is revising"),
    ):
        for page in (ana, second):
            has_seen(page, "statuses", status)
            has_seen(page, "faces", role)
            has_seen(page, "doing", doing)
            if role != "Critic":
                has_seen(page, "cursors", role)
            # Words count up while they are written.
            page.wait_for_function("() => seen.counts.length > 3")
        provider.let_go(role.lower())
    for page in (ana, second):
        run_ends(page)
        has_seen(page, "statuses", "done")
        page.wait_for_function("() => seen.progress.length > 1")
    texts = all_agree([ana, second], database, document)
    for page in (ana, second):
        figures = page.inner_text("#runs > .run:first-of-type .figures")
        assert "tokens" in figures
        assert "$" in figures
        assert page.get_attribute("#runs > .run:first-of-type", "aria-label") == "Draft finished"
        page.wait_for_selector(".cursor.agent-cursor, #faces .agent", state="detached")
        counts = [str(len(words_of(text))) for text in texts]
        expect(page.locator("#sections [data-words]")).to_have_text(counts)

        page.click("#tab-review")
        remarks = page.locator("#review .thread .who b", has_text="Critic")
        expect(remarks.first).to_be_attached()
        marked = page.evaluate(
            "() => [...document.querySelectorAll('.comment')].map((mark) => mark.dataset.thread)"
        )
        open_threads = page.evaluate(
            """() => [...document.querySelectorAll('#review .thread:not(.resolved *)')]
                       .map((card) => card.dataset.threadCard)"""
        )
        assert set(open_threads) <= set(marked)
    for kind in ("md", "html"):
        exported = export(ana, document, kind)
        assert all(title in exported for title in TITLES)
        for text in texts:
            assert not Counter(words_of(text)) - Counter(words_of(exported))


def test_reload_and_late_visitor_see_all_and_go_on_live(
    stack: Stack, provider: FakeProvider, database: Database, open_page: Callable[..., Any]
) -> None:
    # So slowly that there is more to come whenever somebody looks.
    provider.set_pace(tokens_per_second=8)
    ana = open_page()
    document = new_document(ana, stack, *TITLES[:2], words=800)
    start_draft(ana, workflow="quick")
    agent_writes(ana, 60)
    before = [words_of(text)[:5] for text in texts_of(ana)]
    ana.reload()
    late = open_page()
    open_document(late, stack, document, 2)
    for page in (ana, late):
        agent_writes(page, 60)
        page.wait_for_selector(".cursor.agent-cursor")
        page.wait_for_selector("#faces .face.agent")
        page.wait_for_selector("#runs .run.live .at-work b")
        agent_goes_on(page)
        assert [words_of(text)[:5] for text in texts_of(page)] == before
    provider.let_go()
    for page in (ana, late):
        run_ends(page)
    texts = all_agree([ana, late], database, document)
    written = database.written(document)
    assert [words_of(text) for text in texts] == [words_of(text) for text in written]


TYPED = "Zwölf divers 海底 went down at dusk, quietly. "


def type_inside(page: Any) -> None:
    stand_in_agent_text(page)
    page.keyboard.type(TYPED, delay=15)


def press_enter_inside(page: Any) -> None:
    stand_in_agent_text(page)
    page.keyboard.press("Enter")
    page.keyboard.type(TYPED, delay=15)


def make_it_a_heading(page: Any) -> None:
    stand_in_agent_text(page)
    page.keyboard.type(TYPED, delay=15)
    page.keyboard.press("Control+Alt+2")
    page.wait_for_selector(".section .ProseMirror [data-level]")


def without(words: list[str], typed: list[str]) -> list[str] | None:
    """The words around what was typed; None if it does not stand there in one piece."""
    places = range(len(words) - len(typed) + 1)
    at = next((n for n in places if words[n : n + len(typed)] == typed), None)
    return None if at is None else words[:at] + words[at + len(typed) :]


@pytest.mark.parametrize("act", [type_inside, press_enter_inside, make_it_a_heading])
def test_person_edits_the_paragraph_being_written(
    stack: Stack,
    provider: FakeProvider,
    database: Database,
    open_page: Callable[..., Any],
    act: Callable[[Any], None],
) -> None:
    provider.set_pace(tokens_per_second=12)
    provider.hold()
    ana, second = open_page(), open_page()
    document = new_document(ana, stack, TITLES[0], words=200)
    open_document(second, stack, document, 1)
    start_draft(ana, workflow="quick")
    agent_writes(ana)
    act(ana)
    agent_goes_on(ana)
    assert database.sections(document)[0][1] == "drafting", "the agent is still at it"
    provider.let_go()
    run_ends(ana)
    is_saved(ana)
    [text] = all_agree([ana, second], database, document)
    [written] = database.written(document)
    assert TYPED.strip() in " ".join(text.split())
    assert without(words_of(text), words_of(TYPED)) == words_of(written)
    [by_people] = database.texts_by_people(document)
    assert words_of(by_people) == words_of(TYPED)


def test_two_people_and_an_agent_write_one_paragraph(
    stack: Stack, provider: FakeProvider, database: Database, open_page: Callable[..., Any]
) -> None:
    provider.set_pace(tokens_per_second=25)
    provider.hold()
    ana, ben = open_page(), open_page()
    document = new_document(ana, stack, TITLES[0], words=100)
    open_document(ben, stack, document, 1)
    start_draft(ana, workflow="quick")
    for page in (ana, ben):
        agent_writes(page, 80)
    stand_in_agent_text(ana, after=8)
    stand_in_agent_text(ben, after=40)
    for one, other in zip("abcdefghijklmnopqrst", "ABCDEFGHIJKLMNOPQRST", strict=True):
        ana.keyboard.type(f"{one}{one} ")
        ben.keyboard.type(f"{other}{other} ")
    assert database.sections(document)[0][1] == "drafting", "the agent is still at it"
    provider.let_go()
    run_ends(ana)
    is_saved(ana)
    is_saved(ben)
    [text] = all_agree([ana, ben], database, document)
    [written] = database.written(document)
    doubled = [word for word in words_of(text) if len(word) == 2 and word[0] == word[1]]
    by_ana = [word for word in doubled if word.islower()]
    by_ben = [word for word in doubled if word.isupper()]
    assert "".join(by_ana)[::2] == "abcdefghijklmnopqrst"
    assert "".join(by_ben)[::2] == "ABCDEFGHIJKLMNOPQRST"
    rest = [word for word in words_of(text) if word not in {*by_ana, *by_ben}]
    assert rest == words_of(written)
    assert until(lambda: database.sections(document)[0][1] == "done")
