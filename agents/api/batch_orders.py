"""What can be done about a batch that is there."""

from typing import Annotated
from uuid import UUID

from ninja import Path, Router
from pydantic import Field

from agents.access import get_batch, get_batch_row
from agents.actions import batches as actions
from agents.api.batches import BatchDetail, Budget, detail_of
from writing.api.auth import ApiRequest, Token
from writing.api.fields import Body
from writing.api.problems import answers
from writing.models import TokenScope

router = Router(tags=["Batches"])
WRITE = Token(TokenScope.WRITE_BATCHES)

# As many as fit into the database's column.
RowNumber = Annotated[int, Field(ge=1, le=2**31 - 1)]


class BudgetIn(Body):
    budget: Budget


@router.post(
    "batches/{uuid:batch_id}/pause",
    response=answers(BatchDetail),
    auth=WRITE,
    summary="Pause a batch",
    operation_id="pause_batch",
)
def pause_batch(request: ApiRequest, batch_id: Path[UUID]) -> BatchDetail:
    """Nothing more is begun; calls that are under way are finished."""
    batch = get_batch(batch_id, request.user)
    return detail_of(actions.pause_batch(batch, acting_user=request.user))


@router.post(
    "batches/{uuid:batch_id}/resume",
    response=answers(BatchDetail),
    auth=WRITE,
    summary="Go on with a batch",
    operation_id="resume_batch",
)
def resume_batch(request: ApiRequest, batch_id: Path[UUID]) -> BatchDetail:
    """Where it was paused or cancelled."""
    batch = get_batch(batch_id, request.user)
    return detail_of(actions.resume_batch(batch, acting_user=request.user))


@router.post(
    "batches/{uuid:batch_id}/cancel",
    response=answers(BatchDetail),
    auth=WRITE,
    summary="Cancel a batch",
    operation_id="cancel_batch",
)
def cancel_batch(request: ApiRequest, batch_id: Path[UUID]) -> BatchDetail:
    """Everything stops at once; what is written stays."""
    batch = get_batch(batch_id, request.user)
    return detail_of(actions.cancel_batch(batch, acting_user=request.user))


@router.post(
    "batches/{uuid:batch_id}/retry",
    response=answers(BatchDetail),
    auth=WRITE,
    summary="Try a batch's failures again",
    operation_id="retry_batch",
)
def retry_batch(request: ApiRequest, batch_id: Path[UUID]) -> BatchDetail:
    """All documents that failed, as a whole or in part."""
    batch = get_batch(batch_id, request.user)
    return detail_of(actions.try_failures_again(batch, acting_user=request.user))


@router.post(
    "batches/{uuid:batch_id}/rows/{int:number}/retry",
    response=answers(BatchDetail),
    auth=WRITE,
    summary="Try one document of a batch again",
    operation_id="retry_batch_row",
)
def retry_batch_row(
    request: ApiRequest, batch_id: Path[UUID], number: Path[RowNumber]
) -> BatchDetail:
    """One that failed, was stopped or is finished only in part."""
    row = get_batch_row(batch_id, number, request.user)
    actions.try_row_again(row, acting_user=request.user)
    return detail_of(get_batch(batch_id, request.user))


@router.post(
    "batches/{uuid:batch_id}/budget",
    response=answers(BatchDetail),
    auth=WRITE,
    summary="Change a batch's budget",
    operation_id="change_batch_budget",
)
def change_batch_budget(request: ApiRequest, batch_id: Path[UUID], body: BudgetIn) -> BatchDetail:
    """It goes on if its limit had paused it."""
    batch = get_batch(batch_id, request.user)
    return detail_of(actions.raise_batch_budget(batch, body.budget, acting_user=request.user))
