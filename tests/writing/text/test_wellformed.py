"""What browsers may say of suggestions: each refusal beside what is let through."""

import json
import uuid

import pytest

from tests.writing.text.test_gate import attribute, element_with
from tests.writing.text.test_image import value
from writing.text import gate
from writing.text.known import Known
from writing.text.lib0 import varstring, varuint
from writing.text.marking import encode
from writing.text.structs import parse

ONE = str(uuid.UUID(int=1))


def mark(kind: str = "insertion", **attrs):
    return {"attrs": {"id": ONE, **attrs}, "type": kind}


def change(kind: str, name: str | None = None, old: object = None, new: object = None):
    return mark("modification", type=kind, attrName=name, previousValue=old, newValue=new)


GOOD = [
    [mark()],
    [mark("deletion")],
    [change("attr", "level", 2, 3), change("nodeType", None, "paragraph", "heading")],
    [mark("modification", type="attr", attrName="level", previousValue=2)],
    [change("attr", "src", str(uuid.UUID(int=2)), ONE)],
    [change("mark", None, None, {"type": "strong"})],
    [change("mark", None, {"type": "link", "attrs": {"href": "https://a.example"}})],
]
BAD = [
    "",
    "null",
    "{}",
    "[]",
    "[" * 5000,
    json.dumps([mark()]),
    encode([mark()]) + " ",
    encode([{"type": "insertion", "attrs": {"id": "1"}}]),
    encode([{"type": "insertion", "attrs": {"id": ONE.upper().replace("0", "A")}}]),
    encode([{"type": "insertion", "attrs": {"id": ONE, "more": 1}}]),
    encode([{"type": "strong", "attrs": {"id": ONE}}]),
    encode([{"type": ["insertion"], "attrs": {"id": ONE}}]),
    encode([mark()] * 17),
    encode([change("attr", "src", "//a.example/spy.png", ONE)]),
    encode([change("attr", "level", 9)]),
    encode([change("attr", "level", True)]),
    encode([change("attr", "suggested", "x")]),
    encode([change("attr", "onclick", "x")]),
    encode([change("nodeType", None, "script", "paragraph")]),
    encode([change("nodeType", None, "doc", "paragraph")]),
    encode([change("mark", None, {"type": "agent", "attrs": {"attempt": "x"}})]),
    encode([change("mark", None, {"type": "link", "attrs": {"href": {"deep": []}}})]),
    encode([change("else")]),
]


@pytest.mark.parametrize("marks", GOOD)
def test_what_an_editor_suggests_about_a_block_passes(marks) -> None:
    assert gate.check(attribute("suggested", value(encode(marks)), 8))


@pytest.mark.parametrize("said", BAD)
def test_what_is_not_well_formed_is_refused(said: str) -> None:
    with pytest.raises(gate.GateError, match="suggestion"):
        gate.check(attribute("suggested", value(said), 8))


@pytest.mark.parametrize("content", [b"\x01\x7e", b"\x01\x7d\x05", b"\x02" + b"\x77\x00" * 2])
def test_what_is_no_text_is_refused(content: bytes) -> None:
    with pytest.raises(gate.GateError, match="suggestion"):
        gate.check(attribute("suggested", content, 8))


def test_of_what_was_said_one_after_the_other_all_is_looked_at() -> None:
    """So merged updates have it."""
    good = value(encode([mark()]))[1:]
    assert gate.check(attribute("suggested", b"\x02" + good * 2, 8))
    with pytest.raises(gate.GateError, match="suggestion"):
        gate.check(attribute("suggested", b"\x02" + value("[]")[1:] + good, 8))


def test_an_attribute_that_goes_on_from_another_is_looked_at_too() -> None:
    good = varstring("suggested") + value(encode([mark()]))
    known = Known(parse(element_with(b"\x28\x00\x01\x00" + good)))
    head = varuint(1) + varuint(1) + varuint(2) + varuint(0)
    for said, passes in ((encode([mark("deletion")]), True), ("[]", False)):
        summary = gate.check(head + b"\x88\x01\x01" + value(said) + b"\x00")
        if passes:
            known.check(summary)
        else:
            with pytest.raises(gate.GateError, match="suggestion"):
                known.check(summary)


def formatted(name: str, said: str) -> bytes:
    """A text of client 1 with a mark."""
    text = b"\x07\x00\x01\x00\x06"
    return element_with(text, b"\x06\x00\x01\x01" + varstring(name) + varstring(said))


@pytest.mark.parametrize(
    ("name", "said", "passes"),
    [
        ("insertion", json.dumps({"id": ONE}), True),
        ("deletion--AbCdEf12", json.dumps({"id": ONE}), True),
        ("deletion", "null", True),
        ("modification", json.dumps(change("mark")["attrs"]), True),
        ("insertion", json.dumps({"id": "1"}), False),
        ("insertion", json.dumps({"id": 1}), False),
        ("insertion", "{}", False),
        ("deletion", "7", False),
        ("modification", json.dumps({"id": ONE}), False),
    ],
)
def test_marks_on_characters_name_a_suggestion(name: str, said: str, passes: bool) -> None:
    if passes:
        assert gate.check(formatted(name, said))
    else:
        with pytest.raises(gate.GateError, match="suggestion"):
            gate.check(formatted(name, said))


def test_the_attribute_is_written_as_browsers_write_it() -> None:
    assert encode([change("attr", "level", 2.0, 1.0)]) == (
        '[{"attrs":{"attrName":"level","id":"' + ONE + '","newValue":1,"previousValue":2,'
        '"type":"attr"},"type":"modification"}]'
    )
