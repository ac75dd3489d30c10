"""Amounts in words, in the currency that the models' prices are entered in."""

from decimal import ROUND_CEILING, Decimal

from django.conf import settings
from django.utils.formats import number_format

SIGNS = {"USD": "$", "EUR": "€", "GBP": "£", "CNY": "¥", "JPY": "¥"}
CENT = Decimal("0.01")


def in_words(amount: Decimal) -> str:
    """$12.50, CHF 12.50; less than a cent with as many places as it needs."""
    # `number_format` alone cuts off what is too much.
    rounded = number_format(f"{amount:.{2 if amount >= CENT or amount == 0 else 4}f}")
    sign = SIGNS.get(settings.CURRENCY)
    return f"{sign}{rounded}" if sign else f"{settings.CURRENCY}\N{NO-BREAK SPACE}{rounded}"


def up_to_cent(amount: Decimal) -> Decimal:
    return amount.quantize(CENT, ROUND_CEILING)
