"""How far batches are, and each of their documents."""

import uuid
from collections import defaultdict
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from decimal import Decimal

from django.db.models import Count
from django.utils import timezone

from agents.models import Batch, BatchRow, BatchState, Budget, RowState
from agents.models.batches import UNDONE
from writing.library import Progress, progress_of


@dataclass(frozen=True)
class BatchProgress:
    """How many documents are in which state, and what the batch has spent and may spend."""

    counts: dict[str, int] = field(default_factory=dict)
    spent: Decimal = Decimal(0)
    limit: Decimal | None = None

    @property
    def total(self) -> int:
        return sum(self.counts.values())

    @property
    def finished(self) -> int:
        return self.counts.get(RowState.FINISHED, 0)

    @property
    def drafted(self) -> int:
        """As a whole or in part."""
        return self.finished + self.counts.get(RowState.PARTLY_FINISHED, 0)

    @property
    def undone(self) -> int:
        """Failed, finished only in part, or stopped."""
        return sum(self.counts.get(state, 0) for state in UNDONE)

    @property
    def done(self) -> int:
        """Nobody works on them any more, whatever became of them."""
        return self.finished + self.undone

    @property
    def left(self) -> int:
        return self.total - self.done

    @property
    def under_way(self) -> int:
        return self.counts.get(RowState.RUNNING, 0)


@dataclass(frozen=True)
class RowEntry:
    row: BatchRow
    progress: Progress

    @property
    def is_there(self) -> bool:
        """Its document can be opened."""
        return self.row.document is not None and self.row.document.deleted_at is None

    @property
    def may_try_again(self) -> bool:
        return self.row.state in UNDONE


def batch_progress(batches: Collection[Batch]) -> dict[uuid.UUID, BatchProgress]:
    """Of each of these; as many queries for one as for many."""
    counts: defaultdict[uuid.UUID, dict[str, int]] = defaultdict(dict)
    rows = BatchRow.objects.filter(batch__in=batches).order_by()
    for batch_id, state, count in rows.values_list("batch", "state").annotate(Count("pk")):
        counts[batch_id][state] = count
    budgets = {each.batch_id: each for each in Budget.objects.filter(batch__in=batches)}
    return {
        batch.pk: BatchProgress(counts[batch.pk], budgets[batch.pk].spent, budgets[batch.pk].limit)
        for batch in batches
    }


def row_entries(rows: Sequence[BatchRow]) -> list[RowEntry]:
    """The rows have their documents at hand."""
    progress = progress_of([row.document_id for row in rows if row.document_id])
    nothing = Progress()
    return [
        RowEntry(row, progress.get(row.document_id, nothing) if row.document_id else nothing)
        for row in rows
    ]


def seconds_left(batch: Batch, progress: BatchProgress) -> float | None:
    """At the speed since it was begun or resumed; None where that cannot be told yet."""
    if batch.state != BatchState.RUNNING or not batch.resumed_at:
        return None
    ended = batch.rows.filter(finished_at__gt=batch.resumed_at).count()
    # Those that begin together end together.
    if ended < batch.concurrency:
        return None
    took = (timezone.now() - batch.resumed_at).total_seconds() / ended
    return took * progress.left
