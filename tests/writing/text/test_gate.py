"""Each refusal stands beside the real updates that pass."""

import random

import pytest
from pycrdt import Doc, XmlFragment

from writing.text import gate
from writing.text.lib0 import varstring, varuint
from writing.text.peer import Peer
from writing.text.tree import append_element, append_text, texts


def real_update() -> bytes:
    """What an editor and a pen write: elements, attributes, marks, deletions."""
    ann, bob = Peer(11), Peer(12)
    with ann.doc.transaction():
        text = append_text(append_element(ann.body, "heading", {"level": 2}))
        text.insert(0, "Grüße, 世界 😀", {"agent": {"attempt": "a", "tone": 1}})
        text.format(0, 4, {"comment--AbCdEf12": {"thread": "t"}, "strong": {}})
        del text[2:6]
    bob.pull([ann.take() or b""])
    _, _, other = next(texts(bob.body))
    other.insert(2, "!")
    ann.pull([bob.take() or b""])
    return ann.doc.get_update()


def update_with(content: bytes, kind: int, client: int = 1, clock: int = 0) -> bytes:
    """One struct, in the root, of one client."""
    head = varuint(1) + varuint(1) + varuint(client) + varuint(clock)
    return head + bytes([kind]) + b"\x01" + varstring("body") + content + b"\x00"


def element_with(*structs: bytes) -> bytes:
    """An element of client 1 and what follows it."""
    element = b"\x07\x01" + varstring("body") + b"\x03" + varstring("heading")
    head = varuint(1) + varuint(1 + len(structs)) + varuint(1) + varuint(0)
    return head + element + b"".join(structs) + b"\x00"


def attribute(name: str, content: bytes, kind: int) -> bytes:
    return element_with(bytes([kind | 32]) + b"\x00\x01\x00" + varstring(name) + content)


def nested_elements(levels: int) -> bytes:
    update = varuint(1) + varuint(levels) + varuint(1) + varuint(0)
    for level in range(levels):
        parent = b"\x01" + varstring("body") if level == 0 else b"\x00\x01" + varuint(level - 1)
        update += b"\x07" + parent + b"\x03" + varstring("blockquote")
    return update + b"\x00"


def test_a_real_update_passes_and_says_whose_it_is() -> None:
    summary = gate.check(real_update())
    assert set(summary.clients) == {11, 12}
    assert summary.clients[12][0] == 0
    assert summary.clients[11][0] == 0
    assert len(summary.structs) > 4


def test_the_new_clocks_continue_where_the_last_update_ended() -> None:
    peer = Peer(5)
    with peer.doc.transaction():
        text = append_text(append_element(peer.body, "paragraph"))
        text.insert(0, "ab")
    first = gate.check(peer.take() or b"").clients[5]
    text.insert(2, "c")
    second = gate.check(peer.take() or b"").clients[5]
    assert first == (0, 4)
    assert second == (4, 5)


def test_an_empty_update_passes() -> None:
    assert gate.check(b"\x00\x00") == gate.Summary({}, [], {})


def test_deleting_what_others_wrote_claims_none_of_their_clocks() -> None:
    ann = Peer(1)
    with ann.doc.transaction():
        append_text(append_element(ann.body, "paragraph")).insert(0, "ab")
    bob = Peer(2, [ann.take() or b""])
    del bob.body.children[0]
    assert gate.check(bob.take() or b"").clients == {}


def test_an_attribute_that_the_schema_knows_passes() -> None:
    assert len(gate.check(attribute("level", b"\x01\x7d\x03", 8)).structs) == 2
    long = attribute("params", b"\x01\x77" + varstring("a" * 4_000), 8)
    assert len(gate.check(long).structs) == 2


