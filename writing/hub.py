"""One hub per process and open document: saves, acknowledges, broadcasts, in that order.

An update is acknowledged when it is committed and only then shown to others. What arrives while a
commit is in flight shares the next one; what is to be shown while others are shown something shares
the next frame. The hub holds one group subscription for all sockets here;
a gap in the sequence numbers makes it read the missing rows, and so does a look every few seconds,
so that nobody depends on Redis for anything but speed.
"""

import asyncio
import json
import logging
import uuid
from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, ClassVar, Protocol

from django.db import DatabaseError
from redis.exceptions import RedisError

from writing import announce
from writing.access import Pass, Right, rights_now
from writing.actions.text import Entry, save_entries, updates_after
from writing.broadcast import Broadcast
from writing.database import in_database
from writing.derived import Derived
from writing.live_text import EMPTY_STATE_VECTOR, LiveText, missed_by
from writing.presence import Elsewhere, Movements, Presences
from writing.pulse import BEAT_SECONDS, LOOK_SECONDS, Pulse
from writing.returning import Returning
from writing.text import frames, gate, sandbox

logger = logging.getLogger(__name__)

WATCH_SECONDS = 2.0
RIGHTS_SECONDS = 0.4
LISTEN_SECONDS = 0.5
# What no browser holds is tried again after a save that failed: so often, at this interval.
TRIES, RETRY_SECONDS = 30, 1.0
# For one browser alone: it was taken for lost, and has to show itself again.
WANTED = "presence-wanted"
HINTS = ("document-changed", "outline-changed", "run-changed", "review-changed")


class Socket(Protocol):
    """What the hub needs of a consumer."""

    joined: set[str]
    admitted: Pass

    async def let_stay(self, rights: Mapping[Pass, Right | None]) -> None: ...

    async def send_frame(self, frame: bytes) -> None: ...

    async def fail(self) -> None: ...


@dataclass(frozen=True, slots=True)
class Pending:
    """An update that is not saved yet and the socket that waits to hear that it is, if one does."""

    socket: Socket | None
    section_id: uuid.UUID
    entry: Entry


