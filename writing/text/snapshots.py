"""A section's whole text at one moment, without what was deleted, to begin loading from.

A snapshot is updates (Yjs v1), each with its length in front: the text's state, and what could not
be applied yet because something before it is missing. pycrdt leaves the latter out of a state.
"""

from collections.abc import Iterable

from pycrdt import Doc, XmlFragment

from writing.text.lib0 import Malformed, Reader, varbytes
from writing.text.structs import Kind, parse


class Rebuilt:
    """A text rebuilt from a snapshot's updates, to which more are added."""

    def __init__(self, updates: Iterable[bytes] = ()) -> None:
        self._document: Doc[XmlFragment] = Doc()
        self._waiting: list[bytes] = []
        self.add(updates)

    def add(self, updates: Iterable[bytes]) -> None:
        some = list(updates)
        with self._document.transaction():
            for update in some:
                self._document.apply_update(update)
        clocks = read_clocks(self._document.get_state())
        self._waiting = [u for u in [*self._waiting, *some] if _waits(u, clocks)]

    def snapshot(self) -> bytes:
        return b"".join(map(varbytes, [self._document.get_update(), *self._waiting]))


def updates_of(snapshot: bytes) -> list[bytes]:
    """What to apply."""
    reader, updates = Reader(snapshot), []
    while reader.left:
        updates.append(reader.varbytes())
    return updates


def read_clocks(state_vector: bytes) -> dict[int, int]:
    """Client id to next clock."""
    reader = Reader(state_vector)
    return {reader.varuint(): reader.varuint() for _ in range(reader.varuint())}


def _waits(update: bytes, clocks: dict[int, int]) -> bool:
    """Whether a text that has come so far lacks something of the update.

    What our parser cannot read counts as waiting: it is kept as it is.
    """
    try:
        parsed = parse(update)
    except Malformed:
        return True
    ends = [(s.client, s.clock + s.length) for s in parsed.structs if s.kind is not Kind.SKIP]
    ends += [
        (client, clock + length)
        for client, ranges in parsed.deleted.items()
        for clock, length in ranges
    ]
    return any(end > clocks.get(client, 0) for client, end in ends)
