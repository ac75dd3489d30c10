"""What the Review panel shows: the threads of a document, chosen and put side by side."""

import uuid
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import groupby
from typing import Self

from django.db.models import Prefetch
from django.utils.translation import gettext as _

from writing.crew import crew
from writing.models import Comment, Document, Section, Severity, Thread
from writing.people import identity_of

# Words shorter than this may stand in many places.
LEAST_IN_COMMON = 8
OPEN, RESOLVED, GONE = "open", "resolved", "gone"
BY_SEVERITY = "severity"


@dataclass(frozen=True, slots=True)
class Filters:
    """What of the threads a person wants to see; empty: all of it."""

    author: str = ""
    section: str = ""
    state: str = ""
    severity: str = ""
    order: str = ""

    @classmethod
    def read(cls, given: Mapping[str, str]) -> Self:
        return cls(**{name: given.get(name, "") for name in cls.__slots__})

    @property
    def is_set(self) -> bool:
        return any((self.author, self.section, self.state, self.severity, self.order))

    def takes(self, thread: Thread) -> bool:
        is_open = thread.resolved_at is None
        by_state = {
            OPEN: is_open,
            RESOLVED: not is_open,
            GONE: thread.words_gone_at is not None,
        }
        authors = {author_of(comment) for comment in thread.comments.all()}
        return (
            (not self.author or self.author in authors)
            and (not self.section or self.section == str(thread.section_id))
            and by_state.get(self.state, True)
            and (not self.severity or self.severity == str(thread.severity))
        )


@dataclass(frozen=True, slots=True)
class Passage:
    """Threads on the same words; several, where critics of their own have read them."""

    threads: list[Thread]

    @property
    def quote(self) -> str:
        """The words, where all are about the same ones that are still there."""
        quotes = {thread.quote for thread in self.threads}
        is_there = all(thread.words_gone_at is None for thread in self.threads)
        return quotes.pop() if self.is_compared and is_there and len(quotes) == 1 else ""

    @property
    def is_compared(self) -> bool:
        return len(self.threads) > 1

    @property
    def is_disputed(self) -> bool:
        return len({thread.severity for thread in self.threads}) > 1


@dataclass(frozen=True, slots=True)
class Group:
    title: str
    passages: list[Passage]


@dataclass(frozen=True, slots=True)
class Review:
    """`open_ids` are all open threads, whatever the filters leave out."""

    filters: Filters
    groups: list[Group]
    resolved: list[Thread]
    open_ids: list[uuid.UUID]
    count: int
    authors: list[tuple[str, str]] = field(default_factory=list)
    sections: list[Section] = field(default_factory=list)
    severities: list[tuple[int, str]] = field(default_factory=list)
    figures: dict[uuid.UUID, str] = field(default_factory=dict)

    @property
    def states(self) -> list[tuple[str, str]]:
        return [(OPEN, _("Not resolved")), (RESOLVED, _("Resolved")), (GONE, _("Words deleted"))]


def review_of(document: Document, filters: Filters) -> Review:
    comments = Comment.objects.select_related("user").prefetch_related("mentions__user")
    threads = list(
        Thread.objects.filter(section__document=document, section__deleted_at=None)
        .select_related("section", "resolved_by")
        .prefetch_related(Prefetch("comments", comments))
        .order_by("section__position", "section_id", "created_at")
    )
    said = [comment for thread in threads for comment in thread.comments.all()]
    taken = [thread for thread in threads if filters.takes(thread)]
    is_open = [thread for thread in taken if thread.resolved_at is None]
    group = _by_severity if filters.order == BY_SEVERITY else _by_section
    return Review(
        filters,
        groups=list(group(is_open)),
        resolved=[thread for thread in taken if thread.resolved_at is not None],
        open_ids=[thread.pk for thread in threads if thread.resolved_at is None],
        count=len(threads),
        authors=sorted({(author_of(each), _name(each)) for each in said}, key=lambda each: each[1]),
        sections=list(dict.fromkeys(thread.section for thread in threads)),
        severities=[
            (severity.value, str(severity.label))
            for severity in sorted(Severity, reverse=True)
            if severity and any(thread.severity == severity for thread in threads)
        ],
        figures=crew().figures_of([comment.run for comment in said if comment.run]),
    )


def author_of(comment: Comment) -> str:
    """A person or a role, as the filters name it."""
    if comment.user_id:
        return f"u{comment.user_id}"
    return f"a{comment.agent_role or comment.agent_name}"


def _name(comment: Comment) -> str:
    return identity_of(comment.user)["name"] if comment.user else comment.agent_name


def _by_section(threads: Sequence[Thread]) -> Iterable[Group]:
    for section, found in groupby(threads, key=lambda thread: thread.section):
        yield Group(section.title or _("Untitled section"), passages_of(list(found)))


def _by_severity(threads: Sequence[Thread]) -> Iterable[Group]:
    """The gravest first; within one severity in the order of the text."""
    ordered = sorted(threads, key=lambda thread: -thread.severity)
    for severity, found in groupby(ordered, key=lambda thread: thread.severity):
        title = Severity(severity).label or _("Without severity")
        yield Group(str(title), [Passage([thread]) for thread in found])


def passages_of(threads: Sequence[Thread]) -> list[Passage]:
    """The threads of one section; those that different critics began on the same words together,
    where the first of them stands."""
    passages: list[Passage] = []
    for thread in threads:
        critic = _critic(thread)
        for passage in passages:
            if critic and all(
                (other := _critic(each)) and other != critic and _overlap(each.quote, thread.quote)
                for each in passage.threads
            ):
                passage.threads.append(thread)
                break
        else:
            passages.append(Passage([thread]))
    return passages


def _critic(thread: Thread) -> tuple[str, str] | None:
    """The role and the model that began the thread; None if it was a person."""
    first = next(iter(thread.comments.all()), None)
    if first is None or first.user_id:
        return None
    return first.agent_role or first.agent_name, first.agent_model


def _overlap(one: str, other: str) -> bool:
    shorter, longer = sorted((one.strip(), other.strip()), key=len)
    return shorter == longer or (len(shorter) >= LEAST_IN_COMMON and shorter in longer)
