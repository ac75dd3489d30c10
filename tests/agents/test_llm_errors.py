from typing import Any

import pytest

from agents import llm_errors
from agents.llm_errors import ProviderDown, Retryable, Terminal, seconds_from

NAMES: dict[str, Any] = {
    "provider": "Acme",
    "model": "m",
    "api_key": "key-1234567890",
    "retry_after": None,
}


@pytest.mark.parametrize("value", [None, "", "soon", "Tuesday"])
def test_unreadable_retry_after_is_none(value: str | None) -> None:
    assert seconds_from(value) is None


def test_retry_after_in_the_past_is_now() -> None:
    assert seconds_from("Wed, 21 Oct 2015 07:28:00 GMT") == 0
    assert seconds_from("1.5") == 1.5


def test_exhausted_quota_is_terminal_and_a_rate_limit_is_not() -> None:
    body = {"error": {"message": "pay", "code": "insufficient_quota"}}
    error = llm_errors.from_status(429, body, **NAMES)
    assert isinstance(error, Terminal)
    assert "no credit" in error.message
    assert isinstance(llm_errors.from_status(429, {"error": {}}, **NAMES), Retryable)


def test_text_too_long_for_the_model_says_so() -> None:
    body = {"error": {"message": "too long", "type": "exceed_context_size_error", "code": 400}}
    error = llm_errors.from_status(400, body, **NAMES)
    assert isinstance(error, Terminal)
    assert "too long for the model m" in error.message


def test_provider_s_own_words_are_shown_without_the_key() -> None:
    body = {"error": {"message": "Bad key key-1234567890 or sk-proj-abcdefgh, see docs"}}
    error = llm_errors.from_status(400, body, **NAMES)
    assert "see docs" in error.message
    assert "1234567890" not in error.message
    assert "abcdefgh" not in error.message


@pytest.mark.parametrize("status", [408, 409, 425, 429])
def test_passing_troubles_are_retryable(status: int) -> None:
    assert type(llm_errors.from_status(status, None, **NAMES)) is Retryable


@pytest.mark.parametrize("status", [500, 502, 503, 529])
def test_troubles_of_the_provider_speak_of_it(status: int) -> None:
    assert type(llm_errors.from_status(status, None, **NAMES)) is ProviderDown


@pytest.mark.parametrize("status", [301, 400, 401, 402, 403, 404, 405, 422])
def test_lasting_troubles_are_terminal(status: int) -> None:
    assert isinstance(llm_errors.from_status(status, None, **NAMES), Terminal)
