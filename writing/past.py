"""A section's text as it was: played from the nearest checkpoint before."""

import uuid
from collections.abc import Iterable, Mapping

from django.db.models import F, Max
from django.db.models.functions import Coalesce

from writing.actions.text import entries_after, logs_between
from writing.models import Checkpoint, Section
from writing.models.sections import WORKED_ON
from writing.text.checkpoints import Past

# What lies between two is played in some 100 ms.
CHECKPOINT_UPDATES = 4_000


def past_of(section_id: uuid.UUID, seq: int) -> Past:
    """The text after the update with this number; 0: before the first."""
    return pasts_of({section_id: seq})[section_id]


def pasts_of(
    seqs: Mapping[uuid.UUID, int], *, keep_after: int | None = None
) -> dict[uuid.UUID, Past]:
    """As `past_of`, by section. Where so many updates or more had to be played for it, a checkpoint
    is kept, so that they are not played again."""
    nearest = _nearest(seqs)
    pasts = {section_id: Past(*nearest.get(section_id, (0, b""))) for section_id in seqs}
    ends = {pk: (past.seq, seqs[pk]) for pk, past in pasts.items() if seqs[pk] > past.seq}
    for section_id, log in logs_between(ends).items():
        pasts[section_id].play(log)
    if keep_after is not None:
        made = [
            Checkpoint(section_id=pk, seq=pasts[pk].seq, data=pasts[pk].checkpoint())
            for pk, (first, _) in ends.items()
            if pasts[pk].seq >= first + keep_after
        ]
        Checkpoint.objects.bulk_create(made, ignore_conflicts=True)
    return pasts


def _nearest(seqs: Mapping[uuid.UUID, int]) -> dict[uuid.UUID, tuple[int, bytes]]:
    """The last checkpoint that is not behind, by section."""
    numbers = Checkpoint.objects.filter(section__in=seqs).order_by("seq")
    chosen = {
        section_id: (pk, seq)
        for pk, section_id, seq in numbers.values_list("pk", "section_id", "seq")
        if seq <= seqs[section_id]
    }
    data = dict(
        Checkpoint.objects.filter(pk__in=[pk for pk, _ in chosen.values()])
        .order_by()
        .values_list("pk", "data")
    )
    return {section: (seq, bytes(data[pk])) for section, (pk, seq) in chosen.items()}


def sections_without_checkpoints() -> list[uuid.UUID]:
    """Those whose segments have grown past their last checkpoint; not while agents write in them,
    who need the time themselves."""
    sections = (
        Section.objects.filter(snapshot__seq__gte=CHECKPOINT_UPDATES)
        .exclude(status__in=WORKED_ON)
        .annotate(reached=Coalesce(Max("checkpoints__seq"), 0))
    )
    due = sections.filter(snapshot__seq__gte=F("reached") + CHECKPOINT_UPDATES).order_by("pk")
    return list(due.values_list("pk", flat=True))


def keep_checkpoints(section_id: uuid.UUID) -> int:
    """Add those that are missing; gives how many. Of two processes that do it at once, one does
    nothing."""
    last = Checkpoint.objects.filter(section=section_id).last()
    past = Past(last.seq, bytes(last.data)) if last else Past()
    packed = _packed(section_id)
    count = 0
    while packed >= past.seq + CHECKPOINT_UPDATES:
        until = past.seq + CHECKPOINT_UPDATES
        past.play(entries_after(section_id, past.seq, until))
        made = Checkpoint(section_id=section_id, seq=past.seq, data=past.checkpoint())
        Checkpoint.objects.bulk_create([made], ignore_conflicts=True)
        past, count = Past(past.seq, bytes(made.data)), count + 1
    return count


def _packed(section_id: uuid.UUID) -> int:
    found: Iterable[int] = Section.objects.filter(pk=section_id).values_list(
        "snapshot__seq", flat=True
    )
    return next(iter(found), 0) or 0
