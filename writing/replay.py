"""How a document came about: the moments at which it is shown, and what stood there at each."""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from hashlib import blake2s
from itertools import groupby
from operator import itemgetter
from time import perf_counter

from django.core.cache import cache

from writing.actions.text import entries_after
from writing.bylines import Byline, bylines_of
from writing.models import Document, Section, Segment, Update
from writing.past import pasts_of
from writing.text.checkpoints import Author, Past
from writing.text.coloured import draw
from writing.text.output import Addresses
from writing.text.segments import LogEntry, unpack

MOST_STEPS = 400
MOST_FRAMES = 40
# Of a text that is slow to draw, fewer frames are given at once.
ENOUGH_SECONDS = 0.3
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
    """What is to be seen at these steps, or at as many of them as are ready soon. `is_known`: the
    frame before the first is there already, so that only what is new is said."""
    began = perf_counter()
    last = min(first + min(count, MOST_FRAMES), len(timeline.times)) - 1
    start, end = timeline.seqs[first - 1 if is_known else first], timeline.seqs[last]
    wanted = {
        section: number
        for number, section in enumerate(timeline.sections)
        if (start[number] != end[number] if is_known else end[number])
    }
    pasts = pasts_of({section: start[number] for section, number in wanted.items()})
    drawings = [
        _Drawing(
            timeline,
            number,
            pasts[section],
            entries_after(section, start[number], end[number]),
            image,
        )
        for section, number in wanted.items()
    ]
    found = Frames()
    known = {key for drawing in drawings for key in drawing.begin()} if is_known else set()
    for step in range(first, last + 1):
        if found.frames and perf_counter() - began > ENOUGH_SECONDS:
            break
        frame = Frame(step)
        for drawing in drawings:
            if (drawn := drawing.go_to(step)) is not None:
                frame.sections.append((drawing.number, [key_of(block) for block in drawn]))
                found.blocks |= {key_of(b): b for b in drawn}
        found.frames.append(frame)
    for key in known:
        found.blocks.pop(key, None)
    return found


class _Drawing:
    """One section through the frames."""

    def __init__(
        self,
        timeline: Timeline,
        number: int,
        past: Past,
        log: Sequence[LogEntry],
        image: Addresses,
    ) -> None:
        self.number = number
        self._timeline, self._past, self._log, self._image = timeline, past, log, image
        self._shown: list[str] | None = None

    def begin(self) -> list[str]:
        """The keys of what is there already."""
        self._shown = self._draw()
        return [key_of(block) for block in self._shown]

    def go_to(self, step: int) -> list[str] | None:
        """The blocks at this step; None where they are as at the step before."""
        seq = self._timeline.seqs[step][self.number]
        if seq == self._past.seq and self._shown is not None:
            return None
        self._past.play(self._log, seq)
        before, self._shown = self._shown, self._draw()
        return None if self._shown == before else self._shown

    def _draw(self) -> list[str]:
        return draw(self._past, self._number_of, self._image)

    def _number_of(self, author: Author) -> int:
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
    reached, at = [0] * len(sections), 0
    for step in range(1, steps + 1):
        until_entry = round(step * len(log) / steps)
        for _, place, seq, _ in log[at:until_entry]:
            reached[place] = seq
        at = until_entry
        seqs.append(list(reached))
        times.append(log[at - 1][0])
    legend, authors = _legend([author for *_, author in log])
    return Timeline(sections, times, seqs, legend, authors)


Saved = tuple[datetime, int, int, Author]
"""When, in which section (by its place), as which number, by whom."""


def _log(sections: Sequence[uuid.UUID], until: datetime) -> list[Saved]:
    """Who saved what when, in all sections, in the order in which it came about."""
    found: dict[uuid.UUID, dict[int, tuple[datetime, Author]]] = {pk: {} for pk in sections}
    # In this order: what is packed in between is in both.
    updates = Update.objects.filter(section__in=sections).order_by()
    for section, seq, user, attempt, at in updates.values_list(
        "section", "seq", "user", "attempt", "created_at"
    ):
        found[section][seq] = (at, Author(user, attempt))
    segments = Segment.objects.filter(section__in=sections).order_by()
    for section, first, data in segments.values_list("section", "first_seq", "data"):
        author = Author()
        for entry in unpack(first, bytes(data)):
            if (author.user_id, author.attempt) != (entry.user_id, entry.attempt):
                author = Author(entry.user_id, entry.attempt)
            found[section][entry.seq] = (entry.saved_at, author)
    ordered: list[Saved] = []
    for place, pk in enumerate(sections):
        latest = datetime.min.replace(tzinfo=until.tzinfo)
        for seq in sorted(found[pk]):
            at, author = found[pk][seq]
            # Clocks of several machines differ a little: the numbers decide within a section.
            latest = max(latest, at)
            if latest > until:
                break
            ordered.append((latest, place, seq, author))
    ordered.sort(key=itemgetter(0, 1, 2))
    return ordered


def _legend(authors: Sequence[Author]) -> tuple[list[Byline], dict[Author, int]]:
    """Agents of one role are one author to the reader; number 0 is whoever is not known."""
    # Most follow one of their own: only where it changes there is something to look at.
    different = dict.fromkeys(author for author, _ in groupby(authors))
    bylines = bylines_of(different)
    legend = [Byline("")]
    numbers: dict[Author, int] = {}
    for author in different:
        byline = bylines[author]
        if byline not in legend:
            legend.append(byline)
        numbers[author] = legend.index(byline)
    return legend, numbers
