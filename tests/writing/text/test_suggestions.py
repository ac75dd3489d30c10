"""Suggestions: what is proposed gives the new text when accepted and the old one when rejected."""

import random
import statistics
import uuid
from itertools import count
from typing import Any

import pytest
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from pycrdt import XmlText

from tests.writing.text.manuscripts import SAMPLE
from tests.writing.text.manuscripts import markdown as manuscripts
from writing.text.alignment import TOKEN
from writing.text.content import contents_of
from writing.text.deciding import decide
from writing.text.html import to_html
from writing.text.markdown import append_markdown, count_words, plain_text, to_markdown
from writing.text.marking import ATTRIBUTE, BORDER, block_mark, encode, set_marks
from writing.text.peer import Peer
from writing.text.proposing import propose, propose_body
from writing.text.schema import validate
from writing.text.sentences import split
from writing.text.suggestions import suggested_in
from writing.text.tree import (
    append_element,
    append_text,
    children,
    elements,
    plain,
    runs,
    texts,
)

ONE, OTHER = str(uuid.UUID(int=1)), str(uuid.UUID(int=2))
INS, DEL = {"insertion": {"id": ONE}}, {"deletion": {"id": ONE}}

SAID = "the a reef polyp stone lives on 珊瑚 very 😀 old . , ! naïve (so)"
WORDS = SAID.split()
sentences = st.lists(st.sampled_from(WORDS), max_size=14).map(" ".join)
text = st.lists(sentences, max_size=5).map(". ".join)


def peer_with(*blocks) -> Peer:
    """Blocks as (tag, attributes, stretches of text with their marks)."""
    peer = Peer(7)
    with peer.doc.transaction():
        for tag, values, stretches in blocks:
            shared = append_text(append_element(peer.body, tag, values))
            for characters, marks in stretches:
                nothing = dict.fromkeys(["insertion", "deletion", "strong", "agent"])
                shared.insert(len(shared), characters, nothing | marks)
    peer.take()
    return peer


def paragraph(*stretches):
    return "paragraph", {}, [s if isinstance(s, tuple) else (s, {}) for s in stretches]


def words_of(peer: Peer) -> XmlText:
    """The first text."""
    return next(shared for _path, _tag, shared in texts(peer.body))


def decided(peer: Peer, accept: bool, ids=None) -> Peer:
    other = Peer(random.randrange(2**40, 2**41), [peer.state()])
    decide(other.body, ids, accept=accept)
    return other


def normal(contents):
    """Texts with neighbours of equal marks made one, none empty."""
    if isinstance(contents, list) and all(isinstance(c, tuple) and len(c) == 2 for c in contents):
        merged = []
        for run, marks in contents:
            if merged and merged[-1][1] == marks:
                merged[-1] = (merged[-1][0] + run, marks)
            elif run:
                merged.append((run, marks))
        return merged
    tag, values, held = contents
    inside = [normal(child) for child in held]
    return tag, values, [child for child in inside if child != []]


def shape(peer: Peer):
    return [normal(content) for content in contents_of(peer.body)]


@given(text, text)
def test_accepted_it_is_the_new_text_and_rejected_the_old(old: str, new: str):
    peer = peer_with(paragraph(old))
    propose(peer, words_of(peer), 0, len(old.encode()), new)
    assert plain_text(decided(peer, True).body) == new
    assert plain_text(decided(peer, False).body) == old
    assert plain_text(peer.body) == old
    assert count_words(peer.body) == count_words(peer_with(paragraph(old)).body)


@given(manuscripts, manuscripts)
@hypothesis_settings(max_examples=60)
def test_whole_texts_with_all_kinds_of_blocks(old: str, new: str):
    _turn(old, new)


def test_a_sample_of_every_block_from_nothing_and_back():
    _turn(SAMPLE, "")
    _turn("", SAMPLE)
    _turn(SAMPLE, SAMPLE.replace("one", "three").replace("lazily", "in haste"))


