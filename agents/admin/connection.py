"""Trying a provider out from its form, before or after it is saved, and choosing of its models."""

import json
from typing import Any

from django import forms
from django.core.exceptions import PermissionDenied, ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.template.loader import render_to_string
from django.urls import URLPattern, path, reverse
from django.utils.decorators import method_decorator
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_POST
from unfold.admin import ModelAdmin

from agents import breaker
from agents.admin.models import known_prices
from agents.listing import ListedModel
from agents.llm_types import ProviderSpec
from agents.models import Provider

TEMPLATE = "admin/agents/provider_connection.html"


class ConnectionWidget(forms.Widget):
    """The button that tests, and below it what came of it: models to choose from. The form sets
    `test_url` and the names of the models that the provider has."""

    test_url = ""
    known: frozenset[str] = frozenset()

    def value_from_datadict(self, data: Any, files: Any, name: str) -> list[str]:
        return list(data.getlist(name))

    def render(
        self, name: str, value: Any, attrs: dict[str, Any] | None = None, renderer: Any = None
    ) -> SafeString:
        """`value`: what was chosen in a form that had to be shown again, as JSON."""
        listed = [model for text in value or () if (model := _read(text))]
        context = {
            "url": self.test_url,
            "writers": listed,
            "chosen": {model.name for model in listed},
            "known": self.known,
        }
        return render_to_string(TEMPLATE, context)


class ChosenModelsField(forms.Field):
    """Models that were ticked in the list of the provider, as ListedModels."""

    widget = ConnectionWidget

    def clean(self, value: list[str]) -> list[ListedModel]:
        listed = [_read(text) for text in value]
        if None in listed:
            raise ValidationError(_("Test the connection again, and choose of its models."))
        return [model for model in listed if model]


def _read(text: str) -> ListedModel | None:
    """From a box of the list; None if it was none of ours."""
    try:
        values = json.loads(text)
        name, context_tokens = str(values["name"]), values["context_tokens"]
    except (ValueError, KeyError, TypeError):
        return None
    is_size = context_tokens is None or (type(context_tokens) is int and 0 < context_tokens < 2**31)
    return ListedModel(name[:200], context_tokens) if name and is_size else None


class Connections(ModelAdmin):
    """For the administration of providers: testing them, and closing their circuit."""

    change_form_outer_after_template = "admin/agents/provider_after.html"

    def get_urls(self) -> list[URLPattern]:
        return [
            path(
                "test/",
                self.admin_site.admin_view(require_POST(self.test_connection)),
                name="agents_provider_test",
            ),
            path(
                "<int:provider_id>/test/",
                self.admin_site.admin_view(require_POST(self.test_connection)),
                name="agents_provider_test_saved",
            ),
            path(
                "<int:provider_id>/close/",
                self.admin_site.admin_view(require_POST(self.close_circuit)),
                name="agents_provider_close",
            ),
            *super().get_urls(),
        ]

    @method_decorator(sensitive_post_parameters("api_key"))
    def changeform_view(self, request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
        return super().changeform_view(request, *args, **kwargs)

    @method_decorator(sensitive_post_parameters("api_key"))
    def test_connection(self, request: HttpRequest, provider_id: int | None = None) -> HttpResponse:
        """With the form's address and key, or the saved key where none was typed."""
        provider = get_object_or_404(Provider, pk=provider_id) if provider_id else None
        if not (self.has_change_permission(request) or self.has_add_permission(request)):
            raise PermissionDenied
        form = self.get_form(request, provider)(request.POST, instance=provider)
        form.is_valid()
        told = [error for name in ("base_url", "api_key") for error in form.errors.get(name, [])]
        if told:
            return render(request, f"{TEMPLATE}#result", {"problem": " ".join(told)})
        known = list(provider.models.values_list("name", flat=True)) if provider else []
        prices = known_prices(request)
        from agents.probe import probe  # a web process loads the client once somebody tests

        report = probe(
            ProviderSpec(
                form.cleaned_data["base_url"],
                "" if form.cleaned_data.get("remove_key") else form.cleaned_data["api_key"],
                name=form.cleaned_data.get("name") or _("The provider"),
                is_bundled=bool(provider and provider.is_bundled),
            ),
            [request.POST.get("try_model", "").strip(), *known],
            usual=prices.cheapest_first(form.cleaned_data["base_url"]) if prices else (),
        )
        context = {
            "report": report,
            "problem": report.problem,
            "writers": [model for model in report.models if model.writes],
            "others": [model for model in report.models if not model.writes],
            "known": known,
        }
        return render(request, f"{TEMPLATE}#result", context)

    def close_circuit(self, request: HttpRequest, provider_id: int) -> HttpResponse:
        provider = get_object_or_404(Provider, pk=provider_id)
        if not self.has_change_permission(request, provider):
            raise PermissionDenied
        breaker.close(provider.pk)
        self.log_change(request, provider, _("Closed the circuit."))
        self.message_user(request, _("Calls go to %(provider)s again.") % {"provider": provider})
        return redirect("admin:agents_provider_change", provider.pk)


def test_url_of(provider: Provider) -> str:
    if provider.pk:
        return reverse("admin:agents_provider_test_saved", args=[provider.pk])
    return reverse("admin:agents_provider_test")
