"""How a document came about: the moments at which it is shown, and what stood there at each."""

import uuid
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from hashlib import blake2s
from itertools import groupby
from operator import itemgetter

from django.core.cache import cache

from writing.actions.text import entries_after
from writing.bylines import Byline, bylines_of
from writing.models import Document, Section, Segment, Update
from writing.past import pasts_of
from writing.text.checkpoints import Author, Past
from writing.text.coloured import draw
from writing.text.output import Addresses
from writing.text.segments import unpack

MOST_STEPS = 400
MOST_FRAMES = 40
_KEPT_SECONDS = 900


@dataclass(frozen=True, slots=True)
class Timeline:
    """`sections` in today's order. `times` are those of the steps, from the empty page on; `seqs`
    say how far each section's log had come at each. `authors` have numbers in `legend`."""

    sections: list[uuid.UUID]
    times: list[datetime]
    seqs: list[list[int]]
    legend: list[Byline]
    authors: dict[Author, int]

    def step_at(self, moment: datetime) -> int:
        """The last step that is not after it."""
        return max((n for n, at in enumerate(self.times) if at <= moment), default=0)


@dataclass(slots=True)
class Frame:
    """What stands in the sections that are others than in the frame before: keys of blocks."""

    step: int
    sections: list[tuple[int, list[str]]] = field(default_factory=list)


@dataclass(slots=True)
class Frames:
    """`blocks` is the HTML of each block, by key, that was not in the frame before the first."""

    frames: list[Frame] = field(default_factory=list)
    blocks: dict[str, str] = field(default_factory=dict)


def timeline_of(document: Document, until: datetime) -> Timeline:
    """The steps up to a moment: whoever asks again gets the same ones."""
    key = f"timeline-{document.pk.hex}-{until.timestamp()}"
    found: Timeline | None = cache.get(key)
    if found is None:
        found = _timeline(document, until)
        cache.set(key, found, _KEPT_SECONDS)
    return found


def frames(
    timeline: Timeline, first: int, count: int, *, is_known: bool, image: Addresses
) -> Frames:
    """What is to be seen at these steps. `is_known`: the frame before the first is there already,
    so that only what is new is said."""
    last = min(first + min(count, MOST_FRAMES), len(timeline.times)) - 1
    found = Frames([Frame(step) for step in range(first, last + 1)])
    start = timeline.seqs[first - 1 if is_known else first]
    end = timeline.seqs[last]
    asked = {
        section: start[n]
        for n, section in enumerate(timeline.sections)
        if (start[n] != end[n] if is_known else end[n] > 0)
    }
    pasts = pasts_of(asked)
    for number, section in enumerate(timeline.sections):
        if section in pasts:
            drawing = _Drawing(timeline, pasts[section], image, found)
            drawing.go(section, number, is_known=is_known)
    return found


class _Drawing:
    """One section through the frames."""

    def __init__(self, timeline: Timeline, past: Past, image: Addresses, found: Frames) -> None:
        self._timeline, self._past, self._image, self._found = timeline, past, image, found

    def go(self, section: uuid.UUID, number: int, *, is_known: bool) -> None:
        seqs = [self._timeline.seqs[frame.step][number] for frame in self._found.frames]
        log = entries_after(section, self._past.seq, seqs[-1])
        known = dict(self._draw()) if is_known else {}
        before: list[str] | None = list(known) if is_known else None
        for frame, seq in zip(self._found.frames, seqs, strict=True):
            if seq > self._past.seq:
                self._past.play(log, seq)
            elif before is not None:
                continue
            drawn = self._draw()
            keys = [key for key, _ in drawn]
            if keys != before:
                frame.sections.append((number, keys))
            before = keys
            self._found.blocks |= {key: block for key, block in drawn if key not in known}

    def _draw(self) -> list[tuple[str, str]]:
        return [(key_of(block), block) for block in draw(self._past, self._number, self._image)]

    def _number(self, author: Author) -> int:
        return self._timeline.authors.get(author, 0)


def key_of(block: str) -> str:
    return blake2s(block.encode(), digest_size=8).hexdigest()


def _timeline(document: Document, until: datetime) -> Timeline:
    sections = list(
        Section.objects.present().filter(document=document).values_list("pk", flat=True)
    )
    log = _log(sections, until)
    steps = min(len(log), MOST_STEPS)
    seqs, times = [[0] * len(sections)], [log[0][0] if log else document.created_at]
    places = {pk: number for number, pk in enumerate(sections)}
    reached, at = [0] * len(sections), 0
    for step in range(1, steps + 1):
        until_entry = round(step * len(log) / steps)
        for _, section, seq, _ in log[at:until_entry]:
            reached[places[section]] = seq
        at = until_entry
        seqs.append(list(reached))
        times.append(log[at - 1][0])
    legend, authors = _legend([author for *_, author in log])
    return Timeline(sections, times, seqs, legend, authors)


Saved = tuple[datetime, uuid.UUID, int, Author]


def _log(sections: Sequence[uuid.UUID], until: datetime) -> list[Saved]:
    """Who saved what when, in all sections, in the order in which it came about."""
    found: dict[tuple[uuid.UUID, int], Saved] = {}
    # In this order: what is packed in between is in both.
    updates = Update.objects.filter(section__in=sections, created_at__lte=until).order_by()
    for section, seq, user, attempt, at in updates.values_list(
        "section", "seq", "user", "attempt", "created_at"
    ):
        found[section, seq] = (at, section, seq, Author(user, attempt))
    segments = Segment.objects.filter(section__in=sections).order_by()
    make = _remembered(Author)
    for section, first, data in segments.values_list("section", "first_seq", "data"):
        for entry in unpack(first, bytes(data)):
            if entry.saved_at <= until:
                author = make(entry.user_id, entry.attempt)
                found[section, entry.seq] = (entry.saved_at, section, entry.seq, author)
    by_section = sorted(found.values(), key=itemgetter(1, 2))
    # Clocks of several machines differ a little: the numbers decide within a section.
    ordered: list[Saved] = []
    for _, own in groupby(by_section, key=itemgetter(1)):
        latest = datetime.min.replace(tzinfo=until.tzinfo)
        for at, section, seq, author in own:
            latest = max(latest, at)
            ordered.append((latest, section, seq, author))
    return sorted(ordered, key=itemgetter(0, 2))


def _remembered(make: Callable[..., Author]) -> Callable[..., Author]:
    known: dict[tuple[object, ...], Author] = {}

    def get(*values: object) -> Author:
        if values not in known:
            known[values] = make(*values)
        return known[values]

    return get


def _legend(authors: Sequence[Author]) -> tuple[list[Byline], dict[Author, int]]:
    """Agents of one role are one author to the reader; number 0 is whoever is not known."""
    bylines = bylines_of(set(authors))
    legend = [Byline("")]
    numbers: dict[Author, int] = {}
    for author in dict.fromkeys(authors):
        byline = bylines[author]
        if byline not in legend:
            legend.append(byline)
        numbers[author] = legend.index(byline)
    return legend, numbers
