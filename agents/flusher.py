"""Saves what agents write: per document one transaction and one message for all its sections."""

import asyncio
import logging
import uuid
from collections.abc import Mapping, Sequence

from django.db import DatabaseError, transaction

from agents import schedule
from agents.exceptions import Fenced
from agents.hand import Entry, Hand
from agents.models import Chunk
from agents.presence import show
from agents.turns import write_in_database
from agents.work import Work
from writing.actions import text
from writing.announce import SavedItem, announce_text
from writing.database import in_database
from writing.models import Section

logger = logging.getLogger(__name__)

FLUSH_SECONDS = 0.05
# Flushes take at most this share of the time: where they are slow, they come less often.
FLUSH_SHARE = 1 / 6
LONGEST_PAUSE_SECONDS = 0.2
# Browsers drop a cursor that they have not heard of for 30 seconds.
SHOW_SECONDS = 10.0

_flushers: dict[uuid.UUID, "Flusher"] = {}


async def join(work: Work) -> Hand:
    """A hand in the section of this work; on the worker's loop."""
    flusher = _flushers.get(work.document.pk)
    if flusher is None:
        flusher = _flushers[work.document.pk] = Flusher(work.document.pk)
    hand = Hand(flusher, work)
    flusher.add(hand)
    await hand.face.enter()
    return hand


class Flusher:
    """One document's; lives as long as hands are at work on it."""

    def __init__(self, document_id: uuid.UUID) -> None:
        self._document_id = document_id
        self._hands: list[Hand] = []
        self._stirred = asyncio.Event()
        self._hurried = asyncio.Event()
        self._task: asyncio.Task[None] | None = None
        self._showing: asyncio.Task[None] | None = None
        self._now = asyncio.get_running_loop().time

    def add(self, hand: Hand) -> None:
        self._hands.append(hand)
        if self._task is None:
            self._task = asyncio.create_task(self._run())

    def remove(self, hand: Hand) -> None:
        self._hands.remove(hand)
        hand.abandon(Fenced())
        if not self._hands:
            _flushers.pop(self._document_id, None)
            self.stir(hurry=True)

    def stir(self, *, hurry: bool = False) -> None:
        """There is something to save; `hurry` does not wait for more."""
        self._stirred.set()
        if hurry:
            self._hurried.set()

    async def _run(self) -> None:
        try:
            await self._save_while_needed()
        except Exception as error:
            _flushers.pop(self._document_id, None)
            for hand in self._hands:
                hand.abandon(error)
            raise

    async def _save_while_needed(self) -> None:
        next_at = float("-inf")
        while self._hands:
            if not await _set_within(self._stirred, SHOW_SECONDS):
                self._show(self._hands)
                continue
            await _set_within(self._hurried, next_at - self._now())
            self._stirred.clear()
            self._hurried.clear()
            start = self._now()
            await self._flush([hand for hand in self._hands if hand.is_dirty])
            pause = min((self._now() - start) / FLUSH_SHARE, LONGEST_PAUSE_SECONDS)
            next_at = start + max(pause, FLUSH_SECONDS)

    async def _flush(self, hands: Sequence[Hand]) -> None:
        if not hands:
            return
        try:
            news = await in_database(_news, {hand.section_id: hand.seq for hand in hands})
        except DatabaseError as error:
            for hand in hands:
                hand.abandon(error)
            return
        entries: dict[Hand, Entry] = {}
        for hand in hands:
            try:
                entries[hand] = hand.collect(news.get(hand.section_id, ()))
            except BaseException:
                logger.exception("Could not write into section %s", hand.section_id)
        saved = await self._save(entries)
        items: list[SavedItem] = []
        for hand, seqs in saved.items():
            entry = entries[hand]
            hand.saved(entry, seqs)
            items += [
                (str(hand.section_id), seq, seq, update)
                for seq, update in zip(seqs, entry.updates, strict=True)
            ]
        if items:
            await announce_text(self._document_id, items)
        self._show([hand for hand in saved if entries[hand].updates])

    async def _save(self, entries: Mapping[Hand, Entry]) -> dict[Hand, list[int]]:
        """Save all, or if that fails each by itself, so that one cannot spoil the others."""
        try:
            results = await write_in_database(_save, list(entries.values()))
        except Exception as error:  # noqa: BLE001 (told to the attempt it belongs to)
            if len(entries) == 1:
                for hand, entry in entries.items():
                    _refuse(hand, entry, error)
                return {}
            saved: dict[Hand, list[int]] = {}
            for hand, entry in entries.items():
                saved |= await self._save({hand: entry})
            return saved
        saved = {}
        for (hand, entry), seqs in zip(entries.items(), results, strict=True):
            if seqs is None:
                _refuse(hand, entry, Fenced())
            else:
                saved[hand] = seqs
        return saved

    def _show(self, hands: Sequence[Hand]) -> None:
        """Text does not wait for cursors; where they lag behind, they come with a later flush."""
        if self._showing is None or self._showing.done():
            faces = [(hand.face, hand.cursor()) for hand in hands]
            self._showing = asyncio.create_task(show(self._document_id, faces))


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


def _news(known: Mapping[uuid.UUID, int]) -> dict[uuid.UUID, list[tuple[int, bytes]]]:
    """What was saved in these sections beyond the numbers we know."""
    newest = Section.objects.filter(pk__in=known).order_by().values_list("pk", "last_seq")
    return {pk: text.updates_after(pk, known[pk]) for pk, seq in newest if seq > known[pk]}


def _save(entries: Sequence[Entry]) -> list[list[int] | None]:
    """Commit the entries; gives their updates' numbers, None for who was fenced off."""
    with transaction.atomic(durable=True):
        held = schedule.hold([entry.claim for entry in entries])
        standing = [entry for entry in entries if entry.claim.step.pk in held]
        for entry in standing:
            for row in entry.before:
                row()
        updates = text.append_updates(
            [
                (entry.section_id, text.Entry(data, attempt=entry.claim.attempt.pk))
                for entry in standing
                for data in entry.updates
            ],
            holding=[entry.section_id for entry in standing],
        )
        rows = iter(updates)
        written = {id(entry): [next(rows) for _ in entry.updates] for entry in standing}
        Chunk.objects.bulk_create(
            Chunk(
                step=entry.claim.step,
                attempt=entry.claim.attempt,
                number=entry.number,
                text=entry.text,
                update=next(reversed(written[id(entry)]), None),
            )
            for entry in standing
            if entry.text
        )
        for entry in standing:
            for row in entry.rows:
                row()
    return [
        [row.seq for row in written[id(entry)]] if id(entry) in written else None
        for entry in entries
    ]
