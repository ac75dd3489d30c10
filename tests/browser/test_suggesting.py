"""People suggest: what becomes a suggestion, what is refused, and how two read and decide on it."""

from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import expect

from bench.stack import USER, Stack
from tests.browser.desk import (
    Database,
    is_saved,
    new_document,
    open_document,
    share_with,
    until,
)
from tests.browser.editors import (
    compose,
    markdown_in,
    open_editor,
    paste,
    receive,
    tree_in,
    update_of,
)
from tests.browser.person import STRUCTURE
from tests.browser.suggesting import (
    DEEDS,
    KINDS,
    SEED,
    TABLE,
    THREE,
    begin,
    choose,
    shown,
)
from tests.browser.test_accessibility import violations
from writing.text.deciding import decide
from writing.text.output import to_markdown
from writing.text.peer import Peer
from writing.text.schema import validate
from writing.text.tree import texts

pytestmark = pytest.mark.browser


@pytest.mark.parametrize(("markdown", "place", "acts", "expected"), KINDS.values(), ids=KINDS)
def test_what_is_done_becomes_a_suggestion(
    page: Any,
    markdown: str,
    place: dict[str, Any],
    acts: list[Callable[[Any], None]],
    expected: str,
) -> None:
    begin(page, markdown)
    before = markdown_in(page)
    choose(page, **place)
    for act in acts:
        act(page)
    assert shown(tree_in(page)) == expected
    assert page.evaluate("editor.refused()") == 0
    # Rejected, nothing has happened; accepted, it is as if it had been done.
    assert markdown_in(page) == before
    accepted = Peer(2, [update_of(page)])
    decide(accepted.body, None, accept=True)
    validate(accepted.body)
    begin(page, markdown)
    page.evaluate("editor.suggest(false)")
    choose(page, **place)
    for act in acts:
        act(page)
    assert to_markdown(accepted.body).strip() == markdown_in(page)


def test_undo_takes_a_suggestion_back_and_redo_makes_it_again(page: Any) -> None:
    begin(page, THREE)
    choose(page, "two")
    page.keyboard.type("deux")
    page.keyboard.press("Control+z")
    assert shown(tree_in(page)) == "<p One two three.>"
    page.keyboard.press("Control+y")
    assert shown(tree_in(page)) == "<p One -1[two]+1[deux] three.>"


def test_a_row_a_column_and_their_going_are_suggestions(page: Any) -> None:
    begin(page, TABLE)
    choose(page, "d", after=1)
    page.keyboard.press("Tab")
    page.keyboard.type("e")
    cells = "<table_cell <p +1[e]>><table_cell <p >>"
    assert f"<+1table_row {cells}>" in shown(tree_in(page))
    choose(page, "c", after=1)
    page.evaluate("testing.tableTools['delete-row'](editor.view.state, editor.view.dispatch)")
    assert "<-1table_row <table_cell <p c>><table_cell <p d>>>" in shown(tree_in(page))


def test_what_an_input_method_gives_is_suggested(page: Any) -> None:
    begin(page, THREE)
    choose(page, "two", after=0)
    compose(page, "d", "de", "的")
    page.keyboard.type("x")
    compose(page, "n", "你")
    assert shown(tree_in(page)) == "<p One +1[的x你]two three.>"


def test_pasted_blocks_are_suggested(page: Any) -> None:
    begin(page, THREE)
    choose(page, "two", after=0)
    paste(page, "<p>a</p><p>b</p><p>c</p>")
    assert shown(tree_in(page)) == (
        "<p One pasted[+1[a]]><+1p pasted[b]><p pasted[+1[c]]two three.>"
    )


def test_formatting_an_agents_words_leaves_them_the_agents(page: Any) -> None:
    begin(page, "One two.", agent=True)
    choose(page, "two")
    page.keyboard.press("Control+b")
    page.keyboard.press("Control+Shift+8")
    assert shown(tree_in(page)).count("agent[") == 6


def test_suggestions_of_two_stay_apart_and_what_others_write_is_none(page: Any) -> None:
    begin(page, THREE)
    choose(page, "two", after=0)
    page.keyboard.type("a")
    other = Peer(9, [update_of(page)])
    open_editor(page, other)
    page.evaluate("editor.suggest(true)")
    choose(page, "two", after=0)
    page.keyboard.type("b")
    [(_, _, text)] = texts(other.body)
    text.insert(0, "Now: ")
    receive(page, other)
    assert shown(tree_in(page)) == "<p Now: One +1[a]+2[b]two three.>"


def test_editing_in_an_insertion_belongs_to_it_and_in_a_deletion_does_not(page: Any) -> None:
    begin(page, THREE)
    choose(page, "two")
    page.keyboard.type("deux")
    page.evaluate("editor.suggest(false)")
    choose(page, "deux", after=2)
    page.keyboard.type("x")
    choose(page, "two", after=1)
    page.keyboard.type("y")
    assert shown(tree_in(page)) == "<p One -1[t]y-1[wo]+1[dexux] three.>"
    page.keyboard.press("Control+Alt+2")
    assert shown(tree_in(page)).startswith("<heading ")


