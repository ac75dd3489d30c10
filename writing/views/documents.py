from io import BytesIO
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.forms import model_to_dict
from django.http import FileResponse, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST
from django_htmx.http import trigger_client_event

from writing import access
from writing.access import Right
from writing.actions import documents, export
from writing.admission import guest_in
from writing.forms import DocumentForm
from writing.library import entries_for
from writing.people import identity_of
from writing.views.pages import (
    Request,
    add_toast,
    close_dialog,
    open_to_guests,
    refuse,
    render_part,
)


@require_GET
def library(request: Request) -> HttpResponse:
    search = request.GET.get("q", "").strip()
    page, entries = entries_for(request.user, search, request.GET.get("page", "1"))
    context = {"page": page, "entries": entries, "search": search}
    return render_part(request, "writing/library.html", "documents", context)


@open_to_guests
@require_GET
def manuscript(request: HttpRequest, document_id: UUID) -> HttpResponse:
    document = access.get_document(document_id, request.user)
    right = access.right_on(document_id, request.user) or Right.VIEW
    context = {
        "document": document,
        "can_edit": right >= Right.EDIT,
        "can_comment": right >= Right.COMMENT,
        "is_owner": right >= Right.OWN,
        **_reader(request, document_id),
    }
    return render(request, "writing/manuscript.html", context)


def _reader(request: HttpRequest, document_id: UUID) -> dict[str, Any]:
    """How the others see whoever opens the page; a guest they do not see."""
    if request.user.is_authenticated:
        return {"user_tone": identity_of(request.user)["tone"]}
    guest = guest_in(request.session)
    return {"guests_link": guest and access.link_of(document_id, guest)}


@require_http_methods(["GET", "POST"])
def edit_document(request: Request, document_id: UUID) -> HttpResponse:
    document = access.get_document(document_id, request.user, Right.EDIT)
    template = ("writing/document_form.html", "dialog")
    if request.method != "POST":
        form = DocumentForm(initial=model_to_dict(document))
        return render_part(request, *template, {"document": document, "form": form})
    form = DocumentForm(request.POST)
    if not form.is_valid():
        return refuse(request, form, *template, {"document": document, "form": form})
    documents.edit_document(document, acting_user=request.user, **form.cleaned_data)
    if not request.htmx:
        return redirect("writing:manuscript", document_id)
    return close_dialog(request, trigger_client_event(HttpResponse(), "library-changed"))


@require_POST
def delete_document(request: Request, document_id: UUID) -> HttpResponse:
    document = access.get_document(document_id, request.user, Right.OWN)
    documents.delete_document(document, acting_user=request.user)
    message = _("“%(title)s” was deleted.") % {"title": document.title}
    undo = reverse("writing:restore_document", args=[document_id])
    if not request.htmx:
        messages.info(request, message, extra_tags=undo)
        return redirect("writing:library")
    response = trigger_client_event(HttpResponse(), "library-changed")
    return add_toast(response, request, message, undo=undo)


@require_POST
def restore_document(request: Request, document_id: UUID) -> HttpResponse:
    document = access.get_document(document_id, request.user, Right.OWN, deleted=True)
    documents.restore_document(document, acting_user=request.user)
    if not request.htmx:
        return redirect("writing:library")
    return trigger_client_event(HttpResponse(), "library-changed")


@require_GET
def export_document(request: Request, document_id: UUID, suffix: str) -> FileResponse:
    document = access.get_document(document_id, request.user)
    file = export.export_document(document, suffix, acting_user=request.user)
    return FileResponse(
        BytesIO(file.data),
        as_attachment=True,
        filename=file.name,
        content_type=file.content_type,
        headers={"Content-Security-Policy": export.POLICY},
    )
