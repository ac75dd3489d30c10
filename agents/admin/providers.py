from typing import Any

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext
from unfold.admin import ModelAdmin as UnfoldModelAdmin
from unfold.admin import StackedInline
from unfold.decorators import display

from agents import breaker
from agents.actions.models import make_default
from agents.admin.forms import ModelForm, ModelFormSet, ProviderForm
from agents.models import Model, Provider
from agents.models.providers import Circuit
from writing.admin.audited import Audited
from writing.audit import record


class ModelInline(StackedInline):
    model = Model
    form = ModelForm
    formset = ModelFormSet
    extra = 0
    fields = [
        ("name", "tier"),
        ("context_tokens", "is_default"),
        ("input_price", "cached_price", "output_price"),
    ]


@admin.register(Provider)
class ProviderAdmin(Audited, UnfoldModelAdmin):
    audited_as = "provider"
    form = ProviderForm
    inlines = [ModelInline]
    list_display = ["__str__", "state", "base_url", "concurrency", "has_key", "models_in_words"]
    search_fields = ["name", "base_url"]
    prepopulated_fields = {"slug": ["name"]}
    fieldsets = [
        (None, {"fields": ["name", "slug", "base_url"]}),
        (_("Access"), {"fields": ["api_key", "remove_key"]}),
        (_("Limits"), {"fields": ["concurrency", ("requests_per_minute", "tokens_per_minute")]}),
        (_("State"), {"fields": ["state", "open_since", "last_problem"]}),
    ]
    readonly_fields = ["state", "open_since", "last_problem"]
    actions = ["try_again"]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Provider]:
        return super().get_queryset(request).prefetch_related("models")

    @display(
        description=_("state"),
        label={Circuit.CLOSED: "success", Circuit.OPEN: "danger", Circuit.TRYING: "warning"},
    )
    def state(self, provider: Provider) -> tuple[str, str]:
        return provider.circuit, provider.trouble or str(provider.circuit.label)

    @admin.action(description=_("Try again now"))
    def try_again(self, request: HttpRequest, providers: QuerySet[Provider]) -> None:
        for provider in providers:
            breaker.close(provider.pk)
        self.message_user(
            request,
            ngettext(
                "%(count)d provider is used again from now on.",
                "%(count)d providers are used again from now on.",
                len(providers),
            )
            % {"count": len(providers)},
            messages.SUCCESS,
        )

    @display(description=_("key"), boolean=True)
    def has_key(self, provider: Provider) -> bool:
        return bool(provider.api_key)

    @display(description=_("models"))
    def models_in_words(self, provider: Provider) -> str:
        return ", ".join(model.name for model in provider.models.all())

    def save_model(self, request: HttpRequest, obj: Provider, form: Any, change: bool) -> None:
        super().save_model(request, obj, form, change)
        if form.cleaned_data.get("remove_key"):
            record("key.removed", actor=request.user, target=str(obj))
        elif "api_key" in form.changed_data:
            record("key.changed", actor=request.user, target=str(obj))

    def save_formset(self, request: HttpRequest, form: Any, formset: Any, change: bool) -> None:
        formset.save(commit=False)
        for gone in formset.deleted_objects:
            gone.delete()
        for model, changed in formset.changed_objects:
            if model.is_default and "is_default" in changed:
                make_default(model)
            else:
                model.save()
        for model in formset.new_objects:
            if model.is_default:
                make_default(model)
            else:
                model.save()


@admin.register(Model)
class ModelAdmin(Audited, UnfoldModelAdmin):
    audited_as = "model"
    form = ModelForm
    list_display = ["name", "provider", "tier", "context_tokens", "output_price", "is_default"]
    list_filter = ["provider", "tier"]
    search_fields = ["name", "provider__name"]
    fieldsets = [
        (None, {"fields": ["provider", "name", "tier", "context_tokens", "is_default"]}),
        (_("Prices"), {"fields": ["input_price", "cached_price", "output_price"]}),
    ]

    def save_model(self, request: HttpRequest, obj: Model, form: Any, change: bool) -> None:
        if obj.is_default:
            make_default(obj)
        else:
            super().save_model(request, obj, form, change)
