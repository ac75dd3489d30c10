"""How a batch ended, and telling its owner, by the bell, by mail and to their webhooks."""

from typing import Any

from django.conf import settings
from django.db.models import Count
from django.urls import reverse

from agents.actions.webhooks import tell_webhooks
from agents.models import Batch, Budget, DeliveryEvent, RowState
from writing.actions.notifications import notify_of_batch
from writing.mail import address_of_site


def outcome_of(counts: dict[str, int]) -> RowState:
    """From how many rows are in which state."""
    if set(counts) <= {RowState.FINISHED}:
        return RowState.FINISHED
    if RowState.FINISHED in counts or RowState.PARTLY_FINISHED in counts:
        return RowState.PARTLY_FINISHED
    return RowState.FAILED


def tell_batch_ended(batch: Batch) -> None:
    """In the transaction that ends it."""
    counts = dict(batch.rows.order_by().values_list("state").annotate(Count("pk")))
    outcome = outcome_of(counts)
    notify_of_batch(batch.pk, name=batch.name, user_id=batch.owner_id, outcome=outcome)
    tell_webhooks(batch.owner_id, DeliveryEvent.BATCH_ENDED, _data(batch, counts, outcome))


def tell_batch_paused(batch: Batch, *, reason: str) -> None:
    """In the transaction that pauses it; not where a person did."""
    notify_of_batch(batch.pk, name=batch.name, user_id=batch.owner_id, outcome=reason)


def _data(batch: Batch, counts: dict[str, int], outcome: str) -> dict[str, Any]:
    """See docs/briefs.md: receivers rely on these names."""
    spent = Budget.objects.filter(batch=batch).values_list("spent", flat=True).first()
    return {
        "id": str(batch.pk),
        "name": batch.name,
        "outcome": str(outcome),
        "documents": {
            "total": sum(counts.values()),
            **{state.value: counts.get(state, 0) for state in RowState if counts.get(state)},
        },
        "cost": {"amount": f"{spent or 0:.6f}", "currency": settings.CURRENCY},
        "started_at": batch.started_at and batch.started_at.isoformat(),
        "ended_at": batch.ended_at and batch.ended_at.isoformat(),
        "address": address_of_site(reverse("agents:batch", args=[batch.pk])),
        "download": address_of_site(reverse("agents:download_batch", args=[batch.pk, "md"])),
    }
