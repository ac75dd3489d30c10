"""How many tokens a text takes, estimated on the safe side: each model counts differently."""

import math
from collections.abc import Iterable, Mapping
from typing import Any

CHARACTERS_PER_TOKEN = 3.2
# Scripts without word spaces, Chinese above all, take a token a character and more in small models.
WIDE_FROM = "\u2e80"
TOKENS_PER_WIDE_CHARACTER = 1.3
TOKENS_PER_MESSAGE = 12
SMALLEST_ANSWER = 16


def estimate_tokens(text: str) -> int:
    wide = sum(character >= WIDE_FROM for character in text)
    return math.ceil((len(text) - wide) / CHARACTERS_PER_TOKEN + wide * TOKENS_PER_WIDE_CHARACTER)


def estimate_prompt_tokens(messages: Iterable[Mapping[str, Any]]) -> int:
    return sum(estimate_tokens(message["content"]) + TOKENS_PER_MESSAGE for message in messages)


def clamp_max_tokens(
    messages: Iterable[Mapping[str, Any]], wanted: int, context_tokens: int
) -> int:
    """As many tokens of the wanted answer as the model's context has room for after the prompt."""
    return max(SMALLEST_ANSWER, min(wanted, context_tokens - estimate_prompt_tokens(messages)))
