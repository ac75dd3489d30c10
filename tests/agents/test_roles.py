"""Revisions of roles: when one is kept, what it shows, and going back to it."""

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse

from agents.actions.roles import go_back, save_role
from agents.models import Model, Role
from agents.seeds import seed

pytestmark = pytest.mark.django_db


@pytest.fixture
def writer() -> Role:
    seed()
    return Role.objects.get(slug="writer")


def numbers(role: Role) -> list[int]:
    return list(role.revisions.values_list("number", flat=True))


def page(role: Role) -> str:
    return reverse("admin:agents_role_revisions", args=[role.pk])


@pytest.fixture
def administrator(client: Client) -> Client:
    client.force_login(User.objects.create_superuser("root", "root@example.com", "pw"))
    return client


def test_a_revision_is_kept_when_what_shapes_answers_changes(writer: Role) -> None:
    assert numbers(writer) == [1]
    writer.name, writer.tone = "Scribe", 5
    save_role(writer)
    seed()
    assert numbers(writer) == [1]
    writer.persona = "A pirate."
    save_role(writer)
    assert numbers(writer) == [2, 1]
    writer.refresh_from_db()
    assert writer.revision
    assert writer.revision.snapshot["persona"] == "A pirate."


def test_going_back_is_a_new_revision(writer: Role) -> None:
    first = writer.revisions.get()
    persona = writer.persona
    writer.persona, writer.temperature = "A pirate.", 1.5
    writer.model = Model.objects.get(is_default=True)
    save_role(writer)
    go_back(writer, first)
    writer.refresh_from_db()
    assert (writer.persona, writer.temperature, writer.model_id) == (persona, 0.7, None)
    assert numbers(writer) == [3, 2, 1]


def test_going_back_to_a_model_that_is_gone_takes_the_default(writer: Role) -> None:
    model = Model.objects.get(is_default=True)
    gone = Model.objects.create(provider=model.provider, name="gone")
    writer.model = gone
    save_role(writer)
    revision = writer.revisions.get(number=2)
    assert revision.snapshot["model_name"].startswith("gone (")
    gone.delete()
    writer.refresh_from_db()
    go_back(writer, revision)
    assert writer.model_id is None


def test_administrators_see_differences_and_go_back(administrator: Client, writer: Role) -> None:
    first = writer.revisions.get()
    form = administrator.get(reverse("admin:agents_role_change", args=[writer.pk]))
    assert page(writer) in form.content.decode()
    values = form.context["adminform"].form.initial | {"persona": "You write clear, salty prose."}
    values = {name: value for name, value in values.items() if value is not None}
    answer = administrator.post(form.request["PATH_INFO"], values)
    assert answer.status_code == 302
    shown = administrator.get(page(writer)).content.decode()
    assert "<ins>salty</ins>" in shown
    assert "<del>vivid and exact</del>" in shown
    answer = administrator.post(page(writer), {"revision": first.pk}, follow=True)
    assert "The role is as in revision 1." in answer.content.decode()
    writer.refresh_from_db()
    assert writer.persona == first.snapshot["persona"]
    assert administrator.post(page(writer), {"revision": 0}).status_code == 404


def test_others_do_not_come_near(client: Client, writer: Role) -> None:
    client.force_login(User.objects.create_user("eve", is_staff=True))
    assert client.get(page(writer)).status_code == 403
    assert client.post(page(writer), {"revision": writer.revision_id}).status_code == 403
