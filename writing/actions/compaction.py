"""Keeps the logs short: old updates go into segments, and loading begins with a snapshot."""

import uuid

from django.db import IntegrityError, transaction
from django.db.models import F
from django.db.models.functions import Coalesce

from writing.models import Section, Segment, Snapshot, Update
from writing.text.segments import LogEntry, pack
from writing.text.snapshots import Rebuilt, updates_of

# Opening a section applies fewer updates than this beside its snapshot, which takes a few
# milliseconds. Larger segments make better use of each snapshot, which is written as a whole.
SEGMENT_UPDATES = 500


class CompactedMeanwhile(Exception):
    """Another process has packed these updates."""


def long_logs() -> list[uuid.UUID]:
    """The sections that have enough updates for a segment."""
    sections = Section.objects.annotate(packed=Coalesce(F("snapshot__seq"), 0)).order_by("pk")
    long = sections.filter(last_seq__gte=F("packed") + SEGMENT_UPDATES)
    return list(long.values_list("pk", flat=True))


def compact_log(section_id: uuid.UUID) -> int:
    """Pack the section's oldest updates, a segment a transaction; gives how many were packed.

    Writers wait for none of the reading and rebuilding, only, where the database has one writer at
    a time, for the few milliseconds of a transaction. Whenever it ends, what is committed is a
    whole log. Whoever does it at the same time ends without effect.
    """
    snapshot = Snapshot.objects.filter(section=section_id).first()
    rebuilt = Rebuilt(updates_of(bytes(snapshot.data)) if snapshot else ())
    seq, count = snapshot.seq if snapshot else 0, 0
    while len(rows := _oldest(section_id, seq)) == SEGMENT_UPDATES:
        rebuilt.add(bytes(row.data) for row in rows)
        try:
            _replace(section_id, rows, rebuilt.snapshot())
        except (CompactedMeanwhile, IntegrityError):  # the latter where the section is gone, too
            break
        seq, count = rows[-1].seq, count + len(rows)
    return count


def _oldest(section_id: uuid.UUID, seq: int) -> list[Update]:
    """Those that follow `seq`; fewer than a segment has, or none, where another process was here
    since `seq` was read."""
    numbers = range(seq + 1, seq + SEGMENT_UPDATES + 1)
    rows = Update.objects.filter(section=section_id, seq__gte=numbers[0], seq__lte=numbers[-1])
    return list(rows.order_by("seq"))


def _replace(section_id: uuid.UUID, rows: list[Update], snapshot: bytes) -> None:
    """Put a segment and a snapshot in the place of these rows, of exactly these."""
    first, last = rows[0].seq, rows[-1].seq
    entries = [
        LogEntry(row.seq, bytes(row.data), row.user_id, row.attempt, row.created_at) for row in rows
    ]
    segment = Segment(section_id=section_id, first_seq=first, last_seq=last, data=pack(entries))
    with transaction.atomic():
        segment.save(force_insert=True)
        Snapshot.objects.bulk_create(
            [Snapshot(section_id=section_id, seq=last, data=snapshot)],
            update_conflicts=True,
            unique_fields=["section"],
            update_fields=["seq", "data"],
        )
        deleted, _ = Update.objects.filter(pk__in=[row.pk for row in rows]).delete()
        if deleted != len(rows):
            raise CompactedMeanwhile
