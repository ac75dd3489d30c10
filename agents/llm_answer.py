"""What a provider's stream says."""

import asyncio
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import jiter

from agents import llm_errors as errors
from agents.llm_types import Delta, Event, Finished, FirstToken, Request, Usage

# A provider that ignores max_tokens is cut off here; a token is seldom longer.
MAX_CHARACTERS_PER_TOKEN = 16


class Answer:
    """Reads the provider's chunks of one answer and checks how it ends."""

    def __init__(self, request: Request) -> None:
        self._request = request
        self._now = asyncio.get_running_loop().time
        self._start = self._now()
        self.has_text = False
        self._room = request.max_tokens * MAX_CHARACTERS_PER_TOKEN
        self._reason: str | None = None
        self._usage: Usage | None = None
        self.is_complete = False

    def read(self, values: Iterable[bytes]) -> Iterator[Event]:
        """What these chunks say, their text in one piece."""
        said: list[str] = []
        failure: errors.LLMError | None = None
        try:
            for value in values:
                said += self._texts(value)
        except errors.LLMError as error:
            failure = error
        if said:
            yield from self._text("".join(said))
        if failure:
            raise failure

    def _texts(self, value: bytes) -> Iterator[str]:
        spec, model = self._request.provider, self._request.model
        if value == b"[DONE]" or self.is_complete:
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
                yield text

    def _text(self, text: str) -> Iterator[Event]:
        self._room -= len(text)
        if self._room < 0:
            raise errors.never_ended(self._request.provider.name, self._request.model)
        if not self.has_text:
            if not text.strip():
                return
            self.has_text = True
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
        if not self.has_text:
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
