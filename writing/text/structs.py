"""Reads a Yjs update (v1) without building anything from it.

Iterative throughout, so that no input can exhaust the stack, and stricter than Yjs: content that
neither y-prosemirror nor our pen ever writes is malformed.
Source: github.com/yjs/yjs, src/utils/encoding.js and src/structs.
"""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from enum import IntEnum

from writing.text.lib0 import LARGEST_NUMBER, Malformed, Reader

Id = tuple[int, int]
"""Client id and clock of a character, an element or another unit of a text."""

Range = tuple[int, int]
"""First clock, and how many."""


class Kind(IntEnum):
    """What a struct holds, by the number Yjs gives it.

    COLLECTED and SKIP claim clocks without content: Yjs writes them for what it has forgotten.
    """

    COLLECTED = 0
    DELETED = 1
    STRING = 4
    FORMAT = 6
    TYPE = 7
    ANY = 8
    SKIP = 10


class TypeRef(IntEnum):
    """Which shared type a struct of kind TYPE is."""

    XML_ELEMENT = 3
    XML_TEXT = 6


@dataclass(slots=True)
class Struct:
    """A run of `length` clocks of one client. `parent` is a root's name, or the id of what holds
    it; None where Yjs derives it from a neighbour, `left` or `right`. `key` is the attribute of its
    parent that it is, where that is said; `name` the element's, or the mark's as the key of a
    format."""

    kind: Kind
    client: int
    clock: int
    length: int = 1
    left: Id | None = None
    right: Id | None = None
    parent: str | Id | None = None
    key: str | None = None
    name: str = ""
    text: str = ""
    values: tuple[str | None, ...] = ()
    """What an attribute says, where that is characters, else None: one for each clock, since a
    merged update holds what was said first too; of a mark, its JSON."""
    nesting: int = 0
    """How deep the values are that it holds."""
    value_bytes: int = 0
    """How long they are."""

    @property
    def end(self) -> int:
        return self.clock + self.length

    def cut(self, start: int, end: int) -> str:
        """The characters from one clock up to another; each clock is a UTF-16 code unit."""
        if not self.text or (start == self.clock and end == self.end):
            return self.text
        data = self.text.encode("utf-16-le")[2 * (start - self.clock) : 2 * (end - self.clock)]
        return data.decode("utf-16-le", "replace")


@dataclass(slots=True)
class Parsed:
    structs: list[Struct] = field(default_factory=list)
    deleted: dict[int, list[Range]] = field(default_factory=dict)
    """What the update deletes, by client id."""
    head_bytes: int = 0
    """How much of it comes before what it deletes."""


# Brackets, with strings matched whole so that those inside them do not count.
_JSON_BRACKET = re.compile(r'"(?:[^"\\]|\\.)*"|[\[\]{}]', re.DOTALL)
_JSON_SAFE_NESTING = 100

_HAS_LEFT, _HAS_RIGHT, _HAS_KEY, _KIND = 128, 64, 32, 31

# The first byte of a value (lib0's "any"), and how many bytes follow it where that is fixed.
_ANY_FIXED = {127: 0, 126: 0, 124: 4, 123: 8, 122: 8, 121: 0, 120: 0}
_ANY_INTEGER, _ANY_STRING, _ANY_OBJECT, _ANY_ARRAY, _ANY_BYTES = 125, 119, 118, 117, 116


def parse(update: bytes, most_structs: int = 1_000_000) -> Parsed:
    """Everything in the update. Raises `Malformed`."""
    reader = Reader(update)
    parsed = Parsed()
    clients: set[int] = set()
    for _ in range(reader.varuint()):
        count, client, clock = reader.varuint(), reader.varuint(), reader.varuint()
        if client in clients:
            raise Malformed("a client twice")
        clients.add(client)
        if len(parsed.structs) + count > most_structs:
            raise Malformed("too many structs")
        for _ in range(count):
            struct = _read_struct(reader, client, clock)
            clock += struct.length
            if clock > LARGEST_NUMBER:
                raise Malformed("clock too large")
            parsed.structs.append(struct)
    parsed.head_bytes = len(update) - reader.left
    for client, ranges in _read_deleted(reader):
        if client in parsed.deleted:
            raise Malformed("a client's deletions twice")
        parsed.deleted[client] = ranges
    reader.finish()
    return parsed


def find_struct(structs: dict[int, list[Struct]], place: Id) -> Struct | None:
    """The struct that covers a clock; None if there is none. Each client's are in order."""
    client, clock = place
    own = structs.get(client, [])
    low, high = 0, len(own)
    while low < high:
        middle = (low + high) // 2
        if own[middle].end <= clock:
            low = middle + 1
        else:
            high = middle
    return own[low] if low < len(own) and own[low].clock <= clock else None


