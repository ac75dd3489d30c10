"""Who may come in, and what an error looks like, for every view of the project."""

from collections.abc import Callable
from typing import Any

from django.conf import settings
from django.contrib import messages
from django.contrib.auth import get_user_model
from django.contrib.auth.middleware import LoginRequiredMiddleware
from django.contrib.auth.views import redirect_to_login
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, resolve_url
from django.urls import reverse
from django.utils.deprecation import MiddlewareMixin
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django_htmx.http import HttpResponseClientRedirect
from django_htmx.middleware import HtmxDetails

from writing.access import open_right
from writing.actions.notifications import remember_language
from writing.admission import guest_in, is_leaving
from writing.exceptions import WritingError
from writing.second_factor import has_second_factor
from writing.views.errors import error_response

LANGUAGE_KEY = "language"


class SignInMiddleware(LoginRequiredMiddleware):
    """Every view wants a signed-in person, unless it is marked `login_not_required`, or marked
    `open_to_guests` and a link lets them into its document."""

    def process_view(
        self,
        request: HttpRequest,
        view_func: Callable[..., HttpResponseBase],
        view_args: tuple[Any, ...],
        view_kwargs: dict[str, Any],
    ) -> HttpResponseBase | None:
        if not request.user.is_authenticated and getattr(view_func, "open_to_guests", False):
            guest = guest_in(request.session)
            if guest and open_right(view_kwargs["document_id"], guest):
                request.user = guest
                return None
        return super().process_view(request, view_func, view_args, view_kwargs)

    def handle_no_permission(  # type: ignore[override]  # htmx is redirected by a header
        self, request: HttpRequest, view_func: Callable[..., HttpResponseBase]
    ) -> HttpResponseBase:
        if not get_user_model()._default_manager.exists():
            return redirect("writing:welcome")
        details = HtmxDetails(request)
        if not details:
            return super().handle_no_permission(request, view_func)
        # The page is what the person wants to come back to, not the fragment it asked for.
        page = details.current_url_abs_path or "/"
        sign_in = redirect_to_login(page, resolve_url(self.get_login_url(view_func)))
        return HttpResponseClientRedirect(sign_in.url)


class LeavingMiddleware(MiddlewareMixin):
    """Who signs in after asking for the end of their account says first whether to keep it."""

    def process_view(
        self,
        request: HttpRequest,
        view_func: Callable[..., HttpResponseBase],
        view_args: tuple[Any, ...],
        view_kwargs: dict[str, Any],
    ) -> HttpResponseBase | None:
        match = request.resolver_match
        if (
            not request.user.is_authenticated
            or not is_leaving(request.session)
            or not getattr(view_func, "login_required", True)
            or is_about_signing_in(request)
            or (match and match.view_name == "writing:keep_account")
        ):
            return None
        if HtmxDetails(request):
            return HttpResponseClientRedirect(reverse("writing:keep_account"))
        return redirect("writing:keep_account")


class SecondFactorMiddleware(MiddlewareMixin):
    """Where administrators must have a second step for signing in, they set it up first."""

    def process_view(
        self,
        request: HttpRequest,
        view_func: Callable[..., HttpResponseBase],
        view_args: tuple[Any, ...],
        view_kwargs: dict[str, Any],
    ) -> HttpResponseBase | None:
        if (
            not settings.REQUIRE_MFA_FOR_STAFF
            or not getattr(request.user, "is_staff", False)
            or not getattr(view_func, "login_required", True)
            or is_about_signing_in(request)
            or has_second_factor(request.user)  # type: ignore[arg-type]
        ):
            return None
        messages.warning(request, _("Administrators need a second step for signing in here."))
        if HtmxDetails(request):
            return HttpResponseClientRedirect(reverse("mfa_index"))
        return redirect("mfa_index")


def is_about_signing_in(request: HttpRequest) -> bool:
    """Whether a page is one of allauth's own."""
    name = request.resolver_match.url_name if request.resolver_match else ""
    return (name or "").startswith(("account_", "mfa_"))


class LanguageMiddleware(MiddlewareMixin):
    """Remembers in which language a person uses the interface, for what is mailed to them."""

    def process_view(
        self, request: HttpRequest, view_func: object, view_args: object, view_kwargs: object
    ) -> None:
        code = get_language() or settings.LANGUAGE_CODE
        known = request.session.get(LANGUAGE_KEY)
        if request.user.is_authenticated and request.method == "GET" and known != code:
            remember_language(request.user, code)
            request.session[LANGUAGE_KEY] = code


class ErrorMiddleware(MiddlewareMixin):
    """Our own errors, put for the reader: a toast for htmx, a page otherwise."""

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        if isinstance(exception, WritingError):
            return error_response(request, exception.status, str(exception))
        return None
