"""Batches: many documents from a list of briefs, while nobody waits."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from django.db.models import Q
from django.http import StreamingHttpResponse
from django.utils.http import content_disposition_header
from ninja import Path, Query, Router, Schema
from pydantic import AwareDatetime, BeforeValidator, Field, StrictInt

from agents.access import batches_of, get_batch
from agents.actions import batches as actions
from agents.actions.runs import default_workflow
from agents.api.fields import Amount, AmountIn
from agents.api.workflows import Slug, workflow_named
from agents.archive import ZIP, archive_of, begin_archive
from agents.batch_progress import BatchProgress, RowEntry, batch_progress, row_entries, seconds_left
from agents.briefs import Brief as BatchBrief
from agents.budget import Reached
from agents.exceptions import NoModel
from agents.models import Batch, BatchState, PausedBy, Repeats, RowState
from agents.models.batches import MOST_AT_ONCE, NAME_CHARACTERS, USUAL_AT_ONCE
from agents.views.models import objection_to_models
from writing.api.auth import ApiRequest, Token
from writing.api.exports import FILE, Format
from writing.api.fields import Body, Brief, DocumentWords, Text, Title
from writing.api.idempotency import creates
from writing.api.paging import Page, PageQuery, page_of
from writing.api.problems import STATUSES, Problem, answers
from writing.models import Kind, Language, TokenScope

router = Router(tags=["Batches"])
READ, WRITE = Token(TokenScope.READ_BATCHES), Token(TokenScope.WRITE_BATCHES)


class BatchOut(Schema):
    id: UUID
    name: str
    workflow: str
    state: BatchState = Field(description="`running` until nobody works on its documents any more.")
    paused_by: PausedBy | None
    limit_reached: str = Field(description="Which limit paused it and by how much, in words.")
    concurrency: int = Field(description="So many documents at once.")
    repeats: Repeats
    documents: int
    finished: int
    undone: int = Field(description="Failed, stopped, or finished only in part.")
    cost: Amount = Field(description="In the currency that this server's prices are in.")
    budget: Amount | None = Field(description="What all may cost; null: no limit of its own.")
    created_at: datetime
    starts_at: datetime
    started_at: datetime | None
    ended_at: datetime | None

    @classmethod
    def of(cls, batch: Batch, progress: BatchProgress) -> "BatchOut":
        reached = Reached.read(batch.limit_reached)
        names = "id name state concurrency repeats created_at starts_at started_at ended_at"
        return cls(
            **{name: getattr(batch, name) for name in names.split()},
            workflow=batch.workflow.slug,
            paused_by=PausedBy(batch.paused_by) if batch.paused_by else None,
            limit_reached=reached.message if reached else "",
            documents=progress.total,
            finished=progress.finished,
            undone=progress.undone,
            cost=progress.spent,
            budget=progress.limit,
        )


class BatchPage(Page):
    items: list[BatchOut]


class BatchDetail(BatchOut):
    remaining_seconds: float | None = Field(description="At the speed of late.")


class RowOut(Schema):
    number: int = Field(description="Its place among the briefs, from 1.")
    title: str
    state: RowState
    problem: str = Field(description="What went wrong and what to do, where something did.")
    document_id: UUID | None
    run_id: UUID | None
    words: int
    started_at: datetime | None
    finished_at: datetime | None

    @classmethod
    def of(cls, entry: RowEntry) -> "RowOut":
        names = "number title state problem run_id started_at finished_at"
        return cls(
            **{name: getattr(entry.row, name) for name in names.split()},
            document_id=entry.row.document_id if entry.is_there else None,
            words=entry.progress.words or 0,
        )


class RowPage(Page):
    items: list[RowOut]


class RowQuery(PageQuery):
    state: RowState | None = Field(default=None, description="Only those in this state.")


class BriefIn(Body):
    title: Title = Field(min_length=1, examples=["Coral reefs"])
    brief: Brief = Field(min_length=1, examples=["How reefs are built, for divers."])
    kind: Kind = Kind.ARTICLE
    language: Language = Language.ENGLISH
    target_words: DocumentWords = 1000


Budget = Annotated[
    AmountIn | None,
    Field(
        description="What all documents together may cost; null: no limit of its own.",
        examples=["20.00"],
    ),
]


def _moment(value: object) -> datetime:
    """Text alone: a number could be seconds or milliseconds."""
    if not isinstance(value, str):
        raise ValueError("Enter a time such as 2031-05-01T08:00:00+02:00.")
    moment = datetime.fromisoformat(value)
    if not 2000 <= moment.year < 3000:
        raise ValueError("Enter a time between the years 2000 and 3000.")
    return moment


Moment = Annotated[AwareDatetime, BeforeValidator(_moment)]


class BatchIn(Body):
    name: Text = Field(min_length=1, max_length=NAME_CHARACTERS, examples=["Spring catalogue"])
    rows: list[BriefIn] = Field(min_length=1, description="A document is made from each.")
    workflow: Slug
    budget: Budget = None
    concurrency: StrictInt = Field(
        default=USUAL_AT_ONCE, ge=1, le=MOST_AT_ONCE, description="So many documents at once."
    )
    starts_at: Moment | None = Field(
        default=None, description="Left out: at once. With its offset from UTC."
    )
    repeats: Repeats = Repeats.NEVER


def detail_of(batch: Batch) -> BatchDetail:
    progress = batch_progress([batch])[batch.pk]
    fields = BatchOut.of(batch, progress).model_dump()
    return BatchDetail(**fields, remaining_seconds=seconds_left(batch, progress))


@router.get(
    "batches",
    response=answers(BatchPage),
    auth=READ,
    summary="List batches",
    operation_id="list_batches",
)
def list_batches(request: ApiRequest, asked: Query[PageQuery]) -> BatchPage:
    """Your own, the newest first."""
    found = batches_of(request.user).select_related("workflow").order_by("-created_at", "pk")
    rows, page = page_of(found, asked)
    progress = batch_progress(rows)
    return BatchPage(items=[BatchOut.of(row, progress[row.pk]) for row in rows], **page)


@router.post(
    "batches",
    response=answers(BatchDetail, 201),
    auth=WRITE,
    summary="Make a batch",
    operation_id="create_batch",
)
@creates
def create_batch(request: ApiRequest, body: BatchIn) -> BatchDetail:
    """Each brief is outlined and drafted in the background, after whatever people wait for. This
    may cost money."""
    for kind in ("planner", "writer"):
        if objection := objection_to_models(request.user, kind):
            raise NoModel(objection)
    fields = body.model_dump(exclude={"workflow", "rows"})
    batch = actions.create_batch(
        request.user,
        workflow=workflow_named(body.workflow) or default_workflow(),
        rows=[BatchBrief(**row.model_dump()) for row in body.rows],
        **fields,
    )
    return detail_of(batch)


@router.get(
    "batches/{uuid:batch_id}",
    response=answers(BatchDetail),
    auth=READ,
    summary="Read a batch",
    operation_id="read_batch",
)
def read_batch(request: ApiRequest, batch_id: Path[UUID]) -> BatchDetail:
    """How far it is and what it took up to now."""
    return detail_of(get_batch(batch_id, request.user))


@router.get(
    "batches/{uuid:batch_id}/exports/{format}",
    response={STATUSES: Problem},
    auth=Token(TokenScope.READ_DOCUMENTS),
    summary="Export a batch's documents",
    operation_id="export_batch",
    openapi_extra={
        "responses": {200: {"description": "A ZIP archive.", "content": {ZIP: FILE}}},
    },
)
def export_batch(
    request: ApiRequest,
    batch_id: Path[UUID],
    format: Path[Format],  # noqa: A002 (its name in the address)
) -> StreamingHttpResponse:
    """All that are there, as one ZIP archive; each as `GET /documents/ID/exports/FORMAT` has it."""
    batch = get_batch(batch_id, request.user)
    name = begin_archive(batch, format, acting_user=request.user)
    response = StreamingHttpResponse(
        archive_of(batch, format, acting_user=request.user), content_type=ZIP
    )
    response["Content-Disposition"] = content_disposition_header(as_attachment=True, filename=name)
    response["X-Accel-Buffering"] = "no"
    return response


@router.get(
    "batches/{uuid:batch_id}/rows",
    response=answers(RowPage),
    auth=READ,
    summary="List a batch's documents",
    operation_id="list_batch_rows",
)
def list_batch_rows(request: ApiRequest, batch_id: Path[UUID], asked: Query[RowQuery]) -> RowPage:
    """What became of each brief. Documents in the trash have no id here."""
    which = Q(state=asked.state) if asked.state else Q()
    found = get_batch(batch_id, request.user).rows.filter(which).select_related("document")
    rows, page = page_of(found, asked)
    return RowPage(items=[RowOut.of(entry) for entry in row_entries(rows)], **page)
