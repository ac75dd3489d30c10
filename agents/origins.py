"""What the manuscript's provenance says of attempts."""

import uuid
from collections.abc import Collection

from django.urls import reverse

from agents.models import Attempt
from writing.models import Document
from writing.origins import Origin


def origins(document: Document, attempts: Collection[uuid.UUID]) -> dict[uuid.UUID, Origin]:
    found = (
        Attempt.objects.filter(pk__in=attempts, step__run__document=document)
        .select_related("step__role", "model__provider")
        .defer("messages", "answer")
        .order_by()
    )
    return {attempt.pk: _origin(attempt) for attempt in found}


def _origin(attempt: Attempt) -> Origin:
    role, model = attempt.step.role, attempt.model
    return Origin(
        role=str(role.pk),
        name=role.label,
        tone=role.tone,
        step=attempt.step_id,
        address=reverse("agents:step", args=[attempt.step_id]),
        model=model.name if model else "",
        provider=model.provider.label if model else "",
        started_at=attempt.started_at,
        ended_at=attempt.ended_at,
    )
