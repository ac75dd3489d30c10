"""What a batch is expected to take."""

from decimal import Decimal

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from agents.batch_estimate import BatchEstimate, estimate_batch
from agents.briefs import Brief
from agents.models import Model, Provider, Workflow
from agents.seeds import seed

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def model() -> Model:
    seed()
    Provider.objects.update(concurrency=8)
    model = Model.objects.get(is_default=True)
    model.context_tokens, model.tier = 32_768, Model.Tier.LARGE
    model.input_price, model.cached_price, model.output_price = Decimal(1), Decimal(1), Decimal(10)
    model.save()
    return model


def expected(count: int, *, words: int = 1000, at_once: int = 4) -> BatchEstimate:
    briefs = [Brief(f"Reef {n}", "How reefs live.", target_words=words) for n in range(count)]
    found = estimate_batch(Workflow.objects.get(slug="draft"), briefs, concurrency=at_once)
    assert found
    return found


def test_ten_times_the_documents_cost_ten_times_as_much() -> None:
    few, many = expected(4), expected(40)
    assert many.documents == 40
    for ten_times, once in zip(many.cost, few.cost, strict=True):
        assert float(ten_times) == pytest.approx(float(once) * 10, rel=0.01)
    assert many.tokens.likely == pytest.approx(few.tokens.likely * 10, rel=0.01)
    assert 0 < few.cost.low < few.cost.likely < few.cost.high
    assert few.is_priced
    assert few.cost.likely < few.enough < few.cost.likely * 3


def test_longer_documents_cost_more_and_more_at_once_are_done_sooner() -> None:
    assert expected(4, words=2000).cost.likely > expected(4, words=600).cost.likely * 2
    assert expected(40, at_once=1).seconds.likely > expected(40, at_once=2).seconds.likely


def test_no_batch_is_faster_than_its_provider() -> None:
    """One document takes a call that outlines and 15 that draft, or more."""
    Provider.objects.update(requests_per_minute=30)
    assert expected(40, at_once=40).seconds.likely > 40 * 10 * 60 / 30
    at_once = expected(40, at_once=40).seconds
    assert at_once == expected(40, at_once=80).seconds


def test_many_briefs_take_no_longer_to_estimate_than_some() -> None:
    def queries(count: int) -> int:
        with CaptureQueriesContext(connection) as caught:
            expected(count)
        return len(caught)

    assert queries(2000) == queries(8)


def test_what_is_kept_reads_back() -> None:
    found = expected(3)
    assert BatchEstimate.read(found.kept()) == found
    assert BatchEstimate.read({}) is None


def test_without_a_model_or_a_planner_nothing_can_be_said() -> None:
    briefs = [Brief("Reef", "How reefs live.")]
    quick = Workflow.objects.get(slug="quick")
    quick.stages.filter(kind="plan").delete()
    assert estimate_batch(quick, briefs, concurrency=1) is None
    assert estimate_batch(Workflow.objects.get(slug="draft"), [], concurrency=1) is None
    Model.objects.all().delete()
    assert estimate_batch(Workflow.objects.get(slug="draft"), briefs, concurrency=1) is None
