"""Batches: making one, pausing it, going on, and its end.

What is to be done is in the rows: `agents.batches` starts them. Order of locks: batch, document,
steps, sections, run, row.
"""

import uuid
from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal

from django.conf import settings
from django.contrib.auth.models import AbstractBaseUser
from django.db import transaction
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext as _

from agents import money
from agents.batch_estimate import estimate_batch
from agents.batch_outcomes import tell_batch_ended, tell_batch_paused
from agents.briefs import Brief
from agents.budget import Reached, open_batch_budget
from agents.exceptions import NothingToDo, NoWorkflow
from agents.language import interface_language
from agents.models import (
    Batch,
    BatchRow,
    BatchState,
    Budget,
    PausedBy,
    Repeats,
    RowState,
    RunState,
    StageKind,
    Step,
    StepState,
    Workflow,
)
from agents.models.batches import FILE_NAME_CHARACTERS, MOST_AT_ONCE, UNDONE, USUAL_AT_ONCE
from agents.recurrence import next_start
from agents.schedule import ACTIVE, settle, stop
from agents.wakes import wake_batch
from writing.exceptions import InvalidInput, WritingError
from writing.limits import clean_title

ROWS_AT_ONCE = 500


def create_batch(
    owner: AbstractBaseUser,
    *,
    name: str,
    workflow: Workflow,
    rows: Sequence[Brief],
    budget: Decimal | None = None,
    concurrency: int = USUAL_AT_ONCE,
    starts_at: datetime | None = None,
    repeats: str = Repeats.NEVER,
    file_name: str = "",
) -> Batch:
    """A document for each of the briefs, drafted by themselves from `starts_at` on; None: at once.
    All of them together may spend the `budget`; None: as much as the other limits allow.

    Raises InvalidInput, which names the row, and NoWorkflow.
    """
    _check(workflow, rows, budget, concurrency)
    starts_at = starts_at or timezone.now()
    repeats = Repeats(repeats)
    batch = Batch(
        owner_id=owner.pk,
        name=clean_title(name),
        file_name=file_name[:FILE_NAME_CHARACTERS],
        workflow=workflow,
        concurrency=concurrency,
        starts_at=starts_at,
        repeats=repeats,
        series_from=None if repeats == Repeats.NEVER else starts_at,
        locale=interface_language(),
    )
    briefs = [_checked(number, brief) for number, brief in enumerate(rows, 1)]
    if estimate := estimate_batch(workflow, briefs, concurrency=concurrency):
        batch.estimate = estimate.kept()
    with transaction.atomic():
        _keep(batch, briefs, budget)
    return batch


def _check(
    workflow: Workflow, rows: Sequence[Brief], budget: Decimal | None, concurrency: int
) -> None:
    most = settings.BATCH_DOCUMENTS
    if not rows:
        raise InvalidInput(_("There are no briefs. Add one at least."))
    if len(rows) > most:
        raise InvalidInput(
            _("A batch takes at most %(most)s briefs; there are %(count)s. Divide them.")
            % {"most": f"{most:,}", "count": f"{len(rows):,}"}
        )
    if not 1 <= concurrency <= MOST_AT_ONCE:
        raise InvalidInput(
            _("Choose between 1 and %(most)d documents at once.") % {"most": MOST_AT_ONCE}
        )
    if budget is not None and budget < 0:
        raise InvalidInput(_("Enter an amount such as 2.50."))
    if not workflow.stages.filter(kind=StageKind.PLAN).exists():
        raise NoWorkflow(_("The workflow does not outline. Choose one that plans first."))


def _checked(number: int, brief: Brief) -> Brief:
    try:
        return brief.checked()
    except WritingError as error:
        words = _("Row %(number)d: %(problem)s") % {"number": number, "problem": error}
        raise InvalidInput(words) from error


def _keep(batch: Batch, briefs: Sequence[Brief], budget: Decimal | None) -> None:
    batch.save(force_insert=True)
    BatchRow.objects.bulk_create(
        (
            BatchRow(
                batch=batch,
                number=number,
                title=brief.title,
                brief=brief.brief,
                kind=brief.kind,
                language=brief.language,
                target_words=brief.target_words,
            )
            for number, brief in enumerate(briefs, 1)
        ),
        batch_size=ROWS_AT_ONCE,
    )
    open_batch_budget(batch, budget)
    wake_batch(batch.pk)