def _turn(old: str, new: str) -> None:
    peer, wanted = Peer(7), Peer(8)
    append_markdown(peer.body, old)
    append_markdown(wanted.body, new)
    before = shape(peer)
    propose_body(peer, contents_of(wanted.body))
    validate(peer.body)
    assert shape(decided(peer, True)) == shape(wanted)
    assert shape(decided(peer, False)) == before
    assert to_markdown(peer.body) == to_markdown(decided(peer, False).body)
    assert to_html(peer.body) == to_html(decided(peer, False).body)


def test_changes_are_about_as_few_as_can_be():
    """Median of changed words against those of the longest common subsequence."""
    chance = random.Random(5)
    ratios = []
    for _ in range(150):
        old, new = (
            ". ".join(
                " ".join(chance.choices(WORDS[:9], k=chance.randrange(3, 15)))
                for _ in range(chance.randrange(1, 4))
            )
            for _ in range(2)
        )
        peer = peer_with(paragraph(old))
        shared = words_of(peer)
        propose(peer, shared, 0, len(old.encode()), new)
        changed = sum(
            len(_words(run))
            for run, marks in runs(shared)
            if marks.keys() & {"insertion", "deletion"}
        )
        if least := _least(_words(old), _words(new)):
            ratios.append(changed / least)
    assert statistics.median(ratios) <= 1.5


def _words(text: str) -> list[str]:
    return [token for token in TOKEN.findall(text) if not token.isspace()]


def _least(one: list[str], other: list[str]) -> int:
    row = list(range(len(other) + 1))
    for i, word in enumerate(one, 1):
        before, row[0] = row[0], i
        for j, its in enumerate(other, 1):
            before, row[j] = row[j], before if word == its else 1 + min(row[j], row[j - 1])
    return row[-1]


def test_each_sentence_is_a_suggestion_of_its_own_and_reads_word_by_word():
    old = "Reefs grow slow. Nobody knows why. They are old animals of the sea."
    new = "Reefs grow slowly. Nobody knows why. They are very old animals of the sea."
    peer = peer_with(paragraph(old))
    names = (str(uuid.UUID(int=n)) for n in count(1))
    shared = words_of(peer)
    ids = propose(peer, shared, 0, len(old), new, name=lambda: next(names))
    assert len(ids) == 2
    assert [
        (run, next(iter(marks)), next(iter(marks.values()))["id"])
        for run, marks in runs(shared)
        if marks
    ] == [
        ("slow", "deletion", ids[0]),
        ("slowly", "insertion", ids[0]),
        ("very ", "insertion", ids[1]),
    ]
    one = decided(peer, True, [ids[0]])
    assert plain_text(one.body) == old.replace("slow.", "slowly.")
    assert [suggestion.id for suggestion in suggested_in(one.body)] == [ids[1]]
    first, second = suggested_in(peer.body)
    assert (first.old, first.new) == ("slow", "slowly")
    assert (second.old, second.new) == ("", "very ")
    assert [p.kind for p in second.pieces] == ["same", "insertion", "same"]


def test_a_sentence_with_hardly_a_word_in_common_is_replaced_as_a_whole():
    peer = peer_with(paragraph("The old men of the harbour sang all night about the sea."))
    shared = words_of(peer)
    propose(peer, shared, 0, len(shared), "Night after night, the sailors were heard for miles.")
    assert len([1 for _, marks in runs(shared) if marks]) == 2