def _read_deleted(reader: Reader) -> Iterator[tuple[int, list[Range]]]:
    for _ in range(reader.varuint()):
        client, count = reader.varuint(), reader.varuint()
        # Two bytes at least for every range: a false count ends here, not in memory.
        if count * 2 > reader.left:
            raise Malformed("ends too early")
        yield client, [(reader.varuint(), reader.varuint()) for _ in range(count)]


def _read_struct(reader: Reader, client: int, clock: int) -> Struct:
    info = reader.byte()
    try:
        kind = Kind(info & _KIND)
    except ValueError as error:
        raise Malformed(f"unknown struct {info & _KIND}") from error
    struct = Struct(kind, client, clock)
    if kind in (Kind.COLLECTED, Kind.SKIP):
        struct.length = _length(reader)
        return struct
    if info & _HAS_LEFT:
        struct.left = reader.varuint(), reader.varuint()
    if info & _HAS_RIGHT:
        struct.right = reader.varuint(), reader.varuint()
    if struct.left is None and struct.right is None:
        if reader.varuint() == 1:
            struct.parent = reader.varstring()
        else:
            struct.parent = reader.varuint(), reader.varuint()
        if info & _HAS_KEY:
            struct.key = reader.varstring()
    _read_content(reader, struct)
    return struct


def _read_content(reader: Reader, struct: Struct) -> None:
    match struct.kind:
        case Kind.DELETED:
            struct.length = _length(reader)
        case Kind.STRING:
            struct.text = reader.varstring()
            # Yjs counts UTF-16 code units.
            struct.length = len(struct.text.encode("utf-16-le", "surrogatepass")) // 2
            if not struct.length:
                raise Malformed("empty text")
        case Kind.FORMAT:
            struct.name, value = reader.varstring(), reader.varstring()
            struct.nesting, struct.value_bytes = _json_nesting(value), len(value.encode())
            struct.values = (value,)
        case Kind.TYPE:
            struct.name = _read_type(reader)
        case Kind.ANY:
            struct.length = _length(reader)
            if struct.length > reader.left:
                raise Malformed("ends too early")
            values = []
            for _ in range(struct.length):
                before = reader.position
                struct.nesting = max(struct.nesting, _read_any(reader))
                struct.value_bytes = max(struct.value_bytes, reader.position - before)
                values.append(_characters(reader.data[before : reader.position]))
            struct.values = tuple(values)


def _characters(data: bytes) -> str | None:
    """A value that is characters."""
    return Reader(data[1:]).varstring() if data[0] == _ANY_STRING else None


def _length(reader: Reader) -> int:
    if not (length := reader.varuint()):
        raise Malformed("empty struct")
    return length


def _read_type(reader: Reader) -> str:
    """The element's name; "" for a text."""
    try:
        ref = TypeRef(reader.varuint())
    except ValueError as error:
        raise Malformed("unknown shared type") from error
    if ref is not TypeRef.XML_ELEMENT:
        return ""
    if not (name := reader.varstring()):
        raise Malformed("an element without a name")
    return name


def _json_nesting(text: str) -> int:
    """How deep the brackets of a JSON text go. Raises `Malformed` if it is none."""
    deepest = depth = 0
    for match in _JSON_BRACKET.finditer(text):
        if match[0] in "[{":
            depth += 1
            deepest = max(deepest, depth)
        elif match[0] in "]}":
            depth -= 1
    if deepest <= _JSON_SAFE_NESTING:
        try:
            json.loads(text, parse_constant=_refuse_constant)
        except ValueError as error:
            raise Malformed("not JSON") from error
    return deepest


def _refuse_constant(name: str) -> None:
    raise Malformed(f"{name} is not JSON")


def _read_any(reader: Reader) -> int:
    """Reads one value and says how deep it is."""
    # One entry for every open array or object: how many values it still holds, and if it has keys.
    open_values: list[tuple[int, bool]] = [(1, False)]
    deepest = 0
    while open_values:
        left, has_keys = open_values.pop()
        if not left:
            continue
        open_values.append((left - 1, has_keys))
        if has_keys:
            reader.varstring()
        kind = reader.byte()
        if kind in _ANY_FIXED:
            reader.raw(_ANY_FIXED[kind])
        elif kind == _ANY_INTEGER:
            while reader.byte() & 128:
                pass
        elif kind in (_ANY_STRING, _ANY_BYTES):
            reader.varbytes()
        elif kind in (_ANY_ARRAY, _ANY_OBJECT):
            count = reader.varuint()
            if count > reader.left:
                raise Malformed("ends too early")
            open_values.append((count, kind == _ANY_OBJECT))
            deepest = max(deepest, len(open_values) - 1)
        else:
            raise Malformed(f"unknown value {kind}")
    return deepest
