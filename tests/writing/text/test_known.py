"""What is put into a text stands where its kind can stand."""

import pytest

from tests.writing.text.test_gate import attribute, element_with, update_with
from writing.text import gate
from writing.text.known import Known
from writing.text.lib0 import varstring, varuint
from writing.text.peer import Peer
from writing.text.snapshots import read_clocks
from writing.text.structs import parse
from writing.text.tree import append_element, append_text, texts


def known_from(*peers: Peer) -> Known:
    known = Known()
    for peer in peers:
        known.add(parse(peer.doc.get_update()).structs)
    return known


def is_taken(known: Known, update: bytes) -> bool:
    summary = gate.check(update)
    assert not known.lacks(summary)
    try:
        known.check(summary)
    except gate.GateError:
        return False
    return True


def characters(client: int, left: tuple[int, int], right: tuple[int, int] | None = None) -> bytes:
    places = [left] if right is None else [left, right]
    kind = 4 | 128 | (64 if right else 0)
    ids = b"".join(varuint(part) for place in places for part in place)
    head = b"\x01\x01" + varuint(client) + b"\x00"
    return head + bytes([kind]) + ids + varstring("x") + b"\x00"


@pytest.mark.parametrize(
    "update",
    [
        pytest.param(update_with(varstring("abc"), 4), id="characters beside elements"),
        pytest.param(
            element_with(b"\x04\x00\x01\x00" + varstring("abc")), id="characters in an element"
        ),
        pytest.param(
            update_with(varstring("strong") + varstring("{}"), 6), id="a mark beside elements"
        ),
        pytest.param(
            element_with(b"\x07\x00\x01\x00\x06", b"\x07\x00\x01\x01\x06"),
            id="a text in a text",
        ),
        pytest.param(update_with(b"\x01\x7e", 8), id="a value beside elements"),
        pytest.param(
            attribute("level", b"\x03" + varstring("paragraph"), 7), id="an element as attribute"
        ),
    ],
)
def test_what_stands_in_the_wrong_place_is_refused(update: bytes) -> None:
    assert not is_taken(Known(), update)


def two_paragraphs() -> tuple[Peer, Known]:
    """Ids of client 1: an element, a text, "abc", another element, its text, "def"."""
    ann = Peer(1)
    with ann.doc.transaction():
        for string in ("abc", "def"):
            append_text(append_element(ann.body, "paragraph")).insert(0, string)
    return ann, known_from(ann)


@pytest.mark.parametrize(
    ("left", "right", "fits"),
    [
        ((1, 2), (1, 3), True),
        ((1, 9), None, True),
        ((1, 0), None, False),  # beside an element
        ((1, 1), None, False),  # beside a text
        ((1, 2), (1, 8), False),  # between characters of two texts
        ((1, 2), (1, 5), False),  # between a character and an element
    ],
)
def test_characters_go_beside_characters_of_one_text(left, right, fits) -> None:
    _, known = two_paragraphs()
    assert is_taken(known, characters(2, left, right)) is fits


def test_what_goes_into_a_deleted_paragraph_is_taken_and_shown_by_nobody() -> None:
    ann, _ = two_paragraphs()
    bob = Peer(2, [ann.doc.get_update()])
    bob.take()
    _, _, text = next(texts(bob.body))
    text.insert(0, "late ")
    late = bob.take() or b""
    del ann.body.children[0]
    assert is_taken(known_from(ann), late)


def test_a_typist_is_one_struct_however_long_it_takes() -> None:
    ann, known = two_paragraphs()
    ann.take()
    _, _, text = next(texts(ann.body))
    for number in range(200):
        text.insert(3 + number, "x")
        summary = gate.check(ann.take() or b"")
        assert not known.lacks(summary)
        known.check(summary)
        known.add(summary.structs)
    assert known.next_clock(1) == read_clocks(ann.doc.get_state())[1]
    assert sum(len(own) for own in known.structs.values()) < 10


def test_what_is_sent_twice_is_known_once() -> None:
    ann, known = two_paragraphs()
    again = gate.check(ann.doc.get_update())
    known.check(again)
    known.add(again.structs)
    assert known.next_clock(1) == read_clocks(ann.doc.get_state())[1]
