from uuid import UUID

from django.http import HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe
from django_htmx.http import trigger_client_event

from writing import access
from writing.access import Right
from writing.actions import readings
from writing.models import Document
from writing.provenance import provenance_of
from writing.views.marked import Marking
from writing.views.pages import Request, add_toast, render_part


@require_safe
def provenance(request: Request, document_id: UUID) -> HttpResponse:
    """The whole text by who wrote it; `author` and `unread` say what to look at."""
    document = access.get_document(document_id, request.user)
    right = access.right_on(document_id, request.user) or Right.VIEW
    found = provenance_of(document)
    marking = Marking(found, request.GET.get("author", ""), only_unread="unread" in request.GET)
    context = {
        "document": document,
        "found": found,
        "marking": marking,
        "sections": [(each, marking.html(each)) for each in found.sections],
        "can_edit": right >= Right.EDIT,
    }
    return render_part(request, "writing/provenance.html", "provenance", context)


@require_POST
def review_section(request: Request, section_id: UUID) -> HttpResponse:
    section = access.get_section(section_id, request.user, Right.EDIT)
    reading = readings.review_section(section, acting_user=request.user)
    message = _("“%(title)s” counts as reviewed by you.") % {"title": section.title}
    undo = reverse("writing:take_back_review", args=[reading.pk])
    return _answer(request, section.document, message, undo)


@require_POST
def take_back_review(request: Request, reading_id: UUID) -> HttpResponse:
    reading = access.get_reading(reading_id, request.user)
    readings.take_back_review(reading, acting_user=request.user)
    return _answer(request, reading.section.document)


def _answer(
    request: Request, document: Document, message: str = "", undo: str = ""
) -> HttpResponse:
    if not request.htmx:
        return redirect("writing:provenance", document.pk)
    response = trigger_client_event(HttpResponse(), "reviewed")
    return add_toast(response, request, message, undo=undo) if message else response
