"""When batches begin, how they repeat, and which are refused."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.utils import timezone

from agents import batches
from agents.actions.batches import (
    cancel_batch,
    create_batch,
)
from agents.briefs import Brief
from agents.exceptions import NoWorkflow
from agents.models import (
    Batch,
    BatchState,
    Provider,
    Repeats,
    RowState,
    Workflow,
)
from agents.recurrence import next_start
from tests.agents.batching import batch_of, briefs, provider, states
from tests.fake_provider import fake_provider
from writing.exceptions import InvalidInput
from writing.models import Document

__all__ = ["fake_provider", "provider"]

pytestmark = pytest.mark.django_db(transaction=True)


def test_a_batch_waits_for_its_time_and_repeats(author: User) -> None:
    batch = batch_of(
        author,
        briefs(2),
        budget=Decimal(3),
        starts_at=timezone.now() + timedelta(hours=1),
        repeats=Repeats.DAILY,
    )
    batches.look_after()
    assert not Document.objects.exists()
    long_ago = timezone.now() - timedelta(days=2, hours=1)
    Batch.objects.update(starts_at=long_ago, series_from=long_ago)
    for _look in range(3):
        batches.look_after()
    batch.refresh_from_db()
    assert batch.state == BatchState.RUNNING
    assert Document.objects.count() == 2
    following = Batch.objects.get(repeat_of=batch)
    assert following.state == BatchState.WAITING
    assert following.starts_at == long_ago + timedelta(days=3) > timezone.now()
    assert following.budget.limit == 3
    assert list(following.rows.values_list("title", flat=True)) == ["Reef 1", "Reef 2"]
    cancel_batch(following, acting_user=author)
    Batch.objects.filter(pk=following.pk).update(starts_at=long_ago)
    batches.look_after()
    assert Batch.objects.count() == 2


@pytest.mark.parametrize(
    ("repeats", "first", "after", "expected"),
    [
        (Repeats.DAILY, (2026, 1, 1), (2026, 1, 1), (2026, 1, 2)),
        (Repeats.WEEKLY, (2026, 1, 1), (2026, 1, 20), (2026, 1, 22)),
        (Repeats.MONTHLY, (2026, 1, 31), (2026, 2, 1), (2026, 2, 28)),
        (Repeats.MONTHLY, (2026, 1, 31), (2026, 2, 28), (2026, 3, 31)),
        (Repeats.MONTHLY, (2026, 11, 15), (2027, 1, 20), (2027, 2, 15)),
        (Repeats.MONTHLY, (2026, 12, 5), (2026, 12, 1), (2026, 12, 5)),
    ],
)
def test_a_series_goes_by_the_calendar(
    repeats: Repeats,
    first: tuple[int, int, int],
    after: tuple[int, int, int],
    expected: tuple[int, int, int],
) -> None:
    moments = (datetime(*day, 9, 30, tzinfo=UTC) for day in (first, after, expected))
    begin, now, following = moments
    assert next_start(begin, repeats, now) == following


def test_nobody_works_for_an_account_that_is_closed(author: User) -> None:
    batch = batch_of(author, briefs(1))
    User.objects.update(is_active=False)
    batches.look_after()
    assert states(batch) == [RowState.WAITING]


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"rows": []}, "There are no briefs"),
        ({"rows": [*briefs(1), Brief("Reef", " \n")]}, "Row 2: The brief is empty"),
        ({"rows": [Brief("", "Reefs.")]}, "Row 1: Give it a title"),
        ({"rows": [Brief("Reef", "Reefs.", kind="poem")]}, "Row 1: There is no kind “poem”"),
        ({"rows": [Brief("Reef", "Reefs.", language="tlh")]}, "Row 1: There is no language"),
        ({"rows": [Brief("Reef", "Reefs.", target_words=-1)]}, "Row 1: Choose a target"),
        ({"rows": briefs(4)}, "at most 3 briefs; there are 4"),
        ({"concurrency": 0}, "between 1 and 100"),
        ({"concurrency": 101}, "between 1 and 100"),
        ({"budget": Decimal(-1)}, "such as 2.50"),
        ({"name": " "}, "Give it a title"),
    ],
)
def test_what_could_not_work_is_refused_as_a_whole(
    author: User, settings: Any, changes: dict[str, Any], message: str
) -> None:
    settings.BATCH_DOCUMENTS = 3
    order = {"name": "Reefs", "rows": briefs(2)} | changes
    with pytest.raises(InvalidInput, match=message):
        create_batch(author, workflow=Workflow.objects.get(slug="quick"), **order)
    assert not Batch.objects.exists()


def test_a_workflow_that_does_not_outline_drafts_no_batch(author: User) -> None:
    quick = Workflow.objects.get(slug="quick")
    quick.stages.filter(kind="plan").delete()
    with pytest.raises(NoWorkflow):
        batch_of(author, briefs(1))
    assert not Batch.objects.exists()
    assert Provider.objects.exists()
