"""Markdown as it streams in: the pieces in which a text comes make no difference."""

import random
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from tests.writing.text.manuscripts import SAMPLE, markdown
from writing.text.inline import Break, Text
from writing.text.stream import Event, Leaf, MarkdownStream


def read(pieces: list[str]) -> list[Event]:
    """All events, with adjoining text of equal marks as one."""
    stream = MarkdownStream()
    events: list[Event] = []
    for event in [event for piece in pieces for event in stream.feed(piece)] + stream.finish():
        last = events[-1] if events else None
        if isinstance(event, Text) and isinstance(last, Text) and last.marks == event.marks:
            events[-1] = Text(last.text + event.text, event.marks)
        else:
            events.append(event)
    return events


def cut(text: str, at: list[int]) -> list[str]:
    places = sorted({0, len(text), *(place % (len(text) + 1) for place in at)})
    return [text[start:end] for start, end in pairwise(places)]


@settings(max_examples=300, deadline=None, derandomize=True)
@given(markdown, st.lists(st.integers(min_value=0), max_size=20))
def test_any_split_gives_the_same_events(text: str, at: list[int]) -> None:
    whole = read([text])
    assert read(cut(text, at)) == whole
    assert read(list(text)) == whole


def test_the_sample_gives_the_same_events_letter_by_letter() -> None:
    assert read(list(SAMPLE)) == read([SAMPLE])


def test_long_emphasis_and_code_are_decided_by_the_text_alone() -> None:
    chance = random.Random(7)
    for _ in range(200):
        size = chance.randint(100, 700)
        middle = " ".join(
            chance.choice(["la", "`", "*", "**", "[a](b", "c)"]) for _ in range(size // 3)
        )
        text = (
            chance.choice(["*", "**", "`", "[", "_"]) + middle + chance.choice(["*", "**", "`", ""])
        )
        assert read(cut(text, [chance.randrange(len(text)) for _ in range(9)])) == read([text])


def tags(text: str) -> list[str]:
    return [
        "/".join([*(container.tag for container in event.containers), event.tag])
        for event in read([text])
        if isinstance(event, Leaf)
    ]


def words(text: str) -> list[tuple[str, set[str]]]:
    return [(e.text, set(e.marks)) for e in read([text]) if isinstance(e, Text)]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("plain", ["paragraph"]),
        ("one\ntwo", ["paragraph"]),
        ("one\n\ntwo", ["paragraph", "paragraph"]),
        ("# one\ntwo", ["heading", "paragraph"]),
        ("#one", ["paragraph"]),
        ("one\n---\ntwo", ["paragraph", "horizontal_rule", "paragraph"]),
        ("* * *", ["horizontal_rule"]),
        ("- one\n- two", ["bullet_list/list_item/paragraph"] * 2),
        ("one\n2. two", ["paragraph"]),
        ("one\n1. two", ["paragraph", "ordered_list/list_item/paragraph"]),
        (
            "- ```\n  a\n  ```",
            ["bullet_list/list_item/paragraph", "bullet_list/list_item/code_block"],
        ),
        ("> a\nb", ["blockquote/paragraph"]),
        ("```\n# a\n- b\n```\nc", ["code_block", "paragraph"]),
        ("```\n```", ["code_block"]),
        ("| a |\n| b |", ["paragraph"]),
        (
            "| a |\n|---|\n| b |",
            ["table/table_row/table_header/paragraph", "table/table_row/table_cell/paragraph"],
        ),
        ("#", []),
        ("-", ["bullet_list/list_item/paragraph"]),
        (">", []),
        ("", []),
    ],
)
def test_blocks(text: str, expected: list[str]) -> None:
    assert tags(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a *b* c", [("a ", set()), ("b", {"em"}), (" c", set())]),
        ("**a *b***", [("a ", {"strong"}), ("b", {"strong", "em"})]),
        ("***a** b*", [("a", {"strong", "em"}), (" b", {"em"})]),
        ("snake_case_name", [("snake_case_name", set())]),
        ("5 * 3 * 2", [("5 * 3 * 2", set())]),
        ("a *lonely star", [("a *lonely star", set())]),
        ("**他说。**然后", [("他说。", {"strong"}), ("然后", set())]),
        ("`a*b*`", [("a*b*", {"code"})]),
        ("``a`b``", [("a`b", {"code"})]),
        ("`never closed", [("`never closed", set())]),
        ("[a](https://b.c)", [("a", {"link"})]),
        ("[a](javascript:alert(1))", [("a", set())]),
        ("[a] (b)", [("[a] (b)", set())]),
        ("[1] and [2]", [("[1] and [2]", set())]),
        ("![a](https://b.c/d.png)", [("a", {"link"})]),
        ("<https://b.c>", [("https://b.c", {"link"})]),
        ("<script>alert(1)</script>", [("<script>alert(1)</script>", set())]),
        ("&lt;&copy;&nothing;", [("<©&nothing;", set())]),
        ("\\*a\\*", [("*a*", set())]),
        ("# a #", [("a", set())]),
        ("# C# and F#", [("C# and F#", set())]),
        ("one\ntwo", [("one two", set())]),
        ("一\n二", [("一二", set())]),
        ("a\x00b", [("ab", set())]),
    ],
)
def test_inline(text: str, expected: list[tuple[str, set[str]]]) -> None:
    assert words(text) == expected


