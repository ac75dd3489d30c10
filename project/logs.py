"""How log lines look: readable, or JSON lines with LOG_FORMAT=json; which run, step and request
they belong to; and nothing in them that is secret.
"""

import logging
import re
import time
import uuid
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import structlog
from structlog.contextvars import bound_contextvars
from structlog.typing import EventDict, WrappedLogger

from agents.secret_values import hidden

if TYPE_CHECKING:  # the settings, which import this, come before Django's own modules
    from django.http import HttpRequest
    from django.http.response import HttpResponseBase

logger = logging.getLogger(__name__)

HIDDEN = "***"
SECRET_NAME = re.compile(r"api_?key|authorization|password|secret|token$", re.IGNORECASE)
# Keys as providers make them, headers, and passwords in addresses.
SECRET = re.compile(
    r"\b(?:sk|pk|hf|gsk|xai|key)[-_][\w*-]{8,}|(?<=Bearer )[^\s'\"]+|(?<=://)[^\s/:@]*:[^\s/@]+(?=@)"
)
REQUEST_ID = re.compile(r"[\w.:-]{1,80}")


def hide_secrets(_logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
    """Whoever reads logs need not be allowed to spend money: what looks like a key is left out."""
    for name, value in event.items():
        if SECRET_NAME.search(name):
            event[name] = HIDDEN
        elif isinstance(value, str):
            event[name] = SECRET.sub(HIDDEN, hidden(value, HIDDEN))
    return event


def drop_request(_logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
    """Django puts the request itself into its lines, with the query of its address."""
    event.pop("request", None)
    return event


def logging_config(*, as_json: bool) -> dict[str, Any]:
    """For Django's LOGGING; every process writes to its standard error."""
    shared: list[Any] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.stdlib.ExtraAdder(),
        drop_request,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.format_exc_info,
        hide_secrets,
    ]
    renderer = (
        structlog.processors.JSONRenderer(ensure_ascii=False)
        if as_json
        else structlog.dev.ConsoleRenderer(
            colors=False, pad_event_to=0, exception_formatter=structlog.dev.plain_traceback
        )
    )
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {
            "lines": {
                "()": structlog.stdlib.ProcessorFormatter,
                "foreign_pre_chain": shared,
                "processors": [
                    structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                    renderer,
                ],
            }
        },
        "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "lines"}},
        "root": {"handlers": ["stderr"], "level": "INFO"},
        "loggers": {
            # Django's own handlers would say everything twice.
            "django": {"handlers": [], "propagate": True, "level": "INFO"},
            "django.server": {"handlers": [], "propagate": True},
            # A line for each call and each request is ours to write.
            "httpx": {"level": "WARNING"},
            "httpx2": {"level": "WARNING"},
            "openai": {"level": "WARNING"},
            "daphne": {"level": "WARNING"},
            "celery.app.trace": {"level": "WARNING"},
            "celery.worker.strategy": {"level": "WARNING"},
        },
    }


def _path(request: "HttpRequest") -> str:
    """The path, without a secret that is part of it."""
    token = request.resolver_match.kwargs.get("token") if request.resolver_match else None
    return request.path.replace(token, "…") if token else request.path


class RequestLog:
    """Middleware: gives each request an id, that of its proxy if it has one, and a line."""

    def __init__(self, get_response: "Callable[[HttpRequest], HttpResponseBase]") -> None:
        self._get_response = get_response

    def __call__(self, request: "HttpRequest") -> "HttpResponseBase":
        given = request.headers.get("X-Request-ID", "")
        request_id = given if REQUEST_ID.fullmatch(given) else uuid.uuid4().hex
        start = time.monotonic()
        with bound_contextvars(request_id=request_id):
            response = self._get_response(request)
            logger.info(
                "request",
                extra={
                    "method": request.method,
                    # Without the query, in which there may be words of a person.
                    "path": _path(request),
                    "status": response.status_code,
                    "seconds": round(time.monotonic() - start, 4),
                },
            )
        response["X-Request-ID"] = request_id
        return response
