"""The one shape of every error, whatever went wrong."""

import logging
import re
from collections.abc import Callable, Sequence
from http import HTTPStatus
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.utils.translation import gettext as _
from ninja import NinjaAPI, Schema
from ninja.errors import AuthenticationError, HttpError, ValidationError
from pydantic import Field

from writing.exceptions import TooMany, WritingError, nothing_here

logger = logging.getLogger("django.request")

RETRY_SECONDS = 10


class FieldProblem(Schema):
    where: str = Field(description="The field, e.g. `outline.0.title`; empty: the whole request.")
    message: str


class Problem(Schema):
    """What went wrong, and what to do."""

    status: int = Field(description="The HTTP status again.")
    code: str = Field(description="For programs: it stays when the wording changes.")
    message: str = Field(description="For people, in the language of `Accept-Language`.")
    errors: list[FieldProblem] = Field(default=[], description="What is wrong with which field.")


# What any operation may answer besides what it is there for.
STATUSES = (400, 401, 403, 404, 409, 413, 422, 429)


def answers(schema: Any, status: int = 200) -> dict[Any, Any]:
    """For `response=` of an operation: what it gives, and the shape of its errors."""
    return {status: schema, STATUSES: Problem}


def problem(
    status: int, code: str, message: str, errors: Sequence[FieldProblem] = ()
) -> HttpResponse:
    body = Problem(status=status, code=code, message=message, errors=list(errors))
    response = JsonResponse(body.model_dump(), status=status)
    if status == HTTPStatus.UNAUTHORIZED:
        response["WWW-Authenticate"] = "Bearer"
    return response


def of_error(error: WritingError) -> HttpResponse:
    """Its code is the name of its class: `AlreadyRunning` is `already_running`."""
    code = re.sub(r"(?<!^)(?=[A-Z])", "_", type(error).__name__).lower()
    response = problem(error.status, code, str(error))
    if isinstance(error, TooMany):
        response["Retry-After"] = str(RETRY_SECONDS)
    return response


def nothing(request: HttpRequest, **_kwargs: Any) -> HttpResponse:
    """Whatever address there is none of."""
    return of_error(nothing_here())


def too_large() -> HttpResponse:
    return problem(413, "too_large", _("The request is too large. Send it in smaller parts."))


def wrong_method(request: HttpRequest, refused: HttpResponse) -> HttpResponse:
    """In place of ninja's own words."""
    message = _("There is no %(method)s here, but %(allowed)s.") % {
        "method": request.method,
        "allowed": refused["Allow"],
    }
    response = problem(405, "method_not_allowed", message)
    response["Allow"] = refused["Allow"]
    return response


def explain(api: NinjaAPI) -> None:
    """Have `api` answer every error in this shape."""
    handlers: dict[type[Exception], Callable[[HttpRequest, Any], HttpResponse]] = {
        WritingError: lambda _request, error: of_error(error),
        Http404: lambda request, _error: nothing(request),
        AuthenticationError: _unknown,
        HttpError: _refused,
        ValidationError: _invalid,
        Exception: _failed,
    }
    for kind, handler in handlers.items():
        api.add_exception_handler(kind, handler)


def _unknown(request: HttpRequest, error: AuthenticationError) -> HttpResponse:
    message = _(
        "Send a token as “Authorization: Bearer …”. This one is missing, unknown, revoked or "
        "expired; you can make one under “API tokens” in the menu."
    )
    return problem(401, "unauthorized", message)


def _refused(request: HttpRequest, error: HttpError) -> HttpResponse:
    """What ninja itself refuses: a body that is no JSON."""
    if error.status_code == HTTPStatus.BAD_REQUEST:
        return problem(400, "bad_request", _("The body of the request is not valid JSON."))
    return problem(error.status_code, "refused", str(error))


def _invalid(request: HttpRequest, error: ValidationError) -> HttpResponse:
    errors = [
        FieldProblem(where=_where(each.get("loc", ())), message=str(each.get("msg", "")))
        for each in error.errors
    ]
    message = _("Something in the request is not as it should be: see “errors”.")
    return problem(422, "invalid_input", message, errors)


def _where(location: Sequence[object]) -> str:
    """Without the part of the request and the name that our code gives its body."""
    skipped = 2 if location and location[0] == "body" else 1
    return ".".join(map(str, location[skipped:]))


def _failed(request: HttpRequest, error: Exception) -> HttpResponse:
    logger.error("%s %s failed", request.method, request.path, exc_info=error)
    message = _("Something went wrong on our side. What was saved is safe; try again.")
    return problem(500, "failed", message)
