"""Two people divide a section and join it again while both write in it."""

from collections.abc import Callable
from typing import Any

import pytest

from bench.stack import Stack
from tests.browser.desk import (
    Database,
    is_saved,
    keep_toast,
    new_document,
    open_document,
    painted,
    ready,
    stand_at_end,
    until,
)

pytestmark = pytest.mark.browser


def menu(page: Any, section: int, choice: str) -> None:
    page.locator("#outline details.menu summary").nth(section).click()
    page.locator("#outline details.menu[open]").get_by_text(choice).click()


def press_undo(page: Any) -> None:
    page.locator("#toasts .toast button[hx-post]").last.click()


def test_a_section_is_split_by_keyboard_merged_by_menu_and_both_undone(
    stack: Stack, open_page: Callable[..., Any], database: Database
) -> None:
    page, other = open_page(), open_page()
    document = new_document(page, stack, "Reefs", "Tides")
    stand_at_end(page)
    page.keyboard.type("Corals build. 你好 😀 Fish live there.")
    page.keyboard.press("Enter")
    page.keyboard.type("A second paragraph.")
    is_saved(page)
    open_document(other, stack, document, 2)
    whole = database.texts(document)

    def becomes(*texts: str) -> None:
        until(lambda: [text.strip() for text in database.texts(document)] == list(texts))
        for each in (page, other):
            ready(each, len(texts))

    # In the middle of the first paragraph, and unsaved words before it.
    page.keyboard.press("ArrowUp")
    page.keyboard.press("Home")
    for _ in range(len("Corals build. 你好 😀 ")):
        page.keyboard.press("ArrowRight")
    page.keyboard.type("Many ")
    painted(page)
    page.keyboard.press("Control+Alt+Enter")
    becomes("Corals build. 你好 😀 Many", "Fish live there.\nA second paragraph.", "")
    keep_toast(page)
    stand_at_end(other, 1)
    other.keyboard.type(" Theirs.")
    is_saved(other)
    press_undo(page)
    split = whole[0].replace("😀 ", "😀 Many ") + " Theirs."
    becomes(split, "")

    stand_at_end(page, 1)
    page.keyboard.type("Water comes and goes.")
    is_saved(page)
    menu(page, 0, "Merge with the next section")
    becomes(f"{split}\nTides\nWater comes and goes.")
    press_undo(page)
    becomes(split, "Water comes and goes.")

    menu(page, 0, "Delete")
    becomes("Water comes and goes.")
    other.click("text=Deleted sections")
    restore = other.locator("#dialog").get_by_role("button", name="Restore “Reefs”")
    restore.focus()
    other.keyboard.press("Enter")
    becomes(split, "Water comes and goes.")
    restore.wait_for(state="detached")
