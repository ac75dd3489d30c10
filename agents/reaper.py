"""Finds what was left behind: by killed workers, by a broker that forgot, by deletions."""

import uuid
from collections.abc import Collection
from datetime import timedelta

from django.conf import settings
from django.db import transaction
from django.db.models import Q
from django.utils import timezone, translation
from django.utils.translation import gettext as _

from agents.batches import look_after
from agents.budget import settle_abandoned
from agents.closing import stop_closed
from agents.models import (
    Attempt,
    Chunk,
    LocalModel,
    LocalModelState,
    Provider,
    Run,
    RunState,
    Step,
    StepState,
)
from agents.models.local_models import ACTIVE as ACTIVE_LOCAL_MODELS
from agents.schedule import ACTIVE, LAST, fail_step, settle, stop
from agents.slots import pass_on
from agents.wakes import reap_seconds, wake, wake_fetching, wake_switching
from writing.actions.sections import set_status
from writing.announce import announce
from writing.models import SectionStatus

MOST_WAKES = 100
# A step that kills its worker so often without a word written would do so for ever.
MOST_EXPIRIES = 5


def reap(*, everything: bool = False) -> None:
    """Give expired steps back, wake forgotten ones, stop deleted ones and those where agents
    were switched off, end runs that are done; then start what is due in batches.

    `everything` wakes all that is ready, as a worker does when it starts.
    """
    _stop_deleted()
    stop_closed()
    _return_expired()
    now = timezone.now()
    since = now if everything else now - timedelta(seconds=reap_seconds())
    ready = Step.objects.filter(state=StepState.READY, run__state=RunState.RUNNING)
    forgotten = ready.filter(provider=None, ready_at__lte=since).filter(
        Q(not_before=None) | Q(not_before__lte=now)
    )
    oldest = forgotten.order_by("ready_at").values_list("pk", "run__priority")[:MOST_WAKES]
    for step_id, priority in oldest:
        wake([step_id], priority, here=True)
    # Those who wait for a slot are woken only as far as there are any.
    pass_on(Provider.objects.values_list("pk", flat=True))
    done = Run.objects.filter(state=RunState.RUNNING).exclude(
        pk__in=Step.objects.filter(state__in=ACTIVE).exclude(**LAST).values("run")
    )
    for run_id in done.values_list("pk", flat=True):
        settle(run_id)
    settle_abandoned()
    look_after()
    _wake_local_models()


def _wake_local_models() -> None:
    """What is to be fetched or started, and what a worker left behind that is gone."""
    gone = timezone.now() - timedelta(seconds=settings.LEASE_SECONDS)
    active = LocalModel.objects.filter(state__in=ACTIVE_LOCAL_MODELS)
    left = active.filter(Q(heartbeat_at=None) | Q(heartbeat_at__lt=gone) | Q(state="waiting"))
    for pk, state in left.values_list("pk", "state")[:MOST_WAKES]:
        (wake_switching if state == LocalModelState.STARTING else wake_fetching)(pk)


def _return_expired() -> None:
    expired = Step.objects.filter(state=StepState.RUNNING, lease_until__lt=timezone.now())
    if not expired.exists():
        return
    with transaction.atomic(durable=True):
        steps = list(expired.select_for_update(of=("self",)).select_related("run").order_by("pk"))
        got_on = _steps_that_got_on(steps)
        Attempt.objects.filter(step__in=steps, outcome=Attempt.Outcome.RUNNING).update(
            outcome=Attempt.Outcome.INTERRUPTED, ended_at=timezone.now()
        )
        for step in steps:
            step.expiries = 0 if step.pk in got_on else step.expiries + 1
        _give_back([step for step in steps if step.expiries < MOST_EXPIRIES])
        for step in steps:
            if step.expiries >= MOST_EXPIRIES:
                with translation.override(step.run.locale):
                    fail_step(step, _too_often() % {"count": step.expiries})
    for run_id in {step.run_id for step in steps}:
        settle(run_id)


def _too_often() -> str:
    return _(
        "The worker ended %(count)d times at this step before anything was written. Try again; if "
        "that does not help, an administrator finds the reason in the worker's log."
    )


def _steps_that_got_on(steps: Collection[Step]) -> set[uuid.UUID]:
    """Those whose newest attempt wrote something."""
    newest = {(step.pk, step.attempt_number) for step in steps}
    chunks = Chunk.objects.filter(step__in=steps).order_by()
    written = chunks.values_list("step", "attempt__number").distinct()
    return {pk for pk, number in written if (pk, number) in newest}


def _give_back(steps: Collection[Step]) -> None:
    pass_on(step.provider_id for step in steps)
    for step in steps:
        step.state, step.lease_until, step.provider = StepState.READY, None, None
        step.ready_at = timezone.now()
    Step.objects.bulk_update(steps, ["state", "lease_until", "provider", "ready_at", "expiries"])
    if sections := sorted(step.worked_on for step in steps if step.worked_on):
        set_status(sections, SectionStatus.WAITING)
    for document_id in {step.run.document_id for step in steps}:
        announce(document_id, "run-changed")
    for step in steps:
        wake([step.pk], step.run.priority, here=True)


def _stop_deleted() -> None:
    """Nobody pays for a section or document that was deleted."""
    deleted = Step.objects.filter(state__in=ACTIVE).filter(
        Q(section__deleted_at__isnull=False) | Q(run__document__deleted_at__isnull=False)
    )
    runs = set(deleted.order_by().values_list("run", flat=True))
    if not runs:
        return
    with transaction.atomic(durable=True):
        stop(Step.objects.filter(pk__in=deleted.order_by().values("pk")))
    for run_id in runs:
        settle(run_id)
