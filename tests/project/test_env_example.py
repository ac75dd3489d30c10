"""`.env.example` is the list of what can be set, so it must be complete and hold nothing else."""

import re

from django.conf import settings


def test_lists_every_variable_that_the_settings_read() -> None:
    source = (settings.BASE_DIR / "project" / "settings.py").read_text()
    read = set(re.findall(r'(?:environ\.get\(|environ\[|_number\()"(\w+)"', source))
    read |= {"DATABASE_URL"}  # read by dj_database_url
    example = (settings.BASE_DIR / ".env.example").read_text()
    assert set(re.findall(r"^#?([A-Z_]+)=", example, re.MULTILINE)) == read


def test_nothing_else_reads_the_environment() -> None:
    allowed = {"settings.py", "processes.py", "bootstrap.py", "supervisor.py", "local_model.py"}
    for app in ("project", "writing", "agents"):
        for path in (settings.BASE_DIR / app).rglob("*.py"):
            if path.name in allowed | {"up.py", "asgi.py", "celery.py"}:
                continue
            assert "os.environ" not in path.read_text(), path
