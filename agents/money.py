"""Amounts in words, in the currency that the models' prices are entered in."""

from decimal import ROUND_CEILING, Decimal

from django.conf import settings
from django.utils.formats import number_format

SIGNS = {"USD": "$", "EUR": "€", "GBP": "£", "CNY": "¥", "JPY": "¥"}
CENT = Decimal("0.01")


def in_words(amount: Decimal) -> str:
    """$12.50, CHF 12.50; less than a cent with as many places as it needs."""
    return _sign() + _rounded(amount, amount)


def range_in_words(low: Decimal, high: Decimal) -> str:
    """$0.02–0.15."""
    return f"{_sign()}{_rounded(low, high)}–{_rounded(high, high)}"


def _sign() -> str:
    return SIGNS.get(settings.CURRENCY) or f"{settings.CURRENCY}\N{NO-BREAK SPACE}"


def _rounded(amount: Decimal, whole: Decimal) -> str:
    """With the places that the whole needs."""
    # `number_format` alone cuts off what is too much.
    return number_format(f"{amount:.{2 if whole >= CENT or whole == 0 else 4}f}")


def up_to_cent(amount: Decimal) -> Decimal:
    return amount.quantize(CENT, ROUND_CEILING)