def test_what_an_update_goes_on_from_is_named() -> None:
    ann = Peer(1)
    with ann.doc.transaction():
        text = append_text(append_element(ann.body, "paragraph"))
        text.insert(0, "abc")
    first = gate.check(whole := ann.take() or b"")
    assert first.needs == {1: 0}
    bob = Peer(2, [whole])
    _, _, other = next(texts(bob.body))
    other.insert(1, "x")
    typed = gate.check(bob.take() or b"")
    # The characters on both sides: an element, a text and two letters in.
    assert typed.needs == {1: 4, 2: 0}
    other.insert(2, "y")
    assert gate.check(bob.take() or b"").needs == {1: 4, 2: 1}
    del other[0:5]
    assert gate.check(bob.take() or b"").needs == {1: 5, 2: 2}


def test_a_hole_in_an_update_is_needed() -> None:
    hole = b"\x0a" + varuint(5)
    block = b"\x07\x01" + varstring("body") + b"\x03" + varstring("paragraph")
    update = varuint(1) + varuint(2) + varuint(1) + varuint(0) + hole + block + b"\x00"
    assert gate.check(update).needs == {1: 5}


def test_clocks_burnt_under_a_foreign_client_id_are_named() -> None:
    burn = b"\x01\x01" + varuint(42) + varuint(5) + b"\x00" + varuint(1_000_000) + b"\x00"
    assert gate.check(burn).clients == {42: (5, 1_000_005)}


DEEP_ARRAY = b"\x75\x01" * 30_000 + b"\x7e"
DEEP_OBJECT = (b"\x76\x01" + varstring("k")) * 5_000 + b"\x7e"
DEEP_JSON = varstring("strong") + varstring("[" * 5_000 + "]" * 5_000)
HOSTILE = {
    "nothing": b"",
    "cut off": b"\x01\x0e\xde",
    "number without end": b"\xff" * 30,
    "promises clients": varuint(2**40) + b"\x01\x01\x00",
    "promises structs": b"\x01" + varuint(2**40) + b"\x01\x00\x00",
    "promises deletions": b"\x00" + varuint(2**40),
    "promises deleted ranges": b"\x00\x01\x01" + varuint(2**40),
    "promises text": update_with(varuint(2**40) + b"abc", 4),
    "promises values": update_with(varuint(2**40) + b"\x7e", 8),
    "promises members": update_with(b"\x01\x75" + varuint(2**40), 8),
    "huge collected struct": b"\x01\x01\x01\x00\x00" + varuint(2**31) + b"\x00",
    "huge skip": b"\x01\x01\x01\x00\x0a" + varuint(2**40) + b"\x00",
    "huge deleted range": b"\x00\x01\x01\x01\x00" + varuint(2**40),
    "far future": update_with(varstring("abc"), 4, clock=2**40),
    "array 30,000 deep": update_with(b"\x01" + DEEP_ARRAY, 8),
    "object 5,000 deep": update_with(b"\x01" + DEEP_OBJECT, 8),
    "mark 5,000 deep": update_with(DEEP_JSON, 6),
    "mark that is not JSON": update_with(varstring("strong") + varstring("{]"), 6),
    "mark that is NaN": update_with(varstring("strong") + varstring("NaN"), 6),
    "elements 10,000 deep": nested_elements(10_000),
    "subdocument": update_with(varstring("guid") + b"\x7e", 9),
    "binary": update_with(b"\x01a", 3),
    "unknown content": update_with(b"\x01a", 11),
    "unknown shared type": update_with(b"\x09", 7),
    "unknown value": update_with(b"\x01\x10", 8),
    "other root": b"\x01\x01\x01\x00\x04\x01\x01t\x03abc\x00",
    "empty text": update_with(b"\x00", 4),
    "empty struct": b"\x01\x01\x01\x00\x00\x00\x00",
    "text that is not UTF-8": update_with(b"\x02\xff\xff", 4),
    "gap with a neighbour": b"\x01\x01\x01\x00\x80\x01\x00",
    "client without structs": b"\x01\x00\x01\x00\x00",
    "client twice": b"\x02" + (b"\x01\x01\x00\x00\x01") * 2 + b"\x00",
    "deletions twice": b"\x00\x02" + b"\x01\x01\x00\x01" * 2,
    "deletion of nothing": b"\x00\x01\x01\x01\x00\x00",
    "struct beside itself": b"\x01\x01\x01\x00\x84\x01\x00\x01a\x00",
    "bytes to spare": b"\x00\x00\x00",
    "element that no browser knows": update_with(b"\x03" + varstring("script"), 7),
    "element without a name": update_with(b"\x03\x00", 7),
    "document in a document": update_with(b"\x03" + varstring("doc"), 7),
    "mark that no browser knows": update_with(varstring("blink") + varstring("{}"), 6),
    "mark of 9,000 bytes": update_with(varstring("link") + varstring('"' + "a" * 9_000 + '"'), 6),
    "attribute that no browser knows": attribute("onclick", b"\x01\x77" + varstring("alert()"), 8),
    "attribute of 9,000 bytes": attribute("params", b"\x01\x77" + varstring("a" * 9_000), 8),
    # Declares 267,854,847 structs in 42 bytes: github.com/yjs/yjs/issues/687.
    "version 2": bytes.fromhex(
        "000123000000010281000010 00c7dc00c47a8000 41abead600010000010000840000 10ffc7dcff000000"
    ),
}


