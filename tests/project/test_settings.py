import subprocess
import sys
from pathlib import Path

import pytest
from channels.layers import get_channel_layer
from django.conf import settings
from django.db import connection


def test_tests_keep_their_hands_off_the_real_data() -> None:
    assert settings.BASE_DIR not in settings.DATA_DIR.parents
    assert "scriptorium-tests-" in str(settings.DATA_DIR)


@pytest.mark.django_db
def test_the_test_database_is_a_file_that_threads_share() -> None:
    if connection.vendor == "sqlite":
        assert Path(connection.settings_dict["NAME"]).is_file()


def test_no_test_needs_redis() -> None:
    assert type(get_channel_layer()).__name__ == "InMemoryChannelLayer"


def test_a_port_that_is_no_number_is_said_in_one_line(child_environment: dict[str, str]) -> None:
    check = subprocess.run(
        [sys.executable, "manage.py", "check"],
        cwd=settings.BASE_DIR,
        env=child_environment | {"PORT": "abc"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert check.returncode == 1
    assert check.stderr == "PORT must be a number, not 'abc'.\n"
