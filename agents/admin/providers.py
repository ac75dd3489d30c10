from typing import Any

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import number_format
from django.utils.safestring import SafeString
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _
from unfold.admin import StackedInline
from unfold.decorators import display

from agents import breaker, money, presets
from agents.actions.models import add_models, make_default
from agents.actions.prices import fill_in
from agents.admin.connection import Connections
from agents.admin.forms import ModelForm, ModelFormSet
from agents.admin.models import known_prices
from agents.admin.provider_form import ProviderForm
from agents.models import Model, Provider
from agents.models.ledger import spent_at
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


def _choices() -> list[dict[str, str]]:
    """The presets as links; that of the bundled model leads to where it is."""
    add = reverse("admin:agents_provider_add")
    bundled = Provider.objects.filter(is_bundled=True).first()
    choices = [
        {"slug": preset.slug, "name": gettext(preset.name), "url": f"{add}?preset={preset.slug}"}
        for preset in (*presets.PRESETS, presets.bundled())
    ]
    if bundled:
        choices[-1]["url"] = reverse("admin:agents_provider_change", args=[bundled.pk])
    return choices


@admin.register(Provider)
class ProviderAdmin(Audited, Connections):
    audited_as = "provider"
    form = ProviderForm
    change_form_outer_before_template = "admin/agents/provider_presets.html"
    inlines = [ModelInline]
    list_display = ["__str__", "state", "base_url", "concurrency", "has_key", "models_in_words"]
    search_fields = ["name", "base_url"]
    prepopulated_fields = {"slug": ["name"]}
    fieldsets = [
        (None, {"fields": ["name", "slug", "base_url"]}),
        (_("Access"), {"fields": ["api_key", "chosen_models"]}),
        (_("Limits"), {"fields": ["concurrency", ("requests_per_minute", "tokens_per_minute")]}),
    ]
    state_fieldset = (_("State"), {"fields": ["circuit", "last_problem", "spent"]})
    readonly_fields = ["circuit", "last_problem", "spent"]
    actions = ["try_again"]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Provider]:
        return super().get_queryset(request).prefetch_related("models")

    def get_fieldsets(self, request: HttpRequest, obj: Provider | None = None) -> Any:
        if obj is None:
            return self.fieldsets
        key = ["api_key", "remove_key"] if obj.api_key else ["api_key"]
        about, (name, _fields), limits = self.fieldsets
        access = (name, {"fields": [*key, "chosen_models"]})
        return [about, access, limits, self.state_fieldset]

    def add_view(
        self, request: HttpRequest, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        context = {"presets": _choices(), "chosen": request.GET.get("preset")}
        return super().add_view(request, form_url, {**context, **(extra_context or {})})

    def get_changeform_initial_data(self, request: HttpRequest) -> dict[str, Any]:
        preset = presets.named(request.GET.get("preset", ""))
        if preset is None:
            return super().get_changeform_initial_data(request)
        taken = set(Provider.objects.values_list("slug", flat=True))
        slugs = (preset.slug, *(f"{preset.slug}-{number}" for number in range(2, len(taken) + 3)))
        return {
            "name": gettext(preset.name),
            "slug": next(slug for slug in slugs if slug not in taken),
            "base_url": preset.base_url,
            "concurrency": preset.concurrency,
        }

    def save_model(self, request: HttpRequest, obj: Provider, form: Any, change: bool) -> None:
        if not change:
            obj.is_bundled = obj.base_url == presets.bundled().base_url
        super().save_model(request, obj, form, change)
        if form.cleaned_data.get("remove_key"):
            record("key.removed", actor=request.user, target=str(obj))
        elif "api_key" in form.changed_data:
            record("key.changed", actor=request.user, target=str(obj))

    def save_related(self, request: HttpRequest, form: Any, formsets: Any, change: bool) -> None:
        super().save_related(request, form, formsets, change)
        if added := add_models(
            form.instance, form.cleaned_data["chosen_models"], known_prices(request)
        ):
            said = ngettext(
                "%(count)d model was added.", "%(count)d models were added.", len(added)
            )
            self.message_user(request, said % {"count": len(added)}, messages.SUCCESS)

    @display(description=_("circuit"))
    def circuit(self, provider: Provider) -> SafeString:
        context = {"provider": provider, "circuit": provider.circuit}
        return render_to_string("admin/agents/provider_circuit.html", context)

    @display(description=_("spent this month"))
    def spent(self, provider: Provider) -> str:
        spent = spent_at(provider, timezone.now())
        said = ngettext(
            "%(amount)s in %(count)s call", "%(amount)s in %(count)s calls", spent.calls
        )
        return said % {
            "amount": money.in_words(spent.cost),
            "count": number_format(spent.calls, force_grouping=True),
        }

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

    def save_formset(self, request: HttpRequest, form: Any, formset: Any, change: bool) -> None:
        formset.save(commit=False)
        for gone in formset.deleted_objects:
            gone.delete()
        for model, changed in formset.changed_objects:
            if model.is_default and "is_default" in changed:
                make_default(model)
            else:
                model.save()
        prices = known_prices(request) if formset.new_objects else None
        for model in formset.new_objects:
            if prices:
                fill_in(model, prices)
            if model.is_default:
                make_default(model)
            else:
                model.save()
