from datetime import timedelta
from decimal import Decimal

import pytest

from agents.templatetags.figures import duration, money, rate, seconds, short, whole


@pytest.mark.parametrize(
    ("time", "text"),
    [
        (0, "0:00"),
        (84, "1:24"),
        (59.6, "1:00"),
        (-3, "0:00"),
        (3723, "1:02:03"),
        (timedelta(minutes=2), "2:00"),
        (None, "–"),
    ],
)
def test_durations_read_like_a_clock(time: timedelta | float | None, text: str) -> None:
    assert duration(time) == text


def test_short_times_keep_their_fractions() -> None:
    assert seconds(timedelta(milliseconds=420)) == "0.42 s"
    assert seconds(timedelta(seconds=12.34)) == "12.3 s"
    assert seconds(None) == "–"


@pytest.mark.parametrize(
    ("count", "text"),
    [
        (0, "0"),
        (950, "950"),
        (999, "999"),
        (9_200, "9.2k"),
        (123_400, "123k"),
        (999_960, "1.0M"),
        (1_280_000, "1.3M"),
    ],
)
def test_counts_are_short(count: int, text: str) -> None:
    assert short(count) == text


def test_whole_counts_are_grouped() -> None:
    assert whole(12345) == "12,345"


@pytest.mark.parametrize(
    ("cost", "text"), [("0", "$0.00"), ("0.03", "$0.03"), ("0.0041", "$0.0041"), ("12.5", "$12.50")]
)
def test_small_amounts_keep_the_places_they_need(cost: str, text: str) -> None:
    assert money(Decimal(cost)) == text


def test_rates_are_tokens_a_second() -> None:
    assert rate(97, timedelta(seconds=10)) == "9.7"
    assert rate(970, timedelta(seconds=10)) == "97"
    assert rate(0, timedelta(seconds=10)) == rate(5, None) == rate(5, timedelta()) == "–"
