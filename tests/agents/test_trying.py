"""Trying a role: what is asked, what it costs, and what becomes of it when nobody reads on."""

import asyncio
import json
from contextlib import aclosing
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from asgiref.sync import async_to_sync
from django.contrib.auth.models import User
from django.test import AsyncClient, Client
from django.urls import reverse
from django.utils import timezone

from agents import budget
from agents.actions.roles import save_role
from agents.models import Budget, Call, Model, PersonLimit, Role, Trial
from agents.samples import Sample
from agents.seeds import seed
from agents.trying import answer_to
from tests.fake_provider import FakeProvider, fake_provider

__all__ = ["fake_provider"]

pytestmark = pytest.mark.django_db(transaction=True)

SAMPLE = {
    "title": "Reefs",
    "kind": "article",
    "language": "en",
    "brief": "Coral reefs, for divers.",
    "text": "Corals is animals. They build houses.",
    "remark": "Mend the grammar.",
}


@pytest.fixture
def root() -> User:
    return User.objects.create_superuser("root", "root@example.com", "pw")


@pytest.fixture(autouse=True)
def provider(fake_provider: FakeProvider) -> FakeProvider:
    seed()
    model = Model.objects.select_related("provider").get(is_default=True)
    model.provider.base_url, model.provider.is_bundled = fake_provider.base_url, False
    model.provider.save()
    model.context_tokens, model.tier = 32_768, Model.Tier.LARGE
    model.input_price, model.cached_price, model.output_price = Decimal(1), Decimal(1), Decimal(10)
    model.save()
    return fake_provider


def page(role: Role) -> str:
    return reverse("admin:agents_role_try_it", args=[role.pk])


def form_for(role: Role, **changes: Any) -> dict[str, Any]:
    return SAMPLE | {"revision": role.revision_id, "model": ""} | changes


def try_it(user: User, role: Role, **changes: Any) -> list[dict[str, str]]:
    """The lines of the answer."""

    async def asked() -> bytes:
        client = AsyncClient()
        await client.aforce_login(user)
        answer = await client.post(page(role), form_for(role, **changes))
        if not answer.streaming:
            return bytes(answer.content)
        parts: Any = answer
        return b"".join([part async for part in parts.streaming_content])

    return [json.loads(line) for line in async_to_sync(asked)().decode().splitlines()]


def test_an_answer_is_streamed_and_paid_for(root: User, provider: FakeProvider) -> None:
    provider.say("Reefs grow slowly.")
    role = Role.objects.get(slug="writer")
    lines = try_it(root, role)
    assert "".join(line["text"] for line in lines if line["kind"] == "text") == "Reefs grow slowly."
    assert lines[-1]["kind"] == "end"
    assert "tokens read" in lines[-1]["text"]
    trial = Trial.objects.get()
    assert (trial.answer, trial.revision, trial.created_by) == (
        "Reefs grow slowly.",
        role.revision,
        root,
    )
    call = Call.objects.get()
    assert (call.trial, call.run, call.user, call.role) == (trial, None, root, role)
    assert call.cost > 0
    assert call.reserved == 0
    found = {each.scope: (each.spent, each.reserved) for each in Budget.objects.all()}
    assert found == {"person": (call.cost, 0), "site": (call.cost, 0)}


def test_an_earlier_revision_and_another_model_are_tried(
    root: User, provider: FakeProvider
) -> None:
    role = Role.objects.get(slug="writer")
    first = role.revision
    role.persona = "You are a pirate."
    save_role(role)
    assert first
    other = Model.objects.create(provider=Model.objects.get().provider, name="other")
    try_it(root, role)
    try_it(root, role, revision=first.pk, model=other.pk)
    new, old = provider.bodies
    assert "You are a pirate." in str(new["messages"])
    assert "You are a pirate." not in str(old["messages"])
    assert first.snapshot["persona"] in str(old["messages"])
    assert old["model"] == "other"
    role.refresh_from_db()
    assert role.persona == "You are a pirate."


@pytest.mark.parametrize(
    ("slug", "asked", "schema"),
    [
        ("planner", ["SECTIONS: 3", "Coral reefs, for divers."], "sections"),
        ("writer", ["ROLE: writer", "Reefs"], ""),
        ("critic", ["[1] Corals is animals.", "[2] They build houses."], "remarks"),
        ("editor", ["[1] rewritten", "Mend the grammar."], "revisions"),
        ("harmoniser", ["[1] Corals is animals.", "Mend the grammar."], "revisions"),
    ],
)
def test_each_kind_of_role_is_asked_as_in_a_run(
    root: User, provider: FakeProvider, slug: str, asked: list[str], schema: str
) -> None:
    role = Role.objects.get(slug=slug)
    assert try_it(root, role)[-1]["kind"] == "end"
    [body] = provider.bodies
    said = "\n".join(message["content"] for message in body["messages"])
    for words in (*asked, role.persona):
        assert words in said
    assert schema in str(body.get("response_format", ""))


