from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from django.conf import settings
from django.db import transaction
from django.utils.translation import gettext as _

from agents import price_list
from agents.models import Model, PriceSource
from agents.price_list import ListedPrice, PriceList, PriceListError


@dataclass(frozen=True)
class Applied:
    """How many models got other prices, had these already, keep those entered by hand, or are not
    in the list."""

    changed: int
    same: int
    own: int
    unlisted: int


def keep_price_list(path: Path) -> PriceList:
    """Take the file as the list from now on. Raises PriceListError, and then nothing changes."""
    prices = price_list.read(path)
    _check_currency(prices)
    own = price_list.own_path()
    if not own.exists() or not own.samefile(path):
        content = path.read_bytes()
        partial = own.with_suffix(".part")
        partial.write_bytes(content)
        partial.replace(own)
    return prices


def apply_prices(
    models: Iterable[Model], prices: PriceList, *, replace_own: bool = False
) -> Applied:
    """Give the models the prices of the list; those entered by hand stay unless `replace_own`.

    Raises PriceListError where the list is in another currency than the site.
    """
    _check_currency(prices)
    changed = same = own = unlisted = 0
    with transaction.atomic():
        chosen = Model.objects.filter(pk__in=[model.pk for model in models])
        for model in chosen.select_related("provider").select_for_update(of=("self",)):
            listed = prices.find(model.provider.base_url, model.name)
            if listed is None:
                unlisted += 1
            elif model.price_source == PriceSource.HAND and not replace_own:
                own += 1
            elif take_price(model, listed, prices):
                model.save()
                changed += 1
            else:
                model.save(update_fields=["price_source", "priced_on"])
                same += 1
    return Applied(changed, same, own, unlisted)


def take_price(model: Model, listed: ListedPrice, prices: PriceList) -> bool:
    """Set the listed prices on the row, which is not saved; whether they are other ones."""
    before = (model.input_price, model.cached_price, model.output_price)
    after = (listed.input, listed.cached, listed.output)
    model.input_price, model.cached_price, model.output_price = after
    model.price_source, model.priced_on = PriceSource.LIST, prices.date
    return before != after


def fill_in(model: Model, prices: PriceList) -> None:
    """What the list knows of a model that is about to be added without prices of its own."""
    listed = prices.find(model.provider.base_url, model.name)
    if listed is not None and model.price_source == PriceSource.UNSET:
        take_price(model, listed, prices)


def _check_currency(prices: PriceList) -> None:
    if prices.currency != settings.CURRENCY:
        raise PriceListError(
            _(
                "The price list is in %(listed)s and this site in %(own)s (CURRENCY). Enter the "
                "prices by hand, or bring a list in %(own)s: manage.py prices FILE."
            )
            % {"listed": prices.currency, "own": settings.CURRENCY}
        )
