"""Models: what they cost, and where that is known from."""

from typing import Any

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.formats import date_format, number_format
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _
from unfold.admin import ModelAdmin as UnfoldModelAdmin
from unfold.decorators import display

from agents import price_list
from agents.actions.models import make_default
from agents.actions.prices import Applied, apply_prices, fill_in
from agents.admin.forms import ModelForm
from agents.models import Model, PriceSource
from agents.price_list import PriceList, PriceListError
from writing.admin.audited import Audited
from writing.audit import record


def known_prices(request: HttpRequest) -> PriceList | None:
    """The price list; None, and a message, where it cannot be read."""
    try:
        return price_list.current()
    except PriceListError as error:
        messages.warning(request, str(error))
        return None


def in_words(applied: Applied, prices: PriceList) -> str:
    said = [
        ngettext(
            "%(count)d model has the prices of %(date)s now.",
            "%(count)d models have the prices of %(date)s now.",
            applied.changed,
        )
        % {"count": applied.changed, "date": date_format(prices.date, "SHORT_DATE_FORMAT")}
    ]
    if applied.same:
        said.append(
            ngettext(
                "%(count)d model had them already.",
                "%(count)d models had them already.",
                applied.same,
            )
            % {"count": applied.same}
        )
    if applied.own:
        said.append(
            ngettext(
                "%(count)d model keeps the prices entered by hand.",
                "%(count)d models keep the prices entered by hand.",
                applied.own,
            )
            % {"count": applied.own}
        )
    if applied.unlisted:
        said.append(
            ngettext(
                "%(count)d model is not in the list.",
                "%(count)d models are not in the list.",
                applied.unlisted,
            )
            % {"count": applied.unlisted}
        )
    return " ".join(said)


@admin.register(Model)
class ModelAdmin(Audited, UnfoldModelAdmin):
    audited_as = "model"
    form = ModelForm
    list_display = ["name", "provider", "tier", "context", "prices", "source", "is_default"]
    list_select_related = ["provider"]
    readonly_fields = ["source"]
    actions = ["apply_list", "return_to_list"]
    list_filter = ["provider", "tier", "price_source"]
    search_fields = ["name", "provider__name"]
    fieldsets = [
        (None, {"fields": ["provider", "name", "tier", "context_tokens", "is_default"]}),
        (
            _("Prices"),
            {
                "fields": ["input_price", "cached_price", "output_price", "source"],
                "description": _(
                    "A new model left at 0 takes the prices of the price list, if it is there. "
                    "Prices entered by hand stay when the list changes."
                ),
            },
        ),
    ]

    @display(description=_("context size in tokens"), ordering="context_tokens")
    def context(self, model: Model) -> str:
        return number_format(model.context_tokens, force_grouping=True)

    @display(description=_("prices: input, cached, output"), ordering="output_price")
    def prices(self, model: Model) -> str:
        amounts = (model.input_price, model.cached_price, model.output_price)
        return " · ".join(number_format(f"{amount.normalize():f}") for amount in amounts)

    @display(description=_("prices from"), ordering="price_source")
    def source(self, model: Model) -> str:
        if model.priced_on is None:
            return str(PriceSource(model.price_source).label)
        return gettext("Price list of %(date)s") % {
            "date": date_format(model.priced_on, "SHORT_DATE_FORMAT")
        }

    @admin.action(description=_("Take the prices of the price list"))
    def apply_list(self, request: HttpRequest, models: QuerySet[Model]) -> None:
        self._apply(request, models, replace_own=False)

    @admin.action(description=_("Take them in place of prices entered by hand, too"))
    def return_to_list(self, request: HttpRequest, models: QuerySet[Model]) -> None:
        self._apply(request, models, replace_own=True)

    def _apply(self, request: HttpRequest, models: QuerySet[Model], *, replace_own: bool) -> None:
        try:
            prices = price_list.current()
            applied = apply_prices(models, prices, replace_own=replace_own)
        except PriceListError as error:
            messages.error(request, str(error))
            return
        record(
            "model.priced",
            actor=request.user,
            target=str(prices.date),
            details={"models": [str(model) for model in models]},
        )
        messages.success(request, in_words(applied, prices))

    def save_model(self, request: HttpRequest, obj: Model, form: Any, change: bool) -> None:
        if not change and (prices := known_prices(request)):
            fill_in(obj, prices)
        if obj.is_default:
            make_default(obj)
        else:
            super().save_model(request, obj, form, change)
