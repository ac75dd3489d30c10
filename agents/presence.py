"""An agent's face and cursor in the open browsers."""

import asyncio
import time
import uuid
from typing import Any

from agents.work import Work
from writing.announce import announce_presence
from writing.text.frames import Presence, encode_awareness

# A hub that begins anew knows nobody, and forgets within 30 seconds whom it hears nothing of.
REPEAT_SECONDS = 3.0
REPEAT_CURSOR_SECONDS = 2.0


class Face:
    """Shows one attempt as present in its section, and among the people of the document."""

    def __init__(self, work: Work) -> None:
        self._client_id = work.claim.attempt.client_id
        self._document_id: uuid.UUID = work.document.pk
        self._section = str(work.section.pk)
        self._user = {"name": work.role.label, "tone": work.role.tone, "agent": True}
        self._clock = 0
        self._entered_at = self._shown_at = float("-inf")
        self._cursor: dict[str, Any] | None = None
        self._has_left = False
        # The flusher may be showing it just when its step ends: what left must not come back.
        self._in_turn = asyncio.Lock()

    async def show(self, cursor: dict[str, Any] | None) -> None:
        """Where the agent writes."""
        async with self._in_turn:
            if self._has_left:
                return
            now = time.monotonic()
            if now - self._entered_at > REPEAT_SECONDS:
                await self._enter()
            if cursor == self._cursor and now - self._shown_at < REPEAT_CURSOR_SECONDS:
                return
            self._cursor, self._shown_at = cursor, now
            await self._announce(self._section, {"user": self._user, "cursor": cursor})

    async def enter(self) -> None:
        async with self._in_turn:
            await self._enter()

    async def leave(self) -> None:
        async with self._in_turn:
            self._has_left = True
            await self._announce(self._section, None)
            await self._announce(str(self._document_id), None)

    async def _enter(self) -> None:
        self._entered_at = time.monotonic()
        await self._announce(str(self._document_id), {"user": self._user})

    async def _announce(self, name: str, state: dict[str, Any] | None) -> None:
        self._clock += 1
        update = encode_awareness([Presence(self._client_id, self._clock, state)])
        await announce_presence(self._document_id, name, update)
