"""A manuscript of many sections behaves as one text: caret, selecting, finding and replacing."""

from collections.abc import Callable
from typing import Any
from uuid import UUID

import pytest
from playwright.sync_api import expect

from bench.manuscripts import make_documents
from bench.stack import Stack
from tests.browser.desk import Database, is_saved, open_document, painted, until
from tests.fake_provider import FakeProvider

pytestmark = pytest.mark.browser

ATTEMPT = "6f1c9a52-5d6e-4d55-9d0e-0f2b8a3c7e11"
FILLER = "\n\n".join(["Nothing is to be looked for in this paragraph, which fills the page."] * 30)
SECTIONS: list[Any] = [
    ("The reef", "The reef is old. A **reef grows** slowly.\n\nIts last line is this one."),
    ("Zones", "Every zone has fish, and each of them its own light."),
    ("Voices", "It’s a *reef* of the night, says an agent; reefs do not sleep.", ATTEMPT),
    ("Between", FILLER),
    ("The end", "珊瑚礁很安静。 Reef, the last."),
]
TESTS = 4
CLIPBOARD = ["clipboard-read", "clipboard-write"]


@pytest.fixture(scope="module")
def documents(stack: Stack, another: str) -> list[UUID]:
    """One of `SECTIONS` for each test here, which a second person may read."""
    return make_documents(stack, *SECTIONS, copies=TESTS, readers=[another])


@pytest.fixture
def manuscript(
    stack: Stack, provider: FakeProvider, open_page: Callable[..., Any], documents: list[UUID]
) -> Any:
    """A page that shows all of `SECTIONS`, as nobody has changed them."""
    document = documents.pop()
    page = open_page(permissions=CLIPBOARD)
    open_document(page, stack, document, len(SECTIONS))
    page.wait_for_selector(".section .ProseMirror[contenteditable=true]")
    page.document = document
    return page


def stand(page: Any, section: int, offset: int, block: int = 0) -> None:
    """Put the caret into a section's text by a click, before a character; again where an editor
    that came into sight has moved the text away under the hand."""
    spot = """([section, block, offset]) => {
      const editor = document.querySelectorAll('.section .ProseMirror')[section];
      editor.scrollIntoView({block: 'nearest'});
      const walker = document.createTreeWalker(editor.children[block], NodeFilter.SHOW_TEXT);
      let left = offset;
      for (let text; (text = walker.nextNode()); left -= text.length) {
        if (left >= text.length) continue;
        const range = document.createRange();
        range.setStart(text, left);
        range.setEnd(text, left + 1);
        const box = range.getBoundingClientRect();
        return [box.left + 1, box.top + box.height / 2];
      }
    }"""
    column = """([section, block]) => {
      const editor = document.querySelectorAll('.section .ProseMirror')[section];
      const {focusNode, focusOffset, isCollapsed} = getSelection();
      const around = editor.children[block];
      if (!isCollapsed || !around?.contains(focusNode)) return -1;
      const before = document.createRange();
      before.setStart(around, 0);
      before.setEnd(focusNode, focusOffset);
      return before.toString().length;
    }"""

    def stands() -> bool:
        page.mouse.click(*page.evaluate(spot, [section, block, offset]))
        painted(page)
        return bool(page.evaluate(column, [section, block]) == offset)

    until(stands)


def place(page: Any) -> tuple[int, str, int]:
    """Of the caret: the section, whether it is in its "title" or "text", and the column in pixels
    (in a title: the number of characters before it)."""
    painted(page)
    section, part, column = page.evaluate(
        """() => {
          const {activeElement: at} = document;
          const sections = [...document.querySelectorAll('.section')];
          const section = sections.findIndex((each) => each.contains(at));
          if (at.matches('textarea')) return [section, 'title', at.selectionStart];
          return [section, 'text', getSelection().getRangeAt(0).getBoundingClientRect().left];
        }"""
    )
    return section, part, column


def press(page: Any, *keys: str) -> None:
    for key in keys:
        page.keyboard.press(key)
        painted(page)


