"""Writing many rows at little cost."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import cache, lru_cache, partial
from operator import attrgetter
from typing import Any

from django.db import DEFAULT_DB_ALIAS, connections, models
from django.db.backends.base.base import BaseDatabaseWrapper


def insert(model: type[models.Model], names: Sequence[str], rows: Iterable[Sequence[Any]]) -> None:
    """Add rows with these fields; in a transaction.

    `bulk_create` builds its statement anew for every value of every row. That is most of what a
    flush of two hundred sections would cost.
    """
    fields = _fields(model, *names)
    columns, places = ", ".join(map(_column, fields)), ", ".join(["%s"] * len(fields))
    _execute(
        f"INSERT INTO {_table(model)} ({columns}) VALUES ({places})",  # noqa: S608 (names of our own)
        fields,
        rows,
    )


def update_each(
    model: type[models.Model], names: Sequence[str], rows: Iterable[Sequence[Any]]
) -> None:
    """Set these fields, each row's own values, where the primary key is the row's last; in a
    transaction. `bulk_update` makes one statement with a `CASE` for each value."""
    fields = _fields(model, *names, model._meta.pk.name)
    *columns, key = map(_column, fields)
    changes = ", ".join(f"{column} = %s" for column in columns)
    _execute(
        f"UPDATE {_table(model)} SET {changes} WHERE {key} = %s",  # noqa: S608 (names of our own)
        fields,
        rows,
    )


def increase_each(
    model: type[models.Model], name: str, amounts: Mapping[Any, int]
) -> dict[Any, int]:
    """Add to this field, by primary key; gives what it has come to, for the rows that exist.

    In a transaction, which then holds these rows: all take them in the order of their keys. To
    read them first, as the ORM has to, would be a query more, and building both costs most.
    """
    fields = _fields(model, name, model._meta.pk.name)
    column, key = map(_column, fields)
    sql = f"UPDATE {_table(model)} SET {column} = {column} + %s WHERE {key} = %s RETURNING {column}"  # noqa: S608 (names of our own)
    connection, found = _connection(), {}
    prepare = _preparer(fields[1], connection)
    with connection.cursor() as cursor:
        for pk in sorted(amounts):
            cursor.execute(sql, [amounts[pk], prepare(pk)])
            for (value,) in cursor.fetchall():
                found[pk] = value
    return found


def _connection() -> BaseDatabaseWrapper:
    """This thread's own; `django.db.connection` looks for it at every use."""
    return connections[DEFAULT_DB_ALIAS]


@cache
def _fields(model: type[models.Model], *names: str) -> list[models.Field[Any, Any]]:
    by_name = {field.name: field for field in model._meta.concrete_fields}
    return [by_name[name] for name in names]


def _table(model: type[models.Model]) -> str:
    return _connection().ops.quote_name(model._meta.db_table)


def _column(field: models.Field[Any, Any]) -> str:
    return _connection().ops.quote_name(str(field.column))


def _preparer(
    field: models.Field[Any, Any], connection: BaseDatabaseWrapper
) -> Callable[[Any], Any]:
    """What makes of a field's values what the database takes, as `get_db_prep_save` does."""
    prepare = partial(field.get_db_prep_save, connection=connection)
    target = field.target_field if isinstance(field, models.ForeignKey) else field
    match target.get_internal_type():
        case "UUIDField":
            has_own = connection.features.has_native_uuid_field
            return (lambda value: value) if has_own else attrgetter("hex")
        case "TextField" | "BinaryField" | "PositiveBigIntegerField":
            return lambda value: value
        case "DateTimeField":
            return lru_cache(maxsize=4)(prepare)  # most rows of a batch have one moment
    return prepare


def _execute(
    sql: str, fields: Sequence[models.Field[Any, Any]], rows: Iterable[Sequence[Any]]
) -> None:
    connection = _connection()
    prepare = [_preparer(field, connection) for field in fields]
    parameters = [
        [None if value is None else get(value) for get, value in zip(prepare, row, strict=True)]
        for row in rows
    ]
    if parameters:
        with connection.cursor() as cursor:
            cursor.executemany(sql, parameters)
