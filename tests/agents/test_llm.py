"""llm.py over HTTP against the project's fake provider."""

import asyncio
import time
from contextlib import aclosing
from typing import Any

import pytest

from agents import llm
from agents.llm import Delta, Event, Finished, FirstToken, Request, Usage
from agents.llm_answer import Answer
from tests.agents.conftest import until
from tests.fake_provider import FakeProvider

KEY = "sk-very-secret-0123456789"


def ask(provider: FakeProvider, text: str = "Hello", **fields: Any) -> Request:
    spec = llm.ProviderSpec(provider.base_url, KEY, name="Fake & Co")
    message = {"role": "user", "content": text}
    values: dict[str, Any] = {"max_tokens": 500, "messages": [message], **fields}
    return Request(provider=spec, model="fake", **values)


async def events_of(request: Request, *, deadline: float = 10, idle: float = 5) -> list[Event]:
    stream = llm.stream(request, deadline_seconds=deadline, idle_seconds=idle)
    async with aclosing(stream):
        return [event async for event in stream]


async def refusal_of(request: Request, *, deadline: float = 10, idle: float = 5) -> llm.LLMError:
    with pytest.raises(llm.LLMError) as caught:
        await events_of(request, deadline=deadline, idle=idle)
    assert KEY not in caught.value.message
    return caught.value


@pytest.fixture(autouse=True)
async def _close_clients():
    yield
    await llm.close_clients()


async def test_events_come_in_order_with_the_whole_text(fake_provider: FakeProvider) -> None:
    fake_provider.set_pace(tokens_per_second=50)
    fake_provider.say("One two three.")
    first, *middle, usage, last = await events_of(ask(fake_provider))
    assert isinstance(first, FirstToken)
    assert "".join(event.text for event in middle if isinstance(event, Delta)) == "One two three."
    assert len(middle) > 1
    assert isinstance(usage, Usage)
    assert usage.completion_tokens == 4
    assert last == Finished("stop")


async def test_text_that_comes_together_with_an_error_is_not_lost() -> None:
    spec = llm.ProviderSpec("http://127.0.0.1/v1", KEY)
    answer = Answer(Request(spec, "fake", [], 10))
    values = [
        b'{"choices": [{"delta": {"content": "One "}}]}',
        b'{"choices": [{"delta": {"content": "two"}}]}',
        b'{"error": {"message": "Overloaded", "code": 503}}',
    ]
    seen: list[Event] = []
    with pytest.raises(llm.Retryable):
        seen.extend(answer.read(values))
    assert [event.text for event in seen if isinstance(event, Delta)] == ["One two"]


async def test_text_arrives_while_the_answer_is_being_written(fake_provider: FakeProvider) -> None:
    fake_provider.set_pace(tokens_per_second=40)
    stream = llm.stream(ask(fake_provider, "WORDS: 20"), deadline_seconds=10, idle_seconds=5)
    arrived = [time.monotonic() async for event in stream if isinstance(event, Delta)]
    assert arrived[-1] - arrived[0] > 0.3


async def test_usage_says_what_came_from_the_cache(fake_provider: FakeProvider) -> None:
    text = "The same long prompt as before, word for word."
    for expected in (False, True):
        usage = next(e for e in await events_of(ask(fake_provider, text)) if isinstance(e, Usage))
        assert (usage.cached_tokens > 0) is expected
        assert usage.prompt_tokens >= usage.cached_tokens


async def test_limit_of_tokens_ends_the_answer_as_length(fake_provider: FakeProvider) -> None:
    events = await events_of(ask(fake_provider, "WORDS: 100", max_tokens=10))
    assert events[-1] == Finished("length")


async def test_schema_is_asked_for(fake_provider: FakeProvider) -> None:
    schema = {"type": "object", "properties": {"n": {"type": "integer"}}}
    events = await events_of(ask(fake_provider, schema=schema, schema_name="number"))
    text = "".join(event.text for event in events if isinstance(event, Delta))
    assert text == '{"n": 1}'
    assert fake_provider.bodies[0]["response_format"]["json_schema"]["name"] == "number"


@pytest.mark.parametrize(
    ("fault", "kind", "words"),
    [
        ("400@*", llm.Terminal, "refused the request"),
        ("401@*", llm.Terminal, "does not accept the API key"),
        ("403@*", llm.Terminal, "does not allow this key"),
        ("404@*", llm.Terminal, "has no model fake"),
        ("html@*", llm.Terminal, "base URL"),
        ("429@*", llm.Retryable, "limiting how often"),
        ("500@*", llm.ProviderDown, "problem of its own"),
        ("drop@*", llm.ProviderDown, "broke while fake was answering"),
        ("empty@*", llm.EmptyAnswer, "empty answer"),
    ],
)
async def test_failure_is_told_with_what_to_do(
    fake_provider: FakeProvider, fault: str, kind: type[llm.LLMError], words: str
) -> None:
    fake_provider.fail(fault)
    error = await refusal_of(ask(fake_provider))
    assert type(error) is kind
    assert words in error.message
    assert "Fake & Co" in error.message
    assert "sk-" not in error.message
    assert (await events_of(ask(fake_provider)))[-1] == Finished("stop")


async def test_too_many_requests_says_when_in_seconds(fake_provider: FakeProvider) -> None:
    fake_provider.fail("429@*+7")
    error = await refusal_of(ask(fake_provider))
    assert isinstance(error, llm.Retryable)
    assert error.retry_after == 7


