"""The one client of every provider: streamed chat completions as typed events.

Always streamed: cancelling a call that does not stream is unreliable, and nothing is shown late.
"""

import asyncio
import ssl
from collections.abc import AsyncGenerator, AsyncIterator, Iterator, Mapping, Sequence
from contextlib import AsyncExitStack, aclosing, asynccontextmanager
from dataclasses import dataclass, field
from typing import Any, Literal, TypedDict
from urllib.parse import urlsplit
from weakref import WeakKeyDictionary

import anyio
import httpx2
import jiter
import openai

from agents import llm_errors as errors
from agents.llm_errors import EmptyAnswer, InvalidAnswer, LLMError, Retryable, Terminal
from agents.models import Provider
from agents.sse import DataLines, SSEError
from agents.tokens import clamp_max_tokens, estimate_tokens

__all__ = [
    "Delta",
    "EmptyAnswer",
    "Event",
    "Finished",
    "FirstToken",
    "InvalidAnswer",
    "LLMError",
    "Message",
    "ProviderSpec",
    "Request",
    "Retryable",
    "Terminal",
    "Usage",
    "clamp_max_tokens",
    "close_clients",
    "estimate_tokens",
    "spec_of",
    "stream",
]

CONNECT_SECONDS = 10
# A provider that ignores max_tokens is cut off here; a token is seldom longer.
MAX_CHARACTERS_PER_TOKEN = 16

# For llama.cpp's own server. It notices that a prompt was given up only while it reports progress;
# and a small model would turn in circles without a sampler that makes repetition dear.
BUNDLED_SERVER: Mapping[str, Any] = {
    "return_progress": True,
    "min_p": 0.1,
    "dry_multiplier": 0.8,
    "dry_allowed_length": 4,
    "dry_penalty_last_n": 1024,
}


class Message(TypedDict):
    role: Literal["system", "user", "assistant"]
    content: str


@dataclass(frozen=True)
class ProviderSpec:
    """What a call needs to know of a provider. `concurrency` holds within one event loop."""

    base_url: str
    api_key: str = field(repr=False)
    name: str = "The provider"
    concurrency: int = 64
    is_bundled: bool = False


@dataclass(frozen=True)
class Request:
    """One call. `schema` asks for JSON of that shape; `extra` is added to the request's body."""

    provider: ProviderSpec
    model: str
    messages: Sequence[Message]
    max_tokens: int
    temperature: float = 0.7
    schema: Mapping[str, Any] | None = None
    schema_name: str = "answer"
    extra: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class FirstToken:
    """The model begins to answer; `seconds` since the request was sent."""

    seconds: float


@dataclass(frozen=True)
class Delta:
    text: str


@dataclass(frozen=True)
class Usage:
    """As the provider counted; it may report nothing, and never does for a broken stream."""

    prompt_tokens: int
    cached_tokens: int
    completion_tokens: int


@dataclass(frozen=True)
class Finished:
    """`length`: cut off by max_tokens or by the model's context."""

    reason: Literal["stop", "length"]


Event = FirstToken | Delta | Usage | Finished


def spec_of(provider: Provider) -> ProviderSpec:
    return ProviderSpec(
        base_url=provider.base_url,
        api_key=provider.api_key,
        name=provider.label,
        concurrency=provider.concurrency,
        is_bundled=provider.is_bundled,
    )


# What not every provider or model understands; asked again without it, or under its other name.
_ADAPTABLE = ("max_tokens", "temperature", "stream_options", "response_format")


