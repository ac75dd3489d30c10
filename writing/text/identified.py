"""A text in which every element tells the id that Yjs knows it by.

pycrdt does not give these ids. So each is written, with a client id that nobody has, as an
attribute into a copy: what is the same in two states of a text has the same id in both.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import islice
from typing import Any

from pycrdt import Doc, XmlElement, XmlFragment, XmlText

from writing.text.content import Runs
from writing.text.lib0 import varstring, varuint
from writing.text.peer import ROOT
from writing.text.places import NOBODY, SIGN
from writing.text.structs import Id, Kind, Range, Struct, parse
from writing.text.tree import Parent, attributes, children, plain, runs

_HAS_KEY, _STRING = 32, 119
Stretch = tuple[int, int]
"""The first character of something in a text, and the one behind it."""


@dataclass(slots=True)
class Node:
    """An element, or a text, whose tag is "". `held` is what stands in an element, `within` the
    element that it stands in itself."""

    id: Id
    within: Id | None
    tag: str = ""
    values: dict[str, object] = field(default_factory=dict)
    held: list["Node"] = field(default_factory=list)
    runs: Runs = field(default_factory=list)


class Identified:
    """A text by its state, a Yjs update (v1) of the whole."""

    def __init__(self, state: bytes) -> None:
        self._state = state
        self._structs: dict[int, list[Struct]] = {}
        for struct in parse(state).structs:
            self._structs.setdefault(struct.client, []).append(struct)
        types = [s for own in self._structs.values() for s in own if s.kind is Kind.TYPE]
        signs = b"".join(_sign((struct.client, struct.clock)) for struct in types)
        head = varuint(len(types)) + varuint(NOBODY) + varuint(0)
        self._signs = b"\x01" + head + signs + b"\x00" if types else None

    def blocks(self) -> list[Node]:
        """What stands in the body."""
        return _nodes(self._copy()[1])

    def types_in(self, ranges: Mapping[int, Sequence[Range]]) -> set[Id]:
        """The elements and texts with these client ids and clocks."""
        return {
            (client, struct.clock)
            for client, own in ranges.items()
            for struct, _, _ in overlaps(self._structs.get(client, ()), own)
            if struct.kind is Kind.TYPE
        }

    def stretches(self, ranges: Mapping[int, Sequence[Range]]) -> dict[Id, list[Stretch]]:
        """Where the characters of these client ids and clocks stand, by text."""
        strings = {
            client: [
                (start, end - start)
                for struct, start, end in overlaps(self._structs.get(client, ()), own)
                if struct.kind is Kind.STRING
            ]
            for client, own in ranges.items()
        }
        # What goes with a deletion tells where it stood.
        copy, body = self._copy()
        before = {_id_of(text): plain(text).encode() for text in _texts(body)}
        found: dict[Id, list[Stretch]] = {}

        def note(events: list[Any]) -> None:
            for event in events:
                if isinstance(event.target, XmlText):
                    identity = _id_of(event.target)
                    found[identity] = _deleted(event.delta, before[identity])

        body.observe_deep(note)
        copy.apply_update(deletion(strings))
        return found

    def _copy(self) -> tuple[Doc[XmlFragment], XmlFragment]:
        copy: Doc[XmlFragment] = Doc(skip_gc=True)
        body = copy.get(ROOT, type=XmlFragment)
        with copy.transaction():
            copy.apply_update(self._state)
            if self._signs:
                copy.apply_update(self._signs)
        return copy, body


def overlaps(
    structs: Sequence[Struct], ranges: Sequence[Range]
) -> Iterator[tuple[Struct, int, int]]:
    """What of one client's structs, which are in order, lies in the ranges: first clock and end."""
    at = 0
    for clock, length in sorted(ranges):
        while at < len(structs) and structs[at].end <= clock:
            at += 1
        for struct in islice(structs, at, None):
            if struct.clock >= clock + length:
                break
            yield struct, max(clock, struct.clock), min(clock + length, struct.end)


def deletion(ranges: Mapping[int, Sequence[Range]]) -> bytes:
    """An update (Yjs v1) that deletes these clocks and does nothing else."""
    written = {client: own for client, own in ranges.items() if own}
    parts = [b"\x00", varuint(len(written))]
    for client, own in written.items():
        parts.append(varuint(client) + varuint(len(own)))
        parts += [varuint(clock) + varuint(length) for clock, length in own]
    return b"".join(parts)


def _sign(identity: Id) -> bytes:
    client, clock = identity
    parent = varuint(client) + varuint(clock)
    value = b"\x01" + bytes([_STRING]) + varstring(f"{client}:{clock}")
    return bytes([Kind.ANY | _HAS_KEY]) + b"\x00" + parent + varstring(SIGN) + value


def _id_of(node: XmlElement | XmlText) -> Id:
    client, _, clock = str(attributes(node)[SIGN]).partition(":")
    return int(client), int(clock)


def _nodes(parent: Parent, within: Id | None = None) -> list[Node]:
    found = []
    for child in children(parent):
        identity = _id_of(child)
        if isinstance(child, XmlText):
            found.append(Node(identity, within, runs=runs(child)))
        else:
            values = attributes(child)
            del values[SIGN]
            held = _nodes(child, identity)
            found.append(Node(identity, within, child.tag or "", values, held))
    return found


def _texts(parent: Parent) -> Iterator[XmlText]:
    for child in children(parent):
        if isinstance(child, XmlText):
            yield child
        else:
            yield from _texts(child)


def _deleted(delta: Sequence[Mapping[str, int]], before: bytes) -> list[Stretch]:
    """The stretches that a change took from a text; pycrdt counts bytes."""
    stretches, at = [], 0
    for change in delta:
        end = at + change.get("retain", change.get("delete", 0))
        if "delete" in change:
            stretches.append((len(before[:at].decode()), len(before[:end].decode())))
        at = end
    return stretches