async def test_too_many_requests_says_when_as_a_date(fake_provider: FakeProvider) -> None:
    fake_provider.fail("429date@*+30")
    error = await refusal_of(ask(fake_provider))
    assert isinstance(error, llm.Retryable)
    assert error.retry_after == pytest.approx(30, abs=2)


async def test_dropped_stream_gives_what_came_before(fake_provider: FakeProvider) -> None:
    fake_provider.fail("drop@*")
    stream = llm.stream(ask(fake_provider), deadline_seconds=10, idle_seconds=5)
    seen: list[Event] = []

    async def read() -> None:
        async for event in stream:
            seen.append(event)  # noqa: PERF401 (what came before the failure is wanted)

    with pytest.raises(llm.Retryable):
        await read()
    assert sum(isinstance(event, Delta) for event in seen) > 5
    assert not any(isinstance(event, Usage | Finished) for event in seen)


async def test_silence_is_not_waited_for_without_end(fake_provider: FakeProvider) -> None:
    fake_provider.fail("stall@*+60")
    error = await refusal_of(ask(fake_provider), idle=0.3)
    assert isinstance(error, llm.ProviderDown)
    assert "said nothing" in error.message
    await asyncio.to_thread(fake_provider.wait_for, lambda records: len(records) == 1)
    assert fake_provider.records[0].status == "client_gone"


async def test_comments_that_keep_the_connection_open_are_silence(
    fake_provider: FakeProvider,
) -> None:
    fake_provider.fail("pings@*")
    error = await refusal_of(ask(fake_provider), idle=0.3)
    assert isinstance(error, llm.ProviderDown)
    assert "said nothing" in error.message


async def test_silence_before_the_first_token_counts_too(fake_provider: FakeProvider) -> None:
    fake_provider.set_pace(first_after=60)
    error = await refusal_of(ask(fake_provider), idle=0.3)
    assert isinstance(error, llm.Retryable)


async def test_answer_that_ignores_its_limit_is_cut_off(fake_provider: FakeProvider) -> None:
    fake_provider.fail("endless@*")
    error = await refusal_of(ask(fake_provider, max_tokens=20))
    assert isinstance(error, llm.Endless)
    assert "did not come to an end" in error.message


async def test_answer_that_never_ends_meets_the_deadline(fake_provider: FakeProvider) -> None:
    fake_provider.fail("endless@*")
    fake_provider.set_pace(tokens_per_second=50)
    error = await refusal_of(ask(fake_provider, max_tokens=10_000), deadline=0.5)
    assert isinstance(error, llm.Endless)
    assert "did not come to an end" in error.message


async def test_unreachable_provider_may_come_back(free_port: int) -> None:
    spec = llm.ProviderSpec(f"http://127.0.0.1:{free_port}/v1", KEY, name="Nobody")
    messages: list[llm.Message] = [{"role": "user", "content": "Hello"}]
    error = await refusal_of(Request(spec, "fake", messages, 50))
    assert isinstance(error, llm.ProviderDown)
    assert "Nobody cannot be reached" in error.message


@pytest.mark.parametrize("url", ["http://[broken/v1", "localhost:99999/v1", "not a url"])
async def test_address_that_is_none_is_told(url: str) -> None:
    messages: list[llm.Message] = [{"role": "user", "content": "Hello"}]
    error = await refusal_of(Request(llm.ProviderSpec(url, KEY), "fake", messages, 50))
    assert "base URL" in error.message


@pytest.mark.parametrize("first_after", [0.01, 60])
async def test_cancelling_closes_the_connection_at_once(
    fake_provider: FakeProvider, first_after: float
) -> None:
    """While text arrives, and before there is any."""
    fake_provider.set_pace(first_after=first_after, tokens_per_second=20)
    has_begun = asyncio.Event()

    async def read() -> None:
        request = ask(fake_provider, "WORDS: 400")
        stream = llm.stream(request, deadline_seconds=60, idle_seconds=60, on_accept=has_begun.set)
        async with aclosing(stream):
            async for _event in stream:
                pass

    task = asyncio.create_task(read())
    await has_begun.wait()
    task.cancel()
    cancelled_at = time.time()
    with pytest.raises(asyncio.CancelledError):
        await task
    await asyncio.to_thread(fake_provider.wait_for, lambda records: len(records) == 1)
    record = fake_provider.records[0]
    assert record.status == "client_gone"
    assert (record.t_end or 0) - cancelled_at < 1


async def test_cancelling_before_the_provider_accepts_closes_the_connection_too(
    fake_provider: FakeProvider,
) -> None:
    fake_provider.server._slots = asyncio.Semaphore(0)
    task = asyncio.create_task(events_of(ask(fake_provider)))
    await asyncio.to_thread(until, lambda: fake_provider.bodies)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    await asyncio.to_thread(fake_provider.wait_for, lambda records: len(records) == 1)


async def test_model_that_refuses_parameters_is_asked_without_them(
    fake_provider: FakeProvider,
) -> None:
    fake_provider.refuse_parameters("max_tokens", "temperature")
    assert (await events_of(ask(fake_provider)))[-1] == Finished("stop")
    asked = fake_provider.bodies[-1]
    assert asked["max_completion_tokens"] == 500
    assert "temperature" not in asked
    number = len(fake_provider.bodies)
    await events_of(ask(fake_provider))
    assert len(fake_provider.bodies) == number + 1