@pytest.mark.parametrize("update", HOSTILE.values(), ids=HOSTILE.keys())
def test_hostile_updates_are_refused(update: bytes) -> None:
    with pytest.raises(gate.GateError):
        gate.check(update)


@pytest.mark.parametrize(
    ("limits", "reason"),
    [
        (gate.Limits(size_bytes=20), "bytes"),
        (gate.Limits(clients=1), "clients"),
        (gate.Limits(structs=3), "structs"),
        (gate.Limits(deleted_ranges=0), "ranges"),
        (gate.Limits(nesting=0), "nested"),
        (gate.Limits(value_bytes=5), "value"),
    ],
)
def test_every_limit_holds(limits: gate.Limits, reason: str) -> None:
    with pytest.raises(gate.GateError, match=reason):
        gate.check(real_update(), limits)


def test_what_an_author_would_nest_passes() -> None:
    assert len(gate.check(nested_elements(30)).structs) == 30
    with pytest.raises(gate.GateError, match="nested"):
        gate.check(nested_elements(40))


def test_depth_counts_through_neighbours() -> None:
    """Each element has one child; the child's own child hangs on its left neighbour's parent."""
    update = varuint(1) + varuint(80) + varuint(1) + varuint(0)
    update += b"\x07\x01" + varstring("body") + b"\x03" + varstring("blockquote")
    for clock in range(1, 80):
        beside = clock % 2 == 0
        where = b"\x84" if beside else b"\x07"
        if beside:
            update += b"\x87\x01" + varuint(clock - 1) + b"\x03" + varstring("blockquote")
        else:
            update += where + b"\x00\x01" + varuint(clock - 1) + b"\x03" + varstring("blockquote")
    update += b"\x00"
    with pytest.raises(gate.GateError, match="nested"):
        gate.check(update)


def test_what_passes_never_hurts_whoever_applies_it() -> None:
    """Thousands of cut and flipped updates: refused here, or at worst refused by pycrdt."""
    whole = real_update()
    chance = random.Random(1)
    passed = 0
    for _ in range(3_000):
        broken = bytearray(whole)
        for _ in range(chance.randint(1, 3)):
            broken[chance.randrange(len(broken))] = chance.randrange(256)
        is_cut = chance.random() < 0.5
        data = bytes(broken[: chance.randint(len(broken) // 2, len(broken)) if is_cut else None])
        try:
            gate.check(data)
        except gate.GateError:
            continue
        passed += 1
        doc: Doc[XmlFragment] = Doc()
        doc.get("body", type=XmlFragment)
        try:
            doc.apply_update(data)
        except (ValueError, RuntimeError):
            continue
        doc.get_update()
    assert passed > 50


def test_many_small_structs_are_refused_without_being_kept() -> None:
    with pytest.raises(gate.GateError, match="structs"):
        gate.check(varuint(1) + varuint(400_000) + b"\x01\x00" + b"\x00\x01" * 400_000 + b"\x00")
