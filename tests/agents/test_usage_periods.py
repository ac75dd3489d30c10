from datetime import date, timedelta

import pytest

from agents.usage.periods import Period, Preset, period_of

TODAY = date(2026, 3, 31)


@pytest.mark.parametrize(
    ("preset", "first", "last"),
    [
        (Preset.TODAY, "2026-03-31", "2026-03-31"),
        (Preset.WEEK, "2026-03-25", "2026-03-31"),
        (Preset.THIS_MONTH, "2026-03-01", "2026-03-31"),
        (Preset.LAST_MONTH, "2026-02-01", "2026-02-28"),
        (Preset.ALL, "2025-05-05", "2026-03-31"),
    ],
)
def test_presets_name_their_days(preset: Preset, first: str, last: str) -> None:
    period = period_of(preset, TODAY, date(2025, 5, 5))
    assert period == Period(date.fromisoformat(first), date.fromisoformat(last))


@pytest.mark.parametrize(("days", "pieces"), [(1, 1), (62, 62), (63, 10), (366, 53), (500, 17)])
def test_a_period_is_drawn_in_pieces_that_cover_it_once(days: int, pieces: int) -> None:
    period = Period(TODAY - timedelta(days=days - 1), TODAY)
    found = [bucket.period for bucket in period.buckets()]
    assert len(found) == pieces
    assert sum(piece.days for piece in found) == days
    assert (found[0].first, found[-1].last) == (period.first, period.last)
