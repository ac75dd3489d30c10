"""Taking one's data along, and leaving."""

from typing import Any

from django.contrib import messages
from django.contrib.auth import logout
from django.contrib.auth.decorators import login_not_required
from django.db.models import Prefetch
from django.http import HttpRequest, HttpResponse, HttpResponseBase, StreamingHttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_GET, require_http_methods

from writing.actions import leaving
from writing.admission import forget_leaving
from writing.audit import record
from writing.exceptions import WritingError
from writing.forms import LeaveForm
from writing.models import Leaving, Member
from writing.personal_data import archive_of
from writing.streaming import in_pieces
from writing.tries import count_try
from writing.views.pages import Request

TITLES_SHOWN = 100
TRIES, TRIES_SECONDS = 5, 600
DOWNLOADS, DOWNLOADS_SECONDS = 10, 3600


@never_cache
@require_GET
def my_data(request: Request) -> HttpResponseBase:
    count_try(f"data {request.user.pk}", most=DOWNLOADS, seconds=DOWNLOADS_SECONDS)
    record("account.exported", actor=request.user, person=request.user)
    return StreamingHttpResponse(
        in_pieces(archive_of(request.user)),
        content_type="application/zip",
        headers={"Content-Disposition": 'attachment; filename="scriptorium.zip"'},
    )


@sensitive_post_parameters("password")
@never_cache
@require_http_methods(["GET", "POST"])
def leave(request: Request) -> HttpResponse:
    alone = leaving.documents_owned_alone(request.user, shared=False)
    members = Member.objects.filter(user__is_active=True).exclude(user=request.user)
    shared = leaving.documents_owned_alone(request.user, shared=True).prefetch_related(
        Prefetch("members", members.select_related("user").order_by("pk"), to_attr="heirs")
    )
    form = LeaveForm(request.POST or None, user=request.user, documents=list(shared))
    if request.method == "POST":
        try:
            count_try(f"leave {request.user.pk}", most=TRIES, seconds=TRIES_SECONDS)
            if form.is_valid():
                leaving.ask_to_leave(request.user, heirs=form.heirs())
                logout(request)
                return redirect("writing:left")
        except WritingError as error:
            form.add_error(None, str(error))
    context: dict[str, Any] = {
        "form": form,
        "alone": alone[:TITLES_SHOWN],
        "alone_count": alone.count(),
        "days": leaving.WAITING_DAYS,
    }
    return render(request, "writing/leave.html", context, status=422 if form.errors else 200)


@login_not_required
@require_GET
def left(request: HttpRequest) -> HttpResponse:
    return render(request, "writing/left.html", {"days": leaving.WAITING_DAYS})


@never_cache
@require_http_methods(["GET", "POST"])
def keep(request: Request) -> HttpResponse:
    """Where everything leads for who signs in before the account ends."""
    found = Leaving.objects.filter(user=request.user).first()
    if request.method == "POST" or found is None:
        leaving.keep_account(request.user)
        forget_leaving(request.session)
        if found:
            messages.success(request, _("Your account stays."))
        return redirect("writing:library")
    return render(request, "writing/keep.html", {"leaving": found})
