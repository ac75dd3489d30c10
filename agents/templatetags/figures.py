"""Figures in words: how long, how many tokens, how much money."""

from collections.abc import Mapping
from datetime import timedelta
from decimal import Decimal
from typing import Any

from django import template
from django.utils.formats import number_format
from django.utils.translation import gettext as _

from agents.money import in_words, range_in_words
from agents.pace import Range

register = template.Library()


def _rounded(number: float | Decimal, places: int) -> str:
    """`number_format` alone cuts off what is too much."""
    return number_format(f"{number:.{places}f}", places)


@register.filter
def duration(time: timedelta | float | None) -> str:
    """1:24, or 1:02:03 from an hour on; plain numbers are seconds."""
    if time is None:
        return "–"
    passed = time.total_seconds() if isinstance(time, timedelta) else time
    minutes, rest = divmod(round(max(passed, 0)), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"


@register.filter
def seconds(time: timedelta | float | None) -> str:
    """0.42 s, 12.3 s."""
    if time is None:
        return "–"
    return in_seconds(time.total_seconds() if isinstance(time, timedelta) else time)


def in_seconds(passed: float) -> str:
    return _("%(seconds)s s") % {"seconds": _rounded(passed, 1 if passed >= 10 else 2)}


@register.filter
def rate(count: int, time: timedelta | None) -> str:
    """Tokens a second: 8.4, 97; – when nothing can be said."""
    passed = time.total_seconds() if time else 0
    if not count or passed <= 0:
        return "–"
    return pace(count / passed)


def pace(per_second: float) -> str:
    return _rounded(per_second, 1 if per_second < 20 else 0)


@register.filter
def percent(share: float | None) -> str:
    """42%, 0.4%; – when nothing can be said."""
    if share is None:
        return "–"
    return f"{_rounded(share * 100, 1 if 0 < share < 0.01 else 0)}%"


@register.filter
def short(count: int) -> str:
    """950, 9.2k, 1.3M."""
    for size, unit in ((1_000_000, "M"), (1_000, "k")):
        if count >= size * 0.9995:
            return f"{_rounded(count / size, 1 if count < size * 99.95 else 0)}{unit}"
    return str(count)


@register.filter
def whole(count: int) -> str:
    """12,345."""
    return number_format(count, 0, force_grouping=True)


@register.filter
def money(cost: Decimal) -> str:
    return in_words(cost)


@register.filter
def money_range(costs: Range[Decimal]) -> str:
    """From the lowest to the highest."""
    return range_in_words(costs.low, costs.high)


@register.filter
def of(table: Mapping[Any, Any], key: Any) -> Any:
    """What the table has under the key; None where it has nothing."""
    return table.get(key)