def repeat_batch(batch: Batch) -> Batch:
    """The next of its series, with the same briefs; in the transaction that begins the batch."""
    first = batch.series_from or batch.starts_at
    following = Batch(
        owner_id=batch.owner_id,
        name=batch.name,
        file_name=batch.file_name,
        workflow_id=batch.workflow_id,
        concurrency=batch.concurrency,
        starts_at=next_start(first, batch.repeats, timezone.now()),
        repeats=batch.repeats,
        series_from=first,
        repeat_of=batch,
        estimate=batch.estimate,
        locale=batch.locale,
    )
    briefs = [
        Brief(row.title, row.brief, row.kind, row.language, row.target_words)
        for row in batch.rows.all()
    ]
    _keep(following, briefs, Budget.objects.get(batch=batch).limit)
    return following


def pause_batch(batch: Batch, *, acting_user: AbstractBaseUser) -> Batch:
    """Begin nothing more; calls that are under way are finished. Raises NothingToDo."""
    _pause(batch.pk, PausedBy.PERSON)
    batch.refresh_from_db()
    return batch


def pause_at_limit(batch_id: uuid.UUID, reached: Reached) -> None:
    """The limit holds for the whole batch. Does nothing where the batch rests already."""
    _pause(batch_id, PausedBy.LIMIT, reached, may_rest=True)


def pause_at_failures(batch: Batch) -> None:
    """One document after the other failed; in a transaction that has locked the batch."""
    batch.state, batch.paused_by = BatchState.PAUSED, PausedBy.FAILURES
    batch.save(update_fields=["state", "paused_by"])
    tell_batch_paused(batch, reason=PausedBy.FAILURES)
    transaction.on_commit(lambda: halt(batch.pk), robust=True)


def _pause(
    batch_id: uuid.UUID,
    paused_by: PausedBy,
    reached: Reached | None = None,
    *,
    may_rest: bool = False,
) -> None:
    going_on = Batch.objects.filter(pk=batch_id, state__in=(BatchState.WAITING, BatchState.RUNNING))
    with transaction.atomic():
        is_mine = going_on.update(
            state=BatchState.PAUSED,
            paused_by=paused_by,
            limit_reached=reached.kept() if reached else {},
        )
        if is_mine and paused_by == PausedBy.LIMIT:
            tell_batch_paused(Batch.objects.get(pk=batch_id), reason=PausedBy.LIMIT)
    if is_mine:
        halt(batch_id)
    elif not may_rest:
        raise NothingToDo(_("This batch does not run any more."))


def halt(batch_id: uuid.UUID, *, at_once: bool = False) -> None:
    """Stop what a batch that rests has not begun, and what is to be read anew anyway; `at_once`
    everything. Safe to repeat; a worker that was just adding steps may make that needed."""
    mine = Step.objects.filter(run__batch=batch_id, run__state=RunState.RUNNING)
    if not at_once:
        not_begun = Q(state__in=(StepState.WAITING, StepState.READY))
        mine = mine.filter(not_begun | Q(kind=StageKind.PLAN))
    while True:
        with transaction.atomic():
            active = mine.filter(state__in=ACTIVE).order_by()
            runs = set(active.values_list("run", flat=True))
            stop(Step.objects.filter(pk__in=active.values("pk")))
            if not at_once:
                at_work = BatchRow.objects.filter(batch=batch_id, state=RowState.RUNNING)
                at_work.update(state=RowState.PAUSED)
        for run_id in runs:
            settle(run_id)
        if not runs:
            return


def resume_batch(batch: Batch, *, acting_user: AbstractBaseUser) -> Batch:
    """Go on where it was paused or cancelled; raises NothingToDo."""
    with transaction.atomic():
        _lock(batch)
        if batch.state not in (BatchState.PAUSED, BatchState.CANCELLED):
            raise NothingToDo(_("This batch is not paused."))
        if batch.state == BatchState.CANCELLED:
            _take_up(batch, Q(state=RowState.STOPPED))
        _go_on(batch)
    return batch