@pytest.mark.parametrize(
    ("blocks", "accepted", "rejected"),
    [
        # A paragraph that is split, and one that two become.
        (
            [paragraph("One", (BORDER, INS)), paragraph((BORDER, INS), "two.")],
            "One\n\ntwo.",
            "Onetwo.",
        ),
        (
            [paragraph("One", (BORDER, DEL)), paragraph((BORDER, DEL), "two.")],
            "Onetwo.",
            "One\n\ntwo.",
        ),
        (
            [paragraph("One", (" is", DEL)), paragraph(("not ", DEL), "two.")],
            "Onetwo.",
            "One is\n\nnot two.",
        ),
        (
            [paragraph("One", ("!", INS)), paragraph(("Then ", INS), "two.")],
            "One!\n\nThen two.",
            "Onetwo.",
        ),
        # What ends one paragraph and begins the next by two suggestions joins nothing.
        (
            [paragraph("One", (" x", DEL)), paragraph(("y ", {"deletion": {"id": OTHER}}), "two.")],
            "One\n\ntwo.",
            "One x\n\ny two.",
        ),
        (
            [paragraph("A"), ("paragraph", {ATTRIBUTE: "insertion"}, [("new", {})])],
            "A\n\nnew",
            "A",
        ),
        (
            [paragraph("A"), ("heading", {"level": 1, ATTRIBUTE: "deletion"}, [("old", {})])],
            "A",
            "A\n\n# old",
        ),
        ([("heading", {"level": 3, ATTRIBUTE: "level"}, [("H", {})])], "### H", "# H"),
        ([("heading", {"level": 1, ATTRIBUTE: "type"}, [("P", {})])], "# P", "P"),
        (
            [paragraph("a ", ("b", {"strong": {}, "modification--AbCdEf12": "look"}))],
            "a **b**",
            "a b",
        ),
    ],
)
def test_each_kind_of_mark(blocks, accepted: str, rejected: str):
    meant = {
        "insertion": [block_mark("insertion", ONE)],
        "deletion": [block_mark("deletion", ONE)],
        "level": [_modification("attr", attrName="level", previousValue=1, newValue=3)],
        "type": [
            _modification("nodeType", previousValue="paragraph", newValue="heading"),
            _modification("attr", attrName="level", previousValue=None, newValue=1),
        ],
    }
    look = {"id": ONE, "type": "mark", "previousValue": None, "newValue": {"type": "strong"}}
    built = []
    for tag, values, stretches in blocks:
        if ATTRIBUTE in values:
            values = values | {ATTRIBUTE: encode(meant[values[ATTRIBUTE]])}
        stretches = [
            (run, {k: look if v == "look" else v for k, v in marks.items()})
            for run, marks in stretches
        ]
        built.append((tag, values, stretches))
    peer = peer_with(*built)
    assert to_markdown(decided(peer, True).body) == accepted
    assert to_markdown(decided(peer, False).body) == rejected
    assert to_markdown(peer.body) == rejected
    for accept in (True, False):
        assert suggested_in(decided(peer, accept).body) == []
        assert BORDER not in plain(words_of(decided(peer, accept)))


def _modification(kind: str, **values):
    return {"attrs": {"id": ONE, "type": kind, **values}, "type": "modification"}


LIST = "- one\n- two\n- three\n"
TABLE = "| a | b |\n|---|---|\n| 1 | 2 |\n| 3 | 4 |\n"


@pytest.mark.parametrize(
    ("markdown", "path", "left"),
    [
        (LIST, [0, 1], "- one\n- three"),
        (LIST, [0], ""),
        ("- one\n", [0, 0], ""),
        ("- one\n\n  > more\n", [0, 0, 0], "- > more"),
        ("> quoted\n", [0, 0], ""),
        (TABLE, [0, 1], "| a | b |\n| --- | --- |\n| 3 | 4 |"),
        ("---\n\nA", [0], "A"),
    ],
)
def test_list_items_rows_and_rules_go_and_come(markdown: str, path: list[int], left: str):
    for kind in ("insertion", "deletion"):
        peer = Peer(7)
        append_markdown(peer.body, markdown)
        whole = to_markdown(peer.body)
        element: Any = peer.body
        for index in path:
            element = children(element)[index]
        set_marks(element, [block_mark(kind, ONE)])
        outcomes = {accept: decided(peer, accept) for accept in (True, False)}
        for outcome in outcomes.values():
            validate(outcome.body)
        assert to_markdown(outcomes[kind == "insertion"].body) == whole
        assert to_markdown(outcomes[kind == "deletion"].body) == left


