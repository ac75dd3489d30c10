"""Undoing an attempt, after a question, and bringing it back."""

import uuid

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST
from django_htmx.http import trigger_client_event

from agents.access import get_attempt
from agents.actions.undoing import bring_back_attempt, preview, undo_attempt
from agents.models import Attempt
from writing.access import Right
from writing.views.pages import Request, add_toast, close_dialog, render_part


@require_http_methods(["GET", "POST"])
def undo(request: Request, attempt_id: uuid.UUID) -> HttpResponse:
    attempt = get_attempt(attempt_id, request.user, Right.EDIT)
    if request.method != "POST":
        context = {"attempt": attempt, "undone": preview(attempt)}
        return render_part(request, "agents/undo.html", "dialog", context)
    undo_attempt(attempt, acting_user=request.user)
    return _answer(request, attempt, _("The attempt is undone."), undo="bring_back_attempt")


@require_POST
def bring_back(request: Request, attempt_id: uuid.UUID) -> HttpResponse:
    attempt = get_attempt(attempt_id, request.user, Right.EDIT)
    bring_back_attempt(attempt, acting_user=request.user)
    return _answer(request, attempt, _("The attempt's words are back."), undo="undo_attempt")


def _answer(request: Request, attempt: Attempt, message: str, *, undo: str) -> HttpResponse:
    """A message that takes it back, and whatever shows the attempt fetches it again."""
    address = reverse(f"agents:{undo}", args=[attempt.pk])
    if not request.htmx:
        messages.info(request, message, extra_tags=address)
        return redirect("agents:step", attempt.step_id)
    response = add_toast(HttpResponse(), request, message, undo=address)
    for event in ("attempts-changed", "outline-changed"):
        trigger_client_event(response, event)
    return close_dialog(request, response)
