"""An attempt's hand in its section's text."""

import asyncio
import uuid
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from django.utils import translation

from agents.claims import Successor
from agents.presence import Face
from agents.save import Entry, Kept, Piece, Row, reached
from agents.schedule import Result
from agents.work import Work
from writing.text.markdown import count_words
from writing.text.peer import Peer
from writing.text.pen import Pen

if TYPE_CHECKING:
    from agents.flusher import Flusher

WORD_COUNT_SECONDS = 3.0
# Somebody who typed in this section so recently may have torn apart what was flushed last.
DISTURBED_SECONDS = 1.0
SECOND_LOOK_SECONDS = 0.25
SECOND_LOOKS = 4

# Changes the text through the peer; gives what belongs into the same transaction.
Change = Callable[[Peer], Sequence[Row]]


class Hand:
    """Gathers what an attempt writes until the flusher saves it.

    Lives on the worker's loop. Every method raises Fenced once the attempt has lost its step.
    `successor` is the next step of the chain as it was read ahead, and `next` its work once this
    step is finished, if it is ours to do.
    """

    def __init__(self, flusher: "Flusher", work: Work) -> None:
        self._flusher = flusher
        self.work = work
        self.peer = Peer(work.claim.attempt.client_id, work.updates)
        self.pen: Pen | None = None
        self.face = Face(work)
        self.seq = work.seq
        self.section_id: uuid.UUID = work.section.pk
        self._chunk_number = len(work.saved)
        self._own: set[int] = set()
        self._before: list[Row] = []
        self._updates: list[bytes] = []
        self._text: list[str] = []
        self._changes: list[tuple[Change, str, bool]] = []
        self._rows: list[Row] = []
        self._waiting: list[asyncio.Future[None]] = []
        self._result: Callable[[], Result] | None = None
        self._has_written = False
        self.has_begun = self._begins = False
        self.successor: Successor | None = None
        self.next: Work | None = None
        self._error: BaseException | None = None
        self._now = asyncio.get_running_loop().time
        self._disturbed_at = self._counted_at = float("-inf")

    @property
    def is_dirty(self) -> bool:
        return self._error is None and bool(
            self._text
            or self._changes
            or self._rows
            or self._waiting
            or self._updates
            or self._begins
        )

    @property
    def is_waiting(self) -> bool:
        """Whether somebody waits until it is saved."""
        return bool(self._waiting)

    def cursor(self) -> dict[str, Any] | None:
        """Where it writes, as the browsers show it."""
        return self.pen.cursor() if self.pen else self.peer.cursor()

    def begin(self) -> None:
        """The model begins to answer."""
        self._check()
        self.has_begun = self._begins = True
        self._flusher.stir()

    def write(self, text: str) -> None:
        """More of the answer, for the pen."""
        self._check()
        if text and self.pen:
            self.pen.write(text)
            self._text.append(text)
            # The first words are what everybody waits for.
            self._flusher.stir(hurry=not self._has_written)
            self._has_written = True

    def keep(self, text: str) -> None:
        """More of the answer, as a checkpoint alone: the text is changed later."""
        self._check()
        if text:
            self._text.append(text)
            self._flusher.stir()

    def also(self, row: Row) -> None:
        """Do this in the transaction of the next flush."""
        self._check()
        self._rows.append(row)
        self._flusher.stir()

    def put(self, update: bytes, before: Row) -> None:
        """An update that was made outside a flush; `before` is done ahead of it."""
        self._check()
        self._updates.append(update)
        self._before.append(before)
        self._flusher.stir()

    def change(self, change: Change, text: str, *, suggests: bool = False) -> None:
        """Change the text with the next flush, kept with `text` as a checkpoint of the step.
        `suggests`: what it writes are suggestions, which agents may make anywhere."""
        self._check()
        self._changes.append((change, text, suggests))
        self._flusher.stir()

    async def flush(self) -> None:
        """Save what there is; returns when saved."""
        self._check()
        await self._saved(hurry=True)

    async def finish(self, result: Callable[[], Result]) -> None:
        """Save the rest and finish the step in the same transaction.

        `result` is called when all changes are made, in the run's language.
        """
        self._check()
        for _ in range(SECOND_LOOKS):
            if not self.pen or self._now() - self._disturbed_at > DISTURBED_SECONDS:
                break
            await self.flush()
            await asyncio.sleep(SECOND_LOOK_SECONDS)
        self._check()
        self._result = result
        await self._saved(hurry=True)

    def close(self) -> None:
        self._flusher.remove(self)

    def abandon(self, error: BaseException) -> None:
        """Nothing more can be saved, and everybody who waits for it is told why."""
        self._error = self._error or error
        for future in self._waiting:
            if not future.done():
                future.set_exception(error)
        self._waiting.clear()

    @property
    def is_abandoned(self) -> bool:
        return self._error is not None

    def collect(self, rows: Sequence[tuple[int, bytes]]) -> Entry:
        """Bring the peer up to date, write what has gathered and hand it over to be saved."""
        if rows:
            self.peer.pull([data for _seq, data in rows])
            self.seq = rows[-1][0]
            if any(seq not in self._own for seq, _data in rows):
                self._disturbed_at = self._now()
            self._own.clear()
        work = self.work
        entry = Entry(work.claim, work.account, self.section_id, self.seq, self._chunk_number + 1)
        entry.begins, self._begins = self._begins, False
        entry.before, self._before = self._before, []
        entry.pieces = [Piece(update) for update in self._updates]
        entry.changes = bool(self._updates)
        self._updates.clear()
        entry.rows, self._rows = self._rows, []
        entry.waiting, self._waiting = self._waiting, []
        said = "".join(self._text)
        self._text.clear()
        try:
            if self.pen:
                self.pen.finish() if self._result else self.pen.flush()
            update = self.peer.take()
            if update or said:
                entry.pieces.append(Piece(update, said))
                entry.changes = entry.changes or bool(update)
            changes, self._changes = self._changes, []
            # The flusher that calls this serves runs in any language.
            with translation.override(work.run.locale):
                for change, text, suggests in changes:
                    entry.rows += change(self.peer)
                    piece = Piece(self.peer.take(), text)
                    entry.pieces.append(piece)
                    entry.changes = entry.changes or bool(piece.update and not suggests)
                if self._result:
                    entry.result, entry.successor = self._result(), self.successor
            if entry.successor:
                entry.state = self.peer.state()
        except BaseException as error:
            self._waiting = entry.waiting
            self.abandon(error)
            raise
        self._chunk_number += len(entry.texts)
        self._count_words(entry)
        return entry

    def saved(self, entry: Entry, kept: Kept) -> None:
        """The entry is committed."""
        self.seq = reached(self.seq, kept.seqs)
        self._own.update(seq for seq in kept.seqs if seq > self.seq)
        self.next = kept.next or self.next
        for future in entry.waiting:
            if not future.done():
                future.set_result(None)

    def _count_words(self, entry: Entry) -> None:
        now = self._now()
        is_due = entry.updates and now - self._counted_at > WORD_COUNT_SECONDS
        if not is_due and not entry.result:
            return
        self._counted_at = now
        entry.words = count_words(self.peer.body)

    async def _saved(self, *, hurry: bool = False) -> None:
        future: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting.append(future)
        self._flusher.stir(hurry=hurry)
        await future

    def _check(self) -> None:
        if self._error:
            raise self._error