def test_typing_on_does_not_write_the_marks_again(page: Any) -> None:
    """Whoever wrote a mark is its author: see the server's side."""
    begin(page, THREE)
    choose(page, "two")
    page.keyboard.press("Control+b")
    page.keyboard.press("Control+i")
    before = len(update_of(page))
    page.evaluate("editor.suggest(false)")
    choose(page, "three", after=0)
    page.keyboard.type("abcdefgh")
    assert len(update_of(page)) - before < 40


def test_what_cannot_be_suggested_is_refused_and_changes_nothing(page: Any) -> None:
    begin(page, THREE)
    choose(page, "two")
    page.keyboard.type("deux")
    # To somebody else, to whom the copy in the list would say that this is accepted.
    open_editor(page, Peer(9, [update_of(page)]))
    page.evaluate("editor.suggest(true)")
    before = tree_in(page)
    choose(page, "three", after=0)
    page.keyboard.press("Control+Shift+8")
    assert tree_in(page) == before
    assert page.evaluate("editor.refused()") == 1


def test_words_count_as_they_are_in_force(page: Any) -> None:
    begin(page, "One two three four.")
    choose(page, "two")
    page.keyboard.press("Delete")
    choose(page, "four", after=0)
    page.keyboard.type("more words ")
    choose(page, "three", after=2)
    page.keyboard.press("Enter")
    assert page.evaluate("editor.words()") == 4


def test_two_people_suggest_and_edit_in_one_text(
    stack: Stack,
    open_page: Callable[..., Any],
    another: str,
    another_signed_in: Any,
    database: Database,
) -> None:
    ana, ben = open_page(), open_page(storage_state=another_signed_in)
    document = new_document(ana, stack, "The reef")
    share_with(database, document, another)
    open_document(ben, stack, document, 1)
    ana.locator(".ProseMirror").click()
    paste(ana, SEED)
    expect(ben.locator(".ProseMirror")).to_contain_text("The end.")

    ana.keyboard.press("Control+Alt+x")
    switch = ana.get_by_role("switch", name="Suggest changes")
    expect(switch).to_be_checked()
    expect(ana.locator("#announcements")).to_have_text("You suggest changes now.")

    def same() -> bool:
        return bool(ana.evaluate(STRUCTURE) == ben.evaluate(STRUCTURE))

    for number, (place, deed, sign) in enumerate(DEEDS):
        choose(ana, **place)
        deed(ana)
        expect(ben.locator(f".ProseMirror {sign}").first).to_be_attached()
        choose(ben, "at all.", after=0)
        ben.keyboard.type(f"ben{number} ")
        expect(ana.locator(".ProseMirror")).to_contain_text(f"ben{number} ")
        until(same)
    for number in range(len(DEEDS)):
        expect(ana.locator(".ProseMirror")).to_contain_text(f"ben{number} ")
    assert ben.locator("ins:text('ben'), del:text('ben')").count() == 0

    for theme in ("light", "dark"):
        ben.emulate_media(color_scheme=theme)
        assert violations(ben) == []
    # Splitting a section is no suggestion: it is said, and nothing happens.
    ana.keyboard.press("Control+Alt+Enter")
    expect(ana.locator("#toasts")).to_contain_text("cannot be split")
    assert len(database.sections(document)) == 1
    is_saved(ana)
    ana.reload()
    expect(switch).to_be_checked()

    # Each is decided on where the cursor stands, by the buttons of its card.
    expect(ben.locator("[data-suggestion-card]")).to_have_count(9)
    expect(ben.locator("[data-count-of=review]").first).to_have_text("9")
    choose(ben, "Reefs", after=0)
    said = ben.locator("#announcements")
    for key, position in (("y", "1 of 9"), ("n", "1 of 8"), ("y", "1 of 7")):
        ben.keyboard.press("Control+Alt+.")
        expect(said).to_contain_text(f"Suggestion {position}. {USER}")
        cards = ben.locator("[data-suggestion-card]").count()
        ben.keyboard.press(f"Control+Alt+{key}")
        expect(ben.locator("[data-suggestion-card]")).to_have_count(cards - 1)
    expect(ana.locator(".ProseMirror p").first).to_have_text("Reefs are very old cities.")
    ben.keyboard.press("Control+Alt+,")
    expect(said).to_contain_text("Suggestion 6 of 6")
    choose(ben, "No one", after=2)
    ben.keyboard.type("t")
    # The card as it is now: one that is drawn anew flashes no more.
    expect(ana.locator(".suggestion ins:text('Not one')")).to_be_attached()
    ana.locator(".ProseMirror ins:has-text(' one')").click()
    expect(ana.locator("#review .flash")).to_contain_text("Nobody")
    ana.locator(".suggestion ins:text('Not one')").click()
    expect(ana.locator(".ProseMirror ins:has-text(' one')")).to_have_css("animation-name", "flash")
    ben.locator("#tab-review").click()
    ben.get_by_role("button", name="Accept all").first.click()
    expect(ben.locator("[data-suggestion-card]")).to_have_count(0)
    expect(ana.locator("[data-change]")).to_have_count(0)
    until(same)
    typed = "".join(f"ben{number} " for number in range(len(DEEDS)))
    [text] = database.texts(document)
    assert text == (
        f"Reefs are very old cities.\nThey  sleep {typed}at all.\nNot one hurries there.\n"
        "Night \nfalls slowly.\ncorals build\ncrest\ntwo metres\ndusk\n\nThe end."
    )
