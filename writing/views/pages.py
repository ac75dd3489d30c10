"""How the views answer: a page, or the part of it that htmx asked for."""

from collections.abc import Callable, Mapping
from functools import wraps
from typing import Any, Concatenate, ParamSpec

from django.contrib.auth.models import User
from django.forms import BaseForm
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.template.loader import render_to_string
from django.utils.cache import patch_vary_headers
from django_htmx.http import trigger_client_event
from django_htmx.middleware import HtmxDetails

from writing.exceptions import InvalidInput

P = ParamSpec("P")


class Request(HttpRequest):
    """A signed-in person's request, as our middleware hands it to views."""

    user: User
    htmx: HtmxDetails


def render_part(
    request: Request, template: str, part: str, context: Mapping[str, Any], *, status: int = 200
) -> HttpResponse:
    """The partial named `part` for htmx, the page around it for everybody else."""
    wants_part = request.htmx and not request.htmx.history_restore_request
    name = f"{template}#{part}" if wants_part else template
    response = render(request, name, context, status=status)
    patch_vary_headers(response, ["HX-Request"])
    return response


def add_toast(
    response: HttpResponse, request: Request, message: str, *, undo: str = "", later: str = ""
) -> HttpResponse:
    """Bring a message along with a part; `undo` is the address that takes it back, `later` one that
    is posted to some seconds after."""
    context = {"message": message, "undo": undo, "later": later}
    response.write(render_to_string("partials/toast.html", context, request))
    return response


def refuse(
    request: Request, form: BaseForm, template: str, part: str, context: Mapping[str, Any]
) -> HttpResponse:
    """The form again with what is wrong; InvalidInput where a field was saved where it stands."""
    if request.htmx and request.htmx.target != "dialog":
        raise InvalidInput(
            " ".join(str(message) for field in form.errors.values() for message in field)
        )
    return render_part(request, template, part, context, status=422)


def close_dialog(request: Request, response: HttpResponse) -> HttpResponse:
    """Close the dialog that this request came from; one opened meanwhile stays."""
    if request.htmx.target != "dialog":
        return response
    return trigger_client_event(response, "close-dialog", after="swap")


def without_referrer(
    view: Callable[Concatenate[HttpRequest, P], HttpResponse],
) -> Callable[Concatenate[HttpRequest, P], HttpResponse]:
    """The page's address is a secret: no browser passes it on to where one goes from there."""

    @wraps(view)
    def answered(request: HttpRequest, /, *args: P.args, **kwargs: P.kwargs) -> HttpResponse:
        response = view(request, *args, **kwargs)
        response["Referrer-Policy"] = "no-referrer"
        return response

    return answered


def open_to_guests(view: Callable[P, HttpResponse]) -> Callable[P, HttpResponse]:
    """Whoever came by a share link may see it too, of that link's document."""
    view.open_to_guests = True  # type: ignore[attr-defined]
    return view