def test_breaks_stand_inside_a_block_only() -> None:
    assert [type(event) for event in read(["a\\\nb  \nc  \n"])] == [
        Leaf,
        Text,
        Break,
        Text,
        Break,
        Text,
    ]


def test_ordinary_text_passes_at_once() -> None:
    stream = MarkdownStream()
    shown = ""
    for piece in ["The ", "quick ", "brown ", "fox", " jumps."]:
        shown += "".join(e.text for e in stream.feed(piece) if isinstance(e, Text))
        assert shown.strip().endswith(piece.strip())


def test_a_table_comes_as_a_whole() -> None:
    stream = MarkdownStream()
    assert stream.feed("| a |\n|---|\n| b |\n") == []
    assert sum(isinstance(event, Leaf) for event in stream.feed("\n")) == 2


def test_deep_nesting_is_text_in_the_end() -> None:
    depth = max(len(e.containers) for e in read(["> " * 500 + "a"]) if isinstance(e, Leaf))
    assert depth <= 13


BLOCK_NAMES = {"inline": "", "fence": "code_block", "hr": "horizontal_rule"}


def blocks_of_commonmark(text: str) -> list[tuple[str, str]]:
    """(tag, characters) of each block that holds text, as markdown-it reads it."""
    blocks = []
    tag = ""
    for token in MarkdownIt("commonmark").enable("table").parse(text):
        if token.type in ("paragraph_open", "heading_open"):
            tag = token.type.removesuffix("_open")
        elif token.type == "fence":
            blocks.append(("code_block", token.content.rstrip("\n")))
        elif token.type == "hr":
            blocks.append(("horizontal_rule", ""))
        elif token.type == "inline":
            content = ""
            for child in token.children or []:
                if child.type in ("text", "code_inline"):
                    content += child.content
                elif child.type in ("softbreak", "hardbreak"):
                    content += " "
            blocks.append((tag, content))
    return blocks


def blocks_of_ours(text: str) -> list[tuple[str, str]]:
    blocks: list[tuple[str, str]] = []
    for event in read([text]):
        if isinstance(event, Leaf):
            blocks.append((event.tag, ""))
        else:
            tag, content = blocks[-1]
            blocks[-1] = tag, content + (event.text if isinstance(event, Text) else " ")
    return [(tag, content.rstrip("\n")) for tag, content in blocks]


_PLAIN = st.sampled_from(
    ["word", "Grüße", "5", "a_b", "*em*", "**bold words**", "`code`", "(x)", "so:"]
)
_PROSE = st.lists(_PLAIN, min_size=1, max_size=6).map(" ".join)
_WELL_FORMED = st.one_of(
    _PROSE,
    st.tuples(_PROSE, _PROSE).map("\n".join),
    _PROSE.map("## {}".format),
    st.lists(_PROSE, min_size=1, max_size=3).map(lambda items: "\n".join(f"- {i}" for i in items)),
    st.lists(_PROSE, min_size=1, max_size=3).map(
        lambda items: "\n".join(f"{n}. {i}" for n, i in enumerate(items, 1))
    ),
    st.tuples(_PROSE, _PROSE).map(lambda two: f"- {two[0]}\n  - {two[1]}"),
    _PROSE.map("> {}".format),
    _PROSE.map("```text\n{}\n\n  indented\n```".format),
    st.just("***"),
)


@settings(max_examples=200, deadline=None, derandomize=True)
@given(st.lists(_WELL_FORMED, max_size=6).map("\n\n".join))
def test_well_formed_markdown_reads_as_commonmark_does(text: str) -> None:
    assert blocks_of_ours(text) == blocks_of_commonmark(text)