def copied(page: Any) -> tuple[str, str]:
    """What is in the clipboard now: HTML and plain text."""
    page.evaluate("navigator.clipboard.writeText('')")
    page.keyboard.press("Control+c")
    html, text = until(
        lambda: page.evaluate(
            """async () => {
              const [item] = await navigator.clipboard.read();
              if (!item?.types.includes('text/html')) return null;
              return Promise.all(['text/html', 'text/plain'].map(async (type) =>
                (await item.getType(type)).text()));
            }"""
        )
    )
    return html, text


def test_the_caret_goes_through_all_sections(manuscript: Any, database: Database) -> None:
    page = manuscript
    before = database.texts(page.document)
    stand(page, 0, 20, block=1)
    column = place(page)[2]
    press(page, "ArrowDown")
    assert place(page)[:2] == (1, "title")
    press(page, "ArrowDown")
    section, part, there = place(page)
    assert (section, part) == (1, "text")
    assert abs(there - column) < 12
    press(page, "ArrowUp", "ArrowUp")
    section, part, there = place(page)
    assert (section, part) == (0, "text")
    assert abs(there - column) < 12
    # Sideways it goes over the edge a character at a time, and takes nothing along.
    stand(page, 1, 0)
    press(page, "Backspace", "ArrowLeft")
    assert place(page) == (1, "title", len("Zones"))
    press(page, *["ArrowLeft"] * len("Zones"), "ArrowLeft", "Delete", "ArrowRight")
    assert place(page) == (1, "title", 0)
    # Once to the end of the section, and once more to the end of everything, which is far.
    stand(page, 0, 3)
    press(page, "Control+End")
    assert place(page)[0] == 0
    press(page, "Control+End")
    assert place(page)[:2] == (4, "text")
    page.keyboard.type(" Written at the end.")
    press(page, "Control+Home", "Control+Home")
    assert place(page)[:2] == (0, "text")
    press(page, "PageDown")
    assert place(page)[0] == 3
    is_saved(page)
    until(lambda: database.texts(page.document)[4].endswith("the last. Written at the end."))
    assert database.texts(page.document)[:4] == before[:4]


def test_several_sections_can_be_selected_and_copied_but_not_lost(
    manuscript: Any, database: Database
) -> None:
    page = manuscript
    before = database.texts(page.document)
    figure = page.locator(".selected-words")
    stand(page, 0, 4)
    press(page, "Control+a")
    until(lambda: "14 of" in figure.text_content())
    press(page, "Control+a")
    until(lambda: " of " in figure.text_content() and "14 of" not in figure.text_content())
    counted, total = figure.text_content().replace(" words selected", "").split(" of ")
    assert counted == total
    assert page.inner_text(".byline .word-count").strip(" ·").startswith(total)
    html, text = copied(page)
    assert [html.count(f"<h2>{title}</h2>") for title, *_ in SECTIONS] == [1] * len(SECTIONS)
    assert "<strong>reef grows</strong>" in html
    assert "agent" not in html.replace("says an agent", "")
    assert text.startswith("The reef\n\nThe reef is old.")
    assert text.endswith("Reef, the last.")
    for key in ("x", "Backspace", "Enter", "Control+x", "Control+v"):
        page.keyboard.press(key)
    page.wait_for_selector("#toasts :text('copied, not changed')")
    press(page, "Escape")
    assert place(page)[:2] == (0, "text")
    # By Shift and the arrow keys, and with the mouse.
    stand(page, 0, 4, block=1)
    press(page, "Shift+ArrowDown", "Shift+ArrowDown", "Shift+ArrowDown")
    html, text = copied(page)
    assert text.startswith("last line is this one.\n\nZones")
    press(page, "Escape")
    start = page.locator(".section .ProseMirror").nth(0).locator("p").nth(1).bounding_box()
    stop = page.locator(".section .ProseMirror").nth(2).locator("p").bounding_box()
    page.mouse.move(start["x"] + 2, start["y"] + 12)
    page.mouse.down()
    page.mouse.move(start["x"] + 60, start["y"] + 12)
    page.mouse.move(stop["x"] + 60, stop["y"] + 12, steps=4)
    page.mouse.up()
    html, text = copied(page)
    assert text.startswith("Its last line is this one.\n\nZones\n\nEvery zone")
    assert "Voices\n\nIt" in text
    assert not text.endswith("sleep.")
    page.keyboard.type("not by accident")
    page.locator(".section .ProseMirror").nth(1).click()
    press(page, "Control+End")
    page.keyboard.type(" But here.")
    is_saved(page)
    until(lambda: database.texts(page.document)[1] == before[1] + " But here.")
    after = database.texts(page.document)
    assert [after[0], *after[2:]] == [before[0], *before[2:]]


