"""Which workflows are for a document of a kind."""

from django.db.models import Q, QuerySet

from agents.models import Workflow
from writing.models import Kind

# What the default workflow is made for, even where a workflow names this kind.
USUAL_KIND = Kind.ARTICLE


def workflows_for(document_kind: str) -> QuerySet[Workflow]:
    """Those in use, for this kind or for all."""
    return Workflow.objects.filter(
        Q(document_kind="") | Q(document_kind=document_kind), is_active=True
    )


def usual_workflow(document_kind: str) -> Workflow | None:
    """The one that is chosen where nobody chooses: that of the kind, else the default one, else
    any."""
    fitting = workflows_for(document_kind)
    of_kind = fitting.exclude(document_kind="")
    if document_kind == USUAL_KIND:
        of_kind = of_kind.filter(is_default=True)
    return of_kind.first() or fitting.filter(is_default=True).first() or fitting.first()
