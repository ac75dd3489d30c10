"""Finds what was left behind: by killed workers, by a broker that forgot, by deletions."""

from datetime import timedelta

from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from agents.budget import settle_abandoned
from agents.models import Attempt, Provider, Run, RunState, Step, StepState
from agents.schedule import ACTIVE, settle, stop
from agents.slots import pass_on
from agents.wakes import REAP_SECONDS, wake
from writing.actions.sections import set_status
from writing.announce import announce
from writing.models import SectionStatus

MOST_WAKES = 100


def reap(*, everything: bool = False) -> None:
    """Give expired steps back, wake forgotten ones, stop deleted ones, end runs that are done.

    `everything` wakes all that is ready, as a worker does when it starts.
    """
    _stop_deleted()
    _return_expired()
    now = timezone.now()
    since = now if everything else now - timedelta(seconds=REAP_SECONDS)
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
        pk__in=Step.objects.filter(state__in=ACTIVE).values("run")
    )
    for run_id in done.values_list("pk", flat=True):
        settle(run_id)
    settle_abandoned()


def _return_expired() -> None:
    now = timezone.now()
    expired = Step.objects.filter(state=StepState.RUNNING, lease_until__lt=now)
    if not expired.exists():
        return
    with transaction.atomic(durable=True):
        steps = list(expired.select_for_update(of=("self",)).select_related("run").order_by("pk"))
        pks = [step.pk for step in steps]
        Step.objects.filter(pk__in=pks).update(
            state=StepState.READY, lease_until=None, provider=None, ready_at=now
        )
        Attempt.objects.filter(step__in=pks, outcome=Attempt.Outcome.RUNNING).update(
            outcome=Attempt.Outcome.INTERRUPTED, ended_at=now
        )
        sections = sorted(step.section_id for step in steps if step.section_id)
        if sections:
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
