"""The bell, what it lists, and where a person wants to be told."""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_GET, require_http_methods, require_POST
from django_htmx.http import trigger_client_event

from writing import access, notices
from writing.actions import notifications as actions
from writing.forms import NotificationForm
from writing.mail import is_mail_set_up, read_unsubscribing
from writing.views.pages import Request, close_dialog, render_part, without_referrer

SHOWN = 50


@login_not_required
@require_GET
def bell(request: HttpRequest) -> HttpResponse:
    """How many are unread. Asked again and again by open pages: one whose session has ended stays
    as it is, with what was written in it."""
    if not request.user.is_authenticated:
        return HttpResponse(status=204)
    return render(request, "partials/bell.html#count")


@require_GET
def notifications(request: Request) -> HttpResponse:
    return _show(request)


@require_GET
def follow(request: Request, notification_id: UUID) -> HttpResponse:
    """To what it is about; it is read then."""
    found = access.get_notification(notification_id, request.user)
    actions.mark_read(found)
    return redirect(notices.address(found))


@require_POST
def mark_read(request: Request, notification_id: UUID) -> HttpResponse:
    actions.mark_read(access.get_notification(notification_id, request.user))
    return _show(request)


@require_POST
def mark_all_read(request: Request) -> HttpResponse:
    actions.mark_all_read(request.user)
    return _show(request)


@require_http_methods(["GET", "POST"])
def settings(request: Request) -> HttpResponse:
    template = ("writing/notification_settings.html", "dialog")
    form = NotificationForm(request.POST or None, choices=actions.choices_of([request.user.pk]))
    if request.method == "POST" and form.is_valid():
        actions.choose(request.user, form.choices())
        messages.success(request, _("Saved."))
        if not request.htmx:
            return redirect("writing:notifications")
        return close_dialog(request, HttpResponse())
    context = {"form": form, "is_mail_set_up": is_mail_set_up()}
    return render_part(request, *template, context)


@csrf_exempt
@login_not_required
@without_referrer
@require_http_methods(["GET", "POST"])
def unsubscribe(request: HttpRequest, token: str) -> HttpResponse:
    """The link in every mail. A mail program posts to it by itself (RFC 8058), without a session; a
    person is asked first, since what looks at links in mails opens them."""
    person = read_unsubscribing(token)
    if request.method == "POST":
        actions.stop_mail(person)
    context = {"person": person, "is_done": request.method == "POST"}
    return render(request, "writing/unsubscribe.html", context)


def _show(request: Request) -> HttpResponse:
    if request.method == "POST" and not request.htmx:
        return redirect("writing:notifications")
    found = access.notifications_for(request.user).filter(in_app=True)[:SHOWN]
    entries: list[dict[str, Any]] = [
        {
            "notification": each,
            "sentence": notices.sentence(each),
            "excerpt": notices.excerpt(each),
        }
        for each in found.prefetch_related("comment__mentions__user")
    ]
    response = render_part(request, "writing/notifications.html", "dialog", {"entries": entries})
    if request.method == "POST":
        return trigger_client_event(response, "notifications-changed")
    return response
