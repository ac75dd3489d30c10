"""Whether the words that threads are about are still in the text."""

import uuid
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field

from django.db import transaction
from django.utils import timezone

from writing.announce import announce
from writing.models import Thread


@dataclass
class Anchored:
    """The threads on words of a section, and whether those are known to be gone; `seq` is the
    newest update that may carry them."""

    seq: int
    gone: dict[uuid.UUID, bool] = field(default_factory=dict)


def anchored_threads(section_ids: Collection[uuid.UUID]) -> dict[uuid.UUID, Anchored]:
    """By section, where it has any."""
    found: dict[uuid.UUID, Anchored] = {}
    rows = Thread.objects.filter(section__in=section_ids).exclude(quote="").order_by()
    for section_id, seq, pk, gone_at in rows.values_list(
        "section_id", "section__last_seq", "pk", "words_gone_at"
    ):
        found.setdefault(section_id, Anchored(seq)).gone[pk] = gone_at is not None
    return found


def set_words_gone(document_id: uuid.UUID, gone: Mapping[uuid.UUID, bool]) -> None:
    """Say of each of these threads whether its words are gone; tells browsers if that is new."""
    lost = [pk for pk, is_gone in gone.items() if is_gone]
    found = [pk for pk, is_gone in gone.items() if not is_gone]
    threads = Thread.objects.order_by()
    with transaction.atomic():
        count = threads.filter(pk__in=lost, words_gone_at=None).update(words_gone_at=timezone.now())
        count += threads.filter(pk__in=found, words_gone_at__isnull=False).update(
            words_gone_at=None
        )
        if count:
            announce(document_id, "review-changed")
