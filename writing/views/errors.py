"""What a person sees when something goes wrong: a toast where htmx asked, else a page; a script of
ours that asked for JSON shows the message where it belongs."""

from django.core.exceptions import RequestDataTooBig
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.template.loader import render_to_string
from django.utils.translation import gettext as _
from django_htmx.http import reswap, retarget
from django_htmx.middleware import HtmxDetails

from writing.exceptions import nothing_here
from writing.uploads import UploadTooLarge

# Looked for in the whole page: what was pressed may have been refreshed away meanwhile.
TOASTS = "global #toasts"


def error_response(request: HttpRequest, status: int, message: str) -> HttpResponse:
    if request.headers.get("Accept") == "application/json":
        return JsonResponse({"message": message}, status=status)
    context = {"message": message, "status": status}
    if HtmxDetails(request):
        html = render_to_string("error.html#toast", context, request)
        return reswap(retarget(HttpResponse(html, status=status), TOASTS), "beforeend")
    return HttpResponse(render_to_string("error.html", context, request), status=status)


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    if isinstance(exception, UploadTooLarge):
        return error_response(request, 413, str(exception))
    if isinstance(exception, RequestDataTooBig):
        return error_response(
            request, 413, _("That is too much text for one form. Shorten it and send it again.")
        )
    return error_response(request, 400, _("The browser sent something that makes no sense here."))


def forbidden(request: HttpRequest, exception: Exception) -> HttpResponse:
    return error_response(request, 403, _("You are not allowed to do that."))


def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    return error_response(request, 404, str(nothing_here()))


def failed(request: HttpRequest) -> HttpResponse:
    """Without context processors: they may be what failed."""
    context = {
        "status": 500,
        "message": _("Something went wrong on our side. What was saved is safe; try again."),
    }
    if HtmxDetails(request):
        html = render_to_string("error.html#toast", context)
        return reswap(retarget(HttpResponse(html, status=500), TOASTS), "beforeend")
    return HttpResponse(render_to_string("500.html", context), status=500)


def stale_form(request: HttpRequest, reason: str = "") -> HttpResponse:
    """Answers where the CSRF token is missing or old."""
    return error_response(
        request, 403, _("This page is out of date. Reload it and do that once more.")
    )
