"""The log of a section's text: whose client ids, which updates, in which order."""

import secrets
import uuid
from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import count

from django.db import IntegrityError, connection, transaction
from django.db.models import DateTimeField, F, Q, UUIDField, Value
from django.utils import timezone
from pycrdt import Doc, XmlFragment

from writing.models import Document, Peer, Section, Segment, Snapshot, Update
from writing.rows import increase_each, insert, update_each
from writing.text.segments import LogEntry, unpack
from writing.text.snapshots import updates_of

LARGEST_CLIENT_ID = 2**32 - 1


@dataclass(frozen=True, slots=True)
class Entry:
    """An update (Yjs v1) to be saved, and whose it is."""

    data: bytes
    user_id: int | None = None
    attempt: uuid.UUID | None = None


def claim_client(
    section_id: uuid.UUID,
    client_id: int,
    *,
    user_id: int | None = None,
    attempt: uuid.UUID | None = None,
) -> bool:
    """Make the Yjs client id this writer's own; False if it is somebody else's already."""
    try:
        with transaction.atomic():
            Peer.objects.create(
                section_id=section_id, client_id=client_id, user_id=user_id, attempt=attempt
            )
    except IntegrityError:
        owner = Peer.objects.get(section_id=section_id, client_id=client_id)
        return (owner.user_id, owner.attempt) == (user_id, attempt)
    return True


def author_of(section_id: uuid.UUID, client_id: int) -> int | None:
    """Whose Yjs client id that is; None if it is no person's."""
    peers = Peer.objects.filter(section_id=section_id, client_id=client_id)
    return peers.values_list("user_id", flat=True).first()


def new_client(section_id: uuid.UUID, user_id: int) -> int:
    """A Yjs client id that never wrote to this section, now the user's own."""
    while True:
        client_id = secrets.randbelow(LARGEST_CLIENT_ID) + 1
        taken = Peer.objects.filter(section_id=section_id, client_id=client_id).exists()
        if not taken and claim_client(section_id, client_id, user_id=user_id):
            return client_id


def claim_new_clients(claims: Iterable[tuple[uuid.UUID, int, uuid.UUID]]) -> None:
    """Make Yjs client ids attempts' own: (section, client id, attempt). Raises IntegrityError if
    one of them is taken."""
    Peer.objects.bulk_create(
        Peer(section_id=section_id, client_id=client_id, attempt=attempt)
        for section_id, client_id, attempt in claims
    )


def append_updates(
    batch: Sequence[tuple[uuid.UUID, Entry]], *, holding: Iterable[uuid.UUID] = ()
) -> list[int]:
    """Add each entry to its section's log; gives their sequence numbers there, which count on.

    To be called in a transaction: it holds these sections' rows, and those that are to change
    later in it, until the end, in one order for everybody. That keeps the numbers without gaps.
    Raises Section.DoesNotExist.
    """
    counts = Counter(section_id for section_id, _entry in batch)
    held = {*counts, *holding}
    needs_order = len(held) > 1 or held - counts.keys()
    if connection.features.has_select_for_update and needs_order:
        # Without the key: who only refers to a section, as compaction does, need not wait.
        rows = Section.objects.select_for_update(no_key=True).filter(pk__in=held)
        list(rows.order_by("pk").values_list("pk"))
    last = increase_each(Section, "last_seq", counts)
    if missing := counts.keys() - last.keys():
        raise Section.DoesNotExist(missing)
    following = {pk: count(last[pk] - counts[pk] + 1) for pk in counts}
    seqs = [next(following[section_id]) for section_id, _entry in batch]
    now = timezone.now()
    insert(
        Update,
        ("section", "seq", "data", "user", "attempt", "created_at"),
        (
            (section_id, seq, entry.data, entry.user_id, entry.attempt, now)
            for (section_id, entry), seq in zip(batch, seqs, strict=True)
        ),
    )
    return seqs


def append_update(
    section_id: uuid.UUID,
    data: bytes,
    *,
    user_id: int | None = None,
    attempt: uuid.UUID | None = None,
) -> int:
    """One entry of `append_updates`, under the same conditions."""
    return append_updates([(section_id, Entry(data, user_id, attempt))])[0]


def save_entries(batch: Sequence[tuple[uuid.UUID, Entry]]) -> list[int]:
    """Commit a batch for any number of sections; gives each entry's sequence number."""
    with transaction.atomic(durable=True):
        return append_updates(batch)


