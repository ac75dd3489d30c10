"""What every test shares. The settings of a test process are in tests/settings.py."""

import os
import socket
import uuid
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import hypothesis
import psycopg
import pytest
from django.utils import translation
from psycopg import sql

pytest_plugins = ["tests.fake_provider", "tests.prepared", "tests.receiver"]

# Timings on a shared machine say nothing about the code.
hypothesis.settings.register_profile("project", deadline=None)
hypothesis.settings.load_profile("project")


@pytest.fixture(autouse=True)
def english() -> Iterator[None]:
    """A test that speaks another language does not teach it to the next."""
    with translation.override("en"):
        yield


@pytest.fixture
def child_database() -> Iterator[dict[str, str]]:
    """Where the suite runs on PostgreSQL, a database of its own for the processes of a test."""
    url = os.environ.get("DATABASE_URL", "")
    if not url.startswith("postgres"):
        yield {}
        return
    name = f"scriptorium_{uuid.uuid4().hex}"
    with psycopg.connect(url, autocommit=True) as server:
        server.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
        yield {"DATABASE_URL": urlsplit(url)._replace(path=f"/{name}").geturl()}
        server.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name)))


@pytest.fixture
def child_environment(tmp_path: Path, child_database: dict[str, str]) -> dict[str, str]:
    """The environment of a process started by a test: the real settings, its own data."""
    inherited = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("PYTEST_", "OPENAI_", "DJANGO_", "REDIS_URL", "LOCAL_MODEL"))
    }
    own = {"DATA_DIR": str(tmp_path / "data"), "PYTHONUNBUFFERED": "1"}
    return inherited | child_database | own


@pytest.fixture
def free_port() -> int:
    """A port that nothing listens on at this moment."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
