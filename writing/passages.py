"""What stands in a document's sections, by whoever wrote it."""

import pickle
import uuid
import zlib
from collections.abc import Iterable

from django.core.cache import cache
from django.urls import reverse

from writing.models import Document, Section
from writing.past import pasts_of
from writing.text.checkpoints import Author
from writing.text.coloured import Part, Stretch, parts_of
from writing.text.output import Addresses

_KEPT_SECONDS = 900
_MANY_UPDATES = 200
# Grows with every change of what is kept: another process may run an older version.
_FORMAT = 2

PackedPart = str | tuple[int | None, uuid.UUID | None, str, str, str, int]
Packed = tuple[int, list[PackedPart]]
"""A section up to an update's number. Tuples, since thousands of objects take long to be read."""


def parts_by_section(document: Document) -> list[tuple[Section, list[Part]]]:
    """Only what has changed since somebody last asked is played."""
    sections = list(document.sections.present())
    key = f"provenance-{_FORMAT}-{document.pk.hex}"
    kept = cache.get(key)
    known: dict[uuid.UUID, Packed] = (
        pickle.loads(zlib.decompress(kept)) if kept else {}  # noqa: S301 (we put it there)
    )
    now = {pk: known[pk] for pk in (section.pk for section in sections) if pk in known}
    due = {each.pk: each.last_seq for each in sections if now.get(each.pk, (0,))[0] < each.last_seq}
    address = addresses_of(document)
    for pk, past in pasts_of(due, keep_after=_MANY_UPDATES).items():
        past.reject_suggestions()
        now[pk] = due[pk], _packed(parts_of(past, address))
    if due:
        cache.set(key, zlib.compress(pickle.dumps(now), 1), _KEPT_SECONDS)
    authors: dict[tuple[int | None, uuid.UUID | None], Author] = {}
    return [
        (each, _unpacked(now[each.pk][1] if each.pk in now else (), authors)) for each in sections
    ]


def _packed(parts: Iterable[Part]) -> list[PackedPart]:
    return [
        part
        if isinstance(part, str)
        else (
            part.author.user_id,
            part.author.attempt,
            part.reading,
            part.text,
            part.html if part.html != part.text else "",
            part.words,
        )
        for part in parts
    ]


def _unpacked(
    parts: Iterable[PackedPart], authors: dict[tuple[int | None, uuid.UUID | None], Author]
) -> list[Part]:
    found: list[Part] = []
    for part in parts:
        if isinstance(part, str):
            found.append(part)
            continue
        user_id, attempt, reading, text, html, words = part
        author = authors.setdefault((user_id, attempt), Author(user_id, attempt))
        found.append(Stretch(author, reading, text, html or text, words))
    return found


def addresses_of(document: Document) -> Addresses:
    """Where this site shows the document's images."""
    present = {str(pk) for pk in document.images.values_list("pk", flat=True)}

    def address(image_id: str) -> str | None:
        is_present = image_id in present
        return reverse("writing:image", args=[document.pk, image_id]) if is_present else None

    return address
