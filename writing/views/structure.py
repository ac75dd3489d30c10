"""Dividing a section and joining two; each can be taken back from the toast it answers with."""

from uuid import UUID

from django.http import HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from writing import access
from writing.access import Right
from writing.actions import structure
from writing.exceptions import InvalidInput
from writing.views.pages import Request, add_toast
from writing.views.sections import answer


@require_POST
def split_section(request: Request, section_id: UUID) -> HttpResponse:
    section = access.get_section(section_id, request.user, Right.EDIT)
    position = request.POST.get("position", "")
    part, divided = structure.split_section(section, position, acting_user=request.user)
    response = answer(request, section.document)
    if not request.htmx:
        return response
    message = _("“%(title)s” was split.") % {"title": section.title}
    undo = reverse("writing:rejoin_sections", args=[section_id, part.pk, divided])
    tidy = reverse("writing:tidy_section", args=[section_id])
    return add_toast(response, request, message, undo=undo, later=tidy)


@require_POST
def tidy_section(request: Request, section_id: UUID) -> HttpResponse:
    section = access.get_section(section_id, request.user, Right.EDIT)
    structure.tidy_section(section, acting_user=request.user)
    return HttpResponse(status=204)


@require_POST
def merge_section(request: Request, section_id: UUID) -> HttpResponse:
    """With the section that comes next."""
    section = access.get_section(section_id, request.user, Right.EDIT)
    following = section.document.sections.present().filter(position__gt=section.position).first()
    if following is None:
        raise InvalidInput(_("There is no section after this one."))
    _section, client_id = structure.merge_sections(section, following, acting_user=request.user)
    response = answer(request, section.document)
    if not request.htmx:
        return response
    message = _("“%(next)s” was joined to “%(title)s”.") % {
        "next": following.title,
        "title": section.title,
    }
    undo = reverse("writing:divide_merged", args=[section_id, following.pk, client_id])
    return add_toast(response, request, message, undo=undo)


@require_POST
def rejoin_sections(request: Request, section_id: UUID, part_id: UUID, join: int) -> HttpResponse:
    section = access.get_section(section_id, request.user, Right.EDIT)
    part = access.get_section(part_id, request.user, Right.EDIT)
    structure.rejoin_sections(section, part, join=join, acting_user=request.user)
    return answer(request, section.document)


@require_POST
def divide_merged(
    request: Request, section_id: UUID, merged_id: UUID, client_id: int
) -> HttpResponse:
    section = access.get_section(section_id, request.user, Right.EDIT)
    merged = access.get_section(merged_id, request.user, Right.EDIT, deleted=True)
    structure.divide_merged(section, merged, client_id=client_id, acting_user=request.user)
    response = answer(request, section.document)
    if not request.htmx:
        return response
    tidy = reverse("writing:tidy_section", args=[section_id])
    message = _("“%(title)s” is a section again.") % {"title": merged.title}
    return add_toast(response, request, message, later=tidy)
