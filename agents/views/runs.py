import uuid
from datetime import timedelta

from django.http import HttpResponse
from django.views.decorators.http import require_POST, require_safe

from agents.access import get_run, get_step
from agents.actions import runs as actions
from agents.views.cards import OPEN_STATES, card_of
from agents.views.ledger import attempts_with_figures, steps_with_figures
from agents.views.panel import HINT_COOKIE, answer, panel_context
from writing.access import Right, get_document, get_section, right_on
from writing.views.pages import Request, render_part


@require_safe
def runs(request: Request, document_id: uuid.UUID) -> HttpResponse:
    """The panel beside the manuscript."""
    document = get_document(document_id, request.user)
    return render_part(request, "agents/runs.html", "panel", panel_context(request, document))


@require_safe
def run(request: Request, run_id: uuid.UUID) -> HttpResponse:
    """What each agent did, in what order."""
    found = get_run(run_id, request.user)
    steps = list(steps_with_figures(found))
    right = right_on(found.document_id, request.user)
    context = {
        "card": card_of(found, steps, is_newest=True, settled=set()),
        "steps": steps,
        "may_edit": right is not None and right >= Right.EDIT,
    }
    return render_part(request, "agents/run.html", "run", context)


@require_safe
def step(request: Request, step_id: uuid.UUID) -> HttpResponse:
    """The attempts of one step: prompt, answer, tokens, cost and times."""
    found = get_step(step_id, request.user)
    context = {
        "step": found,
        "attempts": attempts_with_figures(found),
        "is_open": found.state in OPEN_STATES,
    }
    return render_part(request, "agents/step.html", "attempts", context)


@require_POST
def stop_run(request: Request, run_id: uuid.UUID) -> HttpResponse:
    found = get_run(run_id, request.user, Right.EDIT)
    actions.stop_run(found, acting_user=request.user)
    return answer(request, found.document)


@require_POST
def retry_run(request: Request, run_id: uuid.UUID) -> HttpResponse:
    found = get_run(run_id, request.user, Right.EDIT)
    actions.retry_run(found, acting_user=request.user)
    return answer(request, found.document)


@require_POST
def stop_section(request: Request, section_id: uuid.UUID) -> HttpResponse:
    section = get_section(section_id, request.user, Right.EDIT)
    actions.stop_section(section, acting_user=request.user)
    return answer(request, section.document)


@require_POST
def retry_section(request: Request, section_id: uuid.UUID) -> HttpResponse:
    section = get_section(section_id, request.user, Right.EDIT)
    actions.retry_section(section, acting_user=request.user)
    return answer(request, section.document)


@require_POST
def dismiss_hint(request: Request, document_id: uuid.UUID) -> HttpResponse:
    """The hint about larger models, seen once, stays away in this browser."""
    document = get_document(document_id, request.user)
    request.COOKIES[HINT_COOKIE] = "seen"
    response = answer(request, document)
    year = timedelta(days=365)
    response.set_cookie(HINT_COOKIE, "seen", max_age=year, httponly=True, samesite="Lax")
    return response
