"""Tells open browsers that something was saved. Hints only: whoever misses one reads the database.

Messages in a document's group:
- `{"type": "text.saved", "sender", "items": [[section id, first seq, last seq, update v1], …]}`
- `{"type": "text.presence", "sender", "items": [[name as in the frame, awareness update], …]}`
- `{"type": "document.hint", "hint", "detail"}`
- `{"type": "presence.alive", "sender"}`, again and again; who falls silent is taken for dead, with
  everybody it spoke for
- `{"type": "presence.query", "sender"}`: who is where, as each process knows it?
- `{"type": "presence.wanted", "sender"}`: every browser is to show itself anew
"""

import asyncio
import json
import logging
import uuid
from collections.abc import Sequence
from typing import Any, Literal

from asgiref.sync import async_to_sync
from channels.layers import BaseChannelLayer, get_channel_layer
from django.core.exceptions import ImproperlyConfigured
from django.db import transaction
from redis.exceptions import RedisError

from writing.models import Section

logger = logging.getLogger(__name__)

SavedItem = tuple[str, int, int, bytes]
# Who we are in a group: messages of our own come back and are left alone.
SENDER = uuid.uuid4().hex

# Many steps tell the same at once: on a loop, what is told again within this time is told once.
GATHER_SECONDS = 0.05
# Saved updates that wait for Redis.
MOST_WAITING = 10_000

_loop: asyncio.AbstractEventLoop | None = None
_gathering: set[str] = set()
_sending: set["asyncio.Task[None]"] = set()


def group_of(document_id: uuid.UUID) -> str:
    return f"document.{document_id.hex}"


def layer() -> BaseChannelLayer:
    found = get_channel_layer()
    if found is None:
        raise ImproperlyConfigured("CHANNEL_LAYERS has no default.")
    return found


def use_loop(loop: asyncio.AbstractEventLoop) -> None:
    """Send from this loop from now on: it keeps one connection to Redis open."""
    global _loop
    if loop is not _loop:
        _gathering.clear()
    _loop = loop


async def send(document_id: uuid.UUID, message: dict[str, Any]) -> None:
    """Send to the document's group; without Redis the hubs find out by themselves, only later."""
    try:
        await layer().group_send(group_of(document_id), message)
    except (RedisError, OSError) as error:
        logger.warning("No hint was sent, Redis is away: %s", error)


def _send_soon(document_id: uuid.UUID, message: dict[str, Any]) -> None:
    if _loop is not None and _loop.is_running():
        asyncio.run_coroutine_threadsafe(send(document_id, message), _loop)
    else:
        async_to_sync(send)(document_id, message)


def announce(document_id: uuid.UUID, hint: str, **detail: Any) -> None:
    """After commit, hint every open browser of the document to fetch what changed."""
    message = {"type": "document.hint", "hint": hint, "detail": detail}
    transaction.on_commit(lambda: _hint_soon(document_id, message), robust=True)


def _hint_soon(document_id: uuid.UUID, message: dict[str, Any]) -> None:
    if _loop is not None and _loop.is_running():
        _loop.call_soon_threadsafe(_gather, _loop, document_id, message)
    else:
        async_to_sync(send)(document_id, message)


def _gather(
    loop: asyncio.AbstractEventLoop, document_id: uuid.UUID, message: dict[str, Any]
) -> None:
    key = json.dumps([str(document_id), message], sort_keys=True)
    if key in _gathering:
        return
    _gathering.add(key)

    def tell() -> None:
        _gathering.discard(key)
        task = loop.create_task(send(document_id, message))
        _sending.add(task)
        task.add_done_callback(_sending.discard)

    loop.call_later(GATHER_SECONDS, tell)


def announce_update(section: Section, seq: int, update: bytes) -> None:
    """After commit, bring to every hub what was written past it, this process's own included."""
    item = [str(section.pk), seq, seq, update]
    message = {"type": "text.saved", "sender": "", "items": [item]}
    transaction.on_commit(lambda: _send_soon(section.document_id, message), robust=True)


async def announce_text(document_id: uuid.UUID, items: Sequence[SavedItem]) -> None:
    """Bring committed updates to every hub of the document."""
    message = {"type": "text.saved", "sender": SENDER, "items": [[*item] for item in items]}
    await send(document_id, message)


class Announcements:
    """Committed updates on their way to the document's other hubs, in order. Nobody waits for
    them, so that a slow Redis holds up no save; what comes meanwhile goes in the next message.
    If that becomes too much it is dropped, for hubs find out by themselves, only later."""

    def __init__(self, document_id: uuid.UUID) -> None:
        self._document_id = document_id
        self._waiting: list[SavedItem] = []
        self._sending: asyncio.Task[None] | None = None

    def add(self, items: Sequence[SavedItem]) -> None:
        if len(self._waiting) > MOST_WAITING:
            self._waiting.clear()
        self._waiting += items
        if self._sending is None or self._sending.done():
            self._sending = asyncio.create_task(self._send_all(), name="updates are announced")

    async def _send_all(self) -> None:
        while self._waiting:
            items, self._waiting = self._waiting, []
            await announce_text(self._document_id, items)


async def announce_presence(document_id: uuid.UUID, items: Sequence[tuple[str, bytes]]) -> None:
    """Bring awareness updates, each for a section's id or the document's, to every hub."""
    message = {"type": "text.presence", "sender": SENDER, "items": [list(item) for item in items]}
    await send(document_id, message)


async def announce_alive(document_id: uuid.UUID) -> None:
    """That this process is still there, with those of the document that it spoke for."""
    await send(document_id, {"type": "presence.alive", "sender": SENDER})


async def ask_presence(
    document_id: uuid.UUID, kind: Literal["presence.query", "presence.wanted"]
) -> None:
    await send(document_id, {"type": kind, "sender": SENDER})
