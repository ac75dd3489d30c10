"""A long manuscript: what is far from what is seen is shown without an editor, and still right."""

from collections.abc import Callable
from typing import Any
from uuid import UUID

import pytest

from bench.manuscripts import make_documents
from bench.stack import Stack
from tests.browser.desk import open_document, stand_at_end, until
from tests.fake_provider import FakeProvider

pytestmark = pytest.mark.browser

SECTIONS = 24
TESTS = 6
LAST = SECTIONS - 1
EDITORS = ".section-text > [contenteditable]"
LEAVING_MS = 15_000


@pytest.fixture(scope="module")
def documents(stack: Stack) -> list[UUID]:
    """One for each test here, of many sections without text."""
    sections = [(f"Part {number}", "") for number in range(1, SECTIONS + 1)]
    return make_documents(stack, *sections, copies=TESTS)


@pytest.fixture
def long_document(
    stack: Stack, provider: FakeProvider, open_page: Callable[..., Any], documents: list[UUID]
) -> Any:
    """A page at the top of a document of many sections."""
    page = open_page()
    page.document = documents.pop()
    open_document(page, stack, page.document, SECTIONS)
    return page


def scroll_to(page: Any, section: int) -> None:
    page.evaluate(
        "(index) => document.querySelectorAll('.section')[index].scrollIntoView()", section
    )


def has_editor(page: Any, section: int, *, wanted: bool = True) -> None:
    page.wait_for_function(
        f"""([index, wanted]) => {{
          const section = document.querySelectorAll('.section')[index];
          return Boolean(section.querySelector("{EDITORS}")) === wanted;
        }}""",
        arg=[section, wanted],
        timeout=LEAVING_MS,
    )


def shown(page: Any, section: int) -> str:
    # `inner_text` leaves out what the browser does not lay out.
    text: str = page.locator(".section .ProseMirror").nth(section).text_content()
    return text


def test_only_sections_near_what_is_seen_have_an_editor(long_document: Any) -> None:
    page = long_document
    has_editor(page, 0)
    has_editor(page, LAST, wanted=False)
    scroll_to(page, LAST)
    has_editor(page, LAST)
    # Nobody did anything in the first.
    has_editor(page, 0, wanted=False)


def test_what_others_write_in_a_far_section_is_shown_and_counted(
    stack: Stack, long_document: Any, open_page: Callable[..., Any]
) -> None:
    page, ben = long_document, open_page()
    open_document(ben, stack, page.document, SECTIONS)
    scroll_to(ben, LAST)
    has_editor(ben, LAST)
    stand_at_end(ben, LAST)
    ben.keyboard.type("Far away, and still here.")
    until(lambda: shown(page, LAST) == "Far away, and still here.")
    has_editor(page, LAST, wanted=False)
    ben.keyboard.type(" Twice.")
    until(lambda: shown(page, LAST) == "Far away, and still here. Twice.")
    row = "#outline [data-section]:last-of-type [data-words]"
    page.wait_for_function(
        "(row) => [...document.querySelectorAll(row)].pop()?.textContent === '6'", arg=row
    )


def test_edited_section_keeps_its_editor_and_its_history(long_document: Any) -> None:
    page = long_document
    stand_at_end(page, 0)
    page.keyboard.type("Written before the journey.")
    scroll_to(page, LAST)
    has_editor(page, LAST)
    stand_at_end(page, LAST)
    page.keyboard.type("And back.")
    scroll_to(page, 12)
    has_editor(page, 12)
    # Long enough for sections without a history to lose theirs.
    scroll_to(page, 0)
    has_editor(page, 12, wanted=False)
    has_editor(page, 0)
    stand_at_end(page, 0)
    page.keyboard.press("Control+z")
    until(lambda: shown(page, 0).strip() == "")
    has_editor(page, LAST)


def test_keyboard_reaches_a_far_section(long_document: Any) -> None:
    page = long_document
    page.evaluate(
        "(index) => document.querySelectorAll('.section .ProseMirror')[index].focus()", LAST
    )
    has_editor(page, LAST)
    page.keyboard.type("By keyboard alone.")
    until(lambda: shown(page, LAST) == "By keyboard alone.")


@pytest.mark.parametrize("section", [LAST // 2, LAST])
def test_outline_leads_to_a_far_section(long_document: Any, section: int) -> None:
    page = long_document
    has_editor(page, section, wanted=False)
    page.locator("#outline .outline-title").nth(section).click()
    has_editor(page, section)
    page.wait_for_function(
        """([index, isLast]) => {
          const { top } = document.querySelectorAll('.section')[index].getBoundingClientRect();
          return top >= 0 && top < (isLast ? innerHeight : 200);
        }""",
        arg=[section, section == LAST],
    )
