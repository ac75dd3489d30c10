"""Which steps are ready, who holds them, and what follows. The rows are the truth.

A worker claims a ready step with a lease and the next attempt number: see `agents.claims`. The
number is the fence: whatever is written for a step is written in a transaction that called `hold`
with it. Order of locks: steps by id, then providers by id, then sections by id, then the run.
"""

import uuid
from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial
from itertools import chain
from typing import Any

from django.conf import settings
from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils import timezone, translation
from django.utils.translation import gettext as _

from agents import breaker, budget, policy
from agents.choice import notice_of, stood_in_for
from agents.exceptions import Fenced
from agents.models import Attempt, Call, Model, Provider, Run, RunState, Step, StepState
from agents.models.workflows import StageKind
from agents.outcomes import outcome_of, tell_outcome
from agents.slots import pass_on
from agents.wakes import wake
from writing.actions.review import fail_answers
from writing.actions.sections import set_status
from writing.actions.versions import keep_version
from writing.announce import announce
from writing.models import SectionStatus, VersionKind
from writing.rows import update_each

ACTIVE = (StepState.WAITING, StepState.READY, StepState.RUNNING)
# A step of the whole document that waits: not for one step but for all of them.
LAST = {"section": None, "state": StepState.WAITING}
STATUS_OF_KIND = {
    StageKind.WRITE: SectionStatus.DRAFTING,
    StageKind.CRITIQUE: SectionStatus.CRITIQUING,
    StageKind.EDIT: SectionStatus.EDITING,
    StageKind.HARMONISE: SectionStatus.EDITING,
}


@dataclass(frozen=True)
class Claim:
    """A step that this process holds, with all that belongs to it, and the model that works."""

    step: Step
    attempt: Attempt
    model: Model


@dataclass
class Account:
    """What an attempt leaves for the record, however it ends."""

    messages: list[Any] = field(default_factory=list)
    answer: str = ""
    first_token_at: datetime | None = None
    calls: list[Call] = field(default_factory=list)


@dataclass(frozen=True)
class Result:
    """What a step leaves for its successors, and what its author should know; `before` is done
    ahead of the step's end, in the same transaction."""

    data: dict[str, Any] = field(default_factory=dict)
    notice: str = ""
    before: Sequence[Callable[[], object]] = ()


def hold(claims: Iterable[Claim], *, changing: Collection[uuid.UUID] = ()) -> set[uuid.UUID]:
    """Lock the steps whose attempts still hold them and give their ids; in a transaction.

    Nobody holds a step where agents are switched off, nor one that is about to change the text,
    of those in `changing`, where they may only suggest.
    """
    numbers = {claim.step.pk: claim.attempt.number for claim in claims}
    rows = (
        Step.objects.select_for_update(of=("self",))
        .order_by("pk")
        .filter(pk__in=numbers, state=StepState.RUNNING)
        .values_list("pk", "attempt_number", *policy.SAID)
    )
    return {
        pk
        for pk, number, *said in rows
        if number == numbers[pk] and policy.allows(*said, changing=pk in changing)
    }


def require(claim: Claim) -> None:
    """Lock the step; raises Fenced unless the attempt holds it. In a transaction."""
    if not hold([claim]):
        raise Fenced


def held(claims: Iterable[Claim]) -> set[uuid.UUID]:
    """Which of these steps are still the attempt's own, or finished by it, whose sections are still
    there."""
    numbers = {claim.step.pk: claim.attempt.number for claim in claims}
    rows = Step.objects.filter(
        pk__in=numbers,
        state__in=(StepState.RUNNING, StepState.FINISHED),
        section__deleted_at=None,
        run__document__deleted_at=None,
    ).exclude(policy.closed())
    return {
        pk
        for pk, number in rows.order_by().values_list("pk", "attempt_number")
        if number == numbers[pk]
    }


def renew(claims: Iterable[Claim]) -> None:
    """Extend the leases of the steps that are still held."""
    mine = Q(pk=None)
    for claim in claims:
        mine |= Q(pk=claim.step.pk, attempt_number=claim.attempt.number)
    Step.objects.filter(mine, state=StepState.RUNNING).update(
        lease_until=timezone.now() + timedelta(seconds=settings.LEASE_SECONDS)
    )


def began(beginnings: Sequence[tuple[Claim, Account]]) -> None:
    """The models begin to answer: the sections show who is at work. In a transaction."""
    update_each(
        Attempt,
        ("messages", "first_token_at"),
        (
            (account.messages, account.first_token_at, claim.attempt.pk)
            for claim, account in beginnings
        ),
    )
    at_work: defaultdict[tuple[uuid.UUID, str, str, int], list[uuid.UUID]] = defaultdict(list)
    for step in (claim.step for claim, _account in beginnings):
        if step.worked_on:
            with translation.override(step.run.locale):
                name = step.role.label
            at_work[step.run.document_id, step.kind, name, step.role.tone].append(step.worked_on)
    for (document_id, kind, name, tone), section_ids in at_work.items():
        status = STATUS_OF_KIND[StageKind(kind)]
        set_status(section_ids, status, worker_name=name, worker_tone=tone, document_id=document_id)
    _once_each(breaker.answered, [claim for claim, _account in beginnings])
    _announce(claim.step for claim, _account in beginnings)


