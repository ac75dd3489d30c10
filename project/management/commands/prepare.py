"""manage.py prepare: what has to be done once before the processes of a new version start."""

import hashlib
from pathlib import Path
from typing import Any

from django.conf import settings
from django.contrib.auth import get_user_model
from django.contrib.staticfiles.finders import get_finders
from django.core.management import call_command
from django.core.management.base import BaseCommand

from writing.setup_token import delete_token, ensure_token


class Command(BaseCommand):
    help = "Migrate and seed the database and collect the static files; safe to repeat."
    requires_system_checks: list[str] = []  # the tests make them; here they would cost a second

    def handle(self, *args: Any, **options: Any) -> None:
        call_command("migrate", interactive=False)
        call_command("seed")
        collect_static()
        if get_user_model().objects.exists():
            delete_token()
        else:
            ensure_token()


def collect_static() -> None:
    """Collects when a file has changed; hashing and compressing all of them takes seconds."""
    files = sorted(
        (name, storage.path(name)) for finder in get_finders() for name, storage in finder.list([])
    )
    found = hashlib.sha256()
    for name, path in files:
        status = Path(path).stat()
        found.update(f"{name} {status.st_size} {status.st_mtime_ns}\n".encode())
    # In the collected directory, so that whoever deletes that gets it made again.
    collected = Path(settings.STATIC_ROOT) / "collected.sha256"
    if collected.exists() and collected.read_text() == found.hexdigest():
        return
    call_command("collectstatic", interactive=False, clear=True, verbosity=0)
    collected.write_text(found.hexdigest())
