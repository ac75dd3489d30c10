"""Writing many rows at little cost."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import cache, lru_cache, partial
from itertools import chain
from operator import attrgetter
from typing import Any

from django.db import DEFAULT_DB_ALIAS, connections, models
from django.db.backends.base.base import BaseDatabaseWrapper

# Databases take some ten thousand values with a statement. One for many rows, since with each the
# thread lets go of the interpreter and has to wait for it.
ROWS_AT_ONCE = 500


def insert(model: type[models.Model], names: Sequence[str], rows: Iterable[Sequence[Any]]) -> None:
    """Add rows with these fields; in a transaction.

    `bulk_create` builds its statement anew for every value of every row. That is most of what a
    flush of two hundred sections would cost.
    """
    fields = _fields(model, *names)
    columns, places = ", ".join(map(_column, fields)), ", ".join(["%s"] * len(fields))
    prepared = _prepared(fields, rows)
    with _connection().cursor() as cursor:
        for start in range(0, len(prepared), ROWS_AT_ONCE):
            some = prepared[start : start + ROWS_AT_ONCE]
            values = ", ".join([f"({places})"] * len(some))
            cursor.execute(
                f"INSERT INTO {_table(model)} ({columns}) VALUES {values}",  # noqa: S608 (names of our own)
                list(chain.from_iterable(some)),
            )


def update_each(
    model: type[models.Model], names: Sequence[str], rows: Iterable[Sequence[Any]]
) -> None:
    """Set these fields, each row's own values, where the primary key is the row's last; in a
    transaction. `bulk_update` makes one statement with a `CASE` for each value."""
    fields = _fields(model, *names, model._meta.pk.name)
    *columns, key = map(_column, fields)
    changes = ", ".join(f"{column} = %s" for column in columns)
    sql = f"UPDATE {_table(model)} SET {changes} WHERE {key} = %s"  # noqa: S608 (names of our own)
    if prepared := _prepared(fields, rows):
        with _connection().cursor() as cursor:
            cursor.executemany(sql, prepared)


def increase_each(
    model: type[models.Model], name: str, amounts: Mapping[Any, int]
) -> dict[Any, int]:
    """Add to this field, by primary key; gives what it has come to, for the rows that exist.

    In a transaction. To read them first, as the ORM has to, would be a query more.
    """
    value, key = _fields(model, name, model._meta.pk.name)
    prepare = _preparer(key, _connection())
    found: dict[Any, int] = {}
    by_amount: defaultdict[int, list[Any]] = defaultdict(list)
    for pk, amount in amounts.items():
        by_amount[amount].append(pk)
    with _connection().cursor() as cursor:
        for amount, pks in by_amount.items():
            cursor.execute(
                f"UPDATE {_table(model)} SET {_column(value)} = {_column(value)} + %s "  # noqa: S608 (names of our own)
                f"WHERE {_column(key)} IN ({', '.join(['%s'] * len(pks))}) "
                f"RETURNING {_column(key)}, {_column(value)}",
                [amount, *map(prepare, pks)],
            )
            found |= {key.to_python(pk): reached for pk, reached in cursor.fetchall()}
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


def _prepared(
    fields: Sequence[models.Field[Any, Any]], rows: Iterable[Sequence[Any]]
) -> list[list[Any]]:
    prepare = [_preparer(field, _connection()) for field in fields]
    return [
        [None if value is None else get(value) for get, value in zip(prepare, row, strict=True)]
        for row in rows
    ]
