"""What can go wrong between us and a provider, in words for the author."""

import re
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from http import HTTPStatus

from django.utils.translation import gettext as _

RETRYABLE_STATUS = frozenset({408, 409, 425})
MAX_DETAIL = 300
MAX_STATUS = 600


class LLMError(Exception):
    """`message` says what happened and what to do; it never contains a key."""

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.message = message


class Retryable(LLMError):
    """May pass by itself. `retry_after` is what the provider asked for, in seconds.

    A kind with `most_retries` is not tried more often, however much time is left.
    """

    most_retries: int | None = None

    def __init__(self, message: str, retry_after: float | None = None) -> None:
        super().__init__(message)
        self.retry_after = retry_after


class ProviderDown(Retryable):
    """The provider, not the model or the request: unreachable, broken, silent."""


class UselessAnswer(Retryable):
    """The model answered, in a way that helps nobody; it seldom learns."""

    most_retries = 2


class EmptyAnswer(UselessAnswer):
    """The model answered without a word."""


class InvalidAnswer(UselessAnswer):
    """The model's answer does not have the structure that was asked for, though it was shown what
    was wrong with it."""

    most_retries = 0


class Terminal(LLMError):
    """Trying again changes nothing until a person changes something."""


class ThoughtTooLong(Terminal):
    """The model used up its limit before it wrote a word."""


class NotThere(Terminal):
    """The provider does not offer what was asked for."""


class Endless(Terminal):
    """The answer had to be cut off; another model would go on from too much already."""


def seconds_from(retry_after: str | None) -> float | None:
    """The Retry-After header, which holds seconds or an HTTP date, as seconds from now."""
    if not retry_after:
        return None
    try:
        return max(0.0, float(retry_after))
    except ValueError:
        pass
    try:
        moment = parsedate_to_datetime(retry_after)
    except ValueError:
        return None
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    return max(0.0, (moment - datetime.now(UTC)).total_seconds())


def detail_of(body: object, api_key: str) -> str:
    """What the provider itself said, shortened and without anything that looks like a key."""
    if isinstance(body, dict):
        body = body.get("error", body)
    if isinstance(body, dict):
        body = body.get("message") or body.get("detail") or ""
    text = body if isinstance(body, str) else ""
    if "<html" in text.lower():
        return ""
    if api_key:
        text = text.replace(api_key, "…")
    text = re.sub(r"\b(sk|hf|key|Bearer)[-_ ][\w*.-]{6,}", "…", text)
    return " ".join(text.split())[:MAX_DETAIL]


def _error_of(body: object) -> dict[str, object]:
    if isinstance(body, dict) and isinstance(body.get("error"), dict):
        body = body["error"]
    return body if isinstance(body, dict) else {}


def status_in_stream(body: object) -> int:
    """The HTTP status an error that comes within a stream stands for."""
    code = _error_of(body).get("code")
    is_status = str(code).isdigit() and HTTPStatus.BAD_REQUEST <= int(str(code)) < MAX_STATUS
    return int(str(code)) if is_status else HTTPStatus.INTERNAL_SERVER_ERROR


def from_status(
    status: int, body: object, *, provider: str, model: str, api_key: str, retry_after: str | None
) -> LLMError:
    """The error for an HTTP status that is not 200; `body` is the decoded answer."""
    error, detail = _error_of(body), detail_of(body, api_key)
    code = f"{error.get('code')} {error.get('type')}"
    names = {"provider": provider, "model": model, "status": status}
    names["detail"] = f" ({detail})" if detail else ""
    if status == HTTPStatus.TOO_MANY_REQUESTS and "quota" not in code:
        return Retryable(_too_many() % names, seconds_from(retry_after))
    if status in RETRYABLE_STATUS or status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        kind = Retryable if status in RETRYABLE_STATUS else ProviderDown
        return kind(_troubled() % names, seconds_from(retry_after))
    if status < HTTPStatus.BAD_REQUEST:
        return not_compatible(provider)
    if status in (400, 413) and ("context" in code or "context length" in detail.lower()):
        return Terminal(_too_long() % names)
    return Terminal(_refusal(status) % names)


