"""What suggestions may say, in the marks and attributes that browsers send.

Whoever rejects a change of a block's type or attribute puts back what its mark says was there:
nothing may stand in one that could not stand in the block itself.
"""

import json
import re
from typing import Any

from writing.text import schema
from writing.text.marking import ATTRIBUTE, DELETION, INSERTION, KINDS, MODIFICATION, encode

UUID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")
MOST_MARKS = 16
# Of brackets: what is nested deeply would exhaust the stack of who reads it.
MOST_BRACKETS = 64
_OF_MODIFICATION = frozenset({"id", "type", "attrName", "previousValue", "newValue"})


def is_block_value(value: str | None) -> bool:
    """Whether a block's attribute lists its suggestions, in canonical JSON."""
    marks = _read(value)
    return (
        isinstance(marks, list)
        and 0 < len(marks) <= MOST_MARKS
        and all(_is_mark(mark) for mark in marks)
        and encode(marks) == value
    )


def is_inline_value(kind: str, value: str | None) -> bool:
    """Whether a mark on characters says which suggestion it is of; `null` ends it."""
    attrs = _read(value)
    return value == "null" or (isinstance(attrs, dict) and _are_attributes(kind, attrs))


def _read(value: str | None) -> Any:
    if value is None or value.count("[") + value.count("{") > MOST_BRACKETS:
        return None
    try:
        return json.loads(value)
    except ValueError:
        return None


def _is_mark(mark: Any) -> bool:
    if not isinstance(mark, dict) or mark.keys() != {"attrs", "type"}:
        return False
    kind, attrs = mark["type"], mark["attrs"]
    is_known = isinstance(kind, str) and kind in KINDS
    return is_known and isinstance(attrs, dict) and _are_attributes(kind, attrs)


def _are_attributes(kind: str, attrs: dict[str, Any]) -> bool:
    if not isinstance(attrs.get("id"), str) or not UUID.fullmatch(attrs["id"]):
        return False
    if kind in (INSERTION, DELETION):
        return attrs.keys() == {"id"}
    return attrs.keys() <= _OF_MODIFICATION and _is_modification(attrs)


def _is_modification(attrs: dict[str, Any]) -> bool:
    name = attrs.get("attrName")
    values = [attrs.get("previousValue"), attrs.get("newValue")]
    match attrs.get("type"):
        case "attr":
            return isinstance(name, str) and all(_may_be(name, value) for value in values)
        case "nodeType":
            return name is None and all(_is_block(value) for value in values)
        case "mark":
            return name is None and all(value is None or _is_look(value) for value in values)
    return False


def _may_be(name: str, value: Any) -> bool:
    """Whether some block may have an attribute of this name and value."""
    specs = [spec.get("attrs", {}).get(name) for spec in schema.nodes().values()]
    known = [spec for spec in specs if spec is not None and name != ATTRIBUTE]
    return bool(known) and (value is None or any(schema.allows(spec, value) for spec in known))


def _is_block(value: Any) -> bool:
    return isinstance(value, str) and value in schema.nodes() and value not in ("doc", "text")


def _is_look(value: Any) -> bool:
    """A mark that says how characters look, as ProseMirror writes it."""
    if not isinstance(value, dict) or not value.keys() <= {"type", "attrs"}:
        return False
    name, attrs = value.get("type"), value.get("attrs") or {}
    spec = schema.marks().get(name) if isinstance(name, str) else None
    if spec is None or name in {MODIFICATION, INSERTION, DELETION, "agent", "comment"}:
        return False
    return isinstance(attrs, dict) and all(
        key in spec.get("attrs", {}) and (held is None or schema.allows(spec["attrs"][key], held))
        for key, held in attrs.items()
    )
