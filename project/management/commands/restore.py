"""manage.py restore FILE: the database as it was when the file was written."""

from argparse import ArgumentParser
from contextlib import closing
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.db import connection

from project.supervisor import CannotStart, make_directories, sole_use_of_data
from writing.backup.archive import Reader, Unfit, recognised_by
from writing.backup.tables import is_in_use, restore_backup
from writing.setup_token import delete_token


class Command(BaseCommand):
    help = "Put a backup in the place of an empty database; with --replace, of any."
    requires_system_checks: list[str] = []  # there may be no tables yet
    requires_migrations_checks = False

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", type=Path)
        parser.add_argument(
            "--replace",
            action="store_true",
            help="delete what is in the database; it cannot be brought back",
        )

    def handle(self, *args: Any, file: Path, replace: bool, verbosity: int, **options: Any) -> None:
        make_directories()
        try:
            # Whatever else runs with this data has to be stopped: it would find other rows.
            with sole_use_of_data(), file.open("rb") as opened:
                self._restore(Reader(opened), replace, verbosity)
        except OSError as error:
            raise CommandError(f"{file} cannot be read: {error.strerror}.") from error
        except (CannotStart, Unfit) as error:
            raise CommandError(str(error)) from error

    def _restore(self, reader: Reader, replace: bool, verbosity: int) -> None:
        with closing(connection):
            if is_in_use() and not replace:
                raise CommandError(
                    "There are accounts or documents in the database already. Restore into an "
                    "empty one, by another DATA_DIR or DATABASE_URL, or delete what is there: "
                    "--replace"
                )
            reader.verify()

            def say(table: str, rows: int) -> None:
                if verbosity > 1:
                    self.stdout.write(f"{table}: {rows}")

            restore_backup(reader, say)
        delete_token()
        manifest = reader.manifest
        rows = sum(each["rows"] for each in manifest.tables.values())
        self.stdout.write(f"Restored {rows} rows, as of {manifest.made_at}.")
        if manifest.key != recognised_by():
            self.stdout.write(
                self.style.WARNING(
                    "SECRET_KEY is another than at the time. Put the old one into "
                    f"{settings.DATA_DIR / 'secret_key'}, or enter the keys of providers again, "
                    "and remove people's second step of signing in (manage.py remove_mfa)."
                )
            )
