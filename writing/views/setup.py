"""The first visit: whoever holds the link that was printed becomes the administrator."""

import secrets

from django.contrib.auth import login
from django.contrib.auth.decorators import login_not_required
from django.contrib.auth.models import User
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_GET, require_http_methods

from writing.actions.accounts import create_administrator
from writing.exceptions import nothing_here
from writing.forms import SetupForm
from writing.setup_token import read_token


@login_not_required
@require_GET
def welcome(request: HttpRequest) -> HttpResponse:
    """Tells where the link is, as long as there is nobody who could sign in."""
    if User.objects.exists():
        return redirect("writing:library")
    return render(request, "writing/welcome.html")


@login_not_required
@sensitive_post_parameters()
@never_cache
@require_http_methods(["GET", "POST"])
def setup(request: HttpRequest, token: str) -> HttpResponse:
    expected = read_token()
    if expected is None or not secrets.compare_digest(token.encode(), expected.encode()):
        raise nothing_here()
    if User.objects.exists():
        raise nothing_here()
    form = SetupForm(request.POST if request.method == "POST" else None)
    if not form.is_valid():
        status = 422 if form.is_bound else 200
        return render(request, "writing/setup.html", {"form": form}, status=status)
    user = create_administrator(
        username=form.cleaned_data["username"],
        email=form.cleaned_data["email"],
        password=form.cleaned_data["password1"],
    )
    login(request, user, backend="django.contrib.auth.backends.ModelBackend")
    return redirect("writing:library")
