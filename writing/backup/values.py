"""Values of columns as JSON has them, whatever the database, and back."""

import json
from base64 import b64decode, b64encode
from typing import Any

from django.db import models
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.models.expressions import Combinable


def plain(field: "models.Field[Any, Any]") -> "models.Field[Any, Any]":
    """A field of Django's own of the same column: ours would unseal, or count in other units."""
    if isinstance(field, models.ForeignKey):
        return plain(field.target_field)
    if type(field).__module__.startswith("django."):
        return field
    base = next(each for each in type(field).__mro__ if each.__module__.startswith("django."))
    made: models.Field[Any, Any] = base(null=field.null)
    return made


def column(field: "models.Field[Any, Any]") -> Combinable:
    """The field in a query, read as `plain` says."""
    return models.ExpressionWrapper(models.F(field.attname), output_field=plain(field))


def to_json(field: "models.Field[Any, Any]", value: Any) -> Any:
    if value is None or isinstance(plain(field), models.JSONField):
        return value
    if isinstance(value, bytes | memoryview | bytearray):
        return b64encode(bytes(value)).decode()
    return value if isinstance(value, bool | int | float | str) else _text(value)


def _text(value: Any) -> str:
    return value.isoformat() if hasattr(value, "isoformat") else str(value)


def to_database(
    field: "models.Field[Any, Any]", value: Any, connection: BaseDatabaseWrapper
) -> Any:
    """What the database's driver takes."""
    of = plain(field)
    if isinstance(of, models.JSONField):
        if value is None and field.null:
            return None
        return connection.ops.adapt_json_value(value, of.encoder or json.JSONEncoder)
    if isinstance(of, models.BinaryField) and value is not None:
        value = b64decode(value)
    elif value is not None:
        value = of.to_python(value)
    return of.get_db_prep_value(value, connection, prepared=False)
