"""Writing many rows at little cost."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from django.db import connection, models


def insert(model: type[models.Model], names: Sequence[str], rows: Iterable[Sequence[Any]]) -> None:
    """Add rows with these fields; in a transaction.

    `bulk_create` builds its statement anew for every value of every row. That is most of what a
    flush of two hundred sections would cost.
    """
    fields, quote = _fields(model, names), connection.ops.quote_name
    columns = ", ".join(quote(str(field.column)) for field in fields)
    places = ", ".join(["%s"] * len(fields))
    _execute(
        f"INSERT INTO {quote(model._meta.db_table)} ({columns}) VALUES ({places})",  # noqa: S608 (names of our own)
        fields,
        rows,
    )


def update_each(
    model: type[models.Model], names: Sequence[str], rows: Iterable[Sequence[Any]]
) -> None:
    """Set these fields, each row's own values, where the primary key is the row's last; in a
    transaction. `bulk_update` makes one statement with a `CASE` for each value."""
    fields, quote = _fields(model, [*names, model._meta.pk.name]), connection.ops.quote_name
    *columns, key = (quote(str(field.column)) for field in fields)
    changes = ", ".join(f"{column} = %s" for column in columns)
    _execute(
        f"UPDATE {quote(model._meta.db_table)} SET {changes} WHERE {key} = %s",  # noqa: S608 (names of our own)
        fields,
        rows,
    )


def _fields(model: type[models.Model], names: Sequence[str]) -> list[models.Field[Any, Any]]:
    by_name = {field.name: field for field in model._meta.concrete_fields}
    return [by_name[name] for name in names]


def _execute(
    sql: str, fields: Sequence[models.Field[Any, Any]], rows: Iterable[Sequence[Any]]
) -> None:
    prepare = [field.get_db_prep_save for field in fields]
    parameters = [
        [get(value, connection) for get, value in zip(prepare, row, strict=True)] for row in rows
    ]
    if parameters:
        with connection.cursor() as cursor:
            cursor.executemany(sql, parameters)
