"""Whose turn it is at a provider: its limit of calls at once, counted in rows.

A running step takes a slot of `Step.provider`; a ready step with a provider waits in its queue.
Slots of a killed worker are free again when its leases run out.
"""

import uuid
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.conf import settings
from django.db import transaction
from django.db.models import (
    Case,
    Count,
    F,
    IntegerField,
    Max,
    OuterRef,
    QuerySet,
    Subquery,
    Value,
    When,
    Window,
)
from django.db.models.functions import Coalesce, RowNumber
from django.utils import timezone

from agents.models import Provider, RunPriority, Step, StepState
from agents.wakes import wake


@dataclass
class _Desk:
    """A provider's slots and its queue. There are no slots while its circuit is open, and one
    for the step that then tries."""

    concurrency: int
    open_until: datetime | None
    running: int = 0
    waiting: int = 0

    @property
    def free(self) -> int:
        free = max(0, self.concurrency - self.running)
        if self.open_until is None:
            return free
        return min(free, 1) if self.open_until <= timezone.now() else 0


def grant(wanted: Mapping[uuid.UUID, int], queued: Collection[uuid.UUID]) -> set[uuid.UUID]:
    """Which of these ready steps get a slot of the provider they want now.

    The others join its queue. `queued` are those that were in it already. In a transaction that
    has locked the steps; locks the providers.
    """
    by_provider = defaultdict(list)
    for step_id, provider_id in wanted.items():
        by_provider[provider_id].append(step_id)
    desks = _desks(Provider.objects.select_for_update().filter(pk__in=by_provider))
    granted: set[uuid.UUID] = set()
    for provider_id, step_ids in by_provider.items():
        desk = desks[provider_id]
        others = desk.waiting - len(set(step_ids) & set(queued))
        if len(step_ids) + others <= desk.free:
            granted.update(step_ids)
            continue
        Step.objects.filter(pk__in=step_ids).update(provider=provider_id)
        if desk.free:
            first = _in_line(provider_id).values_list("pk", flat=True)[: desk.free]
            granted |= set(step_ids) & set(first)
        # Who is ahead of them may not have heard of a free slot, or it became free meanwhile.
        pass_on([provider_id])
    for provider_id in {wanted[step_id] for step_id in granted}:
        if desks[provider_id].open_until:
            until = timezone.now() + timedelta(seconds=settings.CIRCUIT_SECONDS)
            Provider.objects.filter(pk=provider_id).update(open_until=until)
    return granted


def pass_on(provider_ids: Iterable[int | None]) -> None:
    """After commit, wake those whose turn it is at these providers; nobody else."""
    ids = {provider_id for provider_id in provider_ids if provider_id is not None}
    if ids:
        transaction.on_commit(lambda: _pass_on(ids), robust=True)


def _pass_on(provider_ids: Collection[int]) -> None:
    queued = Step.objects.filter(provider__in=provider_ids, state=StepState.READY)
    waited_for = set(queued.order_by().values_list("provider", flat=True))
    if not waited_for:
        return
    for provider_id, desk in _desks(Provider.objects.filter(pk__in=waited_for)).items():
        if desk.free:
            first = _in_line(provider_id).values_list("pk", "run__priority")[: desk.free]
            for step_id, priority in first:
                wake([step_id], priority, here=True)


def _desks(providers: QuerySet[Provider]) -> dict[int, _Desk]:
    rows = providers.order_by("pk").values_list("pk", "concurrency", "open_until")
    desks = {pk: _Desk(concurrency, open_until) for pk, concurrency, open_until in rows}
    counts = (
        Step.objects.filter(provider__in=desks, state__in=(StepState.READY, StepState.RUNNING))
        .order_by()
        .values_list("provider", "state")
        .annotate(count=Count("pk"))
    )
    for pk, state, count in counts:
        if state == StepState.RUNNING:
            desks[pk].running = count
        else:
            desks[pk].waiting = count
    return desks


def _in_line(provider_id: int) -> QuerySet[Step]:
    """The provider's queue: where somebody waits before batches; then by turns among the runs,
    those with fewer running steps first, or whose turn is longer ago; then who waits longest."""
    running = (
        Step.objects.filter(run=OuterRef("run"), state=StepState.RUNNING)
        .order_by()
        .values("run")
        .annotate(count=Count("pk"))
        .values("count")
    )
    last_turn = (
        Step.objects.filter(run=OuterRef("run"))
        .order_by()
        .values("run")
        .annotate(last=Max("started_at"))
        .values("last")
    )
    place = Window(RowNumber(), partition_by="run", order_by=["ready_at", "pk"])
    return (
        Step.objects.filter(provider=provider_id, state=StepState.READY)
        .annotate(
            urgency=Case(
                When(run__priority=RunPriority.INTERACTIVE, then=Value(0)), default=Value(1)
            ),
            running=Coalesce(Subquery(running, output_field=IntegerField()), 0),
            place=place,
            last_turn=Subquery(last_turn),
        )
        .order_by(
            "urgency",
            F("running") + F("place"),
            F("last_turn").asc(nulls_first=True),
            "ready_at",
            "pk",
        )
    )
