"""Who is in a document, and where: awareness states by frame name and Yjs client id."""

import asyncio
import time
from collections import defaultdict
from collections.abc import Awaitable, Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Generic, TypeVar

from writing.text.frames import Presence, encode_awareness

Owner = TypeVar("Owner")

SILENT_SECONDS = 30.0  # as in y-protocols: people repeat their state every 15 s


# Ten times a second looks fluent; a key held down moves a cursor thirty times.
SHOW_SECONDS = 0.1
# What one browser is sent of others' movements; where more move at once, they are shown less often.
SHOWN_BYTES_PER_SECOND = 20_000


@dataclass(frozen=True, slots=True)
class Elsewhere:
    """Another process, by the name it sends under."""

    sender: str


@dataclass(slots=True)
class _Known:
    presence: Presence
    owner: object  # who speaks for it: a socket here, or Elsewhere
    heard_at: float


class Presences:
    """The states known to one hub."""

    def __init__(self) -> None:
        self._known: dict[tuple[str, int], _Known] = {}

    def may_speak(self, name: str, presence: Presence, owner: object, person: int) -> bool:
        """Whether nobody else is known under this client id.

        The same person with news is no other: they come back by a new connection before the loss
        of the old one is known.
        """
        known = self._known.get((name, presence.client_id))
        if known is None or known.owner is owner:
            return True
        return _person(known.presence) == person and known.presence.clock < presence.clock

    def remember(self, name: str, presences: Iterable[Presence], owner: object) -> None:
        for presence in presences:
            key = (name, presence.client_id)
            known = self._known.get(key)
            if presence.state is not None:
                self._known[key] = _Known(presence, owner, time.monotonic())
            elif known is not None and known.presence.clock <= presence.clock:
                del self._known[key]

    def update_for(self, name: str) -> bytes | None:
        """Everybody known under `name` as an awareness update; None if there is nobody."""
        present = [k.presence for (place, _), k in self._known.items() if place == name]
        return encode_awareness(present) if present else None

    def own(self) -> Iterator[tuple[str, bytes]]:
        """(name, awareness update) for everybody whose socket is here."""
        by_name: dict[str, list[Presence]] = {}
        for (name, _), known in self._known.items():
            if not isinstance(known.owner, Elsewhere):
                by_name.setdefault(name, []).append(known.presence)
        for name, present in by_name.items():
            yield name, encode_awareness(present)

    def leave(self, owner: object) -> list[tuple[str, bytes]]:
        """Forget whom this socket or process spoke for; gives (name, update) that tells the others.

        The clock stays: whoever is still there need only count on to be seen again.
        """
        gone: dict[str, list[Presence]] = {}
        for (name, client_id), known in list(self._known.items()):
            if known.owner == owner:
                del self._known[name, client_id]
                left = Presence(client_id, known.presence.clock, None)
                gone.setdefault(name, []).append(left)
        return [(name, encode_awareness(presences)) for name, presences in gone.items()]

    def forget_silent(self) -> None:
        limit = time.monotonic() - SILENT_SECONDS
        for key, known in list(self._known.items()):
            if known.heard_at < limit:
                del self._known[key]


def _person(presence: Presence) -> object:
    """The id that the server wrote into a person's state; None for an agent's."""
    user = (presence.state or {}).get("user")
    return user.get("id") if isinstance(user, dict) else None


class Movements(Generic[Owner]):
    """Who moved, shown at once and then at most ten times a second, all of a name in one update;
    less often where many move, so that no browser is sent more than it can use.

    `show` is given the name, the awareness update, and the one whose news it is alone, if it is.
    """

    def __init__(self, show: Callable[[str, bytes, Owner | None], Awaitable[None]]) -> None:
        self._show = show
        self._moved: defaultdict[str, dict[int, tuple[Presence, Owner]]] = defaultdict(dict)
        self._showing: asyncio.Task[None] | None = None

    def add(self, name: str, presences: Iterable[Presence], owner: Owner) -> None:
        for presence in presences:
            self._moved[name][presence.client_id] = presence, owner
        if self._showing is None or self._showing.done():
            self._showing = asyncio.create_task(self._show_all(), name="presence is shown")

    def forget(self, owner: Owner) -> None:
        """Whoever left must not be shown after that."""
        for by_client in self._moved.values():
            for client_id in [key for key, (_, other) in by_client.items() if other is owner]:
                del by_client[client_id]

    def close(self) -> None:
        if self._showing is not None:
            self._showing.cancel()

    async def _show_all(self) -> None:
        while self._moved:
            moved, self._moved = self._moved, defaultdict(dict)
            size = 0
            for name, by_client in moved.items():
                if not by_client:
                    continue
                owners = {owner for _presence, owner in by_client.values()}
                update = encode_awareness([presence for presence, _owner in by_client.values()])
                size += len(update)
                await self._show(name, update, owners.pop() if len(owners) == 1 else None)
            await asyncio.sleep(max(SHOW_SECONDS, size / SHOWN_BYTES_PER_SECOND))
