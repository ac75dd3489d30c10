"""Prices of well-known models: the list that ships with the project, or a newer one from a file.

    {"date": "2026-11-18", "currency": "USD", "providers": {"openai": {"gpt-6-luna":
        {"input": "0.10", "cached": "0.01", "output": "0.50", "context": 272000, "tier": "medium"}},
     "azure": "openai"}}

Per million tokens. Providers are named as in `agents.presets`; one may share another one's prices.
"""

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Any

from django.conf import settings
from django.utils.translation import gettext as _

from agents.models import Model
from agents.presets import PRESETS, preset_of

SHIPPED = Path(__file__).with_name("prices.json")
# A model's snapshot costs what the model costs.
SNAPSHOT = re.compile(r"-\d{4}-\d{2}-\d{2}$")
MOST = Decimal(100_000)
PLACES = 4


class PriceListError(Exception):
    """`str()` of it says what is wrong with the list, and where."""


@dataclass(frozen=True)
class ListedPrice:
    """Per million tokens; `context_tokens` at these prices."""

    input: Decimal
    cached: Decimal
    output: Decimal
    context_tokens: int | None
    tier: str


@dataclass(frozen=True)
class PriceList:
    date: date
    currency: str
    providers: Mapping[str, Mapping[str, ListedPrice]]

    def of_provider(self, base_url: str) -> Mapping[str, ListedPrice]:
        """By name; nothing where prices are in another currency."""
        preset = preset_of(base_url)
        if preset is None or self.currency != settings.CURRENCY:
            return {}
        return self.providers.get(preset.slug, {})

    def find(self, base_url: str, name: str) -> ListedPrice | None:
        prices = self.of_provider(base_url)
        return prices.get(name) or prices.get(SNAPSHOT.sub("", name))

    def cheapest_first(self, base_url: str) -> list[str]:
        prices = self.of_provider(base_url)
        return sorted(prices, key=lambda name: prices[name].output)


def own_path() -> Path:
    """Where a list that was brought by hand is kept."""
    path: Path = settings.DATA_DIR / "prices.json"
    return path


def current() -> PriceList:
    """The newer one of the shipped list and one's own. Raises PriceListError."""
    shipped = read(SHIPPED)
    if not own_path().exists():
        return shipped
    own = read(own_path())
    return own if own.date >= shipped.date else shipped


def read(path: Path) -> PriceList:
    """Raises PriceListError for what is no price list, with the place."""
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeError, ValueError) as error:
        raise PriceListError(
            _("%(path)s cannot be read: %(problem)s") % {"path": path, "problem": error}
        ) from error
    try:
        return _price_list(content)
    except (KeyError, TypeError, ValueError, InvalidOperation, AttributeError) as error:
        raise PriceListError(
            _("%(path)s is not a price list: date, currency and providers are needed.")
            % {"path": path}
        ) from error


def _price_list(content: dict[str, Any]) -> PriceList:
    given = content["providers"]
    if not isinstance(given, dict):
        raise TypeError
    known = {preset.slug for preset in PRESETS}
    for slug in given:
        if slug not in known:
            names = ", ".join(sorted(known))
            raise PriceListError(
                _("%(provider)s is no provider that is known here: %(names)s.")
                % {"provider": slug, "names": names}
            )
    providers = {slug: dict(_prices(slug, _models(given, slug))) for slug in given}
    currency = content["currency"]
    if not isinstance(currency, str):
        raise TypeError
    return PriceList(date.fromisoformat(content["date"]), currency, providers)


def _models(given: Mapping[str, Any], slug: str) -> Mapping[str, Any]:
    models: str | Mapping[str, Any] = given[slug]
    if isinstance(models, str):
        shared: Mapping[str, Any] = given[models]
        return shared
    return models


def _prices(slug: str, models: Mapping[str, Any]) -> Iterator[tuple[str, ListedPrice]]:
    for name, entry in models.items():
        try:
            yield name, _price(entry)
        except (KeyError, TypeError, ValueError, InvalidOperation, AttributeError) as error:
            raise PriceListError(
                _(
                    "%(provider)s, %(model)s: input, cached and output are amounts from 0 to "
                    "%(most)s with four decimal places at most, context is a number of tokens, "
                    "tier is small, medium or large."
                )
                % {"provider": slug, "model": name, "most": MOST}
            ) from error


def _price(entry: Mapping[str, Any]) -> ListedPrice:
    context = entry.get("context")
    if context is not None and (type(context) is not int or not 0 < context < 2**31):
        raise ValueError(context)
    tier = Model.Tier(entry.get("tier", Model.Tier.MEDIUM))
    return ListedPrice(
        _amount(entry["input"]), _amount(entry["cached"]), _amount(entry["output"]), context, tier
    )


def _amount(value: object) -> Decimal:
    amount = Decimal(str(value))
    if not amount.is_finite() or not 0 <= amount <= MOST or round(amount, PLACES) != amount:
        raise ValueError(value)
    return amount
