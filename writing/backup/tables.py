"""From the database into the file, and back."""

import itertools
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import IO, Any

from django.contrib.auth import get_user_model
from django.core.management import call_command
from django.core.management.color import no_style
from django.db import connection, models, transaction
from django.db.migrations.executor import MigrationExecutor
from django.db.migrations.recorder import MigrationRecorder
from django.utils import timezone

from writing.audit import record
from writing.backup.archive import Manifest, Reader, Unfit, Writer, recognised_by
from writing.backup.values import column, to_database, to_json
from writing.models import Document

# Who is signed in where is nobody's business later.
LEFT_OUT = {"django_session", "usersessions_usersession"}
CHUNK_ROWS = 500

Progress = Callable[[str, int], None]
Tables = dict[str, type[models.Model]]


def write_backup(file: IO[bytes], progress: Progress = lambda table, rows: None) -> Manifest:
    """Everything as it is at one moment, while others go on writing. `progress` is called with each
    table and its number of rows. Raises Unfit where migrations are missing."""
    executor = MigrationExecutor(connection)
    newest = executor.loader.graph.leaf_nodes()
    if executor.migration_plan(newest):
        raise Unfit("The database is of an earlier version. Run `manage.py prepare` first.")
    manifest = Manifest(
        made_at=timezone.now().isoformat(),
        database=connection.vendor,
        migrations=dict(newest),
        key=recognised_by(),
    )
    writer = Writer(file)
    tables = _tables_of(executor.loader.project_state(newest).apps)
    with _one_moment():
        for table, model in sorted(tables.items()):
            if table not in LEFT_OUT:
                fields = list(model._meta.local_concrete_fields)
                rows = _rows_of(model, fields)
                progress(table, writer.write(table, [str(each.column) for each in fields], rows))
    writer.finish(manifest)
    record("site.backed_up", actor=None)
    return manifest


def is_in_use() -> bool:
    """Whether there is anything that restoring would replace."""
    existing = connection.introspection.table_names()
    return any(
        model._meta.db_table in existing and model._base_manager.exists()
        for model in (get_user_model(), Document)
    )


def restore_backup(reader: Reader, progress: Progress = lambda table, rows: None) -> None:
    """Replace everything in the database by the backup, and bring it up to this version. What is in
    the file is to be verified before. Raises Unfit for a backup of a newer version."""
    executor = MigrationExecutor(connection)
    targets = list(reader.manifest.migrations.items())
    unknown = [each for each in targets if each not in executor.loader.graph.nodes]
    if unknown:
        raise Unfit(
            f"The backup was made by a newer version ({'.'.join(unknown[0])}). Update first."
        )
    tables = _tables_of(executor.loader.project_state(targets).apps)
    _drop(tables)
    executor = MigrationExecutor(connection)
    executor.migrate(targets)
    with transaction.atomic(durable=True):
        # Migrations make rows of their own.
        for model in tables.values():
            _execute(f"DELETE FROM {_quoted(model._meta.db_table)}")  # noqa: S608
        for table in reader.manifest.tables:
            if table not in tables:
                raise Unfit(f"The backup has a table that its version does not know: {table}.")
            progress(table, _insert(tables[table], *reader.read(table)))
        _count_on(tables.values())
    call_command("migrate", interactive=False, verbosity=0)
    record("site.restored", actor=None, details={"made_at": reader.manifest.made_at})


def _tables_of(apps: Any) -> Tables:
    return {
        model._meta.db_table: model
        for model in apps.get_models(include_auto_created=True)
        if model._meta.managed and not model._meta.proxy and not model._meta.swapped
    }


@contextmanager
def _one_moment() -> Iterator[None]:
    """All reading sees the database as it is now; nobody waits for it."""
    if connection.vendor == "postgresql":
        with transaction.atomic(durable=True):
            _execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
            yield
    else:
        # Not `atomic`: it would begin as a writer, and the others would wait.
        _execute("BEGIN DEFERRED")
        try:
            yield
        finally:
            _execute("ROLLBACK")


def _rows_of(model: type[models.Model], fields: "list[models.Field[Any, Any]]") -> Iterator[Any]:
    found = model._base_manager.order_by("pk").values_list(*[column(each) for each in fields])
    for row in found.iterator(chunk_size=CHUNK_ROWS):
        yield [to_json(each, value) for each, value in zip(fields, row, strict=True)]


def _insert(model: type[models.Model], columns: list[str], rows: Iterable[list[Any]]) -> int:
    fields = {each.column: each for each in model._meta.local_concrete_fields}
    if set(columns) != set(fields):
        raise Unfit(f"The backup's columns are not those of its version: {model._meta.db_table}.")
    names = ", ".join(map(_quoted, columns))
    places = ", ".join(["%s"] * len(columns))
    sql = f"INSERT INTO {_quoted(model._meta.db_table)} ({names}) VALUES ({places})"  # noqa: S608
    count = 0
    iterator = iter(rows)
    with connection.cursor() as cursor:
        while chunk := list(itertools.islice(iterator, CHUNK_ROWS)):
            values = [
                [
                    to_database(fields[name], value, connection)
                    for name, value in zip(columns, row, strict=True)
                ]
                for row in chunk
            ]
            cursor.executemany(sql, values)
            count += len(chunk)
    return count


def _drop(tables: Tables) -> None:
    """The tables of this version and those of the backup's, and what migrations were made."""
    existing = set(connection.introspection.table_names())
    ours = {*tables, *connection.introspection.django_table_names(include_views=False)}
    with connection.schema_editor() as editor:
        for table in sorted(ours & existing):
            editor.execute(editor.sql_delete_table % {"table": editor.quote_name(table)})
        if MigrationRecorder(connection).has_table():
            editor.execute(
                editor.sql_delete_table
                % {"table": editor.quote_name(MigrationRecorder.Migration._meta.db_table)}
            )


def _count_on(found: Iterable[type[models.Model]]) -> None:
    """New rows get keys behind those that came with the backup."""
    for sql in connection.ops.sequence_reset_sql(no_style(), list(found)):
        _execute(sql)


def _execute(sql: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(sql)


def _quoted(name: str) -> str:
    return connection.ops.quote_name(name)
