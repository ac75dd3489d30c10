"""What is asked of a provider, and what it answers, event by event."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal, TypedDict

from agents.secret_values import remember


class Message(TypedDict):
    role: Literal["system", "user", "assistant"]
    content: str


@dataclass(frozen=True)
class ProviderSpec:
    """What a call needs to know of a provider."""

    base_url: str
    api_key: str = field(repr=False)
    slug: str = ""
    name: str = "The provider"
    # None: no limit. See `agents.rates`.
    calls_per_minute: int | None = None
    tokens_per_minute: int | None = None
    is_bundled: bool = False

    def __post_init__(self) -> None:
        remember(self.api_key)


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
    # Nobody waits for it: others come first.
    is_batch: bool = False


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
