"""The log of a section's text: whose client ids, which updates, in which order."""

import uuid
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass

from django.contrib.auth.models import AbstractBaseUser
from django.db import IntegrityError, transaction
from django.db.models import F
from django.utils import timezone
from pycrdt import Doc, XmlFragment

from writing.models import Document, Peer, Section, Update, Version


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


def claim_new_clients(claims: Iterable[tuple[uuid.UUID, int, uuid.UUID]]) -> None:
    """Make Yjs client ids attempts' own: (section, client id, attempt). Raises IntegrityError if
    one of them is taken."""
    Peer.objects.bulk_create(
        Peer(section_id=section_id, client_id=client_id, attempt=attempt)
        for section_id, client_id, attempt in claims
    )


def append_updates(section_id: uuid.UUID, entries: Sequence[Entry]) -> list[Update]:
    """Add to the section's log with the next sequence numbers.

    To be called in a transaction: it holds the section's row until the end, which keeps the
    numbers without gaps. Raises Section.DoesNotExist.
    """
    changed = Section.objects.filter(pk=section_id).update(last_seq=F("last_seq") + len(entries))
    if not changed:
        raise Section.DoesNotExist(section_id)
    last = Section.objects.values_list("last_seq", flat=True).get(pk=section_id)
    first = last - len(entries) + 1
    return Update.objects.bulk_create(
        Update(
            section_id=section_id,
            seq=seq,
            data=entry.data,
            user_id=entry.user_id,
            attempt=entry.attempt,
        )
        for seq, entry in enumerate(entries, first)
    )


def append_update(
    section_id: uuid.UUID,
    data: bytes,
    *,
    user_id: int | None = None,
    attempt: uuid.UUID | None = None,
) -> Update:
    """One entry of `append_updates`, under the same conditions."""
    return append_updates(section_id, [Entry(data, user_id, attempt)])[0]


def save_entries(batch: Sequence[tuple[uuid.UUID, Entry]]) -> list[int]:
    """Commit a batch for any number of sections; gives each entry's sequence number."""
    by_section: dict[uuid.UUID, list[int]] = {}
    for index, (section_id, _) in enumerate(batch):
        by_section.setdefault(section_id, []).append(index)
    numbers = [0] * len(batch)
    with transaction.atomic(durable=True):
        for section_id in sorted(by_section):  # one order of locks for everybody
            indexes = by_section[section_id]
            rows = append_updates(section_id, [batch[index][1] for index in indexes])
            for index, row in zip(indexes, rows, strict=True):
                numbers[index] = row.seq
    return numbers


def updates_after(section_id: uuid.UUID, seq: int) -> list[tuple[int, bytes]]:
    """The log from behind `seq`: (seq, update v1) in order."""
    rows = Update.objects.filter(section_id=section_id, seq__gt=seq).order_by("seq")
    return [(number, bytes(data)) for number, data in rows.values_list("seq", "data")]


def load_updates(section_id: uuid.UUID) -> tuple[int, list[bytes]]:
    """The newest sequence number and every update to apply, in order."""
    rows = updates_after(section_id, 0)
    return (rows[-1][0] if rows else 0), [data for _, data in rows]


def load_logs(section_ids: Collection[uuid.UUID]) -> dict[uuid.UUID, tuple[int, list[bytes]]]:
    """As `load_updates`, for the sections among these that have a log."""
    logs: dict[uuid.UUID, tuple[int, list[bytes]]] = {}
    rows = Update.objects.filter(section__in=section_ids).order_by("section", "seq")
    for section_id, seq, data in rows.values_list("section", "seq", "data"):
        _seq, updates = logs.get(section_id, (0, []))
        updates.append(bytes(data))
        logs[section_id] = seq, updates
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


def take_version(
    section: Section, reason: str, *, acting_user: AbstractBaseUser | None = None
) -> Version:
    """Keep the section's state as it is now."""
    seq, document = load_document(section.pk)
    return Version.objects.create(
        section=section,
        seq=seq,
        data=document.get_update(),
        reason=reason,
        created_by_id=acting_user.pk if acting_user else None,
    )


def set_word_count(section_id: uuid.UUID, words: int) -> None:
    """What a section's text has come to; the document counts as worked on just now."""
    Section.objects.filter(pk=section_id).update(word_count=words)
    Document.objects.filter(sections=section_id).update(updated_at=timezone.now())
