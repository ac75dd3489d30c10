"""Taking ready steps: with a lease, the next attempt's number and a slot of the provider."""

import random
import uuid
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.conf import settings
from django.db import connection, transaction
from django.db.models import F, Q
from django.db.models.functions import Coalesce
from django.utils import timezone, translation

from agents import policy, slots
from agents.choice import choose_model, furnish
from agents.exceptions import NoModel
from agents.models import Attempt, Model, Provider, RunState, Step, StepState
from agents.schedule import Claim, refuse
from writing.actions.text import claim_new_clients
from writing.announce import announce

# Above every browser's, which have 32 bits: see `writing.text.pen.Pen`. One of them is taken again
# once in years; that claim fails, and the reaper sees to it that it is made again.
AGENT_CLIENT_IDS = (2**32, 2**33)


@dataclass(frozen=True)
class Candidate:
    """A step that was ready when it was read, and the model that is to work."""

    step: Step
    model: Model


@dataclass(frozen=True)
class Successor:
    """A step read while the one it waits for was still at work."""

    step: Step
    default: Model | None

    def after(self, claim: Claim) -> Candidate | None:
        """Now that the other is finished; None if it cannot be told here which model is to work."""
        self.step.after, self.step.ready_at = claim.step, claim.step.finished_at
        try:
            return Candidate(self.step, choose_model(self.step, self.default))
        except NoModel:
            return None


def look_ahead(claims: Collection[Claim]) -> dict[uuid.UUID, Successor]:
    """By the step that is claimed, the next of its chain."""
    waiting = Step.objects.filter(
        after__in=[claim.step.pk for claim in claims],
        section__isnull=False,
        state=StepState.WAITING,
    )
    steps = list(waiting.select_related("run__document", "section").order_by("pk"))
    default = furnish(steps) if steps else None
    return {step.after_id: Successor(step, default) for step in steps if step.after_id}


def find(step_ids: Collection[uuid.UUID]) -> list[Candidate]:
    """Those of the steps that may be claimed. Fails the ones that no model is set up for."""
    steps = list(
        Step.objects.filter(pk__in=step_ids, state=StepState.READY, run__state=RunState.RUNNING)
        .filter(Q(not_before=None) | Q(not_before__lte=timezone.now()))
        .select_related("run__document", "section", "after")
        .order_by("pk")
    )
    found, default = [], furnish(steps)
    for step in steps:
        try:
            with translation.override(step.run.locale):
                found.append(Candidate(step, choose_model(step, default)))
        except NoModel as error:
            refuse(step, str(error))
    return found


def lock(successors: Collection[Successor]) -> None:
    """Lock what claiming these takes, for a transaction that goes on to lock sections before it
    claims; SQLite's writers are one after another anyway."""
    if not successors or not connection.features.has_select_for_update:
        return
    ids = {successor.step.pk for successor in successors}
    list(Step.objects.select_for_update().filter(pk__in=ids).order_by("pk").values_list("pk"))
    list(Provider.objects.select_for_update().order_by("pk").values_list("pk"))


def claim(candidates: Sequence[Candidate]) -> list[Claim]:
    """Take those that are still ready and whose provider has a slot; the others stay ready."""
    if not candidates:
        return []
    now = timezone.now()
    with transaction.atomic(savepoint=False):
        ready = (
            Step.objects.select_for_update()
            .order_by("pk")
            .filter(pk__in=[candidate.step.pk for candidate in candidates], state=StepState.READY)
            .exclude(policy.closed())
        )
        numbers = dict(ready.values_list("pk", "attempt_number"))
        there = [candidate for candidate in candidates if candidate.step.pk in numbers]
        granted = slots.grant(
            {candidate.step.pk: candidate.model.provider_id for candidate in there},
            {candidate.step.pk for candidate in there if candidate.step.provider_id},
        )
        claims = []
        for candidate in there:
            step = candidate.step
            if step.pk in granted:
                step.state, step.attempt_number = StepState.RUNNING, numbers[step.pk] + 1
                step.provider_id = candidate.model.provider_id
                claims.append(Claim(step, _attempt(candidate, now), candidate.model))
        for provider_id in {claim.step.provider_id for claim in claims}:
            mine = [claim.step.pk for claim in claims if claim.step.provider_id == provider_id]
            Step.objects.filter(pk__in=mine).update(
                state=StepState.RUNNING,
                attempt_number=F("attempt_number") + 1,
                lease_until=now + timedelta(seconds=settings.LEASE_SECONDS),
                started_at=Coalesce("started_at", now),
                provider=provider_id,
            )
        Attempt.objects.bulk_create(claim.attempt for claim in claims)
        claim_new_clients(
            (claim.step.section_id, claim.attempt.client_id, claim.attempt.pk)
            for claim in claims
            if claim.step.section_id
        )
        for document_id in {claim.step.run.document_id for claim in claims}:
            announce(document_id, "run-changed")
    return claims


def _attempt(candidate: Candidate, now: datetime) -> Attempt:
    step = candidate.step
    waited = now - step.ready_at if step.ready_at else None
    return Attempt(
        step=step,
        number=step.attempt_number,
        client_id=random.randrange(*AGENT_CLIENT_IDS),  # noqa: S311 (uniqueness, not secrecy)
        model=candidate.model,
        revision_id=step.role.revision_id,
        prices=candidate.model.prices,
        ready_at=step.ready_at,
        waited_seconds=max(waited.total_seconds(), 0) if waited is not None else None,
        **step.counts_for,
    )
