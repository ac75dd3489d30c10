"""What a draft is expected to take, and what it did take."""

import json
from datetime import timedelta
from decimal import Decimal

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from agents.actions.runs import start_draft
from agents.estimate import Estimate, compare
from agents.forecast import estimate_draft
from agents.models import Attempt, Budget, BudgetScope, Call, Limits, Model, Run, Stage, Workflow
from agents.models.ledger import month_of
from agents.pace import USUAL_TOKENS_PER_SECOND, pace_of
from writing.models import Document, Section

pytestmark = pytest.mark.django_db
HTMX = {"HX-Request": "true"}


@pytest.fixture
def model(document: Document) -> Model:
    model = Model.objects.select_related("provider").get(is_default=True)
    model.provider.is_bundled = False
    model.provider.save()
    model.input_price, model.cached_price, model.output_price = Decimal(4), Decimal(1), Decimal(10)
    model.context_tokens = 32_768
    model.save()
    return model


def workflow(slug: str = "draft") -> Workflow:
    return Workflow.objects.get(slug=slug)


def estimated(document: Document, sections: list[Section], slug: str = "draft") -> Estimate:
    found = estimate_draft(document, workflow(slug), sections)
    assert found
    return found


def finish_steps(run: Run, *, seconds: float, completion: int = 100) -> None:
    """As if a worker had done them, each with one call that the provider counted."""
    for step in run.steps.all():
        step.started_at = timezone.now()
        step.finished_at = step.started_at + timedelta(seconds=seconds)
        step.save()
        attempt = Attempt.objects.create(step=step, number=1, client_id=1)
        Call.objects.create(
            run=run,
            attempt=attempt,
            model=Model.objects.get(is_default=True),
            prompt_tokens=1000,
            cached_tokens=600,
            completion_tokens=completion,
            cost=Decimal("0.01"),
            first_token_seconds=0.5,
            seconds=seconds,
        )


def test_each_stage_has_tokens_cost_and_time_with_a_range(
    document: Document, sections: list[Section], model: Model
) -> None:
    found = estimated(document, sections)
    assert [stage.kind for stage in found.stages][:3] == ["write", "critique", "edit"]
    for stage in found.stages[:3]:
        for low, likely, high in (stage.tokens, stage.cost, stage.seconds):
            assert 0 < low < likely < high
    assert found.cost.likely == sum(stage.cost.likely for stage in found.stages)
    # Three sections are written at the same time, one after another they would take longer.
    assert found.seconds.likely < 1.01 * sum(stage.seconds.likely for stage in found.stages)
    assert Estimate.read(json.loads(json.dumps(found.kept()))) == found
    assert Estimate.read({}) is None


def test_it_follows_sections_workflow_and_prices(
    document: Document, sections: list[Section], model: Model
) -> None:
    whole = estimated(document, sections)
    assert estimated(document, sections[:1]).tokens.likely < whole.tokens.likely / 2
    assert estimated(document, sections, "quick").cost.likely < whole.cost.likely
    Model.objects.update(input_price=0, cached_price=0, output_price=0)
    free = estimated(document, sections)
    assert not free.is_priced
    assert free.cost.high == 0
    assert free.tokens == whole.tokens


def test_a_provider_that_takes_one_call_at_a_time_takes_longer(
    document: Document, sections: list[Section], model: Model
) -> None:
    at_once = estimated(document, sections).seconds
    model.provider.concurrency = 1
    model.provider.save()
    in_a_row = estimated(document, sections).seconds
    assert in_a_row.likely == pytest.approx(at_once.likely * len(sections))


def test_without_sections_or_a_model_there_is_none(
    document: Document, sections: list[Section]
) -> None:
    assert estimate_draft(document, workflow(), []) is None
    Model.objects.update(is_default=False)
    assert estimate_draft(document, workflow(), sections) is None


def test_rounds_and_a_larger_model_widen_the_range(
    document: Document, sections: list[Section], model: Model
) -> None:
    once = estimated(document, sections)
    dear = Model.objects.create(provider=model.provider, name="dear", output_price=Decimal(100))
    Stage.objects.filter(kind="critique", workflow=workflow()).update(threshold=8, rounds=3)
    Stage.objects.filter(kind="edit").update(escalation_model=dear, threshold=5)
    more = estimated(document, sections)
    edit, edits = once.stages[2], more.stages[2]
    assert edits.cost.low == 0
    assert edits.cost.high > 3 * edit.cost.high