class Hub:
    """Texts, sockets and presence of one document in this process. Lives on one event loop."""

    _hubs: ClassVar[dict[tuple[asyncio.AbstractEventLoop, uuid.UUID], "Hub"]] = {}

    def __init__(self, document_id: uuid.UUID) -> None:
        self.document_id = document_id
        self.sockets: set[Socket] = set()
        self.texts: dict[uuid.UUID, LiveText] = {}
        self.presences = Presences()
        self.movements: Movements[Socket] = Movements(self.show_presence)
        self.broadcast: Broadcast[Socket] = Broadcast(self._send_update)
        self._browsers: Pulse[Socket] = Pulse()
        self._processes: Pulse[Elsewhere] = Pulse()
        self._has_company = False  # whether another process has, or had, the document too
        self._pending: list[Pending] = []
        self._saving: asyncio.Task[None] | None = None
        self._announcements = announce.Announcements(document_id)
        self._own: set[tuple[uuid.UUID, bytes]] = set()  # what is being saved
        self._returning = Returning()
        self._failures = 0
        self._derived = Derived(document_id, self.texts)
        self._is_listening = asyncio.Event()
        self._tasks = [
            asyncio.create_task(self._listen(), name=f"hub {document_id} listens"),
            asyncio.create_task(self._watch(), name=f"hub {document_id} watches"),
            asyncio.create_task(self._look_at_rights(), name=f"hub {document_id} looks at rights"),
            asyncio.create_task(self._beat(), name=f"hub {document_id} beats"),
            asyncio.create_task(self._look_for_lost(), name=f"hub {document_id} looks for lost"),
        ]

    # --- coming and going ---

    @classmethod
    def join(cls, document_id: uuid.UUID, socket: Socket) -> "Hub":
        loop = asyncio.get_running_loop()
        announce.use_loop(loop)
        hub = cls._hubs.get((loop, document_id))
        if hub is None:
            hub = cls._hubs[loop, document_id] = cls(document_id)
        hub.sockets.add(socket)
        hub._browsers.hear(socket)
        return hub

    async def hear(self, socket: Socket) -> None:
        """A frame came, of whatever kind: its browser is there."""
        if self._browsers.hear(socket):
            await self._want_presence([socket])

    async def leave(self, socket: Socket) -> None:
        """Forget a socket, tell the others that its people are gone, close after the last one."""
        self.sockets.discard(socket)
        self._browsers.forget(socket)
        await self._lose(socket)
        if self.sockets:
            return
        self._make_room()
        if self._saving not in (None, asyncio.current_task()):
            await self._saving
        try:
            await self._derived.bring_up_to_date()
        except DatabaseError:
            logger.exception("The last changes of a hub's texts are not in their sections' rows")
        finally:
            self.movements.close()
            self.broadcast.close()
            for task in self._tasks:
                task.cancel()

    def _make_room(self) -> None:
        """Who comes from now on gets another hub."""
        key = asyncio.get_running_loop(), self.document_id
        if self._hubs.get(key) is self:
            del self._hubs[key]

    # --- text ---

    @property
    def has_failed(self) -> bool:
        """Whether a save failed: what is held here may not be what the database holds."""
        return self._failures > 0

    async def text(self, section_id: uuid.UUID) -> LiveText:
        """The section's text, loaded once and kept up to date while anybody is here."""
        text = self.texts.get(section_id)
        if text is None:
            text = self.texts[section_id] = LiveText(section_id)
        await text.load()
        self._derived.changed(section_id)
        return text

    async def admit(self, section_id: uuid.UUID, update: bytes) -> gate.Summary:
        """What the update is, if it may be saved; raises GateError."""
        summary = gate.check(update)
        text = await self.text(section_id)
        if text.known.lacks(summary):
            # Its author may have seen more, in another process.
            await self._catch_up(text)
            if text.known.lacks(summary):
                raise gate.GateError("it goes on from text that is not here")
        text.known.check(summary)
        if len(update) > sandbox.LARGE_BYTES:
            state = text.diff(EMPTY_STATE_VECTOR)
            if not await sandbox.survives(state, update):
                raise gate.GateError("it takes too much memory or time")
        return summary

    def save(
        self, socket: Socket | None, section_id: uuid.UUID, entry: Entry, summary: gate.Summary
    ) -> None:
        """Save soon, with whatever else is waiting; the socket is told when it is done. After a
        failure nothing is, since it may go on from what was not saved: the browser sends both."""
        if socket and self.has_failed:
            return
        self.texts[section_id].known.add(summary.structs)
        self._pending.append(Pending(socket, section_id, entry))
        if self._saving is None:
            self._saving = asyncio.create_task(self._save_all(), name="hub saves")

    async def _save_all(self) -> None:
        try:
            while self._pending:
                batch, self._pending = self._pending, []
                await self._save(batch)
        finally:
            self._saving = None

    async def _save(self, batch: list[Pending]) -> None:
        self._own = {(pending.section_id, pending.entry.data) for pending in batch}
        try:
            numbers = await in_database(save_entries, [(p.section_id, p.entry) for p in batch])
        except DatabaseError:
            logger.exception("%d updates were not saved", len(batch))
            await self._start_over(batch)
            return
        items: list[announce.SavedItem] = []
        for pending, seq in zip(batch, numbers, strict=True):
            items.append((str(pending.section_id), seq, seq, pending.entry.data))
            self._derived.edited(pending.section_id)
        for pending in batch:
            if socket := pending.socket:
                await socket.send_frame(frames.sync_status(str(pending.section_id), saved=True))
        for pending, item in zip(batch, items, strict=True):
            await self._show(item, author=pending.socket)
        self._announcements.add(items)
        await self._bring_back()

    async def _start_over(self, batch: list[Pending]) -> None:
        """Nothing of it was acknowledged: the browsers keep it, come again, and send it to a hub
        that reads the database anew. Only what no browser holds is kept, and saved from here."""
        self._failures += 1
        unsaved = [pending for pending in batch + self._pending if pending.socket is None]
        self._pending = unsaved if self._failures < TRIES else []
        self._make_room()
        for socket in list(self.sockets):
            await socket.fail()
        if self._pending:
            await asyncio.sleep(RETRY_SECONDS)
        elif unsaved:
            logger.error("%d updates that bring text back are given up", len(unsaved))

    async def _bring_back(self) -> None:
        """Save again, each as its author's, what vanished with the updates of this process."""
        try:
            async for text, entry in self._returning.entries():
                self.save(None, text.section_id, entry, gate.check(entry.data))
        except DatabaseError:
            logger.exception("Text that vanished is not brought back yet")

    async def _show(self, item: announce.SavedItem, author: Socket | None = None) -> None:
        """Apply a committed update and send it on, catching up first if some are missing."""
        name, first_seq, last_seq, data = item
        text = self.texts.get(uuid.UUID(name))
        if text is None or not text.loaded or last_seq <= text.seq:
            return
        if first_seq > text.seq + 1:
            await self._catch_up(text)
        else:
            self._take_in(text, last_seq, data)
            self.broadcast.add(name, data, author)

    async def _catch_up(self, text: LiveText) -> None:
        async with text.lock:
            for seq, data in await in_database(updates_after, text.section_id, text.seq):
                if seq > text.seq:
                    self._take_in(text, seq, data)
                    self.broadcast.add(str(text.section_id), data)

    def _take_in(self, text: LiveText, seq: int, data: bytes) -> None:
        lost = text.apply(seq, data)
        self._derived.changed(text.section_id)
        # Of several processes, the one that saved it.
        if (text.section_id, data) in self._own:
            self._returning.lose(text, lost)

    async def _send_update(self, name: str, update: bytes, but: Socket | None) -> None:
        await self._send(name, frames.update(name, update), but=but)

    # --- presence and hints ---

    async def show_presence(self, name: str, update: bytes, but: Socket | None = None) -> None:
        """Show who is where, here and in the other processes."""
        await self._send(name, frames.awareness(name, update), but=but)
        await announce.announce_presence(self.document_id, [(name, update)])

    async def _lose(self, socket: Socket) -> None:
        """Nobody is to see any longer whom this socket speaks for."""
        self.movements.forget(socket)
        for name, update in self.presences.leave(socket):
            await self.show_presence(name, update)

    async def _want_presence(self, sockets: Iterable[Socket]) -> None:
        frame = self._hint_frame(WANTED, {})
        await asyncio.gather(*(socket.send_frame(frame) for socket in sockets))

    def _hint_frame(self, hint: str, detail: dict[str, Any]) -> bytes:
        payload = json.dumps({"hint": hint, "detail": detail})
        return frames.stateless(str(self.document_id), payload)

    async def _hint(self, hint: str, detail: dict[str, Any]) -> None:
        await self._send(str(self.document_id), self._hint_frame(hint, detail))

    async def _send(self, name: str, frame: bytes, but: Socket | None = None) -> None:
        # One after the other: each is written at once, and a task for each would cost more.
        for socket in [s for s in self.sockets if s is not but and name in s.joined]:
            await socket.send_frame(frame)

    # --- the other processes ---

    async def listening(self) -> None:
        """Until what other processes tell arrives here; not for ever, since Redis may be away."""
        with suppress(TimeoutError):
            async with asyncio.timeout(LISTEN_SECONDS):
                await self._is_listening.wait()

    async def _listen(self) -> None:
        layer, group = announce.layer(), announce.group_of(self.document_id)
        while True:
            try:
                channel = await layer.new_channel()
                await layer.group_add(group, channel)
                self._is_listening.set()
                try:
                    await announce.ask_presence(self.document_id, "presence.query")
                    while True:
                        await self._receive(await layer.receive(channel))
                finally:
                    self._is_listening.clear()
                    await layer.group_discard(group, channel)
            except (RedisError, OSError) as error:
                logger.warning("No hints arrive, Redis is away: %s", error)
                await asyncio.sleep(WATCH_SECONDS)

    async def _receive(self, message: dict[str, Any]) -> None:
        sender = message.get("sender")
        if sender == announce.SENDER:
            return
        match message["type"]:
            case "text.saved":
                for name, first_seq, last_seq, data in message["items"]:
                    await self._show((name, first_seq, last_seq, data))
            case "text.presence":
                for name, update in message["items"]:
                    present = frames.decode_awareness(update)
                    self.presences.remember(name, present, owner=Elsewhere(message["sender"]))
                    await self._send(name, frames.awareness(name, update))
            case "presence.query":
                self._has_company = True
                await announce.announce_presence(self.document_id, list(self.presences.own()))
            case "presence.alive":
                self._has_company = True
                if self._processes.hear(Elsewhere(message["sender"])):
                    await announce.ask_presence(self.document_id, "presence.wanted")
            case "presence.wanted":
                await self._want_presence(self.sockets)
            case "document.hint":
                await self._hint(message["hint"], message["detail"])
            case kind:
                logger.error("A message of unknown type %r came to a hub", kind)

    # --- what no message may be needed for ---

    async def _watch(self) -> None:
        """Find what no hint told of, keep right what is derived from the texts."""
        while True:
            await asyncio.sleep(WATCH_SECONDS)
            self.presences.forget_silent()
            try:
                await self._derived.bring_up_to_date()
                missed = await missed_by(self.texts.values())
                await self._bring_back()
            except DatabaseError:
                logger.exception("The hub could not read the database")
                continue
            for text in missed:
                await self._catch_up(text)
            if missed:
                for hint in HINTS:
                    await self._hint(hint, {})

    async def _beat(self) -> None:
        """Have every browser answer, and tell the other processes that this one lives."""
        while True:
            await asyncio.sleep(BEAT_SECONDS)
            await asyncio.gather(*(s.send_frame(frames.ping()) for s in self.sockets))
            if self._has_company:
                await announce.announce_alive(self.document_id)

    async def _look_for_lost(self) -> None:
        """A browser that was cut off, or a process that was killed, does not say that it leaves."""
        while True:
            await asyncio.sleep(LOOK_SECONDS)
            for socket in self._browsers.lose_silent():
                await self._lose(socket)
            for process in self._processes.lose_silent():
                for name, update in self.presences.leave(process):
                    await self._send(name, frames.awareness(name, update))

    async def _look_at_rights(self) -> None:
        """Whoever lost their right, or their session, is out within a second."""
        while True:
            await asyncio.sleep(RIGHTS_SECONDS)
            sockets = list(self.sockets)
            try:
                passes = {socket.admitted for socket in sockets}
                rights = await in_database(rights_now, self.document_id, passes)
            except DatabaseError:
                logger.exception("The hub could not look at rights")
                continue
            looks = (socket.let_stay(rights) for socket in sockets)
            for error in await asyncio.gather(*looks, return_exceptions=True):
                if error is not None:
                    logger.error("A socket could not be closed", exc_info=error)
