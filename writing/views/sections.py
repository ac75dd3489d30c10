from uuid import UUID

from django.db.models import Exists, OuterRef
from django.forms import model_to_dict
from django.http import HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST
from django_htmx.http import retarget

from writing import access
from writing.access import Right
from writing.actions import sections
from writing.actions.reverting import revert_section
from writing.actions.versions import newest_version_of
from writing.exceptions import InvalidInput
from writing.forms import PositionForm, SectionForm
from writing.models import Document, Version
from writing.views.pages import (
    Request,
    add_toast,
    close_dialog,
    open_to_guests,
    refuse,
    render_part,
)

FORM = ("writing/section_form.html", "dialog")


@open_to_guests
@require_GET
def outline(request: Request, document_id: UUID) -> HttpResponse:
    document = access.get_document(document_id, request.user)
    return render_outline(request, document)


@require_http_methods(["GET", "POST"])
def add_section(request: Request, document_id: UUID) -> HttpResponse:
    document = access.get_document(document_id, request.user, Right.EDIT)
    place = PositionForm(request.POST if request.method == "POST" else request.GET)
    position = place.cleaned_data["position"] if place.is_valid() else None
    context = {"document": document, "position": position}
    if request.method != "POST":
        return render_part(request, *FORM, context | {"form": SectionForm()})
    form = SectionForm(request.POST)
    if not form.is_valid():
        return refuse(request, form, *FORM, context | {"form": form})
    try:
        sections.add_section(
            document, acting_user=request.user, position=position, **form.cleaned_data
        )
    except InvalidInput as error:
        form.add_error(None, str(error))
        return refuse(request, form, *FORM, context | {"form": form})
    return close_dialog(request, answer(request, document))


@require_http_methods(["GET", "POST"])
def edit_section(request: Request, section_id: UUID) -> HttpResponse:
    section = access.get_section(section_id, request.user, Right.EDIT)
    context = {"document": section.document, "section": section}
    if request.method != "POST":
        form = SectionForm(initial=model_to_dict(section))
        return render_part(request, *FORM, context | {"form": form})
    form = SectionForm(request.POST)
    if not form.is_valid():
        return refuse(request, form, *FORM, context | {"form": form})
    sections.edit_section(section, acting_user=request.user, **form.cleaned_data)
    return close_dialog(request, answer(request, section.document))


@require_POST
def move_section(request: Request, section_id: UUID) -> HttpResponse:
    section = access.get_section(section_id, request.user, Right.EDIT)
    form = PositionForm(request.POST)
    if not form.is_valid():
        raise InvalidInput(form.errors["position"][0])
    sections.move_section(section, form.cleaned_data["position"], acting_user=request.user)
    return answer(request, section.document)


@require_POST
def delete_section(request: Request, section_id: UUID) -> HttpResponse:
    section = access.get_section(section_id, request.user, Right.EDIT)
    sections.delete_section(section, acting_user=request.user)
    response = answer(request, section.document)
    if not request.htmx:
        return response
    message = _("“%(title)s” was deleted.") % {"title": section.title}
    return add_toast(
        response, request, message, undo=reverse("writing:restore_section", args=[section_id])
    )


@require_POST
def restore_section(request: Request, section_id: UUID) -> HttpResponse:
    section = access.get_section(section_id, request.user, Right.EDIT, deleted=True)
    sections.restore_section(section, acting_user=request.user)
    return answer(request, section.document)


@require_POST
def swap_version(request: Request, section_id: UUID) -> HttpResponse:
    """The text before the last draft comes back."""
    section = access.get_section(section_id, request.user, Right.EDIT)
    version = newest_version_of(section_id)
    if version is None:
        raise InvalidInput(_("This section has no earlier text."))
    reversion = revert_section(version, section, acting_user=request.user)
    response = answer(request, section.document)
    if not request.htmx:
        return response
    message = _("The earlier text of “%(title)s” is back.") % {"title": section.title}
    return add_toast(
        response, request, message, undo=reverse("writing:undo_reversion", args=[reversion.pk])
    )


def answer(request: Request, document: Document) -> HttpResponse:
    """The outline as it is now, wherever the button that was pressed stands."""
    if not request.htmx:
        return redirect("writing:manuscript", document.pk)
    response = retarget(render_outline(request, document), "#outline")
    response["HX-Reswap"] = "morph:innerHTML"
    return response


def render_outline(request: Request, document: Document) -> HttpResponse:
    right = access.right_on(document.pk, request.user) or Right.VIEW
    context = {
        "document": document,
        "sections": document.sections.present().annotate(
            has_versions=Exists(Version.objects.filter(section=OuterRef("pk")))
        ),
        "can_edit": right >= Right.EDIT,
    }
    return render_part(request, "writing/outline.html", "outline", context)
