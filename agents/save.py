"""One flush: what many attempts have written since the last one, in one transaction."""

import asyncio
import uuid
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from itertools import count

from django.db import transaction
from django.utils import timezone

from agents import schedule
from agents.claims import Successor, claim, lock
from agents.models import Chunk
from agents.schedule import Account, Claim, Result
from agents.wakes import wake
from agents.work import Work, load
from writing.actions import text
from writing.announce import announce
from writing.models import Section
from writing.rows import insert

Row = Callable[[], object]
# The fields of a chunk's row.
Checkpoint = tuple[uuid.UUID, uuid.UUID, int, str, int | None, datetime]


@dataclass(frozen=True)
class Piece:
    """One change of the text, or none, and what it is called as a checkpoint of the step, or ""."""

    update: bytes | None
    text: str = ""


@dataclass
class Entry:
    """What one flush saves for one attempt.

    The pieces' checkpoints count from `number` on. `seq` is the newest update of the section that
    the attempt has read. With `begins` its model has begun to answer. With a `result` the step
    ends; then `successor` is the next of its chain, if that was read in time, and `state` the
    section's text for it, as one update. `words` is the length of the text, where that was counted.
    """

    claim: Claim
    account: Account
    section_id: uuid.UUID
    seq: int
    number: int
    begins: bool = False
    changes: bool = False
    before: list[Row] = field(default_factory=list)
    pieces: list[Piece] = field(default_factory=list)
    rows: list[Row] = field(default_factory=list)
    waiting: list["asyncio.Future[None]"] = field(default_factory=list)
    result: Result | None = None
    successor: Successor | None = None
    state: bytes = b""
    words: int | None = None

    @property
    def updates(self) -> list[bytes]:
        return [piece.update for piece in self.pieces if piece.update]

    @property
    def texts(self) -> list[str]:
        return [piece.text for piece in self.pieces if piece.text]


@dataclass(frozen=True)
class Kept:
    """The numbers of an entry's updates, and the next step of its chain if we have claimed it."""

    seqs: list[int]
    next: Work | None = None


def reached(seq: int, seqs: Sequence[int]) -> int:
    """How far somebody has read who had read up to `seq` and wrote these."""
    for own in seqs:
        if own == seq + 1:
            seq = own
    return seq


def news(known: Mapping[uuid.UUID, int]) -> dict[uuid.UUID, list[tuple[int, bytes]]]:
    """What was saved in these sections beyond the numbers we know."""
    newest = Section.objects.filter(pk__in=known).order_by().values_list("pk", "last_seq")
    return {pk: text.updates_after(pk, known[pk]) for pk, seq in newest if seq > known[pk]}


def save(entries: Sequence[Entry]) -> list[Kept | None]:
    """Commit the entries; None for who was fenced off."""
    with transaction.atomic(durable=True):
        held = schedule.hold(
            [entry.claim for entry in entries],
            changing=[entry.claim.step.pk for entry in entries if entry.changes],
        )
        standing = [entry for entry in entries if entry.claim.step.pk in held]
        lock([entry.successor for entry in standing if entry.successor])
        for entry in standing:
            for row in entry.before:
                row()
        numbers = iter(
            text.append_updates(
                [
                    (entry.section_id, text.Entry(data, attempt=entry.claim.attempt.pk))
                    for entry in standing
                    for data in entry.updates
                ],
                holding=[entry.section_id for entry in standing],
            )
        )
        seqs: dict[int, list[int]] = {}
        chunks: list[Checkpoint] = []
        for entry in standing:
            written = [next(numbers) if piece.update else None for piece in entry.pieces]
            seqs[id(entry)] = [seq for seq in written if seq]
            chunks += _checkpoints(entry, written)
        insert(Chunk, ("step", "attempt", "number", "text", "seq", "created_at"), chunks)
        if beginnings := [(entry.claim, entry.account) for entry in standing if entry.begins]:
            schedule.began(beginnings)
        for entry in standing:
            for row in entry.rows:
                row()
        counted = [entry for entry in standing if entry.words is not None]
        text.set_word_counts({entry.section_id: entry.words or 0 for entry in counted})
        # Open manuscripts count for themselves; their panel shows how far the run is.
        for document_id in {entry.claim.step.run.document_id for entry in counted}:
            announce(document_id, "run-changed")
        following = _end([entry for entry in standing if entry.result], seqs)
    return [
        Kept(seqs[id(entry)], following.get(id(entry))) if id(entry) in seqs else None
        for entry in entries
    ]


def _checkpoints(entry: Entry, written: Sequence[int | None]) -> Iterator[Checkpoint]:
    step, attempt, now = entry.claim.step.pk, entry.claim.attempt.pk, timezone.now()
    numbers = count(entry.number)
    for piece, seq in zip(entry.pieces, written, strict=True):
        if piece.text:
            yield step, attempt, next(numbers), piece.text, seq, now


def _end(entries: Sequence[Entry], seqs: Mapping[int, list[int]]) -> dict[int, Work]:
    """Finish these steps, and claim what follows them in their chains: no wake is as fast."""
    if not entries:
        return {}
    released = schedule.finish(
        [(entry.claim, entry.result, entry.account) for entry in entries if entry.result]
    )
    ahead = {}
    for entry in entries:
        successor = entry.successor
        if successor and successor.step.pk in released[entry.claim.step.pk]:
            ahead[id(entry)] = successor.after(entry.claim)
    claims = claim([candidate for candidate in ahead.values() if candidate])
    for entry in entries:
        others = set(released[entry.claim.step.pk]) - {held.step.pk for held in claims}
        wake(sorted(others), entry.claim.step.run.priority, here=len(others) == 1)
    texts = {e.section_id: (reached(e.seq, seqs[id(e)]), [e.state]) for e in entries}
    works = load(claims, texts)
    return {
        key: works[candidate.step.pk]
        for key, candidate in ahead.items()
        if candidate and candidate.step.pk in works
    }
