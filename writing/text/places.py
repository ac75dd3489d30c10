"""Where in the text a position is that a browser sent: a Yjs relative position, as JSON.

pycrdt resolves only part of them, and within a run counts other units than in the text. So the
place is found by writing a sign there, with a client id nobody has, into a copy.
"""

import json
from dataclasses import dataclass
from typing import Any

from pycrdt import Doc, XmlFragment, XmlText

from writing.text.lib0 import varstring, varuint
from writing.text.peer import ROOT, Peer
from writing.text.pieces import units
from writing.text.structs import Id, Kind, Struct, parse
from writing.text.tree import Parent, Path, attributes, children, plain, text_at, texts

SIGN = "\ue0fe\ue0ff"
# Smaller than that of any peer, so that nothing which is already there comes between.
NOBODY = 0
_HAS_LEFT, _HAS_KEY, _TRUE = 128, 32, 120
MOST_CHARACTERS = 500
LARGEST_CLIENT_ID, LARGEST_CLOCK = 2**53 - 1, 2**31 - 1


class PlaceError(ValueError):
    """No position at all."""


@dataclass(frozen=True, slots=True)
class Place:
    """Before the byte `offset` of the text at `path`; before the element there if that is None.

    An empty path is the end of the body.
    """

    path: Path
    offset: int | None = None


def find_place(peer: Peer, position: str) -> Place | None:
    """Where that is now; None if it was deleted, or is not known here. Raises `PlaceError`."""
    item, holder = _read(position)
    identity = item or holder
    if identity is None:
        return Place(())
    parsed = parse(peer.state())
    struct = next((s for s in parsed.structs if _covers(s, identity)), None)
    gone = parsed.deleted.get(identity[0], [])
    if struct is None or any(first <= identity[1] < first + n for first, n in gone):
        return None
    if struct.kind is Kind.TYPE:
        path = _path_of_type(peer, identity)
        if path is None:
            return None
        text = text_at(peer.body, path)
        if item is None and text is not None:
            return Place(path, len(text))
        return Place(path)
    if struct.kind is not Kind.STRING or item is None:
        return None
    character = _character(struct, identity[1])
    return None if character is None else _before(peer, identity, character)


def _read(position: str) -> tuple[Id | None, Id | None]:
    """The item to the right, and what holds the place if there is none."""
    if len(position) > MOST_CHARACTERS:
        raise PlaceError("too long")
    try:
        value = json.loads(position)
    except ValueError as error:
        raise PlaceError("not JSON") from error
    if not isinstance(value, dict):
        raise PlaceError("no object")
    item, holder = _identity(value.get("item")), _identity(value.get("type"))
    if item is None and holder is None and value.get("tname") != ROOT:
        raise PlaceError("neither item nor type")
    return item, holder


def _identity(value: Any) -> Id | None:
    if value is None:
        return None
    if not isinstance(value, dict):
        raise PlaceError("no id")
    client, clock = value.get("client"), value.get("clock")
    if type(client) is not int or not 0 < client <= LARGEST_CLIENT_ID:
        raise PlaceError("no client id")
    if type(clock) is not int or not 0 <= clock <= LARGEST_CLOCK:
        raise PlaceError("no clock")
    return client, clock


def _covers(struct: Struct, identity: Id) -> bool:
    client, clock = identity
    return struct.client == client and struct.clock <= clock < struct.clock + struct.length


def _character(struct: Struct, clock: int) -> str | None:
    """The character that begins at a clock; None within one that has two."""
    at = struct.clock
    for character in struct.text:
        if at >= clock:
            return character if at == clock else None
        at += units(character)
    return None


def _with(peer: Peer, struct: bytes) -> XmlFragment:
    """A copy of the body with one struct more, by nobody."""
    copy: Doc[XmlFragment] = Doc(skip_gc=True)
    body = copy.get(ROOT, type=XmlFragment)
    copy.apply_update(peer.state())
    copy.apply_update(b"\x01\x01" + varuint(NOBODY) + varuint(0) + struct + b"\x00")
    return body


def _id_bytes(identity: Id) -> bytes:
    return varuint(identity[0]) + varuint(identity[1])


def _before(peer: Peer, identity: Id, character: str) -> Place | None:
    # After the last unit of the character.
    last = identity[0], identity[1] + units(character) - 1
    body = _with(peer, bytes([Kind.STRING | _HAS_LEFT]) + _id_bytes(last) + varstring(SIGN))
    for path, _, text in texts(body):
        before, sign, _after = plain(text).partition(SIGN)
        if sign:
            return Place(path, len(before.encode()) - len(character.encode()))
    return None


def _path_of_type(peer: Peer, identity: Id) -> Path | None:
    struct = bytes([Kind.ANY | _HAS_KEY]) + b"\x00" + _id_bytes(identity) + varstring(SIGN)
    return _signed(_with(peer, struct + b"\x01" + bytes([_TRUE])), ())


def _signed(parent: Parent, path: Path) -> Path | None:
    """The path of what carries the sign as an attribute."""
    for index, child in enumerate(children(parent)):
        here = (*path, index)
        if SIGN in attributes(child):
            return here
        if not isinstance(child, XmlText) and (found := _signed(child, here)):
            return found
    return None
