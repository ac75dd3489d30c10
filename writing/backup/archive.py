"""The file: a ZIP with `manifest.json` and a file of lines of JSON for each table."""

import hashlib
import json
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass, field
from typing import IO, Any
from zipfile import ZIP_DEFLATED, BadZipFile, ZipFile

from django.conf import settings

FORMAT = 1
MANIFEST = "manifest.json"
KEY_ROUNDS = 200_000


class Unfit(Exception):
    """The file cannot be restored; the message says why."""


@dataclass(frozen=True)
class Manifest:
    """`migrations`: the newest of each app. `tables`: rows and SHA-256 of each. `key`: by which the
    SECRET_KEY that secrets are sealed with is recognised, not the key."""

    made_at: str
    database: str
    migrations: dict[str, str]
    key: str
    tables: dict[str, dict[str, Any]] = field(default_factory=dict)
    format: int = FORMAT


def recognised_by() -> str:
    """The same for the same SECRET_KEY."""
    salt = b"scriptorium.backup"
    return hashlib.pbkdf2_hmac("sha256", settings.SECRET_KEY.encode(), salt, KEY_ROUNDS).hex()[:16]


class Writer:
    """To be closed with `finish`: without it the file is no backup."""

    def __init__(self, file: IO[bytes]) -> None:
        self._zip = ZipFile(file, "w", ZIP_DEFLATED)
        self._tables: dict[str, dict[str, Any]] = {}

    def write(self, table: str, columns: list[str], rows: Iterable[list[Any]]) -> int:
        """The first line names the columns. Gives how many rows there were."""
        count, seen = 0, hashlib.sha256()
        with self._zip.open(_name(table), "w", force_zip64=True) as entry:
            _put(entry, seen, columns)
            for row in rows:
                _put(entry, seen, row)
                count += 1
        self._tables[table] = {"rows": count, "sha256": seen.hexdigest()}
        return count

    def finish(self, manifest: Manifest) -> None:
        manifest.tables.update(self._tables)
        self._zip.writestr(MANIFEST, json.dumps(asdict(manifest), indent=1))
        self._zip.close()


class Reader:
    """Raises Unfit where the file is not one of ours, or damaged."""

    def __init__(self, file: IO[bytes]) -> None:
        try:
            self._zip = ZipFile(file)
            said = json.loads(self._zip.read(MANIFEST))
        except (BadZipFile, KeyError, ValueError) as error:
            raise Unfit("This is not a backup of Scriptorium, or only a part of one.") from error
        if said.get("format") != FORMAT:
            raise Unfit(
                f"The backup has the format {said.get('format')}; this version reads {FORMAT}."
            )
        self.manifest = Manifest(**said)

    def verify(self) -> None:
        """Read all of it, before anything is replaced by it."""
        for table, said in self.manifest.tables.items():
            seen, lines = hashlib.sha256(), 0
            try:
                with self._zip.open(_name(table)) as entry:
                    for line in entry:
                        seen.update(line)
                        lines += 1
            except (BadZipFile, KeyError, EOFError, OSError) as error:
                raise Unfit(f"The backup is damaged: {table}.") from error
            if (seen.hexdigest(), lines - 1) != (said["sha256"], said["rows"]):
                raise Unfit(f"The backup is damaged: {table}.")

    def read(self, table: str) -> tuple[list[str], Iterator[list[Any]]]:
        """Columns and rows."""
        lines = (json.loads(line) for line in self._zip.open(_name(table)))
        return next(lines), lines


def _name(table: str) -> str:
    return f"tables/{table}.jsonl"


def _put(entry: IO[bytes], seen: "hashlib._Hash", row: list[Any]) -> None:
    line = json.dumps(row, ensure_ascii=False, separators=(",", ":")).encode() + b"\n"
    seen.update(line)
    entry.write(line)
