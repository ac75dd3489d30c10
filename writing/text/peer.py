"""A writer's own copy of one section's text."""

from collections.abc import Callable, Iterable
from typing import Any

from pycrdt import Doc, TransactionEvent, XmlFragment, merge_updates

from writing.text.snapshots import read_clocks

ROOT = "body"


class Peer:
    """One writer in one section: reads what others saved, hands out what it wrote itself.

    `client_id` must never have written to this section before: two histories under one id diverge
    for ever. `updates` and everything exchanged later are Yjs updates (v1). Not for use from
    several threads.
    """

    def __init__(self, client_id: int, updates: Iterable[bytes] = ()) -> None:
        # Without garbage collection, a text that a person deletes stays readable memory for whoever
        # still holds it: pycrdt crashes the process on reading a collected one.
        self.doc: Doc[XmlFragment] = Doc(client_id=client_id, skip_gc=True)
        self.body = self.doc.get(ROOT, type=XmlFragment)
        self._written: list[bytes] = []
        self.is_pulling = False
        self._followers: list[Callable[[bytes], None]] = []
        self.pull(updates)
        self._subscription = self.doc.observe(self._note)

    @property
    def client_id(self) -> int:
        return self.doc.client_id

    def follow(self, follower: Callable[[bytes], None]) -> None:
        """Has `follower` called after every update that is pulled, before the next is applied."""
        self._followers.append(follower)

    def pull(self, updates: Iterable[bytes]) -> None:
        """Applies saved updates; ones known already do no harm."""
        if self._followers:
            for update in updates:
                self._apply([update])
                for follower in self._followers:
                    follower(update)
        else:
            self._apply(updates)

    def _apply(self, updates: Iterable[bytes]) -> None:
        self.is_pulling = True
        try:
            with self.doc.transaction():
                for update in updates:
                    self.doc.apply_update(update)
        finally:
            self.is_pulling = False

    def take(self) -> bytes | None:
        """Everything written here since the last take, as one update; None if nothing."""
        written, self._written = self._written, []
        if not written:
            return None
        return written[0] if len(written) == 1 else merge_updates(*written)

    def state(self) -> bytes:
        """All of the text with its history, as one update."""
        return self.doc.get_update()

    def cursor(self) -> dict[str, Any] | None:
        """The y-prosemirror cursor after what this peer wrote last; None before it has written."""
        clock = self.clocks().get(self.client_id)
        if not clock:
            return None
        position = {
            "type": None,
            "tname": None,
            "item": {"client": self.client_id, "clock": clock - 1},
            "assoc": -1,
        }
        return {"anchor": position, "head": position}

    def clocks(self) -> dict[int, int]:
        """How far this copy knows each peer's writing: client id to next clock."""
        return read_clocks(self.doc.get_state())

    def _note(self, event: TransactionEvent) -> None:
        if not self.is_pulling:
            self._written.append(event.update)
