"""When what repeats comes again."""

from calendar import monthrange
from datetime import datetime, timedelta

from agents.models import Repeats

MONTHS = 12


def next_start(first: datetime, repeats: str, after: datetime) -> datetime:
    """The next of a series that began at `first`, later than `after`; what was missed is left out.

    Of a month that is too short its last day, of the next one the right day again.
    """
    match Repeats(repeats):
        case Repeats.DAILY:
            return _every(timedelta(days=1), first, after)
        case Repeats.WEEKLY:
            return _every(timedelta(weeks=1), first, after)
        case Repeats.MONTHLY:
            months = max(0, (after.year - first.year) * MONTHS + after.month - first.month)
            found = _in_months(first, months)
            return found if found > after else _in_months(first, months + 1)
        case Repeats.NEVER:
            raise ValueError("it does not repeat")


def _every(period: timedelta, first: datetime, after: datetime) -> datetime:
    return first + period * max(0, (after - first) // period + 1)


def _in_months(first: datetime, months: int) -> datetime:
    years, month = divmod(first.month - 1 + months, MONTHS)
    year, month = first.year + years, month + 1
    return first.replace(year=year, month=month, day=min(first.day, monthrange(year, month)[1]))
