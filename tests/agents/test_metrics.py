"""What Prometheus is told, and who may ask."""

import re
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client

from agents.actions.runs import start_draft
from agents.metrics import report
from agents.models import Attempt, Model
from tests.agents.conftest import finished
from tests.fake_provider import FakeProvider, fake_provider
from writing.models import Document

__all__ = ["fake_provider"]

WHO = 'model="smollm2-135m-instruct",provider="local",role="writer"'


def numbers() -> dict[str, float]:
    lines = report().decode().splitlines()
    found = [re.fullmatch(r"(\w+(?:\{.*\})?) (\S+)", line) for line in lines]
    return {match[1]: float(match[2]) for match in found if match}


@pytest.mark.django_db(transaction=True)
@pytest.mark.usefixtures("eager")
def test_a_run_is_counted_by_role_model_and_provider(
    document: Document, author: User, fake_provider: FakeProvider
) -> None:
    model = Model.objects.select_related("provider").get(is_default=True)
    model.provider.base_url = fake_provider.base_url
    model.provider.save()
    model.input_price, model.context_tokens, model.tier = 4, 32_768, Model.Tier.LARGE
    model.save()
    fake_provider.fail("500@writer:2x1")
    before = numbers()
    run = finished(start_draft(document, acting_user=author))
    after = numbers()

    def grown(name: str) -> float:
        sample = f"scriptorium_{name}{{{WHO}}}"
        return after[sample] - before.get(sample, 0)

    assert grown("retries_total") == 1
    assert grown("calls_total") == 3
    for name in ("first_token_seconds", "tokens_per_second"):
        assert grown(f"{name}_count") == 3, name
    for name in ("queue_wait_seconds", "step_seconds"):
        assert grown(f"{name}_count") == 4, name
    writers = run.calls.filter(attempt__step__kind="write")
    assert grown("completion_tokens_total") == sum(call.completion_tokens for call in writers)
    assert grown("cost_total") == pytest.approx(sum(float(call.cost) for call in writers))
    read = grown("prompt_tokens_cached_total") + grown("prompt_tokens_uncached_total")
    assert read == sum(call.prompt_tokens for call in writers)
    assert after['scriptorium_runs{state="finished"}'] == 1
    assert document.title not in report().decode()
    # The rows that the page of usage adds up say the same of whom they count for.
    counted = {"document": document, "user": author, "day": run.created_at.date()}
    assert run.calls.filter(role__slug="writer", **counted).count() == 3
    attempts = Attempt.objects.filter(role__slug="writer", waited_seconds__gte=0, **counted)
    assert sorted(attempts.values_list("outcome", flat=True)) == ["failed"] + ["finished"] * 3


@pytest.mark.django_db
def test_administrators_and_the_token_alone_see_the_numbers(client: Client, settings: Any) -> None:
    assert client.get("/metrics").status_code == 404
    bearer = {"Authorization": "Bearer a-token"}
    assert client.get("/metrics", headers=bearer).status_code == 404
    assert client.get("/metrics", headers={"Authorization": "Bearer "}).status_code == 404
    settings.METRICS_TOKEN = "a-token"
    answer = client.get("/metrics", headers=bearer)
    assert answer.status_code == 200
    assert answer["Content-Type"].startswith("text/plain")
    assert 'scriptorium_runs{state="running"} 0.0' in answer.content.decode()
    assert client.get("/metrics", headers={"Authorization": "Bearer b-token"}).status_code == 404
    client.force_login(User.objects.create_user("ana"))
    assert client.get("/metrics").status_code == 404
    client.force_login(User.objects.create_superuser("root", "root@example.org", "pw"))
    assert client.get("/metrics").status_code == 200
