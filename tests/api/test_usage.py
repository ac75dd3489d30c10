"""What it cost, as programs read it."""

from datetime import timedelta
from decimal import Decimal

import pytest
from django.contrib.auth.models import User

from agents.actions.runs import start_draft
from agents.models import Attempt, Call, PersonLimit
from agents.models.counted import today
from tests.agents.conftest import author, document
from tests.api.conftest import program_of
from writing.models import Document

__all__ = ["author", "document"]


@pytest.fixture
def paid(document: Document, author: User) -> Decimal:
    """A call of today and one of two months ago."""
    run = start_draft(document, acting_user=author)
    attempt = Attempt.objects.create(step=run.steps.all()[0], number=1, client_id=1)
    for days, cost in ((0, "0.25"), (60, "4")):
        Call.objects.create(
            run=run,
            attempt=attempt,
            document=document,
            user=author,
            cost=Decimal(cost),
            prompt_tokens=900,
            cached_tokens=600,
            completion_tokens=100,
            day=today() - timedelta(days=days),
        )
    return Decimal("0.25")


def test_a_program_reads_what_it_cost_in_a_period(author: User, document: Document, paid: Decimal):
    mine = program_of(author)
    said = mine.get("usage").json()
    assert Decimal(said["total"]["cost"]) == paid
    [row] = said["items"]
    assert (row["key"], row["name"]) == (str(document.pk), "Reefs")
    assert (row["calls"], row["prompt_tokens"], row["cached_tokens"]) == (1, 900, 600)
    assert (said["currency"], said["left_of_person"]) == ("USD", None)
    since = (today() - timedelta(days=90)).isoformat()
    whole = mine.get(f"usage?first={since}&by=user").json()
    assert Decimal(whole["total"]["cost"]) == paid + 4
    assert [each["name"] for each in whole["items"]] == ["ada"]
    assert mine.get(f"usage?first={since}&page=2").json()["items"] == []


def test_nobody_reads_what_others_documents_cost(document: Document, paid: Decimal):
    stranger = User.objects.create_superuser("eve")
    said = program_of(stranger).get("usage?by=model").json()
    assert (said["count"], said["total"]["calls"]) == (0, 0)


def test_what_is_left_of_a_limit_is_said(author: User, document: Document):
    PersonLimit.objects.create(user=author, limit=Decimal("7.50"))
    assert Decimal(program_of(author).get("usage").json()["left_of_person"]) == Decimal("7.50")


@pytest.mark.parametrize(
    "query", ["first=0", "first=2019-01-01", "first=2026-02-01&last=2026-01-01", "by=day"]
)
def test_days_that_make_no_sense_are_refused(author: User, query: str):
    assert program_of(author).get(f"usage?{query}").status_code == 422
