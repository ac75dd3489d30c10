"""Backing up while others write, and restoring: into an empty database, in the place of another."""

import io
import json
import subprocess
import sys
import threading
from decimal import Decimal
from pathlib import Path
from typing import Any
from zipfile import ZIP_DEFLATED, ZipFile

import pytest
from django.conf import settings
from django.contrib.auth.models import User
from django.core.management import CommandError, call_command
from django.db import connections

from agents.models import Limits, Provider
from agents.seeds import seed
from tests.writing.conftest import Desk
from writing.actions.text import Entry, append_updates, new_client
from writing.actions.versions import take_version
from writing.backup.archive import Reader
from writing.backup.tables import _one_moment
from writing.models import AuditEntry, Document, Image, Update

pytestmark = pytest.mark.django_db(transaction=True)

CANARY = "sk-canary-that-must-not-leak"
# Written by the backup itself, by migrations and by signing in.
OF_THE_MOMENT = {"writing_auditentry"}


@pytest.fixture
def house(desk: Desk) -> Desk:
    """Something in many tables, of many kinds of columns."""
    seed()
    section = desk.sections[0]
    new_client(section.pk, desk.people["owner"].pk)
    take_version(section, "First")
    Image.objects.create(
        document=desk.document,
        uploaded_by=desk.people["owner"],
        data=bytes(range(256)),
        content_type="image/webp",
        width=1,
        height=1,
        size=256,
    )
    provider = Provider.objects.first()
    assert provider
    provider.api_key = CANARY
    provider.save()
    Limits.objects.update_or_create(pk=1, defaults={"per_person": Decimal("12.34")})
    desk.people["owner"].set_password("a quiet reef 42")
    desk.people["owner"].save()
    return desk


def back_up(tmp_path: Path, name: str = "first.zip") -> Path:
    file = tmp_path / name
    call_command("backup", file, verbosity=0, stdout=io.StringIO())
    return file


def tables_of(file: Path) -> dict[str, list[Any]]:
    reader = Reader(io.BytesIO(file.read_bytes()))
    reader.verify()
    found = {}
    for table in reader.manifest.tables:
        columns, rows = reader.read(table)
        found[table] = [dict(zip(columns, row, strict=True)) for row in rows]
    return found


def manage(environment: dict[str, str], *arguments: object) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        [sys.executable, "manage.py", *map(str, arguments)],
        cwd=settings.BASE_DIR,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )


def test_what_is_restored_is_what_was_backed_up(
    house: Desk, tmp_path: Path, child_environment: dict[str, str]
) -> None:
    file = back_up(tmp_path)
    assert file.stat().st_mode & 0o077 == 0
    kept = tables_of(file)
    assert len(kept["writing_section"]) == 3
    assert kept["writing_image"][0]["data"]
    other = child_environment | {"SECRET_KEY": settings.SECRET_KEY}
    done = manage(other, "restore", file)
    assert (done.returncode, done.stderr) == (0, "")
    assert "SECRET_KEY" not in done.stdout
    assert manage(other, "backup", tmp_path / "second.zip").returncode == 0
    again = tables_of(tmp_path / "second.zip")
    assert again.keys() == kept.keys()
    for table in kept.keys() - OF_THE_MOMENT:
        assert again[table] == kept[table], table
    events = [row["event"] for row in again["writing_auditentry"]]
    assert events[-1] == "site.restored"
    # New rows get new keys; the key of a provider and the image are as before.
    said = manage(
        other,
        "shell",
        "--no-imports",
        "-c",
        "from django.contrib.auth.models import User; from agents.models import Provider, Limits;"
        "from writing.models import Image;"
        "print(User.objects.create_user('new').pk, User.objects.count(),"
        "User.objects.get(username='owner').password,"
        "Provider.objects.first().api_key, Limits.objects.get().per_person,"
        "bytes(Image.objects.get().data) == bytes(range(256)))",
    )
    count = User.objects.count() + 1
    pk = User.objects.latest("pk").pk + 1
    password = User.objects.get(username="owner").password
    assert said.stdout.split() == [str(pk), str(count), password, CANARY, "12.340000", "True"]


