"""Fields of our own: text that is encrypted in the database, and exact amounts of money."""

from decimal import ROUND_CEILING, Decimal, InvalidOperation
from typing import Any

from cryptography.fernet import InvalidToken
from django import forms
from django.core.exceptions import ValidationError
from django.db import models
from django.db.models.expressions import Combinable
from django.utils.translation import gettext as _

from agents.secret_values import remember
from writing.sealing import fernet


class EncryptedTextField(models.TextField):  # type: ignore[type-arg]
    """Text kept with Fernet under a key derived from SECRET_KEY.

    Reads as "" when SECRET_KEY has changed: the secret then has to be entered again. `dumpdata`
    writes it encrypted as well, and `loaddata` reads that.
    """

    DUMPED = "encrypted:"

    def get_prep_value(self, value: Any) -> Any:
        if not value:
            return ""
        remember(value)
        return fernet().encrypt(value.encode()).decode()

    def from_db_value(self, value: Any, expression: Any, connection: Any) -> Any:
        return _decrypted(value)

    def value_to_string(self, obj: models.Model) -> str:
        value = self.value_from_object(obj)
        return f"{self.DUMPED}{self.get_prep_value(value)}" if value else ""

    def to_python(self, value: Any) -> Any:
        if isinstance(value, str) and value.startswith(self.DUMPED):
            return _decrypted(value.removeprefix(self.DUMPED))
        return value


def _decrypted(value: str) -> str:
    try:
        secret = fernet().decrypt(value.encode()).decode() if value else ""
    except InvalidToken:
        return ""
    remember(secret)
    return secret


class AmountField(models.BigIntegerField):  # type: ignore[type-arg]
    """An amount of money, a Decimal kept as a whole number of millionths.

    SQLite's decimals are floats: there, sums in an UPDATE would drift and comparisons lie.
    """

    PLACES = 6
    _pyi_private_set_type: Decimal | int | Combinable  # type: ignore[assignment]
    _pyi_private_get_type: Decimal  # type: ignore[assignment]
    _pyi_lookup_exact_type: Decimal | int  # type: ignore[assignment]

    def get_prep_value(self, value: Any) -> Any:
        if value is None:
            return None
        return int(Decimal(value).scaleb(self.PLACES).to_integral_value(ROUND_CEILING))

    def from_db_value(self, value: Any, expression: Any, connection: Any) -> Any:
        return None if value is None else Decimal(value).scaleb(-self.PLACES)

    def to_python(self, value: Any) -> Any:
        if value is None or isinstance(value, Decimal):
            return value
        try:
            return Decimal(str(value))
        except InvalidOperation as error:
            raise ValidationError(_("Enter an amount.")) from error

    def formfield(self, *args: Any, **kwargs: Any) -> Any:
        options = {"form_class": forms.DecimalField, "max_digits": 12, "decimal_places": 2}
        return models.Field.formfield(self, *args, **{**options, "min_value": 0, **kwargs})
