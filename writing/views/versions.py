from uuid import UUID

from django.http import HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_GET, require_http_methods, require_POST
from django_htmx.http import trigger_client_event

from writing import access
from writing.access import Right
from writing.actions import versions
from writing.exceptions import InvalidInput
from writing.forms import VersionForm
from writing.models import Document, Version
from writing.tallies import contributions, count_changes
from writing.views.pages import Request, close_dialog, refuse, render_part

PAGE = 40


@require_GET
def history(request: Request, document_id: UUID) -> HttpResponse:
    document = access.get_document(document_id, request.user)
    return _render_history(request, document)


@require_POST
def name_version(request: Request, document_id: UUID) -> HttpResponse:
    document = access.get_document(document_id, request.user, Right.EDIT)
    name = request.POST.get("name", "")
    versions.name_version(document, name=name, acting_user=request.user)
    if not request.htmx:
        return redirect("writing:history", document.pk)
    return _render_history(request, document)


@require_http_methods(["GET", "POST"])
def rename_version(request: Request, version_id: int) -> HttpResponse:
    version = access.get_version(version_id, request.user, Right.EDIT)
    template = ("writing/version_form.html", "dialog")
    if request.method != "POST":
        form = VersionForm(initial={"name": version.name})
        return render_part(request, *template, {"version": version, "form": form})
    form = VersionForm(request.POST)
    if not form.is_valid():
        return refuse(request, form, *template, {"version": version, "form": form})
    versions.rename_version(version, name=form.cleaned_data["name"], acting_user=request.user)
    if not request.htmx:
        return redirect("writing:history", version.document_id)
    return close_dialog(request, trigger_client_event(HttpResponse(), "history-changed"))


@require_GET
def changes(request: Request, version_id: int) -> HttpResponse:
    """Who changed how much; counted when somebody looks for the first time."""
    version = access.get_version(version_id, request.user)
    if version.changes is None:
        count_changes(version)
    context = {"version": version, "contributions": contributions([version])[version.pk]}
    return render_part(request, "writing/changes.html", "changes", context)


def _render_history(request: Request, document: Document) -> HttpResponse:
    older = request.GET.get("before", "")
    found = Version.objects.filter(document=document).select_related("created_by", "section")
    if older:
        if not older.isdecimal():
            raise InvalidInput(older)
        found = found.filter(pk__lt=int(older))
    shown = list(found[: PAGE + 1])
    counted = contributions(shown)
    right = access.right_on(document.pk, request.user) or Right.VIEW
    context = {
        "document": document,
        "entries": [(version, counted[version.pk]) for version in shown[:PAGE]],
        "more": shown[PAGE - 1].pk if len(shown) > PAGE else None,
        "is_first_page": not older,
        "can_edit": right >= Right.EDIT,
        "form_number": Version.objects.filter(document=document).count(),
    }
    return render_part(request, "writing/history.html", "history", context)
