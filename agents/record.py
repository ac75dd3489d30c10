"""A run's record: everything that was asked, answered and paid, for keeping and for study.

From it alone the cost can be worked out again (calls × prices) and what each step wrote be put
together again (its chunks, in order).
"""

from typing import Any

from agents.models import Attempt, Model, RoleRevision, Run, Step

NAME = "scriptorium-run"
# Grows whenever a reader of older records would be misled.
VERSION = 1


def record_of(run: Run) -> dict[str, Any]:
    """For DjangoJSONEncoder: amounts are decimal strings per million tokens, times ISO 8601."""
    steps = list(
        run.steps.select_related("role", "section")
        .prefetch_related(
            "attempts__calls",
            "attempts__chunks",
            "attempts__undoings",
            "attempts__revision__role",
        )
        .order_by("section__position", "position", "round")
    )
    attempts = [attempt for step in steps for attempt in step.attempts.all()]
    calls = [call for attempt in attempts for call in attempt.calls.all()]
    revisions = {attempt.revision_id: attempt.revision for attempt in attempts}
    used = {call.model_id for call in calls} | {attempt.model_id for attempt in attempts}
    models = Model.objects.filter(pk__in=[pk for pk in used if pk]).select_related("provider")
    return {
        "record": NAME,
        "version": VERSION,
        "run": _fields(run, RUN) | {"document_title": run.document.title},
        "workflow": _fields(run.workflow, "slug name description")
        | {"stages": [_fields(stage, STAGE) for stage in run.stages]}
        if run.workflow
        else None,
        "models": [_model(model) for model in models],
        "revisions": [_revision(revision) for revision in revisions.values() if revision],
        "steps": [_step(step) for step in steps],
        "actual": {
            "seconds": (run.finished_at - run.created_at).total_seconds()
            if run.finished_at
            else None,
            **{name: sum(getattr(call, name) for call in calls) for name in SUMS.split()},
        },
    }


RUN = (
    "id document_id purpose state priority stopped_by limit_reached estimate "
    "instruction "
    "section_count shared_prefix locale created_by_id created_at finished_at"
)
STAGE = "id position kind scope output role_id model_id escalation_model_id threshold rounds"
MODEL = "id name tier context_tokens input_price cached_price output_price"
STEP = (
    "id position round kind output stage_id section_id after_id role_id state attempt_number "
    "fallback_number result problem notice ready_at started_at finished_at"
)
ATTEMPT = (
    "id number model_id revision_id prices messages answer outcome error "
    "ready_at started_at first_token_at ended_at"
)
CALL = (
    "id model_id prompt_tokens cached_tokens completion_tokens estimated cost "
    "first_token_seconds seconds created_at"
)
UNDOING = (
    "seq removed_words restored_words undone_by_id undone_at "
    "brought_back_seq brought_back_by_id brought_back_at"
)
SUMS = "prompt_tokens cached_tokens completion_tokens cost"


def _fields(row: object, names: str) -> dict[str, Any]:
    return {name: getattr(row, name) for name in names.split()}


def _model(model: Model) -> dict[str, Any]:
    """As it is now; what an attempt paid is among its own `prices`."""
    return _fields(model, MODEL) | {"provider": _fields(model.provider, "slug name")}


def _revision(revision: RoleRevision) -> dict[str, Any]:
    role = _fields(revision.role, "id slug name kind")
    return _fields(revision, "id number snapshot created_at") | {"role": role}


def _step(step: Step) -> dict[str, Any]:
    section = step.section
    return _fields(step, STEP) | {
        "role_name": step.role.name,
        "section_title": section.title if section else None,
        "attempts": [_attempt(attempt) for attempt in step.attempts.all()],
    }


def _attempt(attempt: Attempt) -> dict[str, Any]:
    return _fields(attempt, ATTEMPT) | {
        "calls": [_fields(call, CALL) for call in attempt.calls.all()],
        "chunks": [_fields(chunk, "number text created_at") for chunk in attempt.chunks.all()],
        "undoings": [_fields(undoing, UNDOING) for undoing in attempt.undoings.all()],
    }
