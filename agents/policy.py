"""Which steps may go on, by what people allow agents in a section: see `writing.access`."""

import uuid
from collections.abc import Collection

from django.db.models import Exists, OuterRef, Q
from django.utils.translation import gettext as _

from agents.models import Run, StageKind
from writing.access import sections_with_policy
from writing.models import AgentPolicy

# Of a step's row, what `allows` takes.
SAID = ("kind", "section__agent_policy", "run__document__agent_policy")


def allows(kind: str, of_section: str | None, of_document: str, *, changing: bool) -> bool:
    """Whether a step may go on, in the way that `closed` and `closed_to_changes` say for many
    steps at once; asked at every flush, where those would be most of what it costs."""
    if of_section is None:
        return kind != StageKind.PLAN or of_document != AgentPolicy.OFF
    said = of_section or of_document
    may_change = said != AgentPolicy.SUGGEST or kind == StageKind.CRITIQUE
    return said != AgentPolicy.OFF and (may_change or not changing)


def closed() -> Q:
    """Steps where agents are switched off."""
    planning = Run.objects.filter(pk=OuterRef("run"), document__agent_policy=AgentPolicy.OFF)
    return Q(_in_sections(AgentPolicy.OFF)) | Q(Exists(planning), kind=StageKind.PLAN)


def closed_to_changes(step_ids: Collection[uuid.UUID]) -> Q:
    """Those of the steps that are about to change the text where agents may only suggest."""
    return Q(_in_sections(AgentPolicy.SUGGEST), pk__in=step_ids) & ~Q(kind=StageKind.CRITIQUE)


def reason_for_stopping() -> str:
    return _("What agents may do here was changed; they stopped. What is written stays.")


def _in_sections(policy: AgentPolicy) -> Exists:
    return Exists(sections_with_policy(policy).filter(pk=OuterRef("section")))
