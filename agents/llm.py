"""The one client of every provider: streamed chat completions as typed events.

Always streamed: cancelling a call that does not stream is unreliable, and nothing is shown late.
"""

import asyncio
from collections.abc import AsyncGenerator, Callable, Mapping, Sequence
from contextlib import AsyncExitStack, aclosing, suppress
from http import HTTPStatus
from typing import Any
from weakref import WeakKeyDictionary

import aiohttp
import httpx2
import jiter
import openai
from django.utils.translation import gettext as _
from openai._vendor.httpx_aiohttp import AiohttpTransport

from agents import llm_errors as errors
from agents import rates
from agents.connecting import certificates, forbidden, guarded, why
from agents.gathering import Gathering, counted
from agents.llm_answer import Answer
from agents.llm_errors import (
    EmptyAnswer,
    Endless,
    InvalidAnswer,
    LLMError,
    NotThere,
    ProviderDown,
    Retryable,
    Terminal,
)
from agents.llm_limits import Limits
from agents.llm_types import (
    Delta,
    Event,
    Finished,
    FirstToken,
    Message,
    ProviderSpec,
    Request,
    Usage,
)
from agents.models import Provider
from agents.sse import DataLines, SSEError
from agents.tokens import clamp_max_tokens, estimate_tokens

__all__ = [
    "Delta",
    "EmptyAnswer",
    "Endless",
    "Event",
    "Finished",
    "FirstToken",
    "InvalidAnswer",
    "LLMError",
    "Message",
    "NotThere",
    "ProviderDown",
    "ProviderSpec",
    "Request",
    "Retryable",
    "Terminal",
    "Usage",
    "clamp_max_tokens",
    "close_clients",
    "estimate_tokens",
    "listed",
    "spec_of",
    "stream",
]

CONNECT_SECONDS = 10
LIST_SECONDS = 15
LIST_BYTES = 20_000_000
# A key may be allowed to write without being allowed to look around.
NO_LIST = frozenset({403, 404, 405, 501})

# For llama.cpp's own server. It notices that a prompt was given up only while it reports progress;
# and a small model would turn in circles without a sampler that makes repetition dear.
BUNDLED_SERVER: Mapping[str, Any] = {
    "return_progress": True,
    "min_p": 0.1,
    "dry_multiplier": 0.8,
    "dry_allowed_length": 4,
    "dry_penalty_last_n": 1024,
}


def spec_of(provider: Provider) -> ProviderSpec:
    return ProviderSpec(
        base_url=provider.base_url,
        api_key=provider.api_key,
        slug=provider.slug,
        name=provider.label,
        calls_per_minute=provider.requests_per_minute,
        tokens_per_minute=provider.tokens_per_minute,
        is_bundled=provider.is_bundled,
    )


# What not every provider or model understands; asked again without it, or under its other name.
_ADAPTABLE = ("max_tokens", "temperature", "stream_options", "response_format")


