"""A document's provenance as data, for whoever reads its exported text.

`passages` are in reading order, and hold the text that they are about. Nobody known is an author
of the kind `unknown`; such words are no person's. Shares count words.
"""

from typing import Any

from django.utils import timezone

from writing.models import Document, Reading
from writing.people import identity_of
from writing.provenance import Kind, Provenance, SectionParts, Share, provenance_of
from writing.text.coloured import Stretch

NAME = "scriptorium-provenance"
# Grows whenever a reader of older manifests would be misled.
VERSION = 1


def manifest_of(document: Document) -> dict[str, Any]:
    """For DjangoJSONEncoder: times ISO 8601 in UTC."""
    found = provenance_of(document)
    return {
        "manifest": NAME,
        "version": VERSION,
        "exported_at": timezone.now(),
        "document": {
            "id": document.pk,
            "title": document.title,
            "language": document.language,
        },
        "shares": _share(found.share),
        "authors": [
            {
                "key": voice.key,
                "kind": voice.kind,
                "name": None if voice.kind is Kind.UNKNOWN else voice.name,
                "words": voice.words,
                "percent": voice.percent,
            }
            for voice in found.voices
        ],
        "sections": [_section(found, each) for each in found.sections],
    }


def _share(share: Share) -> dict[str, Any]:
    words = {"people": share.people, "agents": share.agents, "unknown": share.unknown}
    return {
        "words": {"total": share.total, **words, "not_reviewed": share.unread},
        "percent": share.percents,
    }


def _section(found: Provenance, each: SectionParts) -> dict[str, Any]:
    return {
        "id": each.section.pk,
        "title": each.section.title,
        "shares": _share(each.share),
        "passages": [_passage(found, stretch) for stretch in each.stretches],
    }


def _passage(found: Provenance, stretch: Stretch) -> dict[str, Any]:
    voice = found.by_author[stretch.author]
    origin = found.origins.get(stretch.author.attempt) if stretch.author.attempt else None
    return {
        "text": stretch.text,
        "words": stretch.words,
        "author": voice.key,
        "kind": voice.kind,
        "name": None if voice.kind is Kind.UNKNOWN else voice.name,
        "attempt": stretch.author.attempt,
        "step": origin.step if origin else None,
        "model": origin.model if origin else None,
        "provider": origin.provider if origin else None,
        "written_from": origin.started_at if origin else None,
        "written_until": origin.ended_at if origin else None,
        "reviewed": _reading(found.readings.get(stretch.reading)),
    }


def _reading(reading: Reading | None) -> dict[str, Any] | None:
    return {"by": identity_of(reading.user)["name"], "at": reading.at} if reading else None