class _Endpoint:
    """One provider as one event loop sees it."""

    def __init__(self, spec: ProviderSpec) -> None:
        self.slots = asyncio.Semaphore(spec.concurrency)
        # A proxy of the environment must not stand between us and a model on this machine.
        is_local = urlsplit(spec.base_url).hostname in {"localhost", "127.0.0.1", "::1"}
        self.client = openai.AsyncOpenAI(
            base_url=spec.base_url,
            api_key=spec.api_key or "none",
            max_retries=0,
            http_client=httpx2.AsyncClient(
                timeout=httpx2.Timeout(None, connect=CONNECT_SECONDS),
                limits=httpx2.Limits(max_connections=None, max_keepalive_connections=64),
                follow_redirects=False,
                trust_env=not is_local,
            ),
        )
        self._refused: dict[str, set[str]] = {}

    def learn(self, model: str, error: openai.APIStatusError) -> bool:
        """Remember what this model refuses; True if the request is worth sending again."""
        if error.status_code not in (400, 422):
            return False
        refused = self._refused.setdefault(model, set())
        for name in _ADAPTABLE:
            if name not in refused and (error.param == name or name in error.message):
                refused.add(name)
                return True
        return False

    def body(self, request: Request) -> dict[str, Any]:
        body: dict[str, Any] = {
            "model": request.model,
            "messages": list(request.messages),
            "max_tokens": request.max_tokens,
            "temperature": request.temperature,
            "stream": True,
            "stream_options": {"include_usage": True},
        }
        if request.schema is not None:
            body["response_format"] = {
                "type": "json_schema",
                "json_schema": {
                    "name": request.schema_name,
                    "schema": request.schema,
                    "strict": True,
                },
            }
        for name in self._refused.get(request.model, ()):
            value = body.pop(name, None)
            if name == "max_tokens":
                body["max_completion_tokens"] = value
        extra = BUNDLED_SERVER if request.provider.is_bundled else {}
        return body | {"extra_body": {**extra, **request.extra}}


_endpoints: WeakKeyDictionary[asyncio.AbstractEventLoop, dict[ProviderSpec, _Endpoint]] = (
    WeakKeyDictionary()
)


def _endpoint(spec: ProviderSpec) -> _Endpoint:
    of_loop = _endpoints.setdefault(asyncio.get_running_loop(), {})
    if spec not in of_loop:
        try:
            of_loop[spec] = _Endpoint(spec)
        except (httpx2.InvalidURL, ValueError) as error:
            raise errors.not_compatible(spec.name) from error
    return of_loop[spec]


async def warm_up() -> None:
    """Load what the first call needs, half a second of it, before somebody waits for that call."""
    spec = ProviderSpec("http://127.0.0.1/v1", "none")
    client = _Endpoint(spec).client
    _ = client.chat.completions.with_streaming_response.create  # loads what it needs
    await client.close()


async def close_clients() -> None:
    """Close this loop's connections; for whoever ends the loop."""
    for endpoint in _endpoints.pop(asyncio.get_running_loop(), {}).values():
        await endpoint.client.close()


async def stream(
    request: Request, *, deadline_seconds: float, idle_seconds: float
) -> AsyncGenerator[Event, None]:
    """FirstToken, Deltas, Usage if the provider reports it, Finished; or an LLMError.

    Both limits count from when the provider has a free slot for the call. Cancelling the task
    closes the connection at once; who stops reading early must close the iterator (`aclosing`).
    """
    endpoint = _endpoint(request.provider)
    async with endpoint.slots:
        limits = _Limits(request, deadline_seconds, idle_seconds)
        answer = _Answer(request)
        async with aclosing(_values(endpoint, request, limits)) as values:
            async for value in values:
                for event in answer.read(value):
                    yield event
                if answer.is_complete:
                    break
        for event in answer.end():
            yield event


class _Limits:
    """Bounds each wait: by silence, and by the call's deadline."""

    def __init__(self, request: Request, deadline_seconds: float, idle_seconds: float) -> None:
        self._request = request
        self._idle_seconds = idle_seconds
        self._now = asyncio.get_running_loop().time
        self._deadline = self._now() + deadline_seconds

    @asynccontextmanager
    async def bound(self) -> AsyncIterator[None]:
        provider, model = self._request.provider.name, self._request.model
        start = self._now()
        try:
            if start >= self._deadline:
                raise TimeoutError
            async with asyncio.timeout_at(min(start + self._idle_seconds, self._deadline)):
                yield
        except TimeoutError as error:
            if self._now() >= self._deadline:
                raise errors.never_ended(provider, model) from error
            raise errors.silent(provider, model, self._idle_seconds) from error


