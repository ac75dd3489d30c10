"""Wires the REST API: its routers, its errors and its pages. /api/v1/"""

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.contrib.auth.decorators import login_not_required
from django.core.exceptions import RequestDataTooBig
from django.http import HttpRequest, HttpResponse
from django.urls import URLPattern, URLResolver, path, re_path
from django.views.generic import RedirectView

from agents.api import batch_orders, batches, starting, usage, workflows
from writing.api import documents, exports, problems, sections, tokens
from writing.api.docs import DESCRIPTION, Api, Docs

api = Api(
    title="Scriptorium",
    version="1",
    description=DESCRIPTION,
    urls_namespace="api",
    docs=Docs(),
    openapi_url="/openapi.json",
    docs_url="/docs",
)
problems.explain(api)
for _module in (
    tokens,
    documents,
    sections,
    exports,
    workflows,
    starting,
    batches,
    batch_orders,
    usage,
):
    api.add_router("", _module.router)


def _in_one_shape(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
    """What is refused before an operation is found, answered like everything else."""

    @wraps(view)
    def answered(request: HttpRequest, **kwargs: Any) -> HttpResponse:
        try:
            _ = request.body
        except RequestDataTooBig:
            return problems.too_large()
        response = view(request, **kwargs)
        return problems.wrong_method(request, response) if response.status_code == 405 else response

    # The token says who it is. CSRF is about cookies, which count for nothing here.
    answered.csrf_exempt = True  # type: ignore[attr-defined]
    return login_not_required(answered)


def _open(entry: URLPattern | URLResolver) -> URLPattern | URLResolver:
    """Sign-in is for people: all but the page that explains the API does without."""
    if isinstance(entry, URLPattern) and entry.name != "openapi-view":
        entry.callback = _in_one_shape(entry.callback)
    return entry


_patterns, _app_name, _namespace = api.urls
urlpatterns: list[URLPattern | URLResolver] = [
    path("api/v1/", RedirectView.as_view(pattern_name="api:openapi-view")),
    path("api/v1/", ([_open(entry) for entry in _patterns], _app_name, _namespace)),
    re_path(r"^api/", _in_one_shape(problems.nothing)),
]