def finish(endings: Sequence[tuple[Claim, Result, Account]]) -> dict[uuid.UUID, list[uuid.UUID]]:
    """Finish the steps and release what waits for them. In a transaction that holds the steps.

    Gives for each the steps that are ready now. The caller has them started, and calls `settle`
    after commit.
    """
    now = timezone.now()
    steps = {claim.step.pk: claim.step for claim, _result, _account in endings}
    for claim, result, _account in endings:
        for row in result.before:
            row()
        step = claim.step
        step.state, step.lease_until, step.finished_at = StepState.FINISHED, None, now
        step.result, step.notice, step.problem = result.data, _notices(claim, result), ""
    pass_on(step.provider_id for step in steps.values())
    update_each(
        Step,
        ("state", "lease_until", "finished_at", "result", "notice", "problem", "provider"),
        (
            (step.state, None, now, step.result, step.notice, "", None, step.pk)
            for step in steps.values()
        ),
    )
    for step in steps.values():
        step.provider = None
    _record([(claim, account) for claim, _result, account in endings], Attempt.Outcome.FINISHED)
    # Where there is no first token, nobody was asked.
    asked = [claim for claim, _result, account in endings if account.first_token_at]
    _once_each(breaker.succeeded, asked)
    successors: defaultdict[uuid.UUID | None, list[tuple[uuid.UUID, str]]] = defaultdict(list)
    waiting = Step.objects.filter(after__in=steps).order_by()
    for after, pk, state in waiting.values_list("after", "pk", "state"):
        successors[after].append((pk, state))
    following = {
        pk: [next_pk for next_pk, state in successors[pk] if state == StepState.WAITING]
        for pk in steps
    }
    if ready := list(chain.from_iterable(following.values())):
        Step.objects.filter(pk__in=ready).update(state=StepState.READY, ready_at=now)
    sections: defaultdict[tuple[uuid.UUID, SectionStatus], list[uuid.UUID]] = defaultdict(list)
    for pk, step in steps.items():
        if step.worked_on:
            status = SectionStatus.WAITING if following[pk] else SectionStatus.DONE
            if not following[pk] and any(s == StepState.STOPPED for _pk, s in successors[pk]):
                status = SectionStatus.STOPPED  # by a limit, while this step was under way
            sections[step.run.document_id, status].append(step.worked_on)
    for (document_id, status), section_ids in sections.items():
        set_status(section_ids, status, document_id=document_id)
    _announce(steps.values())
    return following


def _once_each(tell: Callable[[Provider], None], claims: Iterable[Claim]) -> None:
    for provider in {claim.model.provider for claim in claims}:
        tell(provider)


def _announce(steps: Iterable[Step]) -> None:
    for document_id in {step.run.document_id for step in steps}:
        announce(document_id, "run-changed")


def _notices(claim: Claim, result: Result) -> str:
    step = claim.step
    notices = [step.notice, result.notice]
    if own := stood_in_for(step, claim.model):
        notices.insert(0, notice_of(step, claim.model, own.provider.last_problem))
    return " ".join(notice for notice in notices if notice)


def close(claim: Claim, outcome: Attempt.Outcome, account: Account, *, error: str = "") -> None:
    """Record how the attempt ended; what was recorded first stands."""
    _record([(claim, account)], outcome, error)


def _record(
    ended: Sequence[tuple[Claim, Account]], outcome: Attempt.Outcome, error: str = ""
) -> None:
    update_each(
        Attempt,
        ("messages", "answer", "first_token_at"),
        (
            (account.messages, account.answer, account.first_token_at, claim.attempt.pk)
            for claim, account in ended
        ),
    )
    Attempt.objects.filter(
        pk__in=[claim.attempt.pk for claim, _account in ended], outcome=Attempt.Outcome.RUNNING
    ).update(outcome=outcome, error=error, ended_at=timezone.now())
    budget.settle([call for _claim, account in ended for call in account.calls])
    for _claim, account in ended:
        # Not before: a transaction that fails is tried again.
        transaction.on_commit(account.calls.clear)


def fail(claim: Claim, problem: str, account: Account) -> None:
    """The step cannot go on: what waits for it is stopped, its siblings go on."""
    with transaction.atomic(durable=True):
        is_mine = bool(hold([claim]))
        close(claim, Attempt.Outcome.FAILED, account, error=problem)
        if is_mine:
            fail_step(claim.step, problem)
    settle(claim.step.run_id)


def refuse(step: Step, problem: str) -> None:
    """Fail a ready step that cannot even begin."""
    with transaction.atomic(durable=True):
        ready = Step.objects.select_for_update().filter(pk=step.pk, state=StepState.READY)
        if ready.exists():
            fail_step(step, problem)
    settle(step.run_id)


