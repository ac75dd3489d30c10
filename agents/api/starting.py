"""Starting runs, and what they are likely to take.

On the router of the other operations on runs: those of one address must be on one.
"""

from decimal import Decimal
from types import EllipsisType
from typing import Annotated, Literal
from uuid import UUID

from django.utils.translation import gettext as _
from ninja import Path, Schema
from pydantic import Field, StrictInt

from agents.actions import runs as actions
from agents.api.fields import AmountIn, EstimateOut
from agents.api.runs import RunOut, router
from agents.api.workflows import Slug, workflow_named
from agents.exceptions import NoModel, NothingToDo
from agents.forms import INSTRUCTION_CHARACTERS
from agents.models import Run
from agents.suitable import usual_workflow
from agents.views.drafts import outlook
from agents.views.models import objection_to_models
from writing import limits
from writing.access import Right, get_document
from writing.api.auth import ApiRequest, Token
from writing.api.fields import Body, Text
from writing.api.idempotency import creates
from writing.api.problems import answers
from writing.exceptions import InvalidInput
from writing.models import Document, Section, TokenScope

SectionCount = Annotated[
    Annotated[StrictInt, Field(ge=1, le=actions.MOST_SECTIONS_AT_START)] | None,
    Field(
        default=None,
        description="How many sections to plan; left out: as the length of the document wants it.",
    ),
]
Limit = Annotated[
    AmountIn | None,
    Field(
        default=None,
        description="What the run may cost at most. Left out: the usual limit of this server; "
        "null: no limit of its own.",
        examples=["2.00"],
    ),
]


class DraftChoice(Body):
    workflow: Slug
    sections: list[UUID] | None = Field(
        default=None,
        min_length=1,
        max_length=limits.SECTIONS,
        description="Which to draft, also again; left out: all that are not done.",
    )
    instruction: Text = Field(
        default="",
        max_length=INSTRUCTION_CHARACTERS,
        description="What to keep in mind besides the brief.",
    )
    limit: Limit


class PlanIn(Body):
    """Outline the brief. Sections that hold no text make room for the new ones."""

    purpose: Literal["plan"]
    section_count: SectionCount


class DraftIn(DraftChoice):
    """Draft sections that are there."""

    purpose: Literal["draft"]


class FullIn(Body):
    """Outline the brief and draft it, without anybody in between."""

    purpose: Literal["full"]
    workflow: Slug
    section_count: SectionCount
    limit: Limit


RunIn = Annotated[PlanIn | DraftIn | FullIn, Field(discriminator="purpose")]


class OutlookOut(Schema):
    estimate: EstimateOut
    warnings: list[str] = Field(description="Which limits it is likely to reach before its end.")
    unpriced: list[str] = Field(description="Models without a price: what they take is not in it.")


@router.post(
    "documents/{uuid:document_id}/runs",
    response=answers(RunOut, 201),
    auth=Token(TokenScope.WRITE_RUNS),
    summary="Start a run",
    operation_id="start_run",
)
@creates
def start_run(request: ApiRequest, document_id: Path[UUID], body: RunIn) -> RunOut:
    """Agents outline the document, draft it, or both, in the background. This may cost money."""
    document = get_document(document_id, request.user, Right.EDIT)
    kind = "writer" if isinstance(body, DraftIn) else "planner"
    if objection := objection_to_models(request.user, kind):
        raise NoModel(objection)
    return RunOut.of(_start(document, body, request))


def _start(document: Document, body: PlanIn | DraftIn | FullIn, request: ApiRequest) -> Run:
    user = request.user
    match body:
        case PlanIn():
            return actions.start_plan(document, acting_user=user, section_count=body.section_count)
        case FullIn():
            return actions.start_full(
                document,
                acting_user=user,
                workflow=workflow_named(body.workflow),
                section_count=body.section_count,
                limit=_limit(body),
            )
        case DraftIn():
            return actions.start_draft(
                document,
                acting_user=user,
                workflow=workflow_named(body.workflow),
                sections=_sections(document, body.sections),
                instruction=body.instruction,
                limit=_limit(body),
            )


@router.post(
    "documents/{uuid:document_id}/estimate",
    response=answers(OutlookOut),
    auth=Token(TokenScope.WRITE_RUNS),
    summary="Estimate a draft",
    operation_id="estimate_draft",
)
def estimate_draft(request: ApiRequest, document_id: Path[UUID], body: DraftChoice) -> OutlookOut:
    """What it is likely to cost and how long it takes, before anything is spent."""
    document = get_document(document_id, request.user, Right.EDIT)
    workflow = workflow_named(body.workflow) or usual_workflow(document.kind)
    sections = _sections(document, body.sections) or actions.sections_to_draft(document)
    found = outlook(document, workflow, sections, user=request.user, limit=body.limit)
    if found["estimate"] is None:
        if objection := objection_to_models(request.user, "writer"):
            raise NoModel(objection)
        raise NothingToDo(_("There is nothing to draft in this document."))
    return OutlookOut(
        estimate=EstimateOut.of(found["estimate"]),
        warnings=found["short_of"],
        unpriced=found["unpriced"],
    )


def _sections(document: Document, chosen: list[UUID] | None) -> list[Section] | None:
    if chosen is None:
        return None
    found = list(document.sections.present().filter(pk__in=chosen))
    if len(found) < len(set(chosen)):
        raise InvalidInput(_("A chosen section is no longer there. Choose again."))
    return found


def _limit(body: DraftIn | FullIn) -> Decimal | EllipsisType | None:
    return body.limit if "limit" in body.model_fields_set else ...
