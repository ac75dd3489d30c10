"""Saves what agents write: one transaction for all the sections that this process works on."""

import asyncio
import logging
import uuid
from collections import defaultdict
from collections.abc import Callable, Coroutine, Mapping, Sequence
from typing import Any
from weakref import WeakKeyDictionary

from django.db import DatabaseError

from agents.claims import look_ahead
from agents.exceptions import Fenced
from agents.hand import Hand
from agents.presence import show
from agents.save import Entry, Kept, news, save
from agents.turns import write_in_database
from agents.work import Work
from writing.announce import SavedItem, announce_alive, announce_text
from writing.database import in_database
from writing.pulse import BEAT_SECONDS

logger = logging.getLogger(__name__)

FLUSH_SECONDS = 0.05
# Flushes take at most this share of the time: where they are slow, they come less often.
FLUSH_SHARE = 1 / 6
LONGEST_PAUSE_SECONDS = 0.1
# The first need not wait for the last of two hundred.
HANDS_PER_FLUSH = 50
# Browsers drop a cursor that they have not heard of for 30 seconds.
SHOW_SECONDS = 10.0
# After a model began to answer: its first words go first, and others soon begin too.
LOOK_AHEAD_SECONDS = 0.2

_flushers: WeakKeyDictionary[asyncio.AbstractEventLoop, "Flusher"] = WeakKeyDictionary()


def join(work: Work) -> Hand:
    """A hand in the section of this work; on the worker's loop."""
    flusher = _flushers.setdefault(asyncio.get_running_loop(), Flusher())
    hand = Hand(flusher, work)
    flusher.add(hand)
    return hand


