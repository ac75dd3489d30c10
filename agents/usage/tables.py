"""The page's tables: a row for each piece of time, or for each document, person, role or model."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any

from django.contrib.auth.models import User
from django.db.models import Model as DjangoModel
from django.utils.translation import gettext as _

from agents.models import Model, Role
from agents.usage.asking import NONE, Asked
from agents.usage.counting import Counted, Dimension, Key
from agents.usage.figures import Figures
from agents.usage.metrics import METRICS, Metric
from writing.models import Document
from writing.people import identity_of

# In hundredths: from there on, it says no more than that there was little before.
MOST_CHANGE = 999


@dataclass(frozen=True, slots=True)
class Cell:
    metric: Metric
    text: str


@dataclass(frozen=True, slots=True)
class Row:
    """`query` asks for the calls behind it."""

    label: str
    figures: Figures
    query: str

    @property
    def cells(self) -> list[Cell]:
        return [Cell(metric, metric.write(self.figures)) for metric in METRICS]


@dataclass(frozen=True, slots=True)
class Card:
    """A figure of the whole period, and of the one before it."""

    metric: Metric
    text: str
    before: str
    # In hundredths of what it was; None where that says nothing.
    change: int | None


def cards(now: Figures, before: Figures) -> list[Card]:
    found = []
    for metric in METRICS:
        new, old = metric.of(now), metric.of(before)
        change = None
        if new is not None and old and metric.unit != "share":
            change = round((float(new) / float(old) - 1) * 100)
        if change is not None and abs(change) > MOST_CHANGE:
            change = None
        found.append(Card(metric, metric.write(now), metric.write(before), change))
    return found


def rows_by_time(asked: Asked, counted: Counted) -> list[Row]:
    """From the first to the last, those without anything included."""
    rows = [
        (bucket, Row(bucket.label, Figures(), asked.query(**_days(bucket.period), by=None)))
        for bucket in asked.period.buckets()
    ]
    waiting = iter(rows)
    bucket, row = next(waiting)
    for day in sorted(counted.by_day):
        while day > bucket.period.last:
            bucket, row = next(waiting)
        row.figures.add(counted.by_day[day])
    return [row for _bucket, row in rows]


def _days(period: Any) -> dict[str, Any]:
    return {"period": None, "first": period.first, "last": period.last}


def keys_in_order(counted: Counted) -> list[Key]:
    """What cost most first; where nothing costs anything, what took the most tokens."""

    def weight(key: Key) -> tuple[Any, ...]:
        figures = counted.by_key[key]
        return (-figures.cost, -figures.tokens, -figures.attempts, str(key))

    return sorted(counted.by_key, key=weight)


def rows_by_key(asked: Asked, counted: Counted, keys: Sequence[Key]) -> list[Row]:
    """One query, for the names; `keys` are some that were counted."""
    names = names_of(asked.by, keys)
    return [
        Row(
            names[key],
            counted.by_key[key],
            asked.query(**{asked.by: NONE if key is None else key}, by=None),
        )
        for key in keys
    ]


def names_of(by: Dimension, keys: Collection[Key]) -> dict[Key, str]:
    """What the reader knows them by. No right is asked for: the keys are of rows that were counted
    for whoever reads."""
    sought = [key for key in keys if key is not None]
    found: dict[Any, Any]
    match by:
        case Dimension.DOCUMENT:
            found = Document.objects.only("title", "deleted_at").in_bulk(sought)
        case Dimension.USER:
            found = User.objects.in_bulk(sought)
        case Dimension.ROLE:
            found = Role.objects.in_bulk(sought)
        case Dimension.MODEL:
            found = Model.objects.select_related("provider").in_bulk(sought)
    return {key: _name(by, found.get(key)) for key in keys}


def _name(by: Dimension, found: DjangoModel | None) -> str:
    match found:
        case Document():
            title = {"title": found.title}
            return found.title if found.deleted_at is None else _("%(title)s (deleted)") % title
        case User():
            return identity_of(found)["name"]
        case Role():
            return found.label
        case Model():
            return str(found)
    return {
        Dimension.DOCUMENT: _("Without a document"),
        Dimension.USER: _("Somebody without an account"),
        Dimension.ROLE: _("A role that was deleted"),
        Dimension.MODEL: _("A model that was deleted"),
    }[by]
