"""Data directories that are ready for a start, made once in a run of the tests and then copied:
to migrate, to seed and to collect takes longer than most tests that start the processes."""

import fcntl
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from bench.stack import PASSWORD, ROOT, USER

ANOTHER = "ben"
PREPARE = f"""
import os, shutil
from django.conf import settings
from django.contrib.auth.models import User
from django.core.management import call_command
from django.db import connection
call_command("prepare", verbosity=0)
connection.close()
shutil.copytree(settings.DATA_DIR, os.environ["UNUSED"])
for name in {(USER, ANOTHER)}:
    User.objects.create_superuser(name, f"{{name}}@example.org", "{PASSWORD}")
"""


def make(directory: Path) -> None:
    """Two data directories in this one: `unused`, and `used`, which two people have accounts in."""
    inherited = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("PYTEST_", "DJANGO_", "DATABASE_URL", "REDIS_URL", "LOCAL_MODEL"))
    }
    (directory / "used").mkdir(parents=True)
    own = {
        "DATA_DIR": str(directory / "used"),
        "UNUSED": str(directory / "unused"),
        # Where it is to be found is for whoever copies it to say.
        "OPENAI_BASE_URL": "http://127.0.0.1:9/v1",
        "OPENAI_API_KEY": "sk-fake",
        "OPENAI_MODEL": "fake",
        "LOCAL_MODEL": "none",
    }
    command = [sys.executable, "manage.py", "shell", "-v", "0", "-c", PREPARE]
    subprocess.run(command, cwd=ROOT, env=inherited | own, check=True, stdout=subprocess.DEVNULL)


@pytest.fixture(scope="session")
def prepared(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What `make` makes; to be copied. One for all workers."""
    shared = tmp_path_factory.getbasetemp()
    if "PYTEST_XDIST_WORKER" in os.environ:
        shared = shared.parent
    directory = shared / "prepared"
    with (shared / "prepared.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not directory.exists():
            unfinished = shared / "preparing"
            shutil.rmtree(unfinished, ignore_errors=True)
            make(unfinished)
            unfinished.rename(directory)
    return directory
