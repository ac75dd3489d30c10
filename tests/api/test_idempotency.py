"""What is asked for twice is done once."""

import threading
from datetime import timedelta

import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.utils import timezone

from tests.api.conftest import program_of
from tests.writing.conftest import Desk
from writing.actions.idempotency import forget_answers
from writing.models import Document, KeptAnswer

KEY = {"Idempotency-Key": "a7"}


def test_the_same_key_gives_the_same_answer_and_one_effect(desk: Desk, program):
    mine = program("owner")
    first = mine.post("documents", {"title": "Reefs"}, **KEY)
    again = mine.post("documents", {"title": "Reefs"}, **KEY)
    assert first.status_code == again.status_code == 201
    assert first.content == again.content
    assert (first.get("Idempotent-Replayed"), again["Idempotent-Replayed"]) == (None, "true")
    assert Document.objects.filter(title="Reefs").count() == 1
    assert mine.get(f"documents/{first.json()['id']}").json() == first.json()


def test_a_key_belongs_to_one_request_of_one_person(desk: Desk, program):
    mine = program("owner")
    mine.post("documents", {"title": "Reefs"}, **KEY)
    for path, body in (
        ("documents", {"title": "Other"}),
        (f"documents/{desk.document.pk}/sections", {"title": "Reefs"}),
    ):
        refused = mine.post(path, body, **KEY)
        assert refused.status_code == 422
        assert refused.json()["code"] == "key_reused"
    assert program("editor").post("documents", {"title": "Reefs"}, **KEY).status_code == 201
    assert Document.objects.filter(title="Reefs").count() == 2


def test_what_failed_may_be_sent_again_with_its_key(desk: Desk, program):
    mine, path = program("editor"), f"documents/{desk.document.pk}/sections"
    desk.document.members.filter(user=desk.people["editor"]).update(role="viewer")
    assert mine.post(path, {"title": "New"}, **KEY).status_code == 403
    desk.document.members.filter(user=desk.people["editor"]).update(role="editor")
    assert mine.post(path, {"title": "New"}, **KEY).status_code == 201


def test_a_replay_still_needs_the_scope(desk: Desk, program):
    program("owner").post("documents", {"title": "Reefs"}, **KEY)
    reading = program("owner", "documents:read")
    assert reading.post("documents", {"title": "Reefs"}, **KEY).status_code == 403


def test_after_a_day_a_key_is_forgotten(desk: Desk, program):
    mine = program("owner")
    mine.post("documents", {"title": "Reefs"}, **KEY)
    mine.post("documents", {"title": "Walls"}, **{"Idempotency-Key": "b"})
    KeptAnswer.objects.filter(key="a7").update(created_at=timezone.now() - timedelta(hours=25))
    assert mine.post("documents", {"title": "New"}, **KEY).status_code == 201
    KeptAnswer.objects.filter(key="a7").update(created_at=timezone.now() - timedelta(hours=25))
    assert forget_answers() == 1
    assert KeptAnswer.objects.get().key == "b"


@pytest.mark.django_db(transaction=True)
def test_of_many_at_once_one_has_an_effect():
    mine = program_of(User.objects.create_user("ada"))
    answers = []
    barrier = threading.Barrier(4)

    def ask() -> None:
        barrier.wait()
        answers.append(mine.post("documents", {"title": "Reefs"}, **KEY))
        connection.close()

    threads = [threading.Thread(target=ask) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [answer.status_code for answer in answers] == [201] * 4
    assert len({answer.content for answer in answers}) == 1
    assert Document.objects.count() == 1
