"""What `manage.py draft` refuses. What it does is in test_worker_process.py."""

from pathlib import Path

import pytest
from django.contrib.auth.models import User
from django.core.management import CommandError, call_command

from agents.management.commands import draft
from agents.models import Run
from agents.seeds import seed
from writing.models import Document

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def quick_to_find_no_worker(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(draft, "PING_SECONDS", 0.05)


@pytest.fixture(autouse=True)
def administrator() -> User:
    seed()
    return User.objects.create_superuser("ada", "ada@example.org", "secret")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--brief", " \n"], "brief is empty"),
        (["--brief-file", "/nowhere/brief.txt"], "cannot be read"),
        (["--brief", "Reefs", "--sections", "0"], "between 1 and 50"),
        (["--brief", "Reefs", "--sections", "500"], "between 1 and 50"),
        (["--brief", "Reefs", "--workflow", "magic"], "There are: draft, quick"),
        (["--brief", "Reefs", "--user", "nobody"], "no such account"),
        (["--brief", "x" * 1_000_000], "Shorten it"),
        (["--brief", "Reefs", "--kind", "poem"], "invalid choice"),
        (["--brief", "Reefs", "--limit", "much"], "such as 2.50"),
        (["--brief", "Reefs", "--limit", "nan"], "such as 2.50"),
        ([], "one of the arguments"),
    ],
)
def test_impossible_orders_are_refused_and_leave_nothing(
    arguments: list[str], message: str
) -> None:
    with pytest.raises(CommandError, match=message):
        call_command("draft", *arguments)
    assert not Document.objects.exists()


def test_without_an_account_it_says_where_to_make_one(administrator: User) -> None:
    administrator.delete()
    with pytest.raises(CommandError, match="setup_link"):
        call_command("draft", "--brief", "Reefs")


def test_without_waiting_it_starts_the_run_and_prints_the_document(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "brief.txt"
    path.write_text("珊瑚礁，写给潜水员。", encoding="utf-8")
    call_command("draft", "--brief-file", str(path), "--language", "zh-hans", "--sections", "2")
    document = Document.objects.get()
    assert capsys.readouterr().out.strip() == str(document.pk)
    assert document.title == "珊瑚礁，写给潜水员。"
    assert Run.objects.get().section_count == 2