def entries_after(section_id: uuid.UUID, seq: int, until: int | None = None) -> list[LogEntry]:
    """The log from behind `seq` in order, up to number `until`, the part in segments included."""
    return logs_between({section_id: (seq, until)})[section_id]


def logs_between(
    ends: Mapping[uuid.UUID, tuple[int, int | None]],
) -> dict[uuid.UUID, list[LogEntry]]:
    """As `entries_after`, for several sections: what lies behind one number up to the other.

    One query, so that no compaction can come between.
    """
    logs: dict[uuid.UUID, list[LogEntry]] = {section_id: [] for section_id in ends}
    if not ends:
        return logs
    is_wanted = is_packed = Q()
    for section_id, (seq, until) in ends.items():
        own, packed_own = (
            Q(section=section_id, seq__gt=seq),
            Q(section=section_id, last_seq__gt=seq),
        )
        if until is not None:
            own, packed_own = own & Q(seq__lte=until), packed_own & Q(first_seq__lte=until)
        is_wanted, is_packed = is_wanted | own, is_packed | packed_own
    nobody = {
        "user_id": Value(None, Update._meta.get_field("user").target_field),
        "attempt": Value(None, UUIDField()),
        "created_at": Value(None, DateTimeField()),
    }
    fields = ("section", "is_segment", "first", "data", "user_id", "attempt", "created_at")
    updates = Update.objects.filter(is_wanted).order_by()
    segments = Segment.objects.filter(is_packed).order_by()
    rows = updates.annotate(is_segment=Value(False), first=F("seq")).values_list(*fields)
    packed = segments.annotate(is_segment=Value(True), first=F("first_seq"), **nobody)
    for section_id, is_segment, first, data, user_id, attempt, saved_at in rows.union(
        packed.values_list(*fields), all=True
    ).order_by("first"):
        seq, until = ends[section_id]
        if is_segment:
            logs[section_id] += (
                entry
                for entry in unpack(first, bytes(data))
                if entry.seq > seq and (until is None or entry.seq <= until)
            )
        else:
            logs[section_id].append(LogEntry(first, bytes(data), user_id, attempt, saved_at))
    return logs


def updates_after(section_id: uuid.UUID, seq: int) -> list[tuple[int, bytes]]:
    """The log from behind `seq`: (seq, update v1) in order."""
    return [(entry.seq, entry.data) for entry in entries_after(section_id, seq)]


def load_updates(section_id: uuid.UUID) -> tuple[int, list[bytes]]:
    """The newest sequence number and all that is to be applied, in order."""
    return load_logs([section_id]).get(section_id, (0, []))


def load_logs(section_ids: Collection[uuid.UUID]) -> dict[uuid.UUID, tuple[int, list[bytes]]]:
    """As `load_updates`, for the sections among these that have a log: their snapshots, and what
    was written since. One query, so that no compaction can come between."""
    fields = ("section", "seq", "is_snapshot", "data")
    snapshots = Snapshot.objects.filter(section__in=section_ids).order_by()
    updates = Update.objects.filter(section__in=section_ids).order_by()
    rows = snapshots.annotate(is_snapshot=Value(True)).values_list(*fields)
    newer = updates.annotate(is_snapshot=Value(False)).values_list(*fields)
    logs: dict[uuid.UUID, tuple[int, list[bytes]]] = {}
    for section_id, seq, is_snapshot, data in rows.union(newer, all=True).order_by(
        "section", "seq"
    ):
        _seq, found = logs.get(section_id, (0, []))
        found += updates_of(bytes(data)) if is_snapshot else [bytes(data)]
        logs[section_id] = seq, found
    return logs


def load_document(section_id: uuid.UUID) -> tuple[int, Doc[XmlFragment]]:
    """The newest sequence number and a Yjs document with everything up to it."""
    seq, updates = load_updates(section_id)
    document: Doc[XmlFragment] = Doc()
    with document.transaction():
        for update in updates:
            document.apply_update(update)
    return seq, document


def body_of(section_id: uuid.UUID) -> XmlFragment:
    """The section's text as it is now, to be read."""
    return load_document(section_id)[1].get("body", type=XmlFragment)


def set_word_counts(counts: Mapping[uuid.UUID, int]) -> None:
    """What these sections' texts have come to; their documents count as worked on just now."""
    if counts:
        with transaction.atomic(savepoint=False):
            update_each(Section, ["word_count"], ((words, pk) for pk, words in counts.items()))
            worked_on = Document.objects.filter(sections__in=counts)
            worked_on.update(updated_at=timezone.now())
