import uuid
from collections.abc import Callable
from datetime import timedelta
from typing import TypeVar

from django.http import HttpResponse, JsonResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.http import content_disposition_header
from django.views.decorators.http import require_POST, require_safe

from agents.access import get_attempt, get_run, get_step
from agents.actions import runs as actions
from agents.estimate import compare
from agents.models import Run, Step
from agents.record import record_of
from agents.steps.savings import saved_by_tiers
from agents.views.cards import OPEN_STATES, card_of
from agents.views.ledger import attempts_with_figures, steps_with_figures, troubled_providers
from agents.views.panel import HINT_COOKIE, answer, panel_context
from agents.views.timeline import timeline_of
from writing.access import Right, Visitor, get_document, get_section, right_on
from writing.actions.export import filename
from writing.models import Section
from writing.views.pages import Request, render_part

T = TypeVar("T", Run, Section)


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
    newer = Step.objects.filter(
        run__document=found.document_id, run__created_at__gt=found.created_at
    )
    settled: set[object] = set(newer.order_by().values_list("section", flat=True).distinct())
    card = card_of(found, steps, is_newest=not settled, settled=settled)
    context = {
        "card": card,
        "timeline": card.timeline or timeline_of(found, steps),
        "roles": {step.role_id: step.role for step in steps}.values(),
        "troubled": troubled_providers(found) if card.is_running else [],
        "saved": saved_by_tiers(found),
        "compared": None if card.is_running else compare(found),
        "steps": steps,
        "may_edit": right is not None and right >= Right.EDIT,
    }
    return render_part(request, "agents/run.html", "run", context)


@require_safe
def record(request: Request, run_id: uuid.UUID) -> HttpResponse:
    """The run's record, to keep."""
    found = get_run(run_id, request.user)
    response = JsonResponse(
        record_of(found), json_dumps_params={"indent": 1, "ensure_ascii": False}
    )
    response["Content-Disposition"] = content_disposition_header(
        as_attachment=True, filename=filename(found.document, "json")
    )
    return response


@require_safe
def step(request: Request, step_id: uuid.UUID) -> HttpResponse:
    """The attempts of one step: prompt, answer, tokens, cost and times."""
    found = get_step(step_id, request.user)
    right = right_on(found.run.document_id, request.user)
    context = {
        "step": found,
        "attempts": attempts_with_figures(found),
        "is_open": found.state in OPEN_STATES,
        "may_edit": right is not None and right >= Right.EDIT,
    }
    return render_part(request, "agents/step.html", "attempts", context)


@require_safe
def attempt(request: Request, attempt_id: uuid.UUID) -> HttpResponse:
    """Where an attempt is explained: on its step's page."""
    found = get_attempt(attempt_id, request.user)
    page = reverse("agents:step", args=[found.step_id])
    return redirect(f"{page}#attempt-{found.pk}")


def _order(
    find: Callable[[uuid.UUID, Visitor, Right], T], action: Callable[..., T]
) -> Callable[..., HttpResponse]:
    """A view that does `action` to what its address names, for those who may edit."""

    @require_POST
    def view(request: Request, **named: uuid.UUID) -> HttpResponse:
        [pk] = named.values()
        subject = find(pk, request.user, Right.EDIT)
        action(subject, acting_user=request.user)
        return answer(request, subject.document)

    return view


stop_run = _order(get_run, actions.stop_run)
retry_run = _order(get_run, actions.retry_run)
stop_section = _order(get_section, actions.stop_section)
retry_section = _order(get_section, actions.retry_section)


@require_POST
def dismiss_hint(request: Request, document_id: uuid.UUID) -> HttpResponse:
    """The hint about larger models, seen once, stays away in this browser."""
    document = get_document(document_id, request.user)
    request.COOKIES[HINT_COOKIE] = "seen"
    response = answer(request, document)
    year = timedelta(days=365)
    response.set_cookie(HINT_COOKIE, "seen", max_age=year, httponly=True, samesite="Lax")
    return response
