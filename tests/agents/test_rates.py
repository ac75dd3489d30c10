"""Limits a minute, kept together by several event loops through a real Redis."""

import asyncio
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from agents import llm, rates
from agents.llm import Request
from project.services import redis_binary
from tests.agents.conftest import until
from tests.fake_provider import FakeProvider, fake_provider

__all__ = ["fake_provider"]


@pytest.fixture
def redis_server(settings: Any, tmp_path: Path) -> Iterator[None]:
    socket = tmp_path / "redis.sock"
    settings.REDIS_URL = f"unix://{socket}"
    binary = redis_binary()
    assert binary
    options = ["--port", "0", "--unixsocket", str(socket), "--save", "", "--dir", str(tmp_path)]
    server = subprocess.Popen([binary, *options], stdout=subprocess.DEVNULL)
    until(socket.exists)
    yield
    server.kill()
    server.wait()


@pytest.fixture
def quick_minute(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rates, "MINUTE_SECONDS", 1)


def request(provider: FakeProvider, **changes: Any) -> Request:
    is_batch = changes.pop("is_batch", False)
    spec = llm.ProviderSpec(provider.base_url, "sk-test", slug="fake", **changes)
    messages: list[llm.Message] = [{"role": "user", "content": "WORDS: 3"}]
    return Request(spec, "fake", messages, 50, is_batch=is_batch)


async def ask(*requests: Request) -> None:
    """All at once, and close what this loop has opened."""

    async def one(request: Request) -> None:
        async for _event in llm.stream(request, deadline_seconds=10, idle_seconds=5):
            pass

    try:
        await asyncio.gather(*map(one, requests))
    finally:
        await llm.close_clients()


def starts(provider: FakeProvider) -> list[float]:
    return sorted(record.t_start for record in provider.records)


@pytest.mark.usefixtures("redis_server", "quick_minute")
def test_calls_a_minute_hold_across_workers(fake_provider: FakeProvider) -> None:
    limited = request(fake_provider, calls_per_minute=2)
    asyncio.run(ask(limited, limited))
    asyncio.run(ask(limited))
    first, _second, third = starts(fake_provider)
    assert third - first > 0.9


@pytest.mark.usefixtures("redis_server", "quick_minute")
def test_tokens_a_minute_are_waited_for(fake_provider: FakeProvider) -> None:
    limited = request(fake_provider, tokens_per_minute=100)
    asyncio.run(ask(limited, limited))
    first, second = starts(fake_provider)
    assert second - first > 0.2


@pytest.mark.usefixtures("quick_minute")
def test_call_larger_than_the_limit_is_made_all_the_same(fake_provider: FakeProvider) -> None:
    asyncio.run(ask(request(fake_provider, tokens_per_minute=10)))
    assert len(starts(fake_provider)) == 1


def test_who_waits_for_a_turn_can_be_cancelled(fake_provider: FakeProvider) -> None:
    limited = request(fake_provider, calls_per_minute=1)

    async def wait() -> None:
        await rates.wait_for_turn(limited)
        async with asyncio.timeout(0.2):
            await ask(limited)

    with pytest.raises(TimeoutError):
        asyncio.run(wait())
    assert not fake_provider.bodies


def test_without_redis_the_limits_hold_in_the_process(
    fake_provider: FakeProvider, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rates, "MINUTE_SECONDS", 1)
    limited = request(fake_provider, calls_per_minute=2, tokens_per_minute=100_000)
    asyncio.run(ask(limited, limited, limited))
    first, _second, third = starts(fake_provider)
    assert third - first > 0.9
    assert [record.name for record in caplog.records].count("agents.rates") == 1


@pytest.mark.usefixtures("redis_server", "quick_minute")
def test_whoever_a_person_waits_for_is_not_behind_all_batches(fake_provider: FakeProvider) -> None:
    spec = {"calls_per_minute": 2}
    batch = request(fake_provider, is_batch=True, **spec)
    interactive = request(fake_provider, is_batch=False, **spec)
    order: list[bool] = []

    async def turn(request: Request) -> None:
        await rates.wait_for_turn(request)
        order.append(request.is_batch)

    async def all_at_once() -> None:
        batches = [asyncio.create_task(turn(batch)) for _ in range(5)]
        await asyncio.sleep(0)
        await asyncio.gather(*batches, turn(interactive))
        await rates.close()

    asyncio.run(all_at_once())
    assert order.index(False) <= 2


def test_provider_without_limits_asks_nobody(
    fake_provider: FakeProvider, caplog: pytest.LogCaptureFixture
) -> None:
    asyncio.run(ask(request(fake_provider)))
    assert not caplog.records
