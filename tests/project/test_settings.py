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


def test_sqlite_by_address_is_as_safe_as_sqlite_by_default(
    child_environment: dict[str, str], tmp_path: Path
) -> None:
    """Writers that wait for one another, and what is saved survives a power cut."""
    ask = (
        "import django; django.setup(); from django.db import connection as c; k = c.cursor();"
        "print(c.settings_dict['OPTIONS']['transaction_mode'],"
        " *(k.execute(f'pragma {n}').fetchone()[0] for n in ('journal_mode', 'synchronous')))"
    )
    for address in ({}, {"DATABASE_URL": f"sqlite:///{tmp_path}/other.sqlite3"}):
        environment = {k: v for k, v in child_environment.items() if k != "DATABASE_URL"} | address
        environment |= {"DATA_DIR": str(tmp_path), "DJANGO_SETTINGS_MODULE": "project.settings"}
        answer = subprocess.run(
            [sys.executable, "-c", ask],
            cwd=settings.BASE_DIR,
            env=environment,
            capture_output=True,
            text=True,
            check=True,
        )
        assert answer.stdout.split() == ["IMMEDIATE", "wal", "2"]
