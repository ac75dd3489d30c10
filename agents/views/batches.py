"""The batches of a person, and the page of one: how far it is, and what can be done about it."""

import uuid
from collections.abc import Callable

from django.conf import settings
from django.contrib import messages
from django.core.paginator import Paginator
from django.db.models import Q
from django.http import HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe
from django_htmx.http import trigger_client_event

from agents.access import batches_of, get_batch, get_batch_row
from agents.actions import batches as actions
from agents.batch_estimate import BatchEstimate
from agents.batch_progress import batch_progress, row_entries, seconds_left
from agents.budget import Reached
from agents.forms import LimitForm
from agents.models import Batch, RowState
from agents.models.batches import UNDONE
from writing.exceptions import InvalidInput
from writing.views.pages import Request, add_toast, render_part

BATCHES_ON_A_PAGE = 25
ROWS_ON_A_PAGE = 50
# What the list of a batch's documents may be narrowed to.
SHOWN = {
    "all": Q(),
    "open": Q(state__in=(RowState.WAITING, RowState.RUNNING, RowState.PAUSED)),
    "undone": Q(state__in=UNDONE),
    "finished": Q(state=RowState.FINISHED),
}


@require_safe
def batches(request: Request) -> HttpResponse:
    found = batches_of(request.user).select_related("workflow")
    page = Paginator(found, BATCHES_ON_A_PAGE).get_page(request.GET.get("page"))
    progress = batch_progress(list(page))
    entries = [(batch, progress[batch.pk]) for batch in page]
    is_live = any(batch.is_open for batch in page)
    context = {"page": page, "entries": entries, "is_live": is_live}
    return render_part(request, "agents/batches.html", "batches", context)


@require_safe
def batch(request: Request, batch_id: uuid.UUID) -> HttpResponse:
    found = get_batch(batch_id, request.user)
    progress = batch_progress([found])[found.pk]
    shown = request.GET.get("show", "all")
    rows = found.rows.filter(SHOWN.get(shown, Q())).select_related("document")
    page = Paginator(rows, ROWS_ON_A_PAGE).get_page(request.GET.get("page"))
    context = {
        "batch": found,
        "progress": progress,
        "seconds_left": seconds_left(found, progress),
        "currency": settings.CURRENCY,
        "following": batches_of(request.user).filter(repeat_of=found).first(),
        "estimate": BatchEstimate.read(found.estimate),
        "reached": Reached.read(found.limit_reached),
        "shown": shown,
        "tabs": _tabs(shown, progress.counts),
        "page": page,
        "entries": row_entries(list(page)),
    }
    return render_part(request, "agents/batch.html", "batch", context)


def _tabs(shown: str, counts: dict[str, int]) -> list[tuple[str, str, int, bool]]:
    """Name in the address, label, how many there are, and whether these are shown."""
    finished, undone = {str(RowState.FINISHED)}, set(map(str, UNDONE))
    labels: dict[str, tuple[str, set[str]]] = {
        "all": (_("All"), set(counts)),
        "open": (_("To do"), set(counts) - finished - undone),
        "undone": (_("Not finished"), undone),
        "finished": (_("Finished"), finished),
    }
    return [
        (name, label, sum(counts.get(state, 0) for state in states), name == shown)
        for name, (label, states) in labels.items()
    ]


def _answer(request: Request, batch: Batch) -> HttpResponse:
    """After an order: the page fetches what changed."""
    if not request.htmx:
        return redirect("agents:batch", batch.pk)
    return trigger_client_event(HttpResponse(), "batch-changed")


def _order(action: Callable[..., Batch]) -> Callable[..., HttpResponse]:
    """A view that does `action` to the batch, for its owner."""

    @require_POST
    def view(request: Request, batch_id: uuid.UUID) -> HttpResponse:
        return _answer(request, action(get_batch(batch_id, request.user), acting_user=request.user))

    return view


pause_batch = _order(actions.pause_batch)
resume_batch = _order(actions.resume_batch)
try_failures_again = _order(actions.try_failures_again)


@require_POST
def cancel_batch(request: Request, batch_id: uuid.UUID) -> HttpResponse:
    found = get_batch(batch_id, request.user)
    actions.cancel_batch(found, acting_user=request.user)
    message = _("“%(name)s” was cancelled. What is written stays.") % {"name": found.name}
    undo = reverse("agents:resume_batch", args=[found.pk])
    if not request.htmx:
        messages.info(request, message, extra_tags=undo)
        return _answer(request, found)
    return add_toast(_answer(request, found), request, message, undo=undo)


@require_POST
def try_row_again(request: Request, batch_id: uuid.UUID, number: int) -> HttpResponse:
    row = get_batch_row(batch_id, number, request.user)
    actions.try_row_again(row, acting_user=request.user)
    return _answer(request, row.batch)


@require_POST
def raise_budget(request: Request, batch_id: uuid.UUID) -> HttpResponse:
    """Set what the batch may spend, and go on where it stopped at that."""
    found = get_batch(batch_id, request.user)
    form = LimitForm(request.POST)
    if not form.is_valid():
        raise InvalidInput(form.errors["limit"][0])
    actions.raise_batch_budget(found, form.cleaned_data["limit"], acting_user=request.user)
    return _answer(request, found)
