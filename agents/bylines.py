"""What the manuscript's history says of agents."""

import uuid
from collections.abc import Collection

from django.utils.translation import gettext as _

from agents.models import Attempt, Run
from writing.bylines import Byline, Moment
from writing.models import Document


def attempt_names(attempts: Collection[uuid.UUID]) -> dict[uuid.UUID, Byline]:
    found = Attempt.objects.filter(pk__in=attempts).select_related("step__role").order_by()
    return {
        attempt.pk: Byline(attempt.step.role.label, attempt.step.role.tone, is_agent=True)
        for attempt in found
    }


def moments(document: Document) -> list[Moment]:
    found = []
    for run in Run.objects.filter(document=document).order_by("created_at"):
        purpose = {"run": run.get_purpose_display()}
        found.append(Moment(run.created_at, _("Agents begin: %(run)s") % purpose))
        if run.finished_at:
            found.append(Moment(run.finished_at, _("Agents end: %(run)s") % purpose))
    return found