def test_at_the_limit_nothing_is_asked(root: User, provider: FakeProvider) -> None:
    PersonLimit.objects.create(user=root, limit=Decimal("0.0001"))
    [line] = try_it(root, Role.objects.get(slug="writer"))
    assert line["kind"] == "error"
    assert "monthly limit" in line["text"]
    assert not provider.bodies
    assert not Call.objects.exists()
    assert Trial.objects.get().error == line["text"]


def test_what_the_provider_refuses_is_said(root: User, provider: FakeProvider) -> None:
    provider.fail("401@*x0")
    [line] = try_it(root, Role.objects.get(slug="writer"))
    assert line["kind"] == "error"
    assert "API key" in line["text"]
    assert not Call.objects.exclude(reserved=0).exists()


def test_what_is_missing_is_said(root: User, provider: FakeProvider) -> None:
    role = Role.objects.get(slug="writer")
    [line] = try_it(root, role, brief="")
    assert line["kind"] == "error"
    assert line["text"].startswith("Brief:")
    Model.objects.update(is_default=False)
    [line] = try_it(root, role)
    assert "No model is set up" in line["text"]
    assert not provider.bodies


def test_who_stops_reading_closes_the_connection_and_pays_for_what_came(
    root: User, provider: FakeProvider
) -> None:
    provider.set_pace(tokens_per_second=50)
    role = Role.objects.get(slug="writer")
    model = Model.objects.select_related("provider").get(is_default=True)
    trial = Trial.objects.create(role=role, model=model, created_by=root)
    said = Sample(**SAMPLE)

    async def read() -> None:
        async with aclosing(answer_to(trial, role, model, said)) as lines:
            async for _line in lines:
                await asyncio.sleep(0.1)

    async def leave() -> None:
        task = asyncio.create_task(read())
        while not provider.server.records and not provider.bodies:
            await asyncio.sleep(0.01)
        await asyncio.sleep(0.3)
        task.cancel()
        await asyncio.wait([task])

    async_to_sync(leave)()
    provider.wait_for(lambda records: len(records) == 1)
    assert provider.records[0].status == "client_gone"
    call = Call.objects.get()
    assert (call.reserved, call.estimated) == (0, True)
    assert {each.reserved for each in Budget.objects.all()} == {Decimal(0)}
    trial.refresh_from_db()
    assert trial.ended_at


def test_a_trial_whose_process_is_gone_is_settled_later(root: User, settings: Any) -> None:
    role, model = Role.objects.get(slug="writer"), Model.objects.get(is_default=True)
    trial = Trial.objects.create(role=role, model=model, created_by=root)
    call = Call(trial=trial, model=model, role=role, user=root, reserved=Decimal("0.5"))
    budget.reserve(call)
    budget.settle_abandoned()
    assert Call.objects.get().reserved == Decimal("0.5")
    seconds = settings.ANSWER_SECONDS + settings.LEASE_SECONDS + 1
    Call.objects.update(created_at=timezone.now() - timedelta(seconds=seconds))
    budget.settle_abandoned()
    call = Call.objects.get()
    assert (call.reserved, call.cost, call.estimated) == (0, Decimal("0.5"), True)
    assert {each.reserved for each in Budget.objects.all()} == {Decimal(0)}


def test_the_page_asks_for_what_the_kind_of_role_needs(client: Client, root: User) -> None:
    client.force_login(root)
    shown = {}
    for slug in ("writer", "critic", "editor"):
        text = client.get(page(Role.objects.get(slug=slug))).content.decode()
        shown[slug] = ('name="text"' in text, 'name="remark"' in text)
    assert shown == {"writer": (False, False), "critic": (True, False), "editor": (True, True)}


def test_others_do_not_try(client: Client) -> None:
    role = Role.objects.get(slug="writer")
    client.force_login(User.objects.create_user("eve", is_staff=True))
    assert client.get(page(role)).status_code == 403
    assert client.post(page(role), form_for(role)).status_code == 403
    assert not Trial.objects.exists()
