"""Whether the site is well: what strangers are told, and what administrators are."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db import OperationalError, connection
from django.db.migrations.recorder import MigrationRecorder
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from agents import health
from agents.actions.runs import start_draft
from agents.models import Provider, Step, StepState
from agents.seeds import seed
from writing import heartbeats
from writing.actions.documents import create_document
from writing.actions.sections import add_section
from writing.audit import record
from writing.heartbeats import beat
from writing.models import Heartbeat, Part

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def unheard() -> Iterator[None]:
    """As in a process that has just begun."""
    heartbeats._beaten.clear()
    yield
    heartbeats._beaten.clear()


def ask() -> dict[str, bool]:
    """The parts, as a stranger is told of them."""
    answer = Client().get("/readyz/")
    told = answer.json()
    assert answer.status_code == (200 if told["ready"] else 503)
    assert told == {"ready": all(told["parts"].values()), "parts": told["parts"]}
    assert set(told["parts"].values()) <= {True, False}
    return dict(told["parts"])


@pytest.fixture
def root(client: Client) -> Client:
    client.force_login(User.objects.create_superuser("root", "root@example.org", "pw"))
    return client


def look(client: Client) -> str:
    answer = client.get(reverse("admin:writing_heartbeat_changelist"))
    assert answer.status_code == 200
    return answer.content.decode()


def test_a_stranger_learns_which_parts_are_well_and_no_more() -> None:
    assert ask() == {
        "database": True,
        "migrations": True,
        "worker": False,
        "chores": False,
        "redis": False,  # the suite has none
        "disk": True,
    }
    assert Client().post("/readyz/").status_code == 405


def test_a_worker_is_well_as_long_as_it_is_heard_of() -> None:
    beat(Part.STEPS)
    assert ask()["worker"]
    Heartbeat.objects.update(last_at=timezone.now() - health.worker_late() - timedelta(seconds=1))
    assert not ask()["worker"]


def test_another_processs_word_counts_as_well() -> None:
    beat(Part.STEPS)
    long_ago = timezone.now() - timedelta(hours=2)
    Heartbeat.objects.update(process="elsewhere 1", last_at=long_ago)
    heartbeats._beaten.clear()
    beat(Part.STEPS)
    assert ask()["worker"]
    assert Heartbeat.objects.count() == 2


def test_word_is_left_seldom_and_not_kept_for_ever() -> None:
    Heartbeat.objects.create(
        process="gone 1", part=Part.MAIL, last_at=timezone.now() - timedelta(days=2)
    )
    beat(Part.STEPS)
    first = Heartbeat.objects.get()
    with CaptureQueriesContext(connection) as captured:
        beat(Part.STEPS)
    assert len(captured) == 0
    heartbeats._beaten[Part.STEPS] -= heartbeats.BEAT_SECONDS + 1
    beat(Part.STEPS)
    again = Heartbeat.objects.get()
    assert (again.first_at, again.pk) == (first.first_at, first.pk)
    assert again.last_at > first.last_at


def test_each_chore_must_be_looked_after(root: Client) -> None:
    for part in health.CHORES:
        beat(part)
    assert ask()["chores"]
    Heartbeat.objects.filter(part=Part.MAIL).delete()
    assert not ask()["chores"]
    assert "Mail: None has been heard of." in look(root)


def test_little_room_is_said_before_there_is_none(root: Client, settings: Any) -> None:
    settings.FREE_DISK_MB = 10**12
    assert not ask()["disk"]
    assert "Make room on the disk" in look(root)


def test_tables_older_than_the_program_are_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(health, "_is_migrated", False)
    MigrationRecorder.Migration.objects.filter(app="agents").latest("id").delete()
    parts = ask()
    assert not parts["migrations"]
    assert parts["database"]


def test_a_database_that_fails_is_told_and_not_an_error() -> None:
    def fail(*_: Any) -> None:
        raise OperationalError("no such host: db.internal")

    with connection.execute_wrapper(fail):
        answer = Client().get("/readyz/")
    assert answer.status_code == 503
    assert answer.json()["parts"] == {
        "database": False,
        "migrations": False,
        "worker": False,
        "chores": False,
        "redis": False,
        "disk": True,
    }
    assert "internal" not in answer.content.decode()


def test_the_page_is_for_staff(client: Client) -> None:
    address = reverse("admin:writing_heartbeat_changelist")
    ana = User.objects.create_user("ana")
    assert "login" in client.get(address)["Location"]
    client.force_login(ana)
    assert "/admin/login/" in client.get(address)["Location"]
    client.force_login(User.objects.create_user("clerk", is_staff=True))
    assert client.get(address).status_code == 200


def test_the_page_tells_of_waiting_work_failing_providers_and_backups(root: Client) -> None:
    seed()
    text = look(root)
    assert "Something needs you." in text
    assert "None: every provider is in use." in text
    assert "None is known" in text
    ana = User.objects.create_user("ana")
    document = create_document(ana, title="The quiet city", brief="How a reef lives.")
    add_section(document, title="Walls")
    run = start_draft(document, acting_user=ana)
    Step.objects.filter(run=run, state=StepState.READY).update(
        ready_at=timezone.now() - timedelta(minutes=42)
    )
    now = timezone.now()
    Provider.objects.update(
        open_since=now, open_until=now + timedelta(minutes=1), last_problem="It says 503."
    )
    record("site.backed_up", actor=None)
    beat(Part.STEPS)
    with CaptureQueriesContext(connection) as captured:
        text = look(root)
    assert "It says 503." in text
    assert "42\N{NO-BREAK SPACE}minutes" in text
    assert reverse("admin:agents_run_change", args=[run.pk]) in text
    assert "The last one" in text
    assert "heard of 0" in text
    assert len(captured) <= 14
