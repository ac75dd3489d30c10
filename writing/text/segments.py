"""A stretch of a section's log in few bytes, with nothing left out.

A segment is deflated: how many writers there are; of each the user's id plus one, or 0, and the 16
bytes of the attempt's id, or none; then for every entry, in order, the writer's place in that list,
the milliseconds since the entry before (since 1970 for the first), zigzag, and the update (Yjs v1).
All numbers are lib0 varuints, all bytes have their length in front.
"""

import uuid
import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from writing.text.lib0 import Reader, varbytes, varuint

_EPOCH = datetime.fromtimestamp(0, UTC)
_MILLISECOND = timedelta(milliseconds=1)


@dataclass(frozen=True, slots=True)
class LogEntry:
    """A saved update (Yjs v1), whose it is and when it was saved, to the millisecond."""

    seq: int
    data: bytes
    user_id: int | None
    attempt: uuid.UUID | None
    saved_at: datetime


def pack(entries: Sequence[LogEntry]) -> bytes:
    """The entries as a segment; their numbers must follow one another."""
    writers: dict[tuple[int | None, uuid.UUID | None], int] = {}
    lines, before = [], 0
    for entry in entries:
        writer = writers.setdefault((entry.user_id, entry.attempt), len(writers))
        now = (entry.saved_at - _EPOCH) // _MILLISECOND
        lines.append(varuint(writer) + varuint(_zigzag(now - before)) + varbytes(entry.data))
        before = now
    head = [varuint(len(writers))]
    for user_id, attempt in writers:
        head.append(varuint(0 if user_id is None else user_id + 1))
        head.append(varbytes(attempt.bytes if attempt else b""))
    return zlib.compress(b"".join(head + lines))


def unpack(first_seq: int, segment: bytes) -> Iterator[LogEntry]:
    """The entries of a segment that begins with the number `first_seq`."""
    reader = Reader(zlib.decompress(segment))
    writers = []
    for _ in range(reader.varuint()):
        user, attempt = reader.varuint(), reader.varbytes()
        writers.append((user - 1 if user else None, uuid.UUID(bytes=attempt) if attempt else None))
    seq, now = first_seq, 0
    while reader.left:
        user_id, attempt_id = writers[reader.varuint()]
        now += _unzigzag(reader.varuint())
        saved_at = _EPOCH + now * _MILLISECOND
        yield LogEntry(seq, reader.varbytes(), user_id, attempt_id, saved_at)
        seq += 1


def _zigzag(number: int) -> int:
    """Small numbers of either sign as small ones without."""
    return number * 2 if number >= 0 else -number * 2 - 1


def _unzigzag(number: int) -> int:
    return number // 2 if number % 2 == 0 else -(number // 2) - 1
