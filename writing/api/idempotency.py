"""`Idempotency-Key`: sent again, a request has no second effect and is answered as before."""

import hashlib
import json
from collections.abc import Callable
from functools import wraps
from typing import Annotated, Any

from django.http import HttpRequest, HttpResponse
from ninja import Header, Schema
from ninja.responses import NinjaJSONEncoder, Status
from ninja.utils import contribute_operation_args
from pydantic import Field

from writing.actions.idempotency import answer_once
from writing.api.auth import ApiRequest

Key: Any = Annotated[str, Field(min_length=1, max_length=200)] | None
ABOUT_KEY = (
    "Any text of your own, e.g. a UUID. For 24 hours the same request with the same key has no "
    "second effect and gets the same answer; another request is refused."
)


def creates(operation: Callable[..., Schema]) -> Callable[..., Any]:
    """An operation that creates what it gives, and answers 201; once for each key."""

    @wraps(operation)
    def answered(request: ApiRequest, **given: Any) -> HttpResponse | Status[Schema]:
        key = given.pop("idempotency_key")
        if key is None:
            return Status(201, operation(request, **given))
        answer, is_earlier = answer_once(
            request.user,
            key=key,
            request_hash=_hash_of(request),
            make=lambda: json.dumps(operation(request, **given).model_dump(), cls=NinjaJSONEncoder),
        )
        response = HttpResponse(answer, status=201, content_type="application/json; charset=utf-8")
        if is_earlier:
            response["Idempotent-Replayed"] = "true"
        return response

    header: Any = Header
    source = header(None, alias="Idempotency-Key", description=ABOUT_KEY)
    contribute_operation_args(answered, "idempotency_key", Key, source)
    return answered


def _hash_of(request: HttpRequest) -> str:
    start = f"{request.method} {request.get_full_path()}\n".encode()
    return hashlib.sha256(start + request.body).hexdigest()