def fail_step(step: Step, problem: str) -> None:
    """End a step that the transaction has locked, and what waits for it in its chain."""
    now = timezone.now()
    pass_on([step.provider_id])
    Step.objects.filter(pk=step.pk).update(
        state=StepState.FAILED,
        problem=problem,
        lease_until=None,
        provider=None,
        finished_at=now,
    )
    same_chain = Step.objects.filter(run=step.run_id, section=step.section_id)
    same_chain.filter(state=StepState.WAITING).update(state=StepState.STOPPED, finished_at=now)
    if step.worked_on:
        set_status([step.worked_on], SectionStatus.FAILED, problem=problem)
    fail_answers([step.comment_id], problem=problem)
    announce(step.run.document_id, "run-changed")


def release(
    claim: Claim, account: Account, *, error: str = "", after_seconds: float | None = None
) -> None:
    """Give the step back for a further attempt.

    With `after_seconds` it failed in a way that may pass and rests so long; without, this worker
    leaves it to another.
    """
    now = timezone.now()
    outcome = Attempt.Outcome.FAILED if error else Attempt.Outcome.INTERRUPTED
    with transaction.atomic(durable=True):
        is_mine = bool(hold([claim]))
        close(claim, outcome, account, error=error)
        if not is_mine:
            return
        step = claim.step
        pass_on([step.provider_id])
        step.state, step.lease_until, step.ready_at = StepState.READY, None, now
        step.provider = None
        if after_seconds is not None:
            step.retries += 1
            step.not_before = step.ready_at = now + timedelta(seconds=after_seconds)
        step.save(
            update_fields=[
                *("state", "lease_until", "ready_at", "not_before", "provider", "notice"),
                *("retries", "failing_since", "fallback_number"),
            ]
        )
        if step.worked_on:
            set_status([step.worked_on], SectionStatus.WAITING, problem=error)
        announce(step.run.document_id, "run-changed")
        if after_seconds is None:
            wake([step.pk], step.run.priority)


def stop(steps: QuerySet[Step], *, reason: str = "") -> int:
    """Stop the active ones among these steps; what they wrote stays. Gives how many there were.
    A `reason` is shown where they stopped.

    In a transaction. The caller calls `settle` for their runs after commit.
    """
    now = timezone.now()
    active = list(
        steps.filter(state__in=ACTIVE)
        .select_for_update(of=("self",))
        .order_by("pk")
        .select_related("run")
    )
    pks = [step.pk for step in active]
    pass_on(step.provider_id for step in active if step.state == StepState.RUNNING)
    Step.objects.filter(pk__in=pks).update(
        state=StepState.STOPPED, lease_until=None, provider=None, finished_at=now
    )
    if reason:
        Step.objects.filter(pk__in=pks).update(notice=reason)
    Attempt.objects.filter(step__in=pks, outcome=Attempt.Outcome.RUNNING).update(
        outcome=Attempt.Outcome.STOPPED, ended_at=now
    )
    fail_answers((s.comment_id for s in active), problem=reason or _("It was stopped."))
    sections = {step.worked_on for step in active if step.worked_on}
    at_work = Step.objects.filter(section__in=sections, state=StepState.RUNNING)
    at_work = at_work.exclude(kind=StageKind.ANSWER)
    sections -= set(at_work.order_by().values_list("section", flat=True))
    if sections:
        set_status(sorted(sections), SectionStatus.STOPPED, problem=reason)
    for document_id in {step.run.document_id for step in active}:
        announce(document_id, "run-changed")
    return len(active)


def settle(run_id: uuid.UUID) -> None:
    """Release the run's last step, or end the run, if nothing else is active any more. After the
    commit that ended a step: whoever commits last sees them all."""
    if Step.objects.filter(run=run_id, state__in=ACTIVE).exclude(**LAST).exists():
        return
    with transaction.atomic():
        run = Run.objects.select_for_update().get(pk=run_id)
        if run.state != RunState.RUNNING:
            return
        steps = list(run.steps.order_by().values_list("state", "kind"))
        states = {state for state, _kind in steps}
        if states & {StepState.READY, StepState.RUNNING}:
            return
        if StepState.WAITING in states:
            if _release_last(run, steps):
                return
            steps = list(run.steps.order_by().values_list("state", "kind"))
        run.state, run.finished_at = outcome_of(steps), timezone.now()
        run.save(update_fields=["state", "finished_at"])
        tell_outcome(run)
        # Later: who starts the next run holds the document, and may wait for this run's row.
        transaction.on_commit(partial(keep_version, run.document, VersionKind.RUN_END), robust=True)
        announce(run.document_id, "run-changed")
        announce(run.document_id, "outline-changed")


def _release_last(run: Run, steps: Sequence[tuple[str, str]]) -> bool:
    """Make the last step ready if there is text to look at; else stop it."""
    now = timezone.now()
    last = run.steps.filter(**LAST)
    if (StepState.FINISHED, StageKind.WRITE) not in steps:
        last.update(state=StepState.STOPPED, finished_at=now)
        return False
    ready = list(last.order_by().values_list("pk", flat=True))
    Step.objects.filter(pk__in=ready).update(state=StepState.READY, ready_at=now)
    announce(run.document_id, "run-changed")
    wake(ready, run.priority)
    return True
