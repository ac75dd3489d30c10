"""What editors rely on of a browser, in Firefox: see test_together.py for writing with agents."""

from collections.abc import Iterator
from typing import Any

import pytest

from bench.stack import Stack
from tests.browser.desk import (
    Database,
    is_saved,
    new_document,
    painted,
    ready,
    stand_at_end,
    texts_of,
    until,
)
from tests.browser.input_methods import compose
from tests.browser.person import letters
from tests.browser.watched import Watched
from tests.fake_provider import FakeProvider
from writing.text.output import to_markdown

pytestmark = pytest.mark.browser

WRITTEN = """\
## Zones

- shallow
- deep 🪸

It is **loud**, and **dark** 海底很安静

|  |  |  |
| --- | --- | --- |
| crest |  |  |
|  |  |  |"""


@pytest.fixture
def page(firefox: Any, stack: Stack, provider: FakeProvider, signed_in: Any) -> Iterator[Any]:
    """A page in Firefox, which has complained of nothing in the end."""
    context = firefox.new_context(
        storage_state=signed_in, viewport={"width": 1280, "height": 800}, locale="en-US"
    )
    context.set_default_timeout(20_000)
    watched = Watched(context.new_page())
    watched.page.on("pageerror", lambda error: watched.complaints.append(str(error)))
    yield watched.page
    context.close()
    assert not watched.complaints, "\n".join(watched.complaints)


def markdown(database: Database, document: Any) -> str:
    return to_markdown(database.bodies(document)[0]).strip()


def test_what_is_written_by_keys(page: Any, stack: Stack, database: Database) -> None:
    document = new_document(page, stack, "The reef")
    keyboard = page.keyboard
    stand_at_end(page)
    keyboard.type("## Zones\n- shallow\ndeep ")
    keyboard.insert_text("🪸")
    keyboard.type("\n\nIt is **loud**, and ")
    keyboard.press("Control+b")
    keyboard.type("dark")
    keyboard.press("Control+b")
    keyboard.type(" ")
    compose(page, "haidihenanjing", "海底很安静")
    # A key right behind a composition that is played does not always reach Firefox's page.
    until(lambda: "海底很安静" in markdown(database, document))
    keyboard.type("\n/table")
    page.wait_for_selector("#blocks [role=option]:visible")
    keyboard.press("Enter")
    page.wait_for_selector(".ProseMirror table")
    painted(page)
    keyboard.press("Tab")
    keyboard.press("Tab")
    keyboard.press("Tab")
    keyboard.type("crest")
    is_saved(page)
    assert markdown(database, document) == WRITTEN
    page.reload()
    ready(page, 1)
    assert letters(texts_of(page)[0]) == letters(database.texts(document)[0])


def test_what_is_cut_pasted_and_taken_back(page: Any, stack: Stack, database: Database) -> None:
    document = new_document(page, stack, "The reef")
    keyboard = page.keyboard
    stand_at_end(page)
    keyboard.type("The reef is old.\nIt sleeps.")
    keyboard.press("Shift+Home")
    keyboard.press("Control+x")
    page.locator(".section .ProseMirror p").first.click()
    painted(page)
    keyboard.press("Home")
    keyboard.press("Control+v")
    keyboard.type(" ")
    until(lambda: markdown(database, document) == "It sleeps. The reef is old.")

    def is_taken_back() -> bool:
        if texts_of(page)[0]:
            keyboard.press("Control+z")
        return not texts_of(page)[0].strip()

    until(is_taken_back)

    def is_done_again() -> bool:
        keyboard.press("Control+y")
        return texts_of(page)[0].strip() == "It sleeps. The reef is old."

    until(is_done_again)
    until(lambda: markdown(database, document) == "It sleeps. The reef is old.")


def test_what_stands_around_the_text(page: Any, stack: Stack) -> None:
    new_document(page, stack, "The reef", "Zones")
    page.click("header button.primary")
    page.wait_for_selector("#dialog[open] [name=workflow]")
    page.keyboard.press("Escape")
    page.wait_for_selector("#dialog:not([open])", state="attached")
    page.click("#tab-review")
    page.wait_for_selector("#tab-review[aria-selected=true]")
    page.locator("#sections summary").first.click()
    page.get_by_text("Brief and length").first.click()
    page.wait_for_selector("#dialog[open]")
    page.keyboard.press("Escape")
    page.set_viewport_size({"width": 390, "height": 844})
    page.locator(".bottom-bar").get_by_role("button", name="Outline").click()
    page.keyboard.press("Escape")
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
