"""Requests are counted by all web processes together, and by each where Redis is away."""

from typing import Any

import pytest

from tests.agents.test_rates import redis_server
from writing.api import rates
from writing.api.rates import _Meter
from writing.exceptions import TooMany

__all__ = ["redis_server"]


def test_two_processes_count_together(redis_server: None):
    one, other = _Meter(), _Meter()
    assert [meter.hit("api:1", 3) for meter in (one, other, one, other)] == [True] * 3 + [False]
    assert other.hit("api:2", 3)


def test_without_redis_each_process_counts_for_itself(
    settings: Any, tmp_path: Any, caplog: pytest.LogCaptureFixture
):
    settings.REDIS_URL = f"unix://{tmp_path}/nowhere.sock"
    settings.API_REQUESTS_PER_MINUTE = 2
    rates.count_request(1)
    rates.count_request(1)
    with pytest.raises(TooMany):
        rates.count_request(1)
    rates.count_request(2)
    assert caplog.text.count("Redis is away") == 1
