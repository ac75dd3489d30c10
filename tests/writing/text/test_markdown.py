import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from pycrdt import XmlFragment

from tests.writing.text.manuscripts import SAMPLE, markdown
from tests.writing.text.shapes import shape
from writing.text.markdown import (
    append_markdown,
    count_words,
    plain_text,
    to_html,
    to_markdown,
)
from writing.text.output import words_in
from writing.text.peer import Peer
from writing.text.schema import validate
from writing.text.tree import append_element, append_text

AGENT = {"agent": {"attempt": "a", "tone": 1}}
# The browser counts by the same table.
WORDS = Path(__file__).parents[2] / "words.json"


def body_of(text: str, marks: dict[str, Any] | None = None) -> XmlFragment:
    peer = Peer(1)
    append_markdown(peer.body, text, marks)
    return peer.body


def test_the_sample_comes_back_as_it_was() -> None:
    body = body_of(SAMPLE)
    assert shape(body_of(to_markdown(body))) == shape(body)


@settings(max_examples=200, deadline=None, derandomize=True)
@given(markdown)
def test_no_character_is_lost_on_the_way_there_and_back(text: str) -> None:
    body = body_of(text)
    once = to_markdown(body)
    assert plain_text(body_of(once)).split() == plain_text(body).split()
    validate(body)


@pytest.mark.parametrize(
    "text",
    [
        "# not a heading",
        "1. not an item",
        "- not an item",
        "> not a quotation",
        "| not a table |",
        "```not code",
        "~~~ not code",
        "--- no rule",
        "*not* _emphasis_ **at** all",
        "a `tick` and a \\ slash",
        "[no](link) ![no](image) <https://no.link>",
        "&amp; no entity",
        "ends in a star *",
        "an_under_score _x",
    ],
)
def test_signs_that_mean_nothing_still_mean_nothing(text: str) -> None:
    peer = Peer(1)
    append_text(append_element(peer.body, "paragraph")).insert(0, text)
    assert shape(body_of(to_markdown(peer.body))) == shape(peer.body)


def test_marks_of_agents_and_comments_leave_no_trace() -> None:
    peer = Peer(1)
    append_markdown(peer.body, "one **two**", AGENT)
    append_markdown(peer.body, "three", {"comment--AbCdEf12": {"thread": "t"}})
    assert to_markdown(peer.body) == "one **two**\n\nthree"
    assert to_html(peer.body) == "<p>one <strong>two</strong></p><p>three</p>"


def test_what_is_suggested_is_left_out_until_it_is_accepted() -> None:
    peer = Peer(1)
    text = append_text(append_element(peer.body, "paragraph"))
    text.insert(0, "kept ", {})
    text.insert(5, "gone ", {"deletion--AbCdEf12": {"id": "1"}})
    text.insert(10, "new", {"deletion--AbCdEf12": None, "insertion": {"id": "2"}})
    assert to_markdown(peer.body) == "kept gone"
    assert to_html(peer.body) == "<p>kept gone </p>"
    assert plain_text(peer.body) == "kept gone "
    assert count_words(peer.body) == 2


def test_nothing_that_was_typed_becomes_html() -> None:
    peer = Peer(1)
    attack = "<script>alert(\"1\")</script> & 'x'"
    text = append_text(append_element(peer.body, "paragraph"))
    text.insert(0, attack)
    code = append_text(append_element(peer.body, "code_block", {"params": '"><script>'}))
    code.insert(0, attack)
    append_element(peer.body, '<script src="x">')
    output = to_html(peer.body)
    assert "<script" not in output
    assert "&lt;script&gt;" in output


@pytest.mark.parametrize(
    "href",
    [
        "javascript:alert(1)",
        "data:text/html,x",
        "//evil.example",
        "JaVaScRiPt:x",
        " https:x",
        None,
        3,
    ],
)
def test_only_safe_links_are_links(href: object) -> None:
    peer = Peer(1)
    text = append_text(append_element(peer.body, "paragraph"))
    text.insert(0, "click", {"link": {"href": href, "title": '"><b>'}})
    assert to_html(peer.body) == "<p>click</p>"
    assert to_markdown(peer.body) == "click"


def test_safe_links_say_nothing_about_the_reader() -> None:
    body = body_of('[a](https://example.org/?a=1&b="2")')
    assert 'rel="noopener nofollow"' in to_html(body)
    assert "&amp;b=&quot;2&quot;" in to_html(body)


def test_headings_out_of_range_stay_headings() -> None:
    peer = Peer(1)
    append_text(append_element(peer.body, "heading", {"level": 99})).insert(0, "far")
    assert to_html(peer.body) == "<h6>far</h6>"
    assert to_markdown(peer.body) == "###### far"


def test_lists_of_a_kind_in_a_row_stay_apart() -> None:
    body = body_of("- a\n\n* b\n\n- c")
    assert shape(body_of(to_markdown(body))) == shape(body)


@pytest.mark.parametrize(("text", "count"), json.loads(WORDS.read_text()))
def test_words_are_counted(text: str, count: int) -> None:
    assert words_in(text) == count


def test_words_of_all_blocks_are_counted() -> None:
    assert count_words(body_of("# A title\n\n- item one\n- two")) == 5


def test_markdown_is_appended_after_what_stands() -> None:
    peer = Peer(1)
    append_markdown(peer.body, "one")
    append_markdown(peer.body, "two")
    assert plain_text(peer.body) == "one\ntwo"


def test_one_append_is_one_update() -> None:
    peer = Peer(1)
    seen: list[bytes] = []
    subscription = peer.doc.observe(lambda event: seen.append(event.update))
    append_markdown(peer.body, SAMPLE)
    peer.doc.unobserve(subscription)
    assert len(seen) == 1
