"""A run's record is enough to know what was written and what it cost."""

import json
from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse

from agents.actions.runs import start_draft
from agents.models import Model
from tests.agents.conftest import finished
from tests.fake_provider import FakeProvider, fake_provider
from writing.models import Document

__all__ = ["fake_provider"]

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("eager")]


@pytest.fixture
def record(
    document: Document, author: User, fake_provider: FakeProvider, client: Client
) -> dict[str, Any]:
    """Of a run in which one writer's stream breaks."""
    model = Model.objects.select_related("provider").get(is_default=True)
    model.provider.base_url, model.provider.api_key = fake_provider.base_url, "sk-secret"
    model.provider.save()
    model.input_price, model.cached_price, model.output_price = 4, 1, 10
    model.context_tokens, model.tier = 32_768, Model.Tier.LARGE
    model.save()
    fake_provider.fail("drop@writer:2x1")
    run = finished(start_draft(document, acting_user=author))
    # Prices that change later change nothing in what was paid.
    Model.objects.update(input_price=400)
    client.force_login(author)
    answer = client.get(reverse("agents:record", args=[run.pk]))
    assert answer["Content-Disposition"] == 'attachment; filename="Reefs.json"'
    assert "sk-secret" not in answer.content.decode()
    found: dict[str, Any] = json.loads(answer.content)
    return found


def attempts(record: dict[str, Any]) -> Iterator[dict[str, Any]]:
    for step in record["steps"]:
        yield from step["attempts"]


def test_the_cost_can_be_worked_out_again(record: dict[str, Any]) -> None:
    total = Decimal(0)
    for attempt in attempts(record):
        prices = {name: Decimal(price) for name, price in attempt["prices"].items()}
        for call in attempt["calls"]:
            fresh = call["prompt_tokens"] - call["cached_tokens"]
            cost = (
                fresh * prices["input"]
                + call["cached_tokens"] * prices["cached"]
                + call["completion_tokens"] * prices["output"]
            ) / 1_000_000
            assert cost == Decimal(call["cost"])
            total += cost
    assert total == Decimal(record["actual"]["cost"]) > 0


def test_what_each_step_wrote_can_be_put_together_again(record: dict[str, Any]) -> None:
    steps = [step for step in record["steps"] if step["kind"] == "write"]
    assert sorted(len(step["attempts"]) for step in steps) == [1, 1, 2]
    for step in steps:
        chunks = [chunk for attempt in step["attempts"] for chunk in attempt["chunks"]]
        assert [chunk["number"] for chunk in chunks] == list(range(1, len(chunks) + 1))
        written = "".join(chunk["text"] for chunk in chunks).split()
        answered = [word for attempt in step["attempts"] for word in attempt["answer"].split()]
        if len(step["attempts"]) == 1:
            assert written == answered
        # Where a stream broke, a word may be cut, which the next attempt writes whole.
        assert (written[:5], written[-5:]) == (answered[:5], answered[-5:])


def test_every_attempt_names_its_revision_and_its_prompt(record: dict[str, Any]) -> None:
    revisions = {revision["id"]: revision for revision in record["revisions"]}
    for step in record["steps"]:
        for attempt in step["attempts"]:
            revision = revisions[attempt["revision_id"]]
            assert revision["role"]["id"] == step["role_id"]
            assert revision["snapshot"]["persona"]
            assert attempt["messages"]
    assert (record["record"], record["version"]) == ("scriptorium-run", 1)
    assert (
        record["run"]["shared_prefix"]
        in record["steps"][0]["attempts"][0]["messages"][0]["content"]
    )
    stages = [stage["id"] for stage in record["workflow"]["stages"]]
    assert {step["stage_id"] for step in record["steps"]} <= {*stages, None}