def test_a_line_break_goes_and_comes_too():
    for kind, left in (("insertion", "ab"), ("deletion", "a\\\nb")):
        peer = peer_with(paragraph("a"))
        [block] = elements(peer.body)
        set_marks(append_element(block, "hard_break"), [block_mark(kind, ONE)])
        append_text(block).insert(0, "b")
        assert to_markdown(peer.body) == left
        accepted = decided(peer, True).body
        assert to_markdown(accepted) == ("a\\\nb" if kind == "insertion" else "ab")
        [suggestion] = suggested_in(peer.body)
        assert [piece.text for piece in suggestion.pieces] == ["a", "↵", "b"]


def test_blocks_are_joined_over_a_line_break_that_goes_with_their_border():
    peer = peer_with(paragraph("a"), paragraph((" b", DEL), "c"))
    set_marks(append_element(elements(peer.body)[0], "hard_break"), [block_mark("deletion", ONE)])
    assert to_markdown(decided(peer, True).body) == "ac"
    assert to_markdown(peer.body) == "a\n\nbc"


def test_cells_are_never_joined():
    peer = Peer(7)
    append_markdown(peer.body, TABLE)
    for _path, _tag, shared in list(texts(peer.body))[2:4]:
        shared.format(0, len(shared), DEL)
    accepted = decided(peer, True)
    validate(accepted.body)
    assert to_markdown(accepted.body).splitlines()[2] == "|  |  |"


@pytest.mark.parametrize("accept", [True, False])
def test_who_types_in_it_meanwhile_keeps_every_word(accept: bool):
    peer = peer_with(paragraph("A ", ("very old", DEL), ("young and spry", INS), " polyp."))
    here = Peer(8, [peer.state()])
    there = Peer(9, [peer.state()])
    decide(here.body, [ONE], accept=accept)
    shared = words_of(there)
    shared.insert(len("A very oldyou"), "XX")
    shared.insert(len("A ve"), "YY")
    update, other = here.take(), there.take()
    assert update
    assert other
    here.pull([other])
    there.pull([update])
    assert shape(here) == shape(there)
    words = plain(words_of(here))
    assert words == ("A YYyouXXng and spry polyp." if accept else "A veYYry oldXX polyp.")


def test_accepting_an_insertion_removes_nothing_but_the_mark():
    peer = peer_with(paragraph("A", (" new thing", INS), "."))
    decide(peer.body, [ONE], accept=True)
    update = peer.take()
    assert update
    assert b"new thing" not in update
    assert runs(words_of(peer)) == [("A new thing.", {})]


def test_a_border_sign_that_is_somebodys_own_stays():
    khmer = f"ខ្ញុំ{BORDER}ស្រឡាញ់ ភាសា{BORDER}ខ្មែរ"
    peer = peer_with(paragraph(khmer))
    shared = words_of(peer)
    shared.format(len("ខ្ញុំ".encode()), len(f"ខ្ញុំ{BORDER}ស្រឡាញ់".encode()), DEL)
    assert plain_text(decided(peer, False).body) == khmer


def test_sentences_for_agents_leave_out_what_is_only_suggested():
    peer = peer_with(
        paragraph("It is ", ("old", DEL), ("brand new", INS), ". Fine."),
        ("paragraph", {ATTRIBUTE: encode([block_mark("insertion", OTHER)])}, [("Not yet.", {})]),
    )
    found = split(peer.body)
    assert [sentence.text for sentence in found] == ["It is old.", "Fine."]
    assert [sentence.suggested for sentence in found] == [True, False]


def test_new_words_look_like_those_they_replace():
    peer = peer_with(paragraph("A ", ("bold", {"strong": {}}), " word."))
    shared = words_of(peer)
    propose(peer, shared, 0, len(shared), "A brave word.", mark={"attempt": "x", "tone": 2})
    [(new, marks)] = [(run, marks) for run, marks in runs(shared) if "insertion" in marks]
    assert new == "brave"
    assert marks.keys() == {"insertion", "strong", "agent"}
