"""Where every word of a document came from, and whether a person has reviewed it."""

import uuid
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from enum import StrEnum

from django.contrib.auth import get_user_model
from django.utils.translation import gettext as _

from writing.models import Document, Reading, Section
from writing.origins import Origin, origins_of
from writing.passages import parts_by_section
from writing.people import identity_of
from writing.text.checkpoints import Author
from writing.text.coloured import Part, Stretch


class Kind(StrEnum):
    PERSON = "person"
    AGENT = "agent"
    UNKNOWN = "unknown"

    @classmethod
    def of(cls, author: Author) -> "Kind":
        if author.attempt:
            return cls.AGENT
        return cls.PERSON if author.user_id is not None else cls.UNKNOWN


@dataclass(slots=True)
class Share:
    """Words by who wrote them; `unread` are those of agents and nobody known that no person has
    reviewed."""

    people: int = 0
    agents: int = 0
    unknown: int = 0
    unread: int = 0

    @property
    def total(self) -> int:
        return self.people + self.agents + self.unknown

    @property
    def percents(self) -> dict[str, int]:
        parts = percents([self.people, self.agents, self.unknown])
        return dict(zip(("people", "agents", "unknown"), parts, strict=True))


def percents(parts: Sequence[int]) -> list[int]:
    """Whole numbers that come to a hundred: what is cut off most is rounded up."""
    total = sum(parts)
    if not total:
        return [0] * len(parts)
    found = [100 * part // total for part in parts]
    by_rest = sorted(range(len(parts)), key=lambda n: -(100 * parts[n] % total))
    for number in by_rest[: 100 - sum(found)]:
        found[number] += 1
    return found


@dataclass(slots=True)
class Voice:
    """One author to the reader: a person, all attempts of a role, or whoever is not known."""

    key: str
    name: str
    tone: int
    kind: Kind
    number: int = 0
    words: int = 0
    percent: int = 0
    # Where its part begins when all are put in a row, in per cent.
    start: int = 0


@dataclass(slots=True)
class SectionParts:
    section: Section
    parts: Sequence[Part]
    share: Share = field(default_factory=Share)
    last_reading: Reading | None = None

    @property
    def stretches(self) -> Iterator[Stretch]:
        return (part for part in self.parts if not isinstance(part, str))


@dataclass(slots=True)
class Provenance:
    """`voices` begin with whoever wrote most; `readings` are by id."""

    sections: list[SectionParts]
    voices: list[Voice]
    by_author: dict[Author, Voice]
    origins: dict[uuid.UUID, Origin]
    readings: dict[str, Reading]
    share: Share = field(default_factory=Share)

    def is_read(self, stretch: Stretch) -> bool:
        return stretch.reading in self.readings


def provenance_of(document: Document) -> Provenance:
    sections = [SectionParts(*each) for each in parts_by_section(document)]
    stretches = [stretch for each in sections for stretch in each.stretches]
    authors = dict.fromkeys(stretch.author for stretch in stretches)
    attempts = {author.attempt for author in authors if author.attempt}
    found = Provenance(
        sections,
        voices=[],
        by_author={},
        origins=origins_of(document, attempts),
        readings=readings_of(document),
    )
    found.by_author = _voices(authors, found.origins)
    words: Counter[str] = Counter()
    whole = (reading for reading in found.readings.values() if not reading.by_accepting)
    latest = {reading.section_id: reading for reading in whole}
    for each in sections:
        each.last_reading = latest.get(each.section.pk)
        for stretch in each.stretches:
            words[found.by_author[stretch.author].key] += stretch.words
            for share in (each.share, found.share):
                _add(share, stretch, is_read=found.is_read(stretch))
    voices = {voice.key: voice for voice in found.by_author.values()}
    found.voices = sorted(voices.values(), key=lambda voice: -words[voice.key])
    start = 0
    parts = percents([words[voice.key] for voice in found.voices])
    for number, (voice, percent) in enumerate(zip(found.voices, parts, strict=True), start=1):
        voice.number, voice.words = number, words[voice.key]
        voice.percent, voice.start = percent, start
        start += percent
    return found


def readings_of(document: Document) -> dict[str, Reading]:
    rows = Reading.objects.filter(section__document=document).select_related("user")
    return {str(reading.pk): reading for reading in rows}


def _add(share: Share, stretch: Stretch, *, is_read: bool) -> None:
    match Kind.of(stretch.author):
        case Kind.PERSON:
            share.people += stretch.words
            return
        case Kind.AGENT:
            share.agents += stretch.words
        case Kind.UNKNOWN:
            share.unknown += stretch.words
    if not is_read:
        share.unread += stretch.words


def _voices(authors: Iterable[Author], origins: dict[uuid.UUID, Origin]) -> dict[Author, Voice]:
    users = {author.user_id for author in authors if author.user_id is not None}
    rows = get_user_model()._default_manager.filter(pk__in=users)
    people = {user.pk: identity_of(user) for user in rows}
    voices: dict[str, Voice] = {}
    found = {}
    for author in authors:
        origin = origins.get(author.attempt) if author.attempt else None
        person = people.get(author.user_id) if author.user_id is not None else None
        if person:
            voice = Voice(f"person-{person['id']}", person["name"], person["tone"], Kind.PERSON)
        elif origin:
            voice = Voice(f"agent-{origin.role}", origin.name, origin.tone, Kind.AGENT)
        elif author.attempt:
            voice = Voice("agent", _("An agent"), 1, Kind.AGENT)
        else:
            voice = Voice("unknown", _("Unknown"), 0, Kind.UNKNOWN)
        found[author] = voices.setdefault(voice.key, voice)
    return found
