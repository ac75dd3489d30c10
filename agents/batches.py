"""Starts what is due in batches. The rows are the truth: whoever looks, how often, and on how many
workers at once, each document is begun once.

See docs/batches.md.
"""

import logging
import uuid

from django.db import DatabaseError, transaction
from django.db.models import Q
from django.utils import timezone, translation
from django.utils.translation import gettext as _

from agents.actions.batches import end_batch, halt, pause_at_failures, repeat_batch
from agents.actions.runs import retry_run, start_full
from agents.models import Batch, BatchRow, BatchState, Repeats, RowState, Run, RunState
from writing.actions.documents import create_document
from writing.exceptions import WritingError

logger = logging.getLogger(__name__)

# So many failures in a row, or as many as there are documents at once, have one reason.
FEWEST_FAILURES = 5


def look_after() -> None:
    """Begin batches whose time has come, keep running ones busy, hold those that rest."""
    for batch_id in Batch.objects.at_work().values_list("pk", flat=True):
        advance(batch_id)
    resting = Run.objects.filter(
        state=RunState.RUNNING, batch__state__in=(BatchState.PAUSED, BatchState.CANCELLED)
    )
    for batch_id, state in resting.order_by().values_list("batch", "batch__state").distinct():
        halt(batch_id, at_once=state == BatchState.CANCELLED)


def advance(batch_id: uuid.UUID) -> None:
    """Begin the batch if it is due, start as many documents as it may have at once, or end it."""
    _begin(batch_id)
    while _start_next(batch_id):
        pass


def _begin(batch_id: uuid.UUID) -> None:
    with transaction.atomic(durable=True):
        due = Batch.objects.at_work().filter(pk=batch_id, state=BatchState.WAITING)
        batch = due.select_for_update(of=("self",)).first()
        if batch is None:
            return
        batch.state = BatchState.RUNNING
        batch.started_at = batch.resumed_at = timezone.now()
        batch.save(update_fields=["state", "started_at", "resumed_at"])
        if batch.repeats != Repeats.NEVER:
            repeat_batch(batch)


def _start_next(batch_id: uuid.UUID) -> bool:
    """Start or continue one document if the batch may have one more; False if there is none to
    start now. Documents that rest go before those that have not been begun."""
    with transaction.atomic(durable=True):
        running = Batch.objects.at_work().filter(pk=batch_id, state=BatchState.RUNNING)
        running = running.select_for_update(of=("self",)).select_related("owner", "workflow")
        batch = running.first()
        if batch is None:
            return False
        busy = batch.rows.filter(
            Q(state=RowState.RUNNING) | Q(state=RowState.PAUSED, run__state=RunState.RUNNING)
        ).count()
        if busy >= batch.concurrency:
            return False
        row = _next_row(batch)
        if row is None:
            if not busy:
                end_batch(batch)
            return False
        if row.state == RowState.WAITING and _keeps_failing(batch):
            pause_at_failures(batch)
            return False
        _start(batch, row)
    return True


def _next_row(batch: Batch) -> BatchRow | None:
    resting = batch.rows.filter(state=RowState.PAUSED).exclude(run__state=RunState.RUNNING)
    return (
        resting.select_related("run__document").first()
        or batch.rows.filter(state=RowState.WAITING).first()
    )


def _keeps_failing(batch: Batch) -> bool:
    """Nobody is there to see that a key has expired: what is left must not fail as well."""
    most = max(FEWEST_FAILURES, batch.concurrency)
    ended = batch.rows.filter(finished_at__gt=batch.resumed_at).order_by("-finished_at")
    states = list(ended.values_list("state", flat=True)[:most])
    return len(states) == most and set(states) == {RowState.FAILED}


def _start(batch: Batch, row: BatchRow) -> None:
    """A document, its run and what the row says of them, or none of it; in a transaction that has
    locked the batch. What is wrong with one brief is said there, and does not keep the others."""
    with translation.override(batch.locale):
        try:
            with transaction.atomic():
                _start_run(batch, row)
        except DatabaseError:
            raise
        except WritingError as error:
            _fail(row, str(error))
        except Exception:
            logger.exception("Row %s of batch %s cannot be started", row.number, batch.pk)
            _fail(row, _("Something went wrong inside Scriptorium. Try again later."))


def _start_run(batch: Batch, row: BatchRow) -> None:
    if row.run:
        retry_run(row.run, acting_user=batch.owner)
        return
    document = create_document(
        batch.owner,
        title=row.title,
        brief=row.brief,
        kind=row.kind,
        language=row.language,
        target_words=row.target_words,
    )
    run = start_full(document, acting_user=batch.owner, workflow=batch.workflow, batch=batch)
    BatchRow.objects.filter(pk=row.pk).update(
        document=document, run=run, state=RowState.RUNNING, started_at=timezone.now()
    )


def _fail(row: BatchRow, problem: str) -> None:
    BatchRow.objects.filter(pk=row.pk).update(
        state=RowState.FAILED, problem=problem, finished_at=timezone.now()
    )
