"""Typed Markdown becomes what it means, and signs what the language writes."""

from typing import Any

import pytest

from tests.browser.editors import (
    MARK,
    compose,
    markdown_in,
    open_editor,
    peer_with,
    receive,
    stand_behind,
    tree_in,
    update_of,
)
from writing.text.markdown import append_markdown
from writing.text.peer import Peer
from writing.text.tree import texts

pytestmark = pytest.mark.browser

TYPED = {
    "bold": ("**bold** x", "**bold** x"),
    "italic": ("an *italic* x", "an *italic* x"),
    "underscores": ("an _italic_ x", "an *italic* x"),
    "snake case": ("a_snake_case_ x", r"a\_snake\_case\_ x"),
    "sums": ("2 * 3 * 4", r"2 \* 3 \* 4"),
    "code": ("say `x = 1` x", "say `x = 1` x"),
    "code is verbatim": ('say `"a" -- *b*` x', 'say `"a" -- *b*` x'),
    "link": ("a [reef](example.org/a) x", "a [reef](https://example.org/a) x"),
    "unsafe link": ("a [reef](javascript:alert) x", r"a \[reef\](javascript:alert) x"),
    "heading": ("### Three", "### Three"),
    "list": ("- one", "- one"),
    "divider": ("---x", "---\n\nx"),
    "language by space": ("```js x = '1'", "```js\nx = '1'\n```"),
    "language by Enter": ("```python\nx = '1'", "```python\nx = '1'\n```"),
    "code block": ("```\nx -- y", "```\nx -- y\n```"),
}


@pytest.mark.parametrize(("typed", "expected"), TYPED.values(), ids=TYPED)
def test_typed_markdown(page: Any, typed: str, expected: str) -> None:
    open_editor(page, Peer(1))
    stand_behind(page, "")
    page.keyboard.type(typed)
    assert markdown_in(page) == expected


SIGNS = [
    ("en", "\"It's 'so',\" (she said)", "“It’s ‘so’,” (she said)"),
    ("en", "a -- b --- c... d", "a – b — c… d"),
    ("en", 'see https://a.org/--"x', 'see https://a.org/--"x'),
    ("en", "-- so", "– so"),
    ("de", "\"Es geht's 'so'\", sagt er", "„Es geht’s ‚so‘“, sagt er"),
    ("fr", '"Ça va ?" Oui! non', "«\u202fÇa va\u202f?\u202f» Oui\u202f! non"),
    ("es", '"Hola"', "«Hola»"),
    ("zh-hans", "他说\"你好'世界'\"，...", "他说“你好‘世界’”，……"),
    ("zh-hans", "等......", "等……"),
    ("zh-hans", "好，“是”。", "好，“是”。"),
]


@pytest.mark.parametrize(("language", "typed", "expected"), SIGNS)
def test_signs_of_the_language(page: Any, language: str, typed: str, expected: str) -> None:
    open_editor(page, Peer(1), language)
    stand_behind(page, "")
    page.keyboard.type(typed)
    assert page.evaluate("editor.text()") == expected


TAKEN_BACK = ["**bold**", "x `code`", "# ", "- ", "> ", 'say "', "x--", "```js "]


@pytest.mark.parametrize("typed", TAKEN_BACK)
def test_backspace_takes_back(page: Any, typed: str) -> None:
    open_editor(page, Peer(1))
    stand_behind(page, "")
    page.keyboard.type(typed)
    became = markdown_in(page)
    page.keyboard.press("Backspace")
    assert page.evaluate("editor.text()") == typed
    assert [node["tag"] for node in tree_in(page)] == ["paragraph"]
    page.keyboard.press("Control+Shift+z")
    assert markdown_in(page) == became


def test_backspace_takes_a_code_block_back_step_by_step(page: Any) -> None:
    open_editor(page, Peer(1))
    stand_behind(page, "")
    page.keyboard.type("```js\n")
    assert [node["tag"] for node in tree_in(page)] == ["code_block"]
    page.keyboard.press("Backspace")
    assert page.evaluate("editor.text()") == "```js"
    page.keyboard.type("\nx")
    page.keyboard.press("Backspace")
    page.keyboard.press("Backspace")
    assert [node["tag"] for node in tree_in(page)] == ["paragraph"]
    assert page.evaluate("editor.text()") == ""


def test_backspace_takes_back_although_an_agent_writes(page: Any) -> None:
    open_editor(page, peer_with("Reefs.", agent=False))
    stand_behind(page, "Reefs.")
    agent = Peer(3, [update_of(page)])
    page.keyboard.type(" *are*")
    append_markdown(agent.body, "Words of an agent.", {"agent": MARK})
    receive(page, agent)
    assert markdown_in(page) == "Reefs. *are*\n\nWords of an agent."
    page.keyboard.press("Backspace")
    assert page.evaluate("editor.text()") == "Reefs. *are*\nWords of an agent."
    page.keyboard.press("Backspace")
    assert page.evaluate("editor.text()") == "Reefs. *are\nWords of an agent."


def test_what_another_types_between_the_signs_stays(page: Any) -> None:
    open_editor(page, Peer(1))
    stand_behind(page, "")
    page.keyboard.type("**ab*")
    other = Peer(3, [update_of(page)])
    [(_, _, text)] = texts(other.body)
    text.insert(len("**a"), "X")
    page.keyboard.type("*")
    receive(page, other)
    assert markdown_in(page) == "**aXb**"


def test_agents_words_stay_the_agents_when_a_rule_marks_them(page: Any) -> None:
    open_editor(page, peer_with("Reefs are cities."))
    stand_behind(page, "Reefs ")
    page.keyboard.type("**")
    stand_behind(page, "Reefs **are")
    page.keyboard.type("**'")
    [runs] = [node["children"][0]["text"] for node in tree_in(page)]
    assert runs == [
        {"insert": "Reefs ", "attributes": {"agent": MARK}},
        {"insert": "are", "attributes": {"agent": MARK, "strong": {}}},
        {"insert": "’"},
        {"insert": " cities.", "attributes": {"agent": MARK}},
    ]


def test_what_an_input_method_gives_is_followed_too(page: Any) -> None:
    open_editor(page, Peer(1), "zh-hans")
    stand_behind(page, "")
    compose(page, "shuo", "说")
    page.keyboard.type('"*')
    compose(page, "hao", "好")
    page.keyboard.type('*"')
    assert markdown_in(page) == "说“*好*”"


def test_the_first_words_of_a_section_can_be_done_again(page: Any) -> None:
    open_editor(page, Peer(1))
    stand_behind(page, "")
    page.keyboard.type("The reef is old.")
    for undo, redo in (("Control+z", "Control+Shift+z"), ("Control+z", "Control+y")):
        page.keyboard.press(undo)
        assert page.evaluate("editor.text()") == ""
        stand_behind(page, "")
        page.keyboard.press(redo)
        assert page.evaluate("editor.text()") == "The reef is old."
    assert [node["tag"] for node in tree_in(page)] == ["paragraph"]
