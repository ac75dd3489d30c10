"""What an author and an administrator read about limits, and how they raise them."""

from decimal import Decimal

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from agents.actions.runs import start_draft, stop_run
from agents.budget import Reached
from agents.models import Budget, BudgetScope, Limits, PersonLimit, Run, RunState
from agents.models.ledger import month_of
from writing.models import Document, Member, MemberRole

pytestmark = pytest.mark.django_db
HTMX = {"HX-Request": "true", "HX-Target": "runs"}


@pytest.fixture
def run(document: Document, author: User) -> Run:
    return start_draft(document, acting_user=author, limit=Decimal("0.50"))


def stop_at(run: Run, scope: str, user: User) -> None:
    """As a worker does whose call was refused."""
    stop_run(run, acting_user=user)
    reached = Reached(scope, Decimal("0.5"), Decimal("0.48"), Decimal("0.04"))
    Run.objects.filter(pk=run.pk).update(stopped_by="limit", limit_reached=reached.kept())


def panel(client: Client, document: Document) -> str:
    return client.get(reverse("agents:runs", args=[document.pk])).content.decode()


def test_the_author_reads_which_limit_it_was_and_raises_it(
    client: Client, document: Document, author: User, run: Run
) -> None:
    stop_at(run, "run", author)
    client.force_login(author)
    for page in (
        panel(client, document),
        client.get(reverse("agents:run", args=[run.pk])).content.decode(),
    ):
        assert "The limit of this run is reached: $0.48 of $0.50 are used" in page
        assert 'value="0.96"' in page
        assert "New limit in USD" in page
        # One button goes on with everything.
        assert reverse("agents:retry_run", args=[run.pk]) not in page
    path = reverse("agents:raise_limit", args=[run.pk])
    for wrong, said in (("", "such as 2.50"), ("-1", "such as 2.50"), ("nan", "such as 2.50")):
        answer = client.post(path, {"limit": wrong}, headers=HTMX)
        assert answer.status_code == 422
        assert said in answer.content.decode()
    Budget.objects.filter(run=run).update(spent=Decimal("0.48"))
    answer = client.post(path, {"limit": "0.51"}, headers=HTMX)
    assert "Enter at least $0.52" in answer.content.decode()
    assert client.post(path, {"limit": "0.96"}, headers=HTMX).status_code == 200
    run.refresh_from_db()
    assert (run.state, run.stopped_by) == (RunState.RUNNING, "")
    assert Budget.objects.get(run=run).limit == Decimal("0.96")


def test_for_the_limit_of_a_month_an_administrator_is_asked(
    client: Client, document: Document, author: User, run: Run
) -> None:
    stop_at(run, "site", author)
    ben = User.objects.create_user("ben")
    Member.objects.create(document=document, user=ben, role=MemberRole.EDITOR)
    client.force_login(ben)
    page = panel(client, document)
    assert "The monthly limit of the whole site is reached" in page
    assert "Ask an administrator to raise it" in page
    assert reverse("agents:retry_run", args=[run.pk]) in page
    client.force_login(author)
    assert reverse("admin:agents_limits_changelist") in panel(client, document)


def test_a_viewer_is_not_offered_to_raise_it(
    client: Client, document: Document, author: User, run: Run
) -> None:
    stop_at(run, "run", author)
    ben = User.objects.create_user("ben")
    Member.objects.create(document=document, user=ben, role=MemberRole.VIEWER)
    client.force_login(ben)
    page = panel(client, document)
    assert "The limit of this run is reached" in page
    assert reverse("agents:raise_limit", args=[run.pk]) not in page


def test_administrators_see_the_use_beside_the_limits(client: Client, author: User) -> None:
    month = month_of(timezone.now())
    spent = {"spent": Decimal("1.25"), "reserved": Decimal("0.10"), "month": month}
    site = Budget.objects.create(scope=BudgetScope.SITE, **spent)
    mine = Budget.objects.create(scope=BudgetScope.PERSON, user=author, **spent)
    client.force_login(author)
    page = client.get(reverse("admin:agents_limits_changelist"), follow=True).content.decode()
    assert "$1.25, and $0.10 reserved" in page
    path = reverse("admin:agents_limits_change", args=[1])
    answer = client.post(path, {"per_run": "0.50", "per_person": "5", "per_site": "100.25"})
    assert answer.status_code == 302
    assert Limits.objects.get().per_run == Decimal("0.5")
    own = {"user": author.pk, "limit": "7.5"}
    assert client.post(reverse("admin:agents_personlimit_add"), own).status_code == 302
    for budget, limit in ((site, "100.25"), (mine, "7.5")):
        budget.refresh_from_db()
        assert budget.limit == Decimal(limit)
    page = client.get(reverse("admin:agents_personlimit_changelist")).content.decode()
    assert "$7.50" in page
    assert "ada" in client.get(reverse("admin:agents_budget_changelist")).content.decode()
    delete = reverse("admin:agents_personlimit_delete", args=[PersonLimit.objects.get().pk])
    client.post(delete, {"post": "yes"})
    mine.refresh_from_db()
    assert mine.limit == 5
