"""How a text carries what is suggested in it: marks on characters, and an attribute on blocks.

y-prosemirror does not sync marks on blocks, so each block keeps its own, as JSON, in `suggested`.
The marks are those of @handlewithcare/prosemirror-suggest-changes, and mean what they mean there.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from pycrdt import XmlElement

from writing.text.tree import Marks, attributes

INSERTION, DELETION, MODIFICATION = "insertion", "deletion", "modification"
KINDS = frozenset({INSERTION, DELETION, MODIFICATION})
ATTRIBUTE = "suggested"
# Stands for the border of a block that is suggested to be split or joined.
BORDER = "\u200b"

Mark = dict[str, Any]
"""`{"attrs": {"id": …}, "type": "insertion"}`."""


def encode(marks: Sequence[Mark]) -> str:
    """Canonical: sorted keys, no spaces, whole numbers without a fraction."""
    return json.dumps(
        [_whole(mark) for mark in marks],
        sort_keys=True,
        separators=(",", ":"),
        ensure_ascii=False,
    )


def marks_of(element: XmlElement) -> list[Mark]:
    """What is suggested about a block; the gate has let only well-formed values in."""
    value = attributes(element).get(ATTRIBUTE)
    return list(json.loads(value)) if isinstance(value, str) else []


def set_marks(element: XmlElement, marks: Sequence[Mark]) -> None:
    if marks:
        element.attributes[ATTRIBUTE] = encode(marks)
    elif ATTRIBUTE in attributes(element):
        del element.attributes[ATTRIBUTE]


def block_mark(kind: str, suggestion_id: str) -> Mark:
    return {"attrs": {"id": suggestion_id}, "type": kind}


def without_marks(values: Mapping[str, Any]) -> dict[str, Any]:
    """A block's attributes apart from what is suggested about it."""
    return {name: value for name, value in values.items() if name != ATTRIBUTE}


def kind_of(key: str) -> str | None:
    """Which kind of suggestion a formatting key stands for; those that may overlap have a hash."""
    name = key.partition("--")[0]
    return name if name in KINDS else None


def inline_marks(keyed: Marks) -> Iterator[tuple[str, str, Mapping[str, Any]]]:
    """Of characters: each suggestion's key, kind and attributes."""
    for key, values in keyed.items():
        if (kind := kind_of(key)) and isinstance(values, dict) and "id" in values:
            yield key, kind, values


def _whole(value: Any) -> Any:
    """pycrdt gives every number as a float; browsers write whole ones without a fraction."""
    if isinstance(value, float) and value.is_integer():
        return int(value)
    if isinstance(value, Mapping):
        return {key: _whole(held) for key, held in value.items()}
    return [_whole(held) for held in value] if isinstance(value, list) else value
