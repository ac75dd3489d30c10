"""Which steps may go on, by what people allow agents in a section: see `writing.access`."""

import uuid
from collections.abc import Collection

from django.db.models import Exists, OuterRef, Q
from django.utils.translation import gettext as _

from agents.models import Run, StageKind
from writing.access import sections_with_policy
from writing.models import AgentPolicy


def closed() -> Q:
    """Steps where agents are switched off."""
    planning = Run.objects.filter(pk=OuterRef("run"), document__agent_policy=AgentPolicy.OFF)
    return Q(_in_sections(AgentPolicy.OFF)) | Q(Exists(planning), kind=StageKind.PLAN)


def closed_to_changes(step_ids: Collection[uuid.UUID]) -> Q:
    """Those of the steps that are about to change the text where agents may only remark."""
    return Q(_in_sections(AgentPolicy.SUGGEST), pk__in=step_ids) & ~Q(kind=StageKind.CRITIQUE)


def reason_for_stopping() -> str:
    return _("What agents may do here was changed; they stopped. What is written stays.")


def _in_sections(policy: AgentPolicy) -> Exists:
    return Exists(sections_with_policy(policy).filter(pk=OuterRef("section")))
