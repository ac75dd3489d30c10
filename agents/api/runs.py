"""Runs: followed, stopped, gone on with. How they are started is in `starting.py`."""

from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.db.models import Count, DecimalField, IntegerField, OuterRef, QuerySet, Subquery, Sum
from django.db.models.functions import Coalesce
from ninja import Path, Query, Router, Schema
from pydantic import Field

from agents.access import get_run
from agents.actions import limits as limit_actions
from agents.actions import runs as actions
from agents.api.fields import Amount, AmountIn, EstimateOut
from agents.api.steps import StepPage, steps_of
from agents.estimate import Estimate
from agents.limits import reached_by
from agents.models import Budget, Call, Run, RunPurpose, RunState, Step, StepState, StoppedBy
from agents.progress import progress
from agents.record import record_of
from writing.access import Right, get_document
from writing.api.auth import ApiRequest, Token
from writing.api.fields import Body
from writing.api.paging import Page, PageQuery, page_of
from writing.api.problems import answers
from writing.models import TokenScope

router = Router(tags=["Runs"])
READ, WRITE = Token(TokenScope.READ_RUNS), Token(TokenScope.WRITE_RUNS)


class RunSummary(Schema):
    id: UUID
    document_id: UUID
    workflow: str | None
    purpose: RunPurpose
    state: RunState = Field(description="`running` until all of its steps have ended.")
    stopped_by: StoppedBy | None
    steps: int
    steps_done: int
    cost: Amount = Field(description="In the currency that this server's prices are in.")
    created_at: datetime
    finished_at: datetime | None

    @classmethod
    def fields_of(cls, run: Run) -> dict[str, Any]:
        names = "id document_id purpose state created_at finished_at"
        return {name: getattr(run, name) for name in names.split()} | {
            "workflow": run.workflow.slug if run.workflow else None,
            "stopped_by": run.stopped_by or None,
        }


class RunPage(Page):
    items: list[RunSummary]


class RunOut(RunSummary):
    instruction: str
    limit: Amount | None = Field(description="What it may cost; null: no limit of its own.")
    limit_reached: str = Field(description="Which limit stopped it and by how much, in words.")
    estimate: EstimateOut | None
    fraction: float = Field(description="How much is done, from 0 to 1.")
    elapsed_seconds: float
    remaining_seconds: float | None
    prompt_tokens: int
    cached_tokens: int
    completion_tokens: int
    problems: list[str] = Field(description="Why steps failed and what to do.")

    @classmethod
    def of(cls, run: Run) -> "RunOut":
        figures = progress(run)
        budget = Budget.objects.filter(run=run).first()
        reached, estimate = reached_by(run), Estimate.read(run.estimate)
        names = (
            "fraction elapsed_seconds remaining_seconds prompt_tokens cached_tokens "
            "completion_tokens cost steps_done"
        )
        return cls(
            **cls.fields_of(run),
            **{name: getattr(figures, name) for name in names.split()},
            steps=figures.steps_total,
            instruction=run.instruction,
            limit=budget.limit if budget else None,
            limit_reached=reached.message if reached else "",
            estimate=EstimateOut.of(estimate) if estimate else None,
            problems=[step.problem for step in figures.steps if step.problem],
        )


class LimitIn(Body):
    limit: AmountIn | None = Field(description="The run's new limit; null: none of its own.")


@router.get(
    "documents/{uuid:document_id}/runs",
    response=answers(RunPage),
    auth=READ,
    summary="List a document's runs",
    operation_id="list_runs",
)
def list_runs(request: ApiRequest, document_id: Path[UUID], asked: Query[PageQuery]) -> RunPage:
    """The newest first."""
    document = get_document(document_id, request.user)
    runs = document.runs.select_related("workflow").order_by("-created_at", "pk")
    rows, page = page_of(_with_figures(runs), asked)
    items = [
        RunSummary(
            **RunSummary.fields_of(row),
            **{name: getattr(row, name) for name in ("cost", "steps_done")},
            steps=row.steps_total,  # type: ignore[attr-defined]
        )
        for row in rows
    ]
    return RunPage(items=items, **page)


@router.get(
    "runs/{uuid:run_id}",
    response=answers(RunOut),
    auth=READ,
    summary="Read a run",
    operation_id="read_run",
)
def read_run(request: ApiRequest, run_id: Path[UUID]) -> RunOut:
    """How far it is and what it took up to now. Ask every few seconds, not more often."""
    return RunOut.of(get_run(run_id, request.user))


@router.get(
    "runs/{uuid:run_id}/steps",
    response=answers(StepPage),
    auth=READ,
    summary="List a run's steps",
    operation_id="list_steps",
)
def list_steps(request: ApiRequest, run_id: Path[UUID], asked: Query[PageQuery]) -> StepPage:
    """Which agent did what on which section, with tokens and cost."""
    return steps_of(get_run(run_id, request.user), asked)


@router.get(
    "runs/{uuid:run_id}/record",
    response=answers(dict[str, Any]),
    auth=READ,
    summary="Read a run's record",
    operation_id="read_record",
)
def read_record(request: ApiRequest, run_id: Path[UUID]) -> dict[str, Any]:
    """All that was asked, answered and paid, to keep: prompts, answers, calls and prices."""
    return record_of(get_run(run_id, request.user))


@router.post(
    "runs/{uuid:run_id}/stop",
    response=answers(RunOut),
    auth=WRITE,
    summary="Stop a run",
    operation_id="stop_run",
)
def stop_run(request: ApiRequest, run_id: Path[UUID]) -> RunOut:
    """At once. What is written stays; one that has ended stays as it is."""
    run = get_run(run_id, request.user, Right.EDIT)
    return RunOut.of(actions.stop_run(run, acting_user=request.user))


@router.post(
    "runs/{uuid:run_id}/retry",
    response=answers(RunOut),
    auth=WRITE,
    summary="Go on with a run",
    operation_id="retry_run",
)
def retry_run(request: ApiRequest, run_id: Path[UUID]) -> RunOut:
    """With what failed or was stopped in it."""
    run = get_run(run_id, request.user, Right.EDIT)
    return _now(actions.retry_run(run, acting_user=request.user))


@router.post(
    "runs/{uuid:run_id}/limit",
    response=answers(RunOut),
    auth=WRITE,
    summary="Raise a run's limit and go on",
    operation_id="raise_limit",
)
def raise_limit(request: ApiRequest, run_id: Path[UUID], body: LimitIn) -> RunOut:
    """Where it stopped because its limit was reached."""
    run = get_run(run_id, request.user, Right.EDIT)
    return _now(limit_actions.raise_limit(run, body.limit, acting_user=request.user))


def _now(run: Run) -> RunOut:
    run.refresh_from_db()
    return RunOut.of(run)


def _with_figures(runs: QuerySet[Run]) -> QuerySet[Run]:
    """With `cost`, `steps_total` and `steps_done`: by subqueries, joined they would multiply."""
    own = {"run": OuterRef("pk")}
    steps = Step.objects.filter(**own).order_by().values("run").annotate(number=Count("pk"))
    done = steps.filter(state=StepState.FINISHED)
    calls = Call.objects.filter(**own).order_by().values("run").annotate(sum=Sum("cost"))
    money = DecimalField(max_digits=12, decimal_places=6)
    return runs.annotate(
        cost=Coalesce(Subquery(calls.values("sum")), Decimal(0), output_field=money),
        steps_total=Coalesce(Subquery(steps.values("number")), 0, output_field=IntegerField()),
        steps_done=Coalesce(Subquery(done.values("number")), 0, output_field=IntegerField()),
    )