class _Endpoint:
    """One provider as one event loop sees it."""

    def __init__(self, spec: ProviderSpec) -> None:
        session = guarded(spec.base_url, is_bundled=spec.is_bundled)
        self.client = openai.AsyncOpenAI(
            base_url=spec.base_url,
            api_key=spec.api_key or "none",
            max_retries=0,
            # Its parser is in C: half the time that reading a token takes.
            http_client=openai.DefaultAioHttpClient(
                timeout=httpx2.Timeout(None, connect=CONNECT_SECONDS),
                limits=httpx2.Limits(max_connections=0),  # as many as there are streams
                follow_redirects=False,
                verify=certificates(),
                transport=AiohttpTransport(client=session) if session else None,
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
        """The arguments of the client's method. All but the required ones are extra to it: it
        would rewrite each message, which is all there already."""
        body: dict[str, Any] = {
            "messages": list(request.messages),
            "max_tokens": request.max_tokens,
            "temperature": request.temperature,
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
        return {
            "model": request.model,
            "messages": [],
            "stream": True,
            "extra_body": {**body, **extra, **request.extra},
        }


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
    """Make a call to where nobody listens, so that the first real one finds everything loaded."""
    spec = ProviderSpec("http://127.0.0.1:1/v1", "none")
    with suppress(LLMError):
        async for _event in stream(
            Request(spec, "none", [], 1), deadline_seconds=1, idle_seconds=1
        ):
            pass
    await _endpoints[asyncio.get_running_loop()].pop(spec).client.close()


async def close_clients() -> None:
    """Close this loop's connections; for whoever ends the loop."""
    for endpoint in _endpoints.pop(asyncio.get_running_loop(), {}).values():
        await endpoint.client.close()
    await rates.close()


async def stream(
    request: Request,
    *,
    deadline_seconds: float,
    idle_seconds: float,
    on_accept: Callable[[], None] = lambda: None,
    gathering: Gathering | None = None,
) -> AsyncGenerator[Event, None]:
    """FirstToken, Deltas, Usage if the provider reports it, Finished; or an LLMError.

    From `on_accept` on the provider may charge for the prompt. `gathering` lets its owner call the
    next read in. Both limits count from when the provider's limits a minute allow the call; how
    many there are at once is for `agents.slots`. Cancelling the task closes the connection at
    once; who stops reading early must close the iterator (`aclosing`).
    """
    endpoint = _endpoint(request.provider)
    await rates.wait_for_turn(request)
    answer, gathering = Answer(request), gathering or Gathering()
    with Limits(request, deadline_seconds, idle_seconds) as limits:
        async with aclosing(_values(endpoint, request, limits, on_accept)) as values:
            async for some in values:
                for event in answer.read(some):
                    yield event
                if answer.is_complete:
                    break
                if answer.has_text:
                    await gathering.wait()
    for event in answer.end():
        yield event


async def _values(
    endpoint: _Endpoint, request: Request, limits: Limits, on_accept: Callable[[], None]
) -> AsyncGenerator[Sequence[bytes], None]:
    """The values of the answer's `data:` lines, as many as there are each time one arrives."""
    spec, model = request.provider, request.model
    async with AsyncExitStack() as stack:
        response = await _send(endpoint, request, limits, stack)
        if "text/event-stream" not in response.headers.get("content-type", ""):
            raise errors.not_compatible(spec.name)
        on_accept()
        lines, pieces = DataLines(), response.iter_bytes()
        stack.enter_context(counted())
        while True:
            try:
                piece = await limits.wait(anext(pieces, None))
                if piece is None:
                    return
                values = lines.feed(piece)
            except (httpx2.RequestError, aiohttp.ClientError, OSError) as error:
                raise errors.dropped(spec.name, model) from error
            except SSEError as error:
                raise errors.not_compatible(spec.name) from error
            if values:
                limits.heard()
                yield values


async def _send(
    endpoint: _Endpoint, request: Request, limits: Limits, stack: AsyncExitStack
) -> Any:
    """The response once its headers are here; asks again without what the model refuses."""
    spec, model = request.provider, request.model
    create = endpoint.client.chat.completions.with_streaming_response.create
    while True:
        try:
            response = create(**endpoint.body(request))
            return await limits.wait(stack.enter_async_context(response))
        except openai.APIStatusError as error:
            if endpoint.learn(model, error):
                continue
            raise _refused(spec, model, error) from error
        except openai.APIConnectionError as error:
            if isinstance(error.__cause__, httpx2.RemoteProtocolError | httpx2.ReadError):
                raise errors.dropped(spec.name, model) from error
            raise _not_connected(spec, error) from error


def _not_connected(spec: ProviderSpec, error: openai.APIConnectionError) -> LLMError:
    if rule := forbidden(error):
        return errors.forbidden(spec.name, str(rule))
    return errors.unreachable(spec.name, why(error))


async def listed(spec: ProviderSpec) -> object:
    """What the provider says when it is asked for its models, decoded; or an LLMError, which is
    NotThere where it has no list, or none for this key."""
    endpoint = _endpoint(spec)
    try:
        async with (
            asyncio.timeout(LIST_SECONDS),
            endpoint.client.models.with_streaming_response.list() as response,
        ):
            body = bytearray()
            async for piece in response.iter_bytes():
                body += piece
                if len(body) > LIST_BYTES:
                    raise errors.not_compatible(spec.name)
        return jiter.from_json(bytes(body))
    except ValueError as error:
        raise errors.not_compatible(spec.name) from error
    except openai.APIStatusError as error:
        if error.status_code in NO_LIST:
            raise errors.no_list(spec.name) from error
        raise _refused(spec, _("the list of models"), error) from error
    except openai.APIConnectionError as error:
        raise _not_connected(spec, error) from error
    except TimeoutError as error:
        raise errors.unreachable(spec.name, why(error)) from error
    except (httpx2.RequestError, aiohttp.ClientError, OSError) as error:
        raise errors.unreachable(spec.name) from error


def _refused(spec: ProviderSpec, model: str, error: openai.APIStatusError) -> LLMError:
    if error.status_code < HTTPStatus.BAD_REQUEST:
        return errors.redirected(spec.name, error.response.headers.get("location", "?"))
    return errors.from_status(
        error.status_code,
        error.body,
        provider=spec.name,
        model=model,
        api_key=spec.api_key,
        retry_after=error.response.headers.get("retry-after"),
    )
