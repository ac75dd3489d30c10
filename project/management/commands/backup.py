"""manage.py backup FILE: everything in the database, with images, in one file."""

import os
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from writing.backup.archive import Unfit
from writing.backup.tables import write_backup


class Command(BaseCommand):
    help = (
        "Write documents, images, accounts, runs and settings to one file, while all goes on. "
        "Secrets are in it only as they are sealed: keep SECRET_KEY (DATA_DIR/secret_key) too."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", type=Path, help="must not exist yet")

    def handle(self, *args: Any, file: Path, verbosity: int, **options: Any) -> None:
        if file.exists():
            raise CommandError(f"{file} is there already. Choose another name.")
        if not file.parent.is_dir():
            raise CommandError(f"There is no directory {file.parent}.")
        unfinished = file.with_name(f"{file.name}.part")

        def say(table: str, rows: int) -> None:
            if verbosity > 1:
                self.stdout.write(f"{table}: {rows}")

        try:
            # Nobody else's to read, from the first byte on.
            descriptor = os.open(unfinished, os.O_RDWR | os.O_CREAT | os.O_TRUNC, 0o600)
            with os.fdopen(descriptor, "w+b") as out:
                manifest = write_backup(out, say)
                out.flush()
                os.fsync(out.fileno())
            unfinished.replace(file)
        except Unfit as error:
            raise CommandError(str(error)) from error
        finally:
            unfinished.unlink(missing_ok=True)
        rows = sum(each["rows"] for each in manifest.tables.values())
        self.stdout.write(f"{rows} rows in {file} ({file.stat().st_size / 1e6:.1f} MB)")
