"""Whose connection still lives: told by hearing from it, since a lost one says nothing."""

import time
from collections.abc import Iterator
from typing import Generic, TypeVar

Peer = TypeVar("Peer")

# Browsers answer each ping by themselves, and processes with a document in common tell each other.
BEAT_SECONDS = 2.0
SILENT_SECONDS = 4.0
LOOK_SECONDS = 0.5


class Pulse(Generic[Peer]):
    """When each peer was last heard; one that is silent for too long counts as lost until it is
    heard again."""

    def __init__(self) -> None:
        self._heard_at: dict[Peer, float] = {}
        self._lost: set[Peer] = set()

    def hear(self, peer: Peer) -> bool:
        """Whether it had been taken for lost."""
        self._heard_at[peer] = time.monotonic()
        if peer not in self._lost:
            return False
        self._lost.remove(peer)
        return True

    def forget(self, peer: Peer) -> None:
        self._heard_at.pop(peer, None)
        self._lost.discard(peer)

    def lose_silent(self) -> Iterator[Peer]:
        """Those that have just become lost."""
        limit = time.monotonic() - SILENT_SECONDS
        for peer, heard_at in list(self._heard_at.items()):
            if heard_at < limit and peer not in self._lost:
                self._lost.add(peer)
                yield peer
