"""An agent's face and cursor in the open browsers."""

import asyncio
import time
import uuid
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from contextlib import AsyncExitStack
from itertools import chain
from typing import Any

from agents.work import Work
from writing.announce import announce_presence
from writing.text.frames import Presence, encode_awareness

# A hub that begins anew knows nobody, and forgets within 30 seconds whom it hears nothing of.
REPEAT_SECONDS = 5.0
REPEAT_CURSOR_SECONDS = 5.0

# Steps that began together end together.
LEAVE_SECONDS = 0.1

# The frame's name (a section's id, or the document's) and who is there how.
Item = tuple[str, Presence]


# Who leaves a document together; the first of them tells it.
_leaving: dict[uuid.UUID, list["Face"]] = {}


class Face:
    """Shows one attempt as present in its section, and among the people of the document."""

    def __init__(self, work: Work) -> None:
        self._client_id = work.claim.attempt.client_id
        self._document_id: uuid.UUID = work.document.pk
        self._section = str(work.section.pk)
        role = work.role
        self._user = {"name": role.label, "tone": role.tone, "agent": True, "face": role.face}
        self._clock = 0
        self._entered_at = self._shown_at = float("-inf")
        self._cursor: dict[str, Any] | None = None
        self._has_left = False
        # The flusher may be showing it just when its step ends: what left must not come back.
        self._in_turn = asyncio.Lock()

    @property
    def silence(self) -> float:
        """For how many seconds nobody has heard of it."""
        return time.monotonic() - max(self._entered_at, self._shown_at)

    async def leave(self) -> None:
        """Disappear, in one message with the others that leave at the same time."""
        async with self._in_turn:
            self._has_left = True
        leaving = _leaving.setdefault(self._document_id, [])
        leaving.append(self)
        if len(leaving) > 1:
            return
        try:
            await asyncio.sleep(LEAVE_SECONDS)
        finally:
            del _leaving[self._document_id]
        await _tell(self._document_id, chain.from_iterable(face._gone() for face in leaving))

    def _gone(self) -> list[Item]:
        return [self._item(self._section, None), self._item(str(self._document_id), None)]

    def _enter(self) -> Item:
        self._entered_at = time.monotonic()
        return self._item(str(self._document_id), {"user": self._user, "section": self._section})

    def _news(self, cursor: dict[str, Any] | None) -> Iterator[Item]:
        """What browsers are to hear now that the agent writes at this place."""
        now = time.monotonic()
        if self._has_left:
            return
        if now - self._entered_at > REPEAT_SECONDS:
            yield self._enter()
        is_due = now - self._shown_at >= REPEAT_CURSOR_SECONDS
        if cursor and (cursor != self._cursor or is_due):
            self._cursor, self._shown_at = cursor, now
            yield self._item(self._section, {"user": self._user, "cursor": cursor})

    def _item(self, name: str, state: dict[str, Any] | None) -> Item:
        self._clock += 1
        return name, Presence(self._client_id, self._clock, state)


async def show(faces: Sequence[tuple[Face, dict[str, Any] | None]]) -> None:
    """Who is at work and where, None: nowhere yet; in one message for each document."""
    async with AsyncExitStack() as turns:
        items: defaultdict[uuid.UUID, list[Item]] = defaultdict(list)
        for face, cursor in faces:
            await turns.enter_async_context(face._in_turn)
            items[face._document_id] += face._news(cursor)
        for document_id, news in items.items():
            if news:
                await _tell(document_id, news)


async def _tell(document_id: uuid.UUID, items: Iterable[Item]) -> None:
    """In one message, with one frame for each name."""
    by_name: defaultdict[str, list[Presence]] = defaultdict(list)
    for name, presence in items:
        by_name[name].append(presence)
    frames = [(name, encode_awareness(presences)) for name, presences in by_name.items()]
    await announce_presence(document_id, frames)
