"""A run in time: a lane for each section, a bar for each step, and what a bar is made of."""

import uuid
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from django.utils import timezone
from django.utils.translation import gettext as _

from agents.models import Attempt, Run, RunState, StageKind, Step, StepState
from agents.templatetags.figures import seconds
from writing.models import Section

# A longer time between two attempts was no rest: a person tried again.
LONGEST_REST = timedelta(seconds=90)
# Nobody worked for longer: the axis leaves it out.
LONGEST_GAP = timedelta(seconds=60)
TICK_SECONDS = (1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 14400, 43200)
MOST_TICKS = 6
NARROWEST = 0.4  # percent: what was there is seen


class Doing(StrEnum):
    WAITING = "waiting"
    WRITING = "writing"
    RESTING = "resting"
    FAILED = "failed"  # a moment, the end of an attempt


@dataclass(frozen=True)
class Span:
    doing: Doing
    start: datetime
    end: datetime


@dataclass(frozen=True)
class Segment:
    """A span on the axis, in percent."""

    doing: Doing
    start: float
    width: float


@dataclass(frozen=True)
class Bar:
    step: Step
    segments: list[Segment]
    words: str


@dataclass(frozen=True)
class Lane:
    section: Section | None
    label: str
    bars: list[Bar]


@dataclass(frozen=True)
class Tick:
    at: float
    seconds: int


@dataclass(frozen=True)
class Timeline:
    """`now` is where a running run stands; `pauses` is where the axis leaves time out."""

    lanes: list[Lane]
    ticks: list[Tick]
    pauses: list[float]
    now: float | None


class Axis:
    """From moments to percent of the time in which somebody worked."""

    def __init__(self, begin: datetime, spans: Iterable[Span], end: datetime) -> None:
        self._begin = begin
        self.cuts: list[tuple[datetime, datetime]] = []
        reached = begin
        for span in sorted(spans, key=lambda span: span.start):
            if span.start - reached > LONGEST_GAP:
                self.cuts.append((reached, span.start))
            reached = max(reached, span.end)
        length = max(self._worked(end), 1.0)
        self._tick = next((t for t in TICK_SECONDS if length / t <= MOST_TICKS), TICK_SECONDS[-1])
        self._length = length

    def widen(self) -> None:
        """To the next tick, so that the bars of a running run do not move all the time."""
        self._length = (int(self._length // self._tick) + 1) * self._tick

    def at(self, moment: datetime) -> float:
        return round(min(max(self._worked(moment) / self._length * 100, 0), 100), 2)

    def ticks(self) -> list[Tick]:
        marks = range(0, int(self._length) + 1, self._tick)
        return [Tick(round(mark / self._length * 100, 2), mark) for mark in marks]

    def _worked(self, moment: datetime) -> float:
        left_out = timedelta()
        for start, end in self.cuts:
            if moment > start:
                left_out += min(moment, end) - start
        return (moment - self._begin - left_out).total_seconds()


def timeline_of(run: Run, steps: Iterable[Step], *, remaining_seconds: float = 0) -> Timeline:
    """The steps have their role and section at hand."""
    now = run.finished_at or timezone.now()
    attempts: dict[uuid.UUID, list[Attempt]] = defaultdict(list)
    times = Attempt.objects.filter(step__run=run).only(
        "step_id", "number", "outcome", "ready_at", "started_at", "first_token_at", "ended_at"
    )
    for attempt in times.order_by("number"):
        attempts[attempt.step_id].append(attempt)
    spans = {step.pk: list(spans_of(step, attempts[step.pk], now)) for step in steps}
    is_running = run.state == RunState.RUNNING
    end = now + timedelta(seconds=remaining_seconds if is_running else 0)
    axis = Axis(run.created_at, (span for each in spans.values() for span in each), end)
    if is_running:
        axis.widen()
    return Timeline(
        lanes=_lanes(steps, spans, axis),
        ticks=axis.ticks(),
        pauses=[axis.at(start) for start, _end in axis.cuts],
        now=axis.at(now) if is_running else None,
    )


def spans_of(step: Step, attempts: list[Attempt], now: datetime) -> Iterator[Span]:
    """What became of the step's time, in order."""
    ended: datetime | None = None
    for attempt in attempts:
        ready = attempt.ready_at or attempt.started_at
        if ended and timedelta() < ready - ended <= LONGEST_REST:
            yield Span(Doing.RESTING, ended, ready)
        end = attempt.ended_at or now
        first = attempt.first_token_at or end
        yield Span(Doing.WAITING, max(ready, ended) if ended else ready, first)
        if attempt.first_token_at:
            yield Span(Doing.WRITING, first, end)
        if attempt.outcome == Attempt.Outcome.FAILED:
            yield Span(Doing.FAILED, end, end)
        ended = end
    if step.state == StepState.READY and step.ready_at:
        if ended and ended < step.ready_at and step.not_before:
            yield Span(Doing.RESTING, ended, min(step.ready_at, now))
        yield Span(Doing.WAITING, min(step.ready_at, now), now)


def _lanes(steps: Iterable[Step], spans: dict[uuid.UUID, list[Span]], axis: Axis) -> list[Lane]:
    """In the order of the document: the outline first, what concerns all of it last."""
    lanes: dict[tuple[int, str], Lane] = {}
    ordered = sorted(steps, key=lambda step: (step.position, step.round))
    for step in ordered:
        section = step.section
        if section:
            place, label = (section.position, str(section.pk)), section.title
            label = label or str(section.position + 1)
        elif step.kind == StageKind.PLAN:
            place, label = (-1, ""), _("Outline")
        else:
            place, label = (10**9, step.kind), _("Whole document")
        lane = lanes.setdefault(place, Lane(section, label, []))
        if parts := spans[step.pk]:
            lane.bars.append(Bar(step, list(_segments(parts, axis)), _words(step, parts)))
    return [lanes[place] for place in sorted(lanes)]


def _segments(spans: list[Span], axis: Axis) -> Iterator[Segment]:
    for span in spans:
        start = axis.at(span.start)
        width = axis.at(span.end) - start
        if width or span.doing == Doing.FAILED:
            yield Segment(span.doing, min(start, 100 - NARROWEST), round(max(width, NARROWEST), 2))


def _words(step: Step, spans: list[Span]) -> str:
    """The bar for who cannot see it."""
    passed = {
        doing: sum((s.end - s.start for s in spans if s.doing == doing), timedelta())
        for doing in Doing
    }
    said = [
        (Doing.WAITING, _("waited %(time)s")),
        (Doing.WRITING, _("answered for %(time)s")),
        (Doing.RESTING, _("rested %(time)s")),
    ]
    parts = [words % {"time": seconds(passed[doing])} for doing, words in said if passed[doing]]
    return f"{step.role.label}: {step.get_state_display()}, {', '.join(parts)}"