def counts(page: Any, shown: str) -> None:
    until(lambda: page.text_content("#find [role=status]") == shown)


def test_words_are_found_and_replaced_everywhere(manuscript: Any, database: Database) -> None:
    page = manuscript
    stand(page, 1, 0)
    press(page, "Control+f")
    page.keyboard.type("reef")
    # From where one stands: the first ones are behind.
    counts(page, "3 of 5")
    press(page, "Enter", "Enter")
    counts(page, "5 of 5")
    page.wait_for_selector(".section:nth-child(5) .found.current")
    assert page.evaluate("document.activeElement.name") == "sought"
    press(page, "F3")
    counts(page, "1 of 5")
    press(page, "Shift+Enter")
    counts(page, "5 of 5")
    page.click("[data-toggle=words]")
    counts(page, "4 of 4")
    page.click("[data-toggle=case]")
    counts(page, "1 of 3")
    page.fill("[name=sought]", "安静")
    counts(page, "1 of 1")
    page.fill("[name=sought]", "nowhere to be found")
    counts(page, "Not found")
    page.fill("[name=sought]", "it's")
    page.click("[data-toggle=case]")
    counts(page, "1 of 1")
    page.fill("[name=sought]", "reef")
    page.click("[data-toggle=words]")
    counts(page, "3 of 5")
    # One, in an agent's words: what is typed there is the person's.
    page.fill("[name=replacement]", "atoll")
    page.keyboard.press("Enter")
    counts(page, "3 of 4")
    is_saved(page)
    before = database.texts(page.document)
    assert before[2] == "It’s a atoll of the night, says an agent; reefs do not sleep."
    by_people = database.texts_by_people(page.document)[2]
    assert by_people == "atoll"
    page.click("[data-action=replace-all]")
    counts(page, "Not found")
    is_saved(page)
    assert database.texts(page.document) == [
        "The atoll is old. A atoll grows slowly.\nIts last line is this one.",
        before[1],
        "It’s a atoll of the night, says an agent; atolls do not sleep.",
        before[3],
        "珊瑚礁很安静。 atoll, the last.",
    ]
    expect(page.locator(".section strong").first).to_have_text("atoll grows")
    # What is written since stays when all of it is taken back.
    press(page, "Escape")
    stand(page, 0, 0)
    page.keyboard.type("Now: ")
    page.click("#toasts :text('Undo')")
    until(lambda: database.texts(page.document) == ["Now: " + before[0], *before[1:]])


def test_one_goes_on_at_a_match_and_readers_find_as_well(
    manuscript: Any, database: Database, open_page: Callable[..., Any], another_signed_in: Any
) -> None:
    page = manuscript
    stand(page, 0, 0)
    press(page, "Control+f")
    page.keyboard.type("the last")
    counts(page, "1 of 1")
    press(page, "Escape")
    assert place(page)[:2] == (4, "text")
    page.keyboard.type("finally")
    until(lambda: database.texts(page.document)[4].endswith("Reef, finally."))
    press(page, "Control+/")
    expect(page.locator("#dialog[open]")).to_contain_text("Ctrl + F")
    press(page, "Escape")
    reader = open_page(storage_state=another_signed_in, permissions=CLIPBOARD)
    reader.goto(page.url)
    reader.wait_for_selector("#saved[data-state=readonly]")
    until(lambda: reader.inner_text(".byline .word-count").strip(" ·").startswith("4"))
    press(reader, "Control+f")
    reader.keyboard.type("finally")
    counts(reader, "1 of 1")
    assert not reader.is_visible("[name=replacement]")
    press(reader, "Escape")
    assert reader.evaluate("getSelection().toString()") == "finally"
    press(reader, "Control+a")
    assert copied(reader)[1].endswith("Reef, finally.")
