"""A person's own account: name, signing in, where they are signed in."""

from allauth.mfa.models import Authenticator
from allauth.usersessions.models import UserSession
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_POST

from writing.actions import accounts
from writing.exceptions import nothing_here
from writing.forms import NameForm
from writing.sessions import signed_in
from writing.views.pages import Request


@never_cache
@require_GET
def account(request: Request) -> HttpResponse:
    return _show(request, NameForm(initial={"name": request.user.get_full_name()}))


@require_POST
def rename(request: Request) -> HttpResponse:
    form = NameForm(request.POST)
    if not form.is_valid():
        return _show(request, form, status=422)
    accounts.rename_person(request.user, form.cleaned_data["name"])
    messages.success(request, _("Saved."))
    return redirect("writing:account")


@require_POST
def end_session(request: Request, session_id: int) -> HttpResponse:
    found = UserSession.objects.filter(pk=session_id, user=request.user)
    if not found or found[0].session_key == request.session.session_key:
        raise nothing_here()
    accounts.end_sessions(request.user, found)
    messages.success(request, _("You are signed out there."))
    return redirect("writing:account")


@require_POST
def end_other_sessions(request: Request) -> HttpResponse:
    others = UserSession.objects.filter(user=request.user)
    count = accounts.end_sessions(
        request.user, others.exclude(session_key=request.session.session_key)
    )
    said = ngettext(
        "You are signed out on %(count)d other device.",
        "You are signed out on %(count)d other devices.",
        count,
    )
    messages.success(request, said % {"count": count})
    return redirect("writing:account")


def _show(request: Request, form: NameForm, *, status: int = 200) -> HttpResponse:
    # Who signed in before such rows were kept is listed from now on.
    UserSession.objects.create_from_request(request)
    factors = Authenticator.objects.filter(user=request.user).values_list("type", flat=True)
    kinds = list(factors)
    context = {
        "form": form,
        "sessions": signed_in(request.user, request.session.session_key),
        "has_app": Authenticator.Type.TOTP in kinds,
        "passkeys": kinds.count(Authenticator.Type.WEBAUTHN),
    }
    return render(request, "writing/account.html", context, status=status)
