from datetime import datetime
from typing import Any
from uuid import UUID

from django.http import HttpResponse, JsonResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.dateparse import parse_datetime
from django.views.decorators.http import require_GET

from writing import access
from writing import replay as played
from writing.bylines import moments_of
from writing.exceptions import InvalidInput
from writing.models import Document, Version
from writing.passages import addresses_of
from writing.replay import Timeline, timeline_of
from writing.views.pages import Request


@require_GET
def replay(request: Request, document_id: UUID) -> HttpResponse:
    document = access.get_document(document_id, request.user)
    until = timezone.now()
    timeline = timeline_of(document, until)
    sections = document.sections.in_bulk(timeline.sections)
    context = {
        "document": document,
        "start": _start(document, timeline, request.GET.get("version", "")),
        "order": [sections[pk] for pk in timeline.sections],
        "legend": list(enumerate(timeline.legend))[1:],
        "jumps": _jumps(document, timeline),
        "last": len(timeline.times) - 1,
        "data": {
            "until": until.isoformat(),
            "times": [at.isoformat(timespec="seconds") for at in timeline.times],
        },
    }
    return render(request, "writing/replay.html", context)


@require_GET
def frames(request: Request, document_id: UUID) -> JsonResponse:
    """Some steps of the replay. `until` is what the page was told, so that steps stay the same."""
    document = access.get_document(document_id, request.user)
    timeline = timeline_of(document, _moment(request.GET.get("until", "")))
    first, count = _number(request, "first"), _number(request, "count")
    if not (0 <= first < len(timeline.times) and count > 0):
        raise InvalidInput(str(first))
    is_known = request.GET.get("known") == "1" and first > 0

    image = addresses_of(document)
    found = played.frames(timeline, first, count, is_known=is_known, image=image)
    return JsonResponse(
        {
            "frames": [{"step": each.step, "sections": each.sections} for each in found.frames],
            "blocks": found.blocks,
        }
    )


def _start(document: Document, timeline: Timeline, version: str) -> int | None:
    """The step that shows the version that somebody comes from."""
    found = Version.objects.filter(document=document, pk=int(version) if version.isdecimal() else 0)
    at = found.values_list("created_at", flat=True).first()
    return timeline.step_at(at) if at else None


def _jumps(document: Document, timeline: Timeline) -> list[dict[str, Any]]:
    """Versions and runs, the oldest first, with the step that shows each."""
    versions = Version.objects.whole().filter(document=document)
    known = [(version.created_at, version.label) for version in versions]
    known += [(moment.at, moment.label) for moment in moments_of(document)]
    return [
        {"step": timeline.step_at(at), "label": label, "at": at}
        for at, label in sorted(known, key=lambda each: each[0])
    ]


def _moment(value: str) -> datetime:
    found = parse_datetime(value.replace(" ", "+")) if value else timezone.now()
    if found is None or timezone.is_naive(found):
        raise InvalidInput(value)
    return found


def _number(request: Request, name: str) -> int:
    value = request.GET.get(name, "0" if name == "first" else "1")
    if not value.isdecimal():
        raise InvalidInput(value)
    return int(value)
