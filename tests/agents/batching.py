"""Batches in tests: briefs, a provider that drafts them, and their end."""

from collections.abc import Sequence
from decimal import Decimal
from typing import Any

import pytest
from django.contrib.auth.models import User

from agents import reaper
from agents.actions.batches import (
    create_batch,
)
from agents.briefs import Brief
from agents.models import (
    Batch,
    BatchState,
    Model,
    Role,
    Run,
    RunState,
    Workflow,
)
from agents.seeds import seed
from tests.agents.conftest import until
from tests.fake_provider import FakeProvider, fake_provider

__all__ = ["fake_provider"]


@pytest.fixture(autouse=True)
def provider(author: User, fake_provider: FakeProvider) -> FakeProvider:
    seed()
    model = Model.objects.select_related("provider").get(is_default=True)
    model.provider.base_url = fake_provider.base_url
    model.provider.concurrency, model.provider.is_bundled = 64, False
    model.provider.save()
    model.context_tokens, model.tier = 32_768, Model.Tier.LARGE
    model.input_price, model.cached_price, model.output_price = Decimal(1), Decimal(1), Decimal(10)
    model.save()
    Role.objects.update(max_tokens=1000)
    return fake_provider


def briefs(count: int) -> list[Brief]:
    return [
        Brief(f"Reef {n}", f"How reef {n} lives.", target_words=60) for n in range(1, count + 1)
    ]


def batch_of(author: User, rows: Sequence[Brief], **options: Any) -> Batch:
    quick = Workflow.objects.get(slug="quick")
    return create_batch(author, name="Reefs", workflow=quick, rows=rows, **options)


def states(batch: Batch) -> list[str]:
    return list(batch.rows.values_list("state", flat=True))


def ended(batch: Batch, state: BatchState = BatchState.ENDED) -> Batch:
    def has_ended() -> bool:
        reaper.reap()
        batch.refresh_from_db()
        return batch.state == state

    until(has_ended)
    return batch


def at_rest(batch: Batch) -> None:
    until(lambda: not Run.objects.filter(batch=batch, state=RunState.RUNNING).exists())
