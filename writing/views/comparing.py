from dataclasses import dataclass
from uuid import UUID

from django.http import HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from writing import access
from writing.access import Right
from writing.comparing import differences, places_now
from writing.exceptions import nothing_here
from writing.models import Document, Version
from writing.models.versions import Place
from writing.views.pages import Request

START, NOW = "start", "now"
VIEWS = ("inline", "side")
CHOICES = 200


@dataclass(frozen=True, slots=True)
class Side:
    """One of the two moments that are compared. `section`: the only one that it knows."""

    value: str
    label: str
    places: list[Place]
    version: Version | None = None

    @property
    def section(self) -> UUID | None:
        return self.version.section_id if self.version else None


@require_GET
def compare(request: Request, document_id: UUID) -> HttpResponse:
    document = access.get_document(document_id, request.user)
    versions = list(Version.objects.filter(document=document).select_related("section")[:CHOICES])
    after = _side(document, request.GET.get("after") or NOW)
    before = _side(document, request.GET.get("before") or _before(versions, after))
    show_all = bool(request.GET.get("all"))
    found = differences(*_of_one_section(before, after), show_all=show_all)
    view = request.GET.get("view", "")
    right = access.right_on(document_id, request.user) or Right.VIEW
    context = {
        "document": document,
        # One that is older than those may be asked for as well.
        "versions": list(
            dict.fromkeys([*versions, *filter(None, (before.version, after.version))])
        ),
        "before": before,
        "after": after,
        "differences": found,
        "added": sum(each.added for each in found),
        "removed": sum(each.removed for each in found),
        "view": view if view in VIEWS else VIEWS[0],
        "show_all": show_all,
        "can_edit": right >= Right.EDIT,
        "present": set(document.sections.present().values_list("pk", flat=True)),
    }
    return render(request, "writing/compare.html", context)


def _side(document: Document, value: str) -> Side:
    """Raises NotFound for what is no version of the document."""
    if value == NOW:
        return Side(NOW, _("Now"), places_now(document))
    if value == START:
        return Side(START, _("Empty page"), [])
    found = Version.objects.filter(document=document)
    version = found.filter(pk=int(value)).first() if value.isdecimal() else None
    if version is None:
        raise nothing_here()
    return Side(value, version.label, version.places, version)


def _before(versions: list[Version], after: Side) -> str:
    """The version before the later moment, else the empty page."""
    earlier = [v for v in versions if after.version is None or v.pk < after.version.pk]
    if after.section:
        earlier = [v for v in earlier if v.is_whole or v.section_id == after.section]
    else:
        earlier = [v for v in earlier if v.is_whole]
    return str(earlier[0].pk) if earlier else START


def _of_one_section(before: Side, after: Side) -> tuple[list[Place], list[Place]]:
    """Where one of them knows one section alone, that one of both."""
    section = after.section or before.section
    if section is None:
        return before.places, after.places
    one, other = (
        [place for place in side.places if place.section == section] for side in (before, after)
    )
    return one, other
