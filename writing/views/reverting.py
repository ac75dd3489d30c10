from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST
from django_htmx.http import trigger_client_event

from writing import access
from writing.access import Right
from writing.actions import reverting
from writing.views.pages import Request, add_toast


@require_POST
def revert_document(request: Request, version_id: int) -> HttpResponse:
    version = access.get_version(version_id, request.user, Right.EDIT)
    reversion = reverting.revert_document(version, acting_user=request.user)
    message = _("The document is as it was in “%(version)s”.") % {"version": version.label}
    return _answer(request, version.document_id, message, reversion.pk)


@require_POST
def revert_section(request: Request, version_id: int, section_id: UUID) -> HttpResponse:
    version = access.get_version(version_id, request.user, Right.EDIT)
    section = access.get_section(section_id, request.user, Right.EDIT)
    reversion = reverting.revert_section(version, section, acting_user=request.user)
    message = _("“%(title)s” is as it was in “%(version)s”.") % {
        "title": section.title or _("Untitled section"),
        "version": version.label,
    }
    return _answer(request, section.document_id, message, reversion.pk)


@require_POST
def undo_reversion(request: Request, reversion_id: UUID) -> HttpResponse:
    reversion = access.get_reversion(reversion_id, request.user)
    reverting.undo_reversion(reversion, acting_user=request.user)
    message = _("That is undone. What was written since stays.")
    return _answer(request, reversion.document_id, message)


def _answer(
    request: Request, document_id: UUID, message: str, reversion_id: UUID | None = None
) -> HttpResponse:
    undo = reverse("writing:undo_reversion", args=[reversion_id]) if reversion_id else ""
    if not request.htmx:
        messages.info(request, message, extra_tags=undo)
        return redirect("writing:manuscript", document_id)
    response = add_toast(HttpResponse(), request, message, undo=undo)
    for event in ("outline-changed", "history-changed"):
        trigger_client_event(response, event)
    return response
