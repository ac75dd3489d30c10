"""What agents did for a person, for `writing.belongings`: to take along, to stop, to delete."""

import contextlib
from collections.abc import Iterator
from typing import Any

from django.contrib.auth.models import User
from django.db.models import Count, Sum

from agents.actions.batches import cancel_batch
from agents.actions.runs import stop_run
from agents.exceptions import NothingToDo
from agents.models import (
    Batch,
    BatchState,
    Budget,
    BudgetScope,
    PersonLimit,
    Run,
    RunState,
    Upload,
    Webhook,
)
from writing.personal_data import as_json

OPEN = (BatchState.WAITING, BatchState.RUNNING, BatchState.PAUSED)


def files_of(user: User) -> Iterator[tuple[str, bytes]]:
    yield "runs.json", as_json([_run(run) for run in _runs_of(user).iterator(chunk_size=500)])
    yield "costs.json", as_json(list(_months_of(user)))


def stop(user: User) -> None:
    """Runs and batches that the person started."""
    for batch in Batch.objects.filter(owner=user, state__in=OPEN):
        with contextlib.suppress(NothingToDo):  # it ended meanwhile
            cancel_batch(batch, acting_user=user)
    for run in Run.objects.filter(created_by=user, state=RunState.RUNNING):
        stop_run(run, acting_user=user)


def delete(user: User) -> None:
    """Batches with their briefs, not the documents that came of them, and who is told of them. What
    was spent stays: the site's month counts it."""
    Batch.objects.filter(owner=user).delete()
    Upload.objects.filter(owner=user).delete()
    Webhook.objects.filter(owner=user).delete()
    PersonLimit.objects.filter(user=user).delete()


def _runs_of(user: User) -> Any:
    return (
        Run.objects.filter(created_by=user)
        .select_related("document", "workflow")
        .annotate(
            count=Count("calls"),
            cost=Sum("calls__cost"),
            prompt_tokens=Sum("calls__prompt_tokens"),
            cached_tokens=Sum("calls__cached_tokens"),
            completion_tokens=Sum("calls__completion_tokens"),
        )
        .order_by("created_at")
    )


def _run(run: Any) -> dict[str, Any]:
    return {
        "id": run.pk,
        "document": run.document.title,
        "document_id": run.document_id,
        "workflow": run.workflow.slug if run.workflow else None,
        "purpose": run.purpose,
        "state": run.state,
        "instruction": run.instruction,
        "started": run.created_at,
        "ended": run.finished_at,
        "calls": run.count,
        "cost": run.cost,
        "prompt_tokens": run.prompt_tokens,
        "cached_tokens": run.cached_tokens,
        "completion_tokens": run.completion_tokens,
    }


def _months_of(user: User) -> Iterator[dict[str, Any]]:
    for budget in Budget.objects.filter(scope=BudgetScope.PERSON, user=user).order_by("month"):
        yield {"month": budget.month, "spent": budget.spent, "limit": budget.limit}
