"""The days that figures are of. All of it by UTC, as limits of a month are."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta

from django.db import models
from django.utils.formats import date_format
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext

DAY = timedelta(days=1)
# The longest periods that are drawn by day and by week.
BY_DAY = 62
BY_WEEK = 400


class Preset(models.TextChoices):
    TODAY = "today", _("Today")
    WEEK = "7", _("7 days")
    MONTH = "30", _("30 days")
    QUARTER = "90", _("90 days")
    THIS_MONTH = "month", _("This month")
    LAST_MONTH = "last-month", _("Last month")
    YEAR = "365", _("12 months")
    ALL = "all", _("All")


@dataclass(frozen=True, slots=True)
class Period:
    """From one day to another, both of them included."""

    first: date
    last: date

    @property
    def days(self) -> int:
        return (self.last - self.first).days + 1

    @property
    def before(self) -> "Period":
        """As many days, just before."""
        return Period(self.first - self.days * DAY, self.first - DAY)

    @property
    def label(self) -> str:
        first, last = (date_format(day, "DATE_FORMAT") for day in (self.first, self.last))
        return first if first == last else f"{first} – {last}"

    def buckets(self) -> "list[Bucket]":
        """The pieces it is drawn in: days, weeks from Monday on, or months, whole or cut off."""
        return list(self._buckets())

    def _buckets(self) -> "Iterator[Bucket]":
        first = self.first
        while first <= self.last:
            if self.days <= BY_DAY:
                last = first
            elif self.days <= BY_WEEK:
                last = first + (6 - first.weekday()) * DAY
            else:
                last = (first.replace(day=1) + 31 * DAY).replace(day=1) - DAY
            yield Bucket(Period(first, min(last, self.last)))
            first = last + DAY


@dataclass(frozen=True, slots=True)
class Bucket:
    """A piece of a period, as one row and one bar."""

    period: Period

    @property
    def label(self) -> str:
        return self.period.label

    @property
    def tick(self) -> str:
        """The day it begins with, short enough to stand under a bar."""
        return date_format(
            self.period.first, pgettext("Django's date format, for a day and a month", "M j")
        )


def period_of(preset: Preset, today: date, beginning: date) -> Period:
    """`beginning` is the day of the first figure there is."""
    match preset:
        case Preset.ALL:
            return Period(min(beginning, today), today)
        case Preset.TODAY:
            return Period(today, today)
        case Preset.THIS_MONTH:
            return Period(today.replace(day=1), today)
        case Preset.LAST_MONTH:
            last = today.replace(day=1) - DAY
            return Period(last.replace(day=1), last)
    return Period(today - (int(preset) - 1) * DAY, today)
