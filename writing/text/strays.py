"""Characters typed into a block that somebody else deleted, or made another of, in the same moment.

Yjs deletes with a block whatever comes to stand in it, also what the one who deleted it had not
seen. Nobody meant to delete that: it is put behind the place again, in a paragraph of its own.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from writing.text.known import Known
from writing.text.lib0 import varstring, varuint
from writing.text.peer import ROOT
from writing.text.structs import Id, Kind, Parsed, Range, Struct, TypeRef

_HAS_LEFT = 128


@dataclass(frozen=True, slots=True)
class Stray:
    """Characters of one client from a clock on. `left` stood before them, `block` is the outermost
    element that held them; None where nobody knows any longer."""

    client: int
    clock: int
    text: str
    left: Id | None
    block: Id | None


def apply(known: Known, update: Parsed) -> list[Stray]:
    """Adds the next update of the log to what is known of its text; gives the characters that
    vanish with it though it does not delete them."""
    known.add(update.structs)
    late = [
        stray
        for struct in update.structs
        if struct.kind is Kind.STRING
        for stray in _strays(known, struct, known.logged.get(struct.client, 0), struct.end, update)
    ]
    types = known.delete(update.deleted)
    early: list[Stray] = []
    went: dict[object, bool] = {}  # by what holds them
    for client, own in known.structs.items() if types else ():
        for struct in own:
            if struct.kind is not Kind.STRING:
                continue
            parent = known.parent(struct)
            if parent not in went:
                went[parent] = _went_with(known, struct, types)
            if went[parent]:
                early += _strays(known, struct, 0, known.logged.get(client, 0), update)
    for struct in update.structs:
        known.logged[struct.client] = max(struct.end, known.logged.get(struct.client, 0))
    return late + early


def _went_with(known: Known, struct: Struct, types: set[Id]) -> bool:
    """Whether it stood until these were deleted."""
    deleted = [holder for holder, is_deleted in known.holders(struct) if is_deleted]
    return bool(deleted) and all((holder.client, holder.clock) in types for holder in deleted)


def _strays(known: Known, struct: Struct, start: int, end: int, update: Parsed) -> Iterable[Stray]:
    """What of a struct stands in a deleted block without being deleted itself."""
    start, end = max(start, struct.clock), min(end, struct.end)
    holders = list(known.holders(struct))
    is_whole = bool(holders) and isinstance(holders[-1][0].parent, str)
    if start >= end or (is_whole and not any(is_deleted for _, is_deleted in holders)):
        return
    block = (holders[-1][0].client, holders[-1][0].clock) if is_whole else None
    deleted = known.deleted.get(struct.client, []) + update.deleted.get(struct.client, [])
    for first, last in _outside(start, end, deleted):
        left = struct.left if first == struct.clock else (struct.client, first - 1)
        yield Stray(struct.client, first, struct.cut(first, last), left, block)


def _outside(start: int, end: int, ranges: Iterable[Range]) -> Iterable[tuple[int, int]]:
    for clock, length in sorted(ranges):
        if clock + length <= start or clock >= end:
            continue
        if clock > start:
            yield start, clock
        start = clock + length
    if start < end:
        yield start, end


def paragraph(client: int, clock: int, text: str, behind: Id | None) -> bytes:
    """An update (Yjs v1): the text in a paragraph behind an element of the root, or before all."""
    where = _left(behind) if behind else bytes([Kind.TYPE, 1]) + varstring(ROOT)
    element = where + bytes([TypeRef.XML_ELEMENT]) + varstring("paragraph")
    inner = bytes([Kind.TYPE, 0]) + _bytes((client, clock)) + bytes([TypeRef.XML_TEXT])
    string = bytes([Kind.STRING, 0]) + _bytes((client, clock + 1)) + varstring(text)
    return _update(client, clock, element, inner, string)


def more(client: int, clock: int, text: str, behind: Id) -> bytes:
    """An update (Yjs v1): the text behind a character."""
    where = bytes([Kind.STRING | _HAS_LEFT]) + _bytes(behind)
    return _update(client, clock, where + varstring(text))


def _left(place: Id) -> bytes:
    return bytes([Kind.TYPE | _HAS_LEFT]) + _bytes(place)


def _bytes(place: Id) -> bytes:
    return varuint(place[0]) + varuint(place[1])


def _update(client: int, clock: int, *structs: bytes) -> bytes:
    head = b"\x01" + varuint(len(structs)) + varuint(client) + varuint(clock)
    return head + b"".join(structs) + b"\x00"