async def _values(
    endpoint: _Endpoint, request: Request, limits: _Limits
) -> AsyncGenerator[bytes, None]:
    """The values of the answer's `data:` lines as they arrive."""
    spec, model = request.provider, request.model
    async with AsyncExitStack() as stack:
        response = await _send(endpoint, request, limits, stack)
        if "text/event-stream" not in response.headers.get("content-type", ""):
            raise errors.not_compatible(spec.name)
        lines, pieces = DataLines(), response.iter_bytes()
        while True:
            try:
                async with limits.bound():
                    piece = await anext(pieces, None)
                if piece is None:
                    return
                values = lines.feed(piece)
            except (httpx2.RequestError, ssl.SSLError, anyio.EndOfStream) as error:
                raise errors.dropped(spec.name, model) from error
            except SSEError as error:
                raise errors.not_compatible(spec.name) from error
            for value in values:
                yield value


async def _send(
    endpoint: _Endpoint, request: Request, limits: _Limits, stack: AsyncExitStack
) -> Any:
    """The response once its headers are here; asks again without what the model refuses."""
    spec, model = request.provider, request.model
    create = endpoint.client.chat.completions.with_streaming_response.create
    while True:
        try:
            async with limits.bound():
                return await stack.enter_async_context(create(**endpoint.body(request)))
        except openai.APIStatusError as error:
            if endpoint.learn(model, error):
                continue
            raise errors.from_status(
                error.status_code,
                error.body,
                provider=spec.name,
                model=model,
                api_key=spec.api_key,
                retry_after=error.response.headers.get("retry-after"),
            ) from error
        except openai.APIConnectionError as error:
            if isinstance(error.__cause__, httpx2.RemoteProtocolError | httpx2.ReadError):
                raise errors.dropped(spec.name, model) from error
            raise errors.unreachable(spec.name) from error


class _Answer:
    """Reads the provider's chunks of one answer and checks how it ends."""

    def __init__(self, request: Request) -> None:
        self._request = request
        self._now = asyncio.get_running_loop().time
        self._start = self._now()
        self._has_text = False
        self._room = request.max_tokens * MAX_CHARACTERS_PER_TOKEN
        self._reason: str | None = None
        self._usage: Usage | None = None
        self.is_complete = False

    def read(self, value: bytes) -> Iterator[Event]:
        spec, model = self._request.provider, self._request.model
        if value == b"[DONE]":
            self.is_complete = True
            return
        try:
            chunk = jiter.from_json(value)
        except ValueError as error:
            raise errors.not_compatible(spec.name) from error
        if not isinstance(chunk, dict):
            raise errors.not_compatible(spec.name)
        if chunk.get("error"):
            raise errors.from_status(
                errors.status_in_stream(chunk),
                chunk,
                provider=spec.name,
                model=model,
                api_key=spec.api_key,
                retry_after=None,
            )
        if chunk.get("usage"):
            self._usage = _usage(chunk["usage"])
        for choice in chunk.get("choices") or ():
            self._reason = choice.get("finish_reason") or self._reason
            if text := (choice.get("delta") or {}).get("content"):
                yield from self._text(text)

    def _text(self, text: str) -> Iterator[Event]:
        self._room -= len(text)
        if self._room < 0:
            raise errors.never_ended(self._request.provider.name, self._request.model)
        if not self._has_text:
            if not text.strip():
                return
            self._has_text = True
            yield FirstToken(self._now() - self._start)
        yield Delta(text)

    def end(self) -> Iterator[Event]:
        provider, model = self._request.provider.name, self._request.model
        if self._usage:
            yield self._usage
        if self._reason is None and not self.is_complete:
            raise errors.dropped(provider, model)
        if self._reason == "content_filter":
            raise errors.filtered(provider, model)
        if not self._has_text:
            if self._reason == "length":
                raise errors.thought_too_long(provider, model)
            raise errors.empty(provider, model)
        yield Finished("length" if self._reason == "length" else "stop")


def _usage(reported: Mapping[str, Any]) -> Usage:
    details = reported.get("prompt_tokens_details") or {}
    return Usage(
        prompt_tokens=reported.get("prompt_tokens") or 0,
        cached_tokens=details.get("cached_tokens") or 0,
        completion_tokens=reported.get("completion_tokens") or 0,
    )
