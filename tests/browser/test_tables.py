"""Tables that several people change: nobody's editor writes what its person did not ask for."""

from typing import Any

import pytest

from tests.browser.desk import painted
from tests.browser.editors import markdown_in, open_editor, peer_with, receive, update_of
from writing.text.peer import Peer
from writing.text.tree import append_element, elements

pytestmark = pytest.mark.browser

TABLE = "| a | b |\n| --- | --- |\n| c | d |"


def stand_in_cell(page: Any, words: str) -> None:
    page.locator("td, th").filter(has_text=words).click()
    painted(page)  # the editor hears of the selection a moment later


def columns(page: Any) -> list[int]:
    counted: list[int] = page.evaluate(
        "[...document.querySelectorAll('tr')].map((row) => row.children.length)"
    )
    return counted


def test_a_row_and_a_column_made_at_once_fit_once_the_table_is_changed_again(page: Any) -> None:
    open_editor(page, peer_with(TABLE, agent=False))
    other = Peer(3, [update_of(page)])
    with other.doc.transaction():
        for row in elements(elements(other.body)[0]):
            append_element(append_element(row, "table_cell"), "paragraph")
    stand_in_cell(page, "d")
    page.keyboard.press("Tab")
    page.keyboard.type("e")
    receive(page, other)
    assert columns(page) == [3, 3, 2]
    held = Peer(4, [update_of(page)])
    assert [len(elements(row)) for row in elements(elements(held.body)[0])] == [3, 3, 2]
    page.keyboard.type("f")
    assert columns(page) == [3, 3, 3]
    assert markdown_in(page) == ("| a | b |  |\n| --- | --- | --- |\n| c | d |  |\n| ef |  |  |")


def test_a_short_row_is_not_mended_by_who_only_opens_it(page: Any) -> None:
    peer = peer_with(TABLE, agent=False)
    row = append_element(elements(peer.body)[0], "table_row")
    append_element(append_element(row, "table_cell"), "paragraph")
    open_editor(page, peer)
    stand_in_cell(page, "c")
    page.keyboard.press("Tab")
    assert columns(page) == [2, 2, 1]
    assert update_of(page) == peer.state()
