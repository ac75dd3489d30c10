"""The project's settings in a data directory of this test process's own, without Redis.

A module, not a fixture: pytest-django loads the settings before it loads any conftest.py.
Processes that a test starts use project.settings; see the fixture `child_environment`.
"""

import atexit
import os
import shutil
import tempfile
from pathlib import Path

if worker := os.environ.get("PYTEST_XDIST_WORKER"):
    os.environ["DATA_DIR"] = str(Path(os.environ["DATA_DIR"]) / worker)
else:
    os.environ["DATA_DIR"] = tempfile.mkdtemp(prefix="scriptorium-tests-")
    atexit.register(shutil.rmtree, os.environ["DATA_DIR"], ignore_errors=True)
for name in ("OPENAI_BASE_URL", "OPENAI_API_KEY", "OPENAI_MODEL", "LOCAL_MODEL", "REDIS_URL"):
    os.environ.pop(name, None)

from project.bootstrap import compile_translations  # noqa: E402 (the environment comes first)

compile_translations()

from project.settings import *  # noqa: E402, F403 (the environment comes first)
from project.settings import DATA_DIR, DATABASES, STORAGES  # noqa: E402

if DATABASES["default"]["ENGINE"] == "django.db.backends.sqlite3":
    # A file, because a database in memory shares its locks among threads in its own way.
    DATABASES["default"]["TEST"] = {"NAME": str(DATA_DIR / "test.sqlite3")}
    DATABASES["default"]["OPTIONS"]["init_command"] = (
        "PRAGMA journal_mode=WAL;PRAGMA synchronous=OFF;"
    )
CHANNEL_LAYERS = {"default": {"BACKEND": "channels.layers.InMemoryChannelLayer"}}
CELERY_BROKER_URL = "memory://"
STORAGES["staticfiles"] = {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