def cancel_batch(batch: Batch, *, acting_user: AbstractBaseUser) -> Batch:
    """Stop everything at once; what is written stays. Raises NothingToDo."""
    with transaction.atomic():
        _lock(batch)
        if not batch.is_open:
            raise NothingToDo(_("This batch does not run any more."))
        batch.state, batch.ended_at = BatchState.CANCELLED, timezone.now()
        batch.save(update_fields=["state", "ended_at"])
        resting = batch.rows.filter(state__in=(RowState.WAITING, RowState.PAUSED))
        resting.update(state=RowState.STOPPED)
    halt(batch.pk, at_once=True)
    return batch


def try_row_again(row: BatchRow, *, acting_user: AbstractBaseUser) -> BatchRow:
    """Go on with a document that is not finished, or begin it; raises NothingToDo."""
    with transaction.atomic():
        _lock(row.batch)
        if not _take_up(row.batch, Q(pk=row.pk, state__in=UNDONE)):
            raise NothingToDo(_("There is nothing to try again here."))
        _go_on(row.batch, unless_paused=True)
    row.refresh_from_db()
    return row


def try_failures_again(batch: Batch, *, acting_user: AbstractBaseUser) -> Batch:
    """Go on with all documents that failed as a whole or in part; raises NothingToDo."""
    # What a person stopped has no problem.
    failed = Q(state__in=UNDONE) & ~Q(state=RowState.STOPPED, problem="")
    with transaction.atomic():
        _lock(batch)
        if not _take_up(batch, failed):
            raise NothingToDo(_("There is nothing to try again here."))
        _go_on(batch, unless_paused=True)
    return batch


def raise_batch_budget(
    batch: Batch, budget: Decimal | None, *, acting_user: AbstractBaseUser
) -> Batch:
    """Set what all its documents together may spend (None: no limit of its own), and go on if a
    limit paused it; raises NothingToDo."""
    with transaction.atomic():
        _lock(batch)
        own = Budget.objects.select_for_update().get(batch=batch)
        reached = Reached.read(batch.limit_reached)
        least = own.used + (reached.needed if reached else 0)
        if budget is not None and budget < least:
            raise NothingToDo(
                _("Enter at least %(least)s: so much is used or needed for the next call.")
                % {"least": money.in_words(money.up_to_cent(least))}
            )
        own.limit = budget
        own.save(update_fields=["limit"])
        if batch.state == BatchState.PAUSED and batch.paused_by == PausedBy.LIMIT:
            _go_on(batch)
    return batch


def end_batch(batch: Batch) -> None:
    """Nobody works on its documents any more; in a transaction that has locked the batch and found
    it running. Once for each end: whoever tries something again has it run, and end, anew."""
    batch.state, batch.ended_at = BatchState.ENDED, timezone.now()
    batch.save(update_fields=["state", "ended_at"])
    tell_batch_ended(batch)


def _lock(batch: Batch) -> None:
    """And read it anew."""
    batch.refresh_from_db(from_queryset=Batch.objects.select_for_update())


def _take_up(batch: Batch, which: Q) -> int:
    """Have these rows done when their turn comes; gives how many there were."""
    rows = batch.rows.filter(which)
    again = {"problem": "", "finished_at": None}
    begun = rows.filter(run__isnull=False).update(state=RowState.PAUSED, **again)
    return begun + rows.filter(run=None).update(state=RowState.WAITING, **again)


def _go_on(batch: Batch, *, unless_paused: bool = False) -> None:
    if unless_paused and batch.state == BatchState.PAUSED:
        return
    batch.state = BatchState.RUNNING if batch.started_at else BatchState.WAITING
    batch.paused_by, batch.limit_reached = "", {}
    batch.resumed_at, batch.ended_at = timezone.now(), None
    batch.save(update_fields=["state", "paused_by", "limit_reached", "resumed_at", "ended_at"])
    wake_batch(batch.pk)