class Flusher:
    """One event loop's; at work while there are hands."""

    def __init__(self) -> None:
        self._hands: list[Hand] = []
        self._to_show: set[Hand] = set()
        self._stirred = asyncio.Event()
        self._hurried = asyncio.Event()
        self._flushing: asyncio.Task[None] | None = None
        self._showing: asyncio.Task[None] | None = None
        self._looking: asyncio.Task[None] | None = None
        self._beating: asyncio.Task[None] | None = None
        self._now = asyncio.get_running_loop().time

    def add(self, hand: Hand) -> None:
        self._hands.append(hand)
        self._show([hand])
        self._flushing = _go_on(self._flushing, self._save_while_needed)
        self._beating = _go_on(self._beating, self._beat)

    def remove(self, hand: Hand) -> None:
        self._hands.remove(hand)
        self._to_show.discard(hand)
        hand.abandon(Fenced())
        if not self._hands:
            self.stir(hurry=True)

    def stir(self, *, hurry: bool = False) -> None:
        """There is something to save; `hurry` does not wait for more."""
        self._stirred.set()
        if hurry:
            self._hurried.set()

    async def _save_while_needed(self) -> None:
        try:
            next_at = float("-inf")
            while self._hands:
                is_stirred = await _set_within(self._stirred, SHOW_SECONDS)
                self._show([hand for hand in self._hands if hand.face.silence > SHOW_SECONDS])
                if not is_stirred:
                    continue
                await _set_within(self._hurried, next_at - self._now())
                self._stirred.clear()
                self._hurried.clear()
                start = self._now()
                await self._flush_all()
                pause = min((self._now() - start) / FLUSH_SHARE, LONGEST_PAUSE_SECONDS)
                next_at = start + max(pause, FLUSH_SECONDS)
        except Exception as error:
            for hand in self._hands:
                hand.abandon(error)
            raise

    async def _flush_all(self) -> None:
        """Each that has something to save, or for which something may have gathered, once; who
        waits, as one that finishes does, first."""
        left = {hand for hand in self._hands if hand.is_dirty or hand.work.gathering.is_waiting}
        while left:
            due = [h for h in self._hands if h in left or (h.is_dirty and h.is_waiting)]
            if not due:
                return  # the others are gone
            due.sort(key=lambda hand: not hand.is_waiting)
            some = due[:HANDS_PER_FLUSH]
            left.difference_update(some)
            for hand in some:
                hand.work.gathering.call_in()
            await asyncio.sleep(0)
            if some := [hand for hand in some if hand.is_dirty]:
                await self._flush(some)

    async def _flush(self, hands: Sequence[Hand]) -> None:
        try:
            known = await in_database(news, {hand.section_id: hand.seq for hand in hands})
        except DatabaseError as error:
            for hand in hands:
                hand.abandon(error)
            return
        entries: dict[Hand, Entry] = {}
        for hand in hands:
            try:
                entries[hand] = hand.collect(known.get(hand.section_id, ()))
            except BaseException:
                logger.exception("Could not write into section %s", hand.section_id)
        saved = await self._save(entries)
        items: defaultdict[uuid.UUID, list[SavedItem]] = defaultdict(list)
        for hand, kept in saved.items():
            hand.saved(entries[hand], kept)
            items[hand.work.document.pk] += [
                (str(hand.section_id), seq, seq, update)
                for seq, update in zip(kept.seqs, entries[hand].updates, strict=True)
            ]
        for document_id, written in items.items():
            if written:
                await announce_text(document_id, written)
        self._show([hand for hand in saved if entries[hand].updates])
        self._looking = _go_on(self._looking, self._look_ahead)

    async def _save(self, entries: Mapping[Hand, Entry]) -> dict[Hand, Kept]:
        """Save all, or if that fails each by itself, so that one cannot spoil the others."""
        try:
            results = await write_in_database(save, list(entries.values()))
        except Exception as error:  # noqa: BLE001 (told to the attempt it belongs to)
            if len(entries) == 1:
                for hand, entry in entries.items():
                    _refuse(hand, entry, error)
                return {}
            saved: dict[Hand, Kept] = {}
            for hand, entry in entries.items():
                saved |= await self._save({hand: entry})
            return saved
        saved = {}
        for (hand, entry), kept in zip(entries.items(), results, strict=True):
            if kept is None:
                _refuse(hand, entry, Fenced())
            else:
                saved[hand] = kept
        return saved

    def _show(self, hands: Sequence[Hand]) -> None:
        """Text does not wait for cursors."""
        self._to_show.update(hands)
        if self._to_show:
            self._showing = _go_on(self._showing, self._show_all)

    async def _show_all(self) -> None:
        while self._to_show:
            faces = [(hand.face, hand.cursor()) for hand in self._to_show]
            self._to_show.clear()
            await show(faces)

    async def _beat(self) -> None:
        """Tell who looks on that these agents live: they see it soon when a worker is killed."""
        while documents := {hand.work.document.pk for hand in self._hands}:
            for document_id in documents:
                await announce_alive(document_id)
            await asyncio.sleep(BEAT_SECONDS)

    async def _look_ahead(self) -> None:
        """Read what follows while the models answer; sections that began together share it."""
        while beginners := [hand for hand in self._hands if hand.has_begun]:
            await asyncio.sleep(LOOK_AHEAD_SECONDS)
            for hand in beginners:
                hand.has_begun = False
            try:
                found = await in_database(look_ahead, [hand.work.claim for hand in beginners])
            except DatabaseError:
                logger.exception("Could not look ahead; what follows is read when it is ready")
                return
            for hand in beginners:
                hand.successor = found.get(hand.work.claim.step.pk)


def _go_on(
    task: "asyncio.Task[None] | None", work: Callable[[], Coroutine[Any, Any, None]]
) -> "asyncio.Task[None]":
    """The task that is at it already, else a new one."""
    return asyncio.create_task(work()) if task is None or task.done() else task


def _refuse(hand: Hand, entry: Entry, error: BaseException) -> None:
    for future in entry.waiting:
        if not future.done():
            future.set_exception(error)
    hand.abandon(error)


async def _set_within(event: asyncio.Event, seconds: float) -> bool:
    try:
        async with asyncio.timeout(max(0, seconds)):
            await event.wait()
    except TimeoutError:
        return event.is_set()
    return True
