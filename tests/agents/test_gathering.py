"""Of many answers read at once, each gives several tokens at a time."""

import asyncio
from contextlib import ExitStack, aclosing

import pytest

from agents import llm
from agents.gathering import FEW_STREAMS, LONGEST_SECONDS, Gathering, counted
from tests.agents.test_llm import ask
from tests.fake_provider import FakeProvider

TOKENS_PER_SECOND = 100


@pytest.fixture(autouse=True)
async def _close_clients():
    yield
    await llm.close_clients()


async def pieces_of(provider: FakeProvider, gathering: Gathering, count: int = 60) -> list[str]:
    request = ask(provider, f"WORDS: {count}")
    stream = llm.stream(request, deadline_seconds=20, idle_seconds=5, gathering=gathering)
    async with aclosing(stream) as events:
        return [event.text async for event in events if isinstance(event, llm.Delta)]


async def test_the_more_streams_the_fewer_reads(fake_provider: FakeProvider) -> None:
    fake_provider.set_pace(tokens_per_second=TOKENS_PER_SECOND)
    alone = await pieces_of(fake_provider, Gathering())
    with ExitStack() as others:
        for _ in range(200):
            others.enter_context(counted())
        among_many = await pieces_of(fake_provider, Gathering())
    assert "".join(among_many) == "".join(alone)
    assert len(among_many) * 5 < len(alone)


async def test_a_few_streams_never_wait() -> None:
    with ExitStack() as others:
        for _ in range(FEW_STREAMS):
            others.enter_context(counted())
        gathering = Gathering()
        await gathering.wait()
        assert not gathering.is_waiting


async def test_who_is_called_in_reads_at_once() -> None:
    gathering, loop = Gathering(), asyncio.get_running_loop()
    with ExitStack() as others:
        for _ in range(200):
            others.enter_context(counted())
        began = loop.time()
        task = asyncio.create_task(gathering.wait())
        await asyncio.sleep(0)
        assert not task.done()
        gathering.call_in()
        await task
        assert loop.time() - began < LONGEST_SECONDS
        assert not gathering.is_waiting
        gathering.call_in()  # nobody waits: nothing happens


async def test_who_waits_can_be_cancelled() -> None:
    gathering = Gathering()
    with ExitStack() as others:
        for _ in range(200):
            others.enter_context(counted())
        task = asyncio.create_task(gathering.wait())
        await asyncio.sleep(0)
        assert not task.done()
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        assert not gathering.is_waiting
