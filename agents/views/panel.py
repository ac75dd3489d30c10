"""The runs panel, and how every order to the agents is answered."""

from typing import Any

from django.http import HttpResponse
from django.shortcuts import redirect, render
from django_htmx.http import trigger_client_event

from agents.models import Attempt, Model, RunPurpose
from agents.views.cards import RunCard, card_of
from writing.access import Right, right_on
from writing.models import Document
from writing.views.pages import Request

RUNS_SHOWN = 8
HINT_COOKIE = "larger-model-hint"


def panel_context(request: Request, document: Document) -> dict[str, Any]:
    runs = list(
        # What an answer took stands in its thread.
        document.runs.exclude(purpose=RunPurpose.ANSWER)
        .select_related("workflow")
        .prefetch_related("steps__role", "steps__section")[:RUNS_SHOWN]
    )
    cards: list[RunCard] = []
    settled: set[object] = set()
    for run in runs:
        cards.append(
            card_of(run, list(run.steps.all()), is_newest=run is runs[0], settled=set(settled))
        )
        settled |= {step.section_id for step in run.steps.all()}
    right = right_on(document.pk, request.user)
    return {
        "document": document,
        "cards": cards,
        "may_edit": right is not None and right >= Right.EDIT,
        "hint": HINT_COOKIE not in request.COOKIES
        and Attempt.objects.filter(
            step__run__document=document,
            model__provider__is_bundled=True,
            model__tier=Model.Tier.SMALL,
        ).exists(),
    }


def render_panel(request: Request, document: Document) -> HttpResponse:
    return render(request, "agents/runs.html#panel", panel_context(request, document))


def answer(request: Request, document: Document) -> HttpResponse:
    """After an order. Its answer goes where the request says, not where the page says when it
    comes: the button may have been morphed into another one meanwhile, with another target. So
    only the panel itself gets its fresh content; others are told to fetch what changed."""
    if not request.htmx:
        return redirect("writing:manuscript", document.pk)
    if request.htmx.target != "runs":
        return _fetch_again("run-changed", "outline-changed")
    response = render_panel(request, document)
    return trigger_client_event(response, "outline-changed")


def answer_dialog(request: Request, document: Document) -> HttpResponse:
    """After an order given in the dialog: it closes, panel and outline fetch what changed."""
    if not request.htmx:
        return redirect("writing:manuscript", document.pk)
    return _fetch_again("close-dialog", "run-changed", "outline-changed")


def _fetch_again(*events: str) -> HttpResponse:
    response = HttpResponse(status=204)
    for event in events:
        trigger_client_event(response, event)
    return response
