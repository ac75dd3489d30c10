"""Which ways to draft there are."""

from typing import Annotated

from django.utils.translation import gettext as _
from ninja import Query, Router, Schema
from pydantic import Field

from agents.forms import workflows_that_draft
from agents.models import StageKind, Workflow
from writing.api.auth import ApiRequest, Token
from writing.api.fields import Text
from writing.api.paging import Page, PageQuery, page_of
from writing.api.problems import answers
from writing.exceptions import InvalidInput
from writing.models import TokenScope

router = Router(tags=["Workflows"])

Slug = Annotated[
    Annotated[Text, Field(max_length=50)] | None,
    Field(
        default=None,
        description="See `GET /workflows`; left out: the default workflow.",
        examples=["draft"],
    ),
]


class StageOut(Schema):
    kind: StageKind
    role: str
    rounds: int = Field(description="How often a critic and the editor who follows repeat at most.")


class WorkflowOut(Schema):
    slug: str = Field(description="What a run names it by.")
    name: str
    description: str
    is_default: bool
    stages: list[StageOut]

    @classmethod
    def of(cls, workflow: Workflow) -> "WorkflowOut":
        return cls(
            slug=workflow.slug,
            name=workflow.label,
            description=workflow.about,
            is_default=workflow.is_default,
            stages=[
                StageOut(kind=StageKind(stage.kind), role=stage.role.label, rounds=stage.rounds)
                for stage in workflow.stages.all()
            ],
        )


class WorkflowPage(Page):
    items: list[WorkflowOut]


@router.get(
    "workflows",
    response=answers(WorkflowPage),
    auth=Token(TokenScope.READ_RUNS),
    summary="List workflows",
    operation_id="list_workflows",
)
def list_workflows(request: ApiRequest, asked: Query[PageQuery]) -> WorkflowPage:
    """What administrators set up: which roles work on a draft, in which order."""
    workflows = (
        Workflow.objects.filter(is_active=True)
        .prefetch_related("stages__role")
        .order_by("name", "pk")
    )
    rows, page = page_of(workflows, asked)
    return WorkflowPage(items=[WorkflowOut.of(row) for row in rows], **page)


def workflow_named(slug: str | None) -> Workflow | None:
    """One that drafts; raises InvalidInput."""
    if slug is None:
        return None
    found = workflows_that_draft().filter(slug=slug).first()
    if found is None:
        raise InvalidInput(_("There is no such workflow. Choose another."))
    return found
