"""Runs, as programs start, follow and stop them."""

from decimal import Decimal
from typing import Any

import pytest
from django.contrib.auth.models import User

from agents.actions.runs import stop_run
from agents.models import Budget, Call, Model, Run, RunState, StepState
from tests.agents.conftest import author, document, eager, finished, sections
from tests.api.conftest import Program, program_of
from tests.fake_provider import FakeProvider, fake_provider
from writing.models import AgentPolicy, Document, Section

__all__ = ["author", "document", "eager", "fake_provider", "sections"]


@pytest.fixture
def mine(author: User) -> Program:
    return program_of(author)


@pytest.fixture
def priced(document: Document) -> Model:
    model = Model.objects.select_related("provider").get(is_default=True)
    model.input_price, model.cached_price, model.output_price = 4, 1, 10
    model.save()
    return model


def start(mine: Program, document: Document, **order: Any) -> Any:
    return mine.post(f"documents/{document.pk}/runs", {"purpose": "draft", **order})


@pytest.mark.django_db(transaction=True)
@pytest.mark.usefixtures("eager")
def test_a_draft_is_started_followed_and_paid(
    mine: Program,
    document: Document,
    sections: list[Section],
    priced: Model,
    fake_provider: FakeProvider,
):
    priced.provider.base_url, priced.provider.is_bundled = fake_provider.base_url, False
    priced.provider.save()
    made = start(mine, document, workflow="draft", limit="5.00")
    assert made.status_code == 201
    assert (made.json()["state"], made.json()["limit"]) == ("running", "5.000000")
    run = finished(Run.objects.get(pk=made.json()["id"]))
    said = mine.get(f"runs/{run.pk}").json()
    assert (said["state"], said["fraction"]) == ("finished", 1.0)
    assert said["steps"] == said["steps_done"] == run.steps.count()
    paid = sum(call.cost for call in Call.objects.filter(run=run))
    assert Decimal(said["cost"]) == paid > 0
    steps = mine.get(f"runs/{run.pk}/steps").json()["items"]
    assert {each["section_title"] for each in steps} == {each.title for each in sections}
    assert sum(Decimal(each["cost"]) for each in steps) == paid
    assert mine.get(f"documents/{document.pk}/runs").json()["items"][0]["cost"] == said["cost"]
    assert mine.get(f"runs/{run.pk}/record").json()["record"] == "scriptorium-run"
    text = mine.get(f"sections/{sections[0].pk}").json()["text"]
    assert len(text.split()) > 10


def test_only_what_is_named_is_drafted(mine: Program, document: Document, sections: list[Section]):
    made = start(mine, document, sections=[str(sections[1].pk)], instruction="Shorter.")
    run = Run.objects.get(pk=made.json()["id"])
    assert (run.instruction, made.json()["limit"]) == ("Shorter.", None)
    assert set(run.steps.values_list("section", flat=True)) == {sections[1].pk}
    busy = start(mine, document, sections=[str(sections[1].pk)])
    assert (busy.status_code, busy.json()["code"]) == (409, "already_running")


def test_a_run_may_outline_or_do_everything(mine: Program, document: Document):
    made = start(mine, document, purpose="plan", section_count=4)
    run = Run.objects.get(pk=made.json()["id"])
    assert (run.purpose, run.section_count) == ("plan", 4)
    stopped = mine.post(f"runs/{run.pk}/stop").json()
    assert stopped["state"] == "stopped"
    full = start(mine, document, purpose="full", workflow="draft", limit="0.10").json()
    assert (full["purpose"], full["workflow"], full["limit"]) == ("full", "draft", "0.100000")
    assert start(mine, document, purpose="plan", limit="1.00").status_code == 422


@pytest.mark.parametrize(
    "order",
    [
        {"workflow": "nothing"},
        {"sections": []},
        {"sections": ["2f1c6b1e-6c1f-4b4e-9d57-0a6f5b0c7d11"]},
        {"limit": "-1"},
        {"limit": "0.001"},
        {"limit": "NaN"},
        {"purpose": "dream"},
    ],
)
def test_an_order_that_makes_no_sense_starts_nothing(mine: Program, document: Document, order):
    assert start(mine, document, **order).status_code == 422
    assert not Run.objects.exists()


def test_where_agents_may_do_nothing_none_is_started(mine: Program, document: Document):
    Document.objects.update(agent_policy=AgentPolicy.OFF)
    refused = start(mine, document)
    assert (refused.status_code, refused.json()["code"]) == (422, "nothing_to_do")


def test_without_a_model_one_is_told_so(mine: Program, document: Document):
    Model.objects.all().delete()
    for refused in (start(mine, document), mine.post(f"documents/{document.pk}/estimate", {})):
        assert (refused.status_code, refused.json()["code"]) == (422, "no_model")


def test_a_draft_is_estimated_before_anything_is_spent(
    mine: Program, document: Document, priced: Model
):
    said = mine.post(f"documents/{document.pk}/estimate", {"limit": "0.00"}).json()
    cost = {name: Decimal(amount) for name, amount in said["estimate"]["cost"].items()}
    assert 0 < cost["low"] <= cost["likely"] <= cost["high"]
    assert Decimal(said["estimate"]["enough"]) > cost["likely"]
    assert len(said["warnings"]) == 1
    assert said["unpriced"] == []
    assert not Run.objects.exists()


def test_a_stopped_run_goes_on_with_a_higher_limit(mine: Program, document: Document, author: User):
    run = Run.objects.get(pk=start(mine, document, limit="0.50").json()["id"])
    stop_run(run, acting_user=author)
    assert mine.post(f"runs/{run.pk}/limit", {"limit": "0.75"}).json()["state"] == "running"
    assert Budget.objects.get(run=run).limit == Decimal("0.75")
    stop_run(run, acting_user=author)
    assert mine.post(f"runs/{run.pk}/retry").json()["state"] == RunState.RUNNING
    assert run.steps.filter(state=StepState.READY).exists()
    assert mine.post(f"runs/{run.pk}/retry").json()["code"] == "nothing_to_do"


def test_workflows_are_listed(mine: Program, document: Document):
    found = {each["slug"]: each for each in mine.get("workflows").json()["items"]}
    assert [slug for slug, each in found.items() if each["is_default"]]
    assert "write" in [stage["kind"] for stage in found["draft"]["stages"]]