def _refusal(status: int) -> str:
    match status:
        case 401:
            return _(
                "%(provider)s does not accept the API key. Ask an administrator to enter a "
                "valid key for this provider, then try again."
            )
        case 402 | 429:
            return _(
                "The account at %(provider)s has no credit left for %(model)s. Top it up, or "
                "choose a model of another provider, then try again."
            )
        case 403:
            return _(
                "%(provider)s does not allow this key to use the model %(model)s%(detail)s. "
                "Choose another model, or ask an administrator to check the key's rights."
            )
        case 404:
            return _(
                "%(provider)s has no model %(model)s, or its address is wrong%(detail)s. Ask "
                "an administrator to check the model's name and the provider's base URL."
            )
    return _(
        "%(provider)s refused the request to %(model)s with status %(status)s%(detail)s. Ask "
        "an administrator to check the model's settings, or choose another model."
    )


def _too_many() -> str:
    return _(
        "%(provider)s is limiting how often %(model)s may be asked. Wait a little, "
        "then try again; if this repeats, lower the provider's calls at once."
    )


def _troubled() -> str:
    return _(
        "%(provider)s has a problem of its own (status %(status)s) and %(model)s did not "
        "answer. Try again in a few minutes, or choose another model."
    )


def _too_long() -> str:
    return _(
        "The text is too long for the model %(model)s. Shorten the brief or the "
        "section, or choose a model with a larger context."
    )


def not_compatible(provider: str) -> Terminal:
    return Terminal(
        _(
            "The address of %(provider)s answers, but not like an OpenAI-compatible provider. "
            "Ask an administrator to check its base URL; for most providers it ends in /v1."
        )
        % {"provider": provider}
    )


def unreachable(provider: str, reason: str = "") -> ProviderDown:
    """`reason` is a sentence, if it is known."""
    message = _(
        "%(provider)s cannot be reached. Check that it is running, that the network works "
        "and that its base URL is right, then try again."
    ) % {"provider": provider}
    return ProviderDown(f"{message} {reason}".strip())


def redirected(provider: str, target: str) -> Terminal:
    return Terminal(
        _(
            "The base URL of %(provider)s leads on to %(target)s, and keys are not sent after it. "
            "Ask an administrator to enter the address that it should be."
        )
        % {"provider": provider, "target": target[:MAX_DETAIL]}
    )


def no_list(provider: str) -> NotThere:
    return NotThere(_("%(provider)s does not tell which models it has.") % {"provider": provider})


def forbidden(provider: str, rule: str) -> Terminal:
    message = _(
        "%(provider)s is not called: its base URL leads to an address that is not allowed. Ask an "
        "administrator to correct it."
    ) % {"provider": provider}
    return Terminal(f"{message} {rule}")


def dropped(provider: str, model: str) -> ProviderDown:
    return ProviderDown(
        _(
            "The connection to %(provider)s broke while %(model)s was answering. What was "
            "written is kept; try again to continue from there."
        )
        % {"provider": provider, "model": model}
    )


def silent(provider: str, model: str, seconds: float) -> ProviderDown:
    return ProviderDown(
        _(
            "%(model)s at %(provider)s said nothing for %(seconds)d seconds. What was written "
            "is kept; try again to continue from there, or choose a faster model."
        )
        % {"provider": provider, "model": model, "seconds": seconds}
    )


def never_ended(provider: str, model: str) -> Endless:
    return Endless(
        _(
            "The answer of %(model)s at %(provider)s did not come to an end and was cut off. What "
            "was written is kept; try again, ask for a shorter section, or choose another model."
        )
        % {"provider": provider, "model": model}
    )


def filtered(provider: str, model: str) -> Terminal:
    return Terminal(
        _(
            "%(provider)s stopped %(model)s because of its content rules. Change the brief or "
            "the section's brief, or choose another model."
        )
        % {"provider": provider, "model": model}
    )


def empty(provider: str, model: str) -> EmptyAnswer:
    return EmptyAnswer(
        _("%(model)s at %(provider)s gave an empty answer. Try again, or choose another model.")
        % {"provider": provider, "model": model}
    )


def invalid(provider: str, model: str) -> InvalidAnswer:
    return InvalidAnswer(
        _(
            "%(model)s at %(provider)s did not answer in the form that was asked for. Try again, "
            "or choose a larger model."
        )
        % {"provider": provider, "model": model}
    )


def thought_too_long(provider: str, model: str) -> ThoughtTooLong:
    return ThoughtTooLong(
        _(
            "%(model)s at %(provider)s used up its limit before it wrote a word. Ask an "
            "administrator to raise the role's most tokens in an answer."
        )
        % {"provider": provider, "model": model}
    )
