"""Blocks are chosen from a menu at the caret, by key, mouse and finger; tables have tools."""

import re
from collections.abc import Callable
from typing import Any
from uuid import UUID

import pytest
from playwright.sync_api import expect

from bench.manuscripts import make_documents
from bench.stack import Stack
from tests.browser.desk import Database, is_saved, open_document, painted
from tests.browser.editors import compose
from tests.fake_provider import FakeProvider
from writing.text.output import to_markdown

pytestmark = pytest.mark.browser

PHONE: dict[str, Any] = {
    "viewport": {"width": 390, "height": 844},
    "has_touch": True,
    "is_mobile": True,
}
TABLE = "| Zone | Depth |\n| --- | --- |\n| Terrace | 4 m |\n| Cellar | 30 m |"
SECTIONS = [("The reef", "The reef is old."), ("Zones", f"{TABLE}\n\nThe end.")]
TESTS = 6


@pytest.fixture(scope="module")
def documents(stack: Stack) -> list[UUID]:
    """One for each test here."""
    return make_documents(stack, *SECTIONS, copies=TESTS)


@pytest.fixture
def open_manuscript(
    stack: Stack, provider: FakeProvider, open_page: Callable[..., Any], documents: list[UUID]
) -> Callable[..., Any]:
    def opened(**options: Any) -> Any:
        page = open_page(**options)
        page.document = documents.pop()
        open_document(page, stack, page.document, len(SECTIONS))
        page.wait_for_selector(".section .ProseMirror[contenteditable=true]")
        return page

    return opened


def stand_in_new_line(page: Any) -> None:
    """In an empty block behind the first section's only paragraph."""
    page.locator(".section .ProseMirror p").first.click()
    painted(page)
    page.keyboard.press("End")
    page.keyboard.press("Enter")


def offers(page: Any, *names: str) -> None:
    expect(page.locator("#blocks [role=option]:visible span")).to_have_text(names)


def offers_all(page: Any) -> None:
    expect(page.locator("#blocks [role=option]:visible")).to_have_count(11)


def text_in(page: Any, database: Database, section: int = 0) -> str:
    """What the database holds, once everything is saved."""
    is_saved(page)
    row, _status = database.sections(page.document)[section]
    return to_markdown(database.peer(row).body).strip()


def test_a_slash_offers_blocks(open_manuscript: Callable[..., Any], database: Database) -> None:
    page = open_manuscript()
    stand_in_new_line(page)
    page.keyboard.type("/")
    offers_all(page)
    editor = page.locator(".section .ProseMirror").first
    expect(editor).to_have_attribute("aria-controls", "blocks")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowDown")
    expect(editor).to_have_attribute("aria-activedescendant", "block-heading-2")
    page.keyboard.type("heading")
    offers(page, "Heading 1", "Heading 2", "Heading 3")
    page.keyboard.press("ArrowUp")
    page.keyboard.press("Enter")
    expect(editor).not_to_have_attribute("aria-activedescendant", re.compile(""))
    page.keyboard.type("Zones")
    assert text_in(page, database) == "The reef is old.\n\n### Zones"
    for _ in "typed", "chosen":
        page.keyboard.press("Control+z")
    assert text_in(page, database) == "The reef is old."
    expect(editor.locator("p")).to_have_count(2)

    page.keyboard.type("/表格")
    offers(page, "Table")
    page.keyboard.press("Tab")
    page.keyboard.type("One")
    page.keyboard.press("Tab")
    page.keyboard.type("Two")
    assert "| One | Two |" in text_in(page, database)


def test_a_slash_that_asks_for_nothing(
    open_manuscript: Callable[..., Any], database: Database
) -> None:
    page = open_manuscript()
    stand_in_new_line(page)
    page.keyboard.type("and/or")
    offers(page)
    page.keyboard.type(" /")
    offers_all(page)
    page.keyboard.press("Escape")
    offers(page)
    page.keyboard.type("x /nothing of the kind")
    offers(page)
    page.keyboard.press("Enter")
    page.keyboard.type("```\n/")
    offers(page)
    assert text_in(page, database).endswith("and/or /x /nothing of the kind\n\n```\n/\n```")
    page.keyboard.press("Control+Enter")
    compose(page, "、")
    page.wait_for_selector("#blocks:not([hidden])")
    page.locator("#block-quote").click()
    page.keyboard.type("said")
    assert text_in(page, database).endswith("```\n\n> said")


def test_the_button_in_the_margin(open_manuscript: Callable[..., Any], database: Database) -> None:
    page = open_manuscript()
    page.locator(".section .ProseMirror p").first.click()
    page.click(".add-block")
    page.locator("#block-heading-3").click()
    assert text_in(page, database) == "### The reef is old."
    page.click(".add-block")
    page.keyboard.type("x")
    offers(page)


def test_the_button_under_a_finger(open_manuscript: Callable[..., Any], database: Database) -> None:
    page = open_manuscript(**PHONE)
    page.locator(".section .ProseMirror p").first.tap()
    painted(page)
    assert page.locator(".add-block").is_hidden()
    stand_in_new_line(page)
    page.locator(".add-block").tap()
    page.locator("#block-bullet-list").tap()
    page.keyboard.type("Fish")
    assert text_in(page, database) == "The reef is old.\n\n- Fish"


def test_the_tools_of_a_table(open_manuscript: Callable[..., Any], database: Database) -> None:
    page = open_manuscript()
    page.locator("td").last.click()
    tools = page.locator(".table-tools")
    tools.get_by_role("button", name="Row below").click()
    tools.get_by_role("button", name="Column to the left").click()
    tools.get_by_role("button", name="Header row").click()
    expect(page.locator("tr")).to_have_count(4)
    expect(page.locator("th")).to_have_count(0)
    expect(page.locator("tr").first.locator("td")).to_have_count(3)
    page.keyboard.press("Alt+F10")
    page.keyboard.press("ArrowRight")
    page.keyboard.press("Escape")
    page.keyboard.type("!")
    assert "Cellar" in text_in(page, database, 1)
    tools.get_by_role("button", name="Delete the table").click()
    assert text_in(page, database, 1) == "The end."
    tools.wait_for(state="hidden")


def test_signs_are_typed_as_they_are_where_a_person_wants_that(
    open_manuscript: Callable[..., Any], database: Database
) -> None:
    page = open_manuscript()
    stand_in_new_line(page)
    page.keyboard.type('"a"')
    switch = page.locator("[data-typography]")
    for wanted in ("false", "true"):
        page.locator("header .menu").last.locator("summary").click()
        switch.click()
        expect(switch).to_have_attribute("aria-pressed", wanted)
        page.locator(".section .ProseMirror p").last.click()
        page.locator(".section .ProseMirror p").nth(1).click()
        painted(page)
        page.keyboard.press("End")
        page.keyboard.type(' "b"')
    assert text_in(page, database) == 'The reef is old.\n\n“a” "b" “b”'
