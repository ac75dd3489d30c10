"""A person's webhooks, and the log of what was sent to them."""

from uuid import UUID

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from agents import own
from agents.actions import webhooks as actions
from agents.intake.forms import WebhookForm
from agents.models import Webhook
from writing.exceptions import InvalidInput
from writing.views.pages import Request, render_part

DELIVERIES_A_PAGE = 25
WEBHOOKS_A_PAGE = 25


@never_cache
@require_http_methods(["GET", "POST"])
def webhooks(request: Request) -> HttpResponse:
    """All of them, and adding one: its secret is shown in the answer to that, and never again."""
    form = WebhookForm(request.POST if request.method == "POST" else None)
    if form.is_bound and form.is_valid():
        try:
            added = actions.add_webhook(request.user, url=form.cleaned_data["url"])
        except InvalidInput as error:
            form.add_error("url", str(error))
        else:
            return _show_secret(request, added)
    found = own.webhooks_of(request.user)
    page = Paginator(found, WEBHOOKS_A_PAGE).get_page(request.GET.get("page"))
    status = 422 if form.is_bound else 200
    return render(request, "agents/webhooks.html", {"form": form, "page": page}, status=status)


@require_http_methods(["GET", "POST"])
def webhook(request: Request, webhook_id: UUID) -> HttpResponse:
    found = own.get_webhook(webhook_id, request.user)
    initial = {"url": found.url, "is_enabled": found.is_enabled}
    form = WebhookForm(request.POST if request.method == "POST" else None, initial=initial)
    if form.is_bound and form.is_valid():
        try:
            actions.edit_webhook(found, acting_user=request.user, **form.cleaned_data)
        except InvalidInput as error:
            form.add_error("url", str(error))
        else:
            messages.success(request, _("Saved."))
            return redirect("agents:webhook", webhook_id)
    page = Paginator(found.deliveries.defer("body"), DELIVERIES_A_PAGE).get_page(
        request.GET.get("page")
    )
    context = {
        "webhook": found,
        "form": form,
        "page": page,
        "is_sending": actions.is_sending(found),
    }
    status = 422 if form.is_bound else 200
    return render_part(request, "agents/webhook.html", "log", context, status=status)


@never_cache
@require_POST
def renew_secret(request: Request, webhook_id: UUID) -> HttpResponse:
    found = own.get_webhook(webhook_id, request.user)
    return _show_secret(request, actions.renew_secret(found, acting_user=request.user))


@require_POST
def send_test(request: Request, webhook_id: UUID) -> HttpResponse:
    found = own.get_webhook(webhook_id, request.user)
    actions.send_test(found, acting_user=request.user)
    return redirect("agents:webhook", webhook_id)


@require_POST
def delete_webhook(request: Request, webhook_id: UUID) -> HttpResponse:
    found = own.get_webhook(webhook_id, request.user)
    actions.delete_webhook(found, acting_user=request.user)
    messages.success(request, _("The webhook was deleted."))
    return redirect("agents:webhooks")


@require_GET
def delivery(request: Request, delivery_id: UUID) -> HttpResponse:
    found = own.get_delivery(delivery_id, request.user)
    return render(request, "agents/delivery.html", {"delivery": found})


@require_POST
def send_again(request: Request, delivery_id: UUID) -> HttpResponse:
    found = own.get_delivery(delivery_id, request.user)
    actions.send_again(found, acting_user=request.user)
    return redirect("agents:webhook", found.webhook_id)


def _show_secret(request: Request, webhook: Webhook) -> HttpResponse:
    return render(request, "agents/webhook_secret.html", {"webhook": webhook})