def test_speed_and_length_are_those_of_the_models_recent_calls(
    document: Document, sections: list[Section], author: User, model: Model
) -> None:
    assert pace_of(model, "en").tokens_per_second == USUAL_TOKENS_PER_SECOND
    for _ in range(2):
        run = start_draft(document, acting_user=author)
        finish_steps(run, seconds=2.5)
        run.steps.update(state="finished")
    pace = pace_of(model, "en")
    assert pace.first_token.likely == 0.5
    assert pace.tokens_per_second.likely == 50
    assert pace.lengths["write"].likely == 100 / 40
    assert pace.cached_share["write"] == 0.6
    assert pace_of(model, "de").lengths["write"] != pace.lengths["write"]
    assert estimated(document, sections).stages[0].completion.likely == 300


def test_a_run_keeps_its_estimate_and_compares(
    document: Document, sections: list[Section], author: User, model: Model
) -> None:
    run = start_draft(document, acting_user=author)
    finish_steps(run, seconds=3)
    run.finished_at = run.created_at + timedelta(seconds=10)
    run.save()
    run = Run.objects.get()
    compared = compare(run)
    assert compared
    assert compared.estimate == Estimate.read(run.estimate)
    assert (compared.actual.cost, compared.actual.seconds) == (Decimal("0.09"), 10)
    stage, actual = compared.stages[0]
    assert (stage.kind, actual.tokens, actual.cached, actual.seconds) == ("write", 3300, 1800, 3)
    run.estimate = {}
    assert compare(run) is None


def test_the_dialog_says_what_the_choice_takes(
    client: Client, document: Document, sections: list[Section], author: User, model: Model
) -> None:
    client.force_login(author)
    Limits.objects.create(per_run=Decimal("0.25"))
    page = client.get(reverse("agents:draft", args=[document.pk]), headers=HTMX).content.decode()
    path = reverse("agents:estimate", args=[document.pk])
    assert "What it is likely to take" in page
    assert f'hx-post="{path}"' in page
    assert 'value="0.25"' in page
    chosen = {"workflow": "draft", "sections": [str(section.pk) for section in sections]}
    part = client.post(path, chosen, headers=HTMX).content.decode()
    assert "<form" not in part
    assert "Critique" in part
    assert "$" in part
    part = client.post(path, chosen | {"limit": "0"}, headers=HTMX).content.decode()
    assert "likely to stop before it is done" in part
    part = client.post(path, {"workflow": "draft"}, headers=HTMX).content.decode()
    assert "Choose sections" in part
    month = month_of(timezone.now())
    Budget.objects.create(scope=BudgetScope.SITE, month=month, limit=1, spent=Decimal("0.9999"))
    part = client.post(path, chosen, headers=HTMX).content.decode()
    assert "limit of the whole site $0.0001 are left" in part
    Model.objects.update(input_price=0, cached_price=0, output_price=0)
    part = client.post(path, chosen, headers=HTMX).content.decode()
    assert "$" not in part
    assert "0:0" in part
    assert f"No prices are entered for {model.name}" in part


def test_the_limit_of_the_dialog_is_the_runs(
    client: Client, document: Document, sections: list[Section], author: User
) -> None:
    client.force_login(author)
    path = reverse("agents:draft", args=[document.pk])
    order = {"workflow": "quick", "sections": [str(sections[0].pk)], "limit": "1.5"}
    answer = client.post(path, order | {"limit": "much"}, headers=HTMX)
    assert "Enter an amount such as 2.50." in answer.content.decode()
    assert client.post(path, order, headers=HTMX).status_code == 204
    run = Run.objects.get()
    assert Budget.objects.get(run=run).limit == Decimal("1.5")
    assert run.estimate["stages"][0]["kind"] == "write"
    order = {"workflow": "quick", "sections": [str(sections[1].pk)], "limit": ""}
    assert client.post(path, order, headers=HTMX).status_code == 204
    assert Budget.objects.filter(limit=None).exists()
