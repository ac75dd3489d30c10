"""What every test shares. The settings of a test process are in tests/settings.py."""

import os
import socket
from collections.abc import Iterator
from pathlib import Path

import hypothesis
import pytest
from django.utils import translation

pytest_plugins = ["tests.fake_provider"]

# Timings on a shared machine say nothing about the code.
hypothesis.settings.register_profile("project", deadline=None)
hypothesis.settings.load_profile("project")


@pytest.fixture(autouse=True)
def english() -> Iterator[None]:
    """A test that speaks another language does not teach it to the next."""
    with translation.override("en"):
        yield


@pytest.fixture
def child_environment(tmp_path: Path) -> dict[str, str]:
    """The environment of a process started by a test: the real settings, its own data."""
    inherited = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("PYTEST_", "OPENAI_", "DJANGO_", "REDIS_URL", "LOCAL_MODEL"))
    }
    return inherited | {"DATA_DIR": str(tmp_path / "data"), "PYTHONUNBUFFERED": "1"}


@pytest.fixture
def free_port() -> int:
    """A port that nothing listens on at this moment."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