def test_no_secret_is_in_it_in_clear(house: Desk, tmp_path: Path) -> None:
    with ZipFile(back_up(tmp_path)) as archive:
        text = b"".join(archive.read(name) for name in archive.namelist())
    assert CANARY.encode() not in text
    assert settings.SECRET_KEY.encode() not in text
    assert b"django_session" not in text


def test_it_refuses_to_replace_what_is_there(house: Desk, tmp_path: Path) -> None:
    file = back_up(tmp_path)
    with pytest.raises(CommandError, match="--replace"):
        call_command("restore", file)
    assert Document.objects.get() == house.document
    with pytest.raises(CommandError, match="is there already"):
        call_command("backup", file)


def test_with_replace_it_is_as_it_was_but_for_secrets_of_another_key(
    house: Desk, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch
) -> None:
    file = back_up(tmp_path)
    kept = tables_of(file)
    Document.objects.update(title="Changed since")
    User.objects.create_user("newcomer")
    monkeypatch.setattr(settings, "SECRET_KEY", "another")
    call_command("restore", file, replace=True)
    assert "enter the keys of providers again" in capsys.readouterr().out
    assert Document.objects.get().title == "The quiet city"
    assert not User.objects.filter(username="newcomer").exists()
    again = tables_of(back_up(tmp_path, "second.zip"))
    for table in kept.keys() - OF_THE_MOMENT:
        assert again[table] == kept[table], table
    assert AuditEntry.objects.filter(event="site.restored").count() == 1
    provider = Provider.objects.first()
    assert provider
    assert provider.api_key == ""


def rewritten(file: Path, name: str, change: Any) -> Path:
    """The file with one of its parts changed."""
    changed = file.with_name("changed.zip")
    with ZipFile(file) as before, ZipFile(changed, "w", ZIP_DEFLATED) as after:
        for each in before.namelist():
            data = before.read(each)
            after.writestr(each, change(data) if each == name else data)
    return changed


def test_a_damaged_foreign_or_newer_file_changes_nothing(house: Desk, tmp_path: Path) -> None:
    file = back_up(tmp_path)

    def newer(data: bytes) -> bytes:
        said = json.loads(data)
        return json.dumps(said | {"migrations": {"writing": "9999_later"}}).encode()

    def of_another_format(data: bytes) -> bytes:
        return json.dumps(json.loads(data) | {"format": 2}).encode()

    torn = tmp_path / "torn.zip"
    torn.write_bytes(file.read_bytes()[: file.stat().st_size // 2])
    part = "tables/writing_document.jsonl"
    for bad, said in (
        (rewritten(file, part, lambda data: data.replace(b"quiet", b"loud")), "damaged"),
        (rewritten(file, part, lambda data: data.splitlines(keepends=True)[0]), "damaged"),
        (torn, "not a backup"),
    ):
        with pytest.raises(CommandError, match=said):
            call_command("restore", bad, replace=True)
    with pytest.raises(CommandError, match="newer version"):
        call_command("restore", rewritten(file, "manifest.json", newer), replace=True)
    with pytest.raises(CommandError, match="format 2"):
        call_command("restore", rewritten(file, "manifest.json", of_another_format), replace=True)
    with pytest.raises(CommandError, match="cannot be read"):
        call_command("restore", tmp_path / "nowhere.zip", replace=True)
    assert Document.objects.get().title == "The quiet city"


def test_all_of_it_is_of_one_moment_and_nobody_waits(house: Desk) -> None:
    def write() -> None:
        append_updates([(house.sections[0].pk, Entry(b"\0\0", house.people["owner"].pk))])
        Document.objects.update(title="Written meanwhile")
        connections.close_all()

    with _one_moment():
        before = Update.objects.count()
        writer = threading.Thread(target=write)
        writer.start()
        writer.join(10)
        assert not writer.is_alive()
        assert Document.objects.get().title == "The quiet city"
        assert Update.objects.count() == before
    assert Document.objects.get().title == "Written meanwhile"
