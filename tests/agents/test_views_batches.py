"""The pages of batches: their owner's alone, with as many queries for many as for few."""

import uuid
from decimal import Decimal

import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from agents import batches
from agents.actions.batches import create_batch
from agents.briefs import Brief
from agents.budget import Reached
from agents.metrics import report
from agents.models import Batch, BatchRow, BatchState, Budget, PausedBy, RowState, Run, Workflow
from agents.seeds import seed
from writing.actions.sections import add_section

pytestmark = pytest.mark.django_db

HTMX = {"HX-Request": "true"}
ORDERS = ["pause_batch", "resume_batch", "cancel_batch", "retry_batch", "raise_batch_budget"]


@pytest.fixture
def owner() -> User:
    seed()
    return User.objects.create_user("ana")


@pytest.fixture
def ana(client: Client, owner: User) -> Client:
    client.force_login(owner)
    return client


def batch_of(owner: User, count: int = 3, name: str = "Reefs") -> Batch:
    rows = [Brief(f"Reef {n}", f"How reef {n} lives.") for n in range(1, count + 1)]
    quick = Workflow.objects.get(slug="quick")
    return create_batch(
        owner, name=name, workflow=quick, rows=rows, budget=Decimal(2), file_name="reefs.csv"
    )


def page_of(client: Client, batch: Batch, query: str = "") -> str:
    answer = client.get(reverse("agents:batch", args=[batch.pk]) + query, headers=HTMX)
    assert answer.status_code == 200
    return answer.content.decode()


def routes(batch_id: uuid.UUID) -> list[tuple[str, str]]:
    named = [("get", reverse("agents:batch", args=[batch_id]))]
    named += [("post", reverse(f"agents:{name}", args=[batch_id])) for name in ORDERS]
    return [*named, ("post", reverse("agents:retry_batch_row", args=[batch_id, 1]))]


def test_a_batch_is_its_owners_alone(owner: User) -> None:
    batch = batch_of(owner)
    batches.look_after()
    before = list(Batch.objects.values()), list(BatchRow.objects.values())
    for person in (User.objects.create_user("eve"), User.objects.create_superuser("root")):
        stranger = Client()
        stranger.force_login(person)
        for (method, foreign), (_, unknown) in zip(
            routes(batch.pk), routes(uuid.uuid4()), strict=True
        ):
            answers = [
                getattr(stranger, method)(address, {"limit": "9"}, headers=HTMX)
                for address in (foreign, unknown)
            ]
            assert [answer.status_code for answer in answers] == [404, 404]
            assert answers[0].content == answers[1].content
        assert batch.name not in stranger.get(reverse("agents:batches")).content.decode()
    for method, address in [*routes(batch.pk), ("get", reverse("agents:batches"))]:
        answer = getattr(Client(), method)(address)
        assert answer["Location"].startswith("/accounts/login/")
    assert (list(Batch.objects.values()), list(BatchRow.objects.values())) == before


def test_orders_are_only_given_by_post(ana: Client, owner: User) -> None:
    batch = batch_of(owner)
    for method, address in routes(batch.pk)[1:]:
        assert method == "post"
        assert ana.get(address).status_code == 405


def test_the_list_tells_how_far_each_is(ana: Client, owner: User) -> None:
    assert "No batches yet" in ana.get(reverse("agents:batches")).content.decode()
    batch = batch_of(owner)
    batch.rows.filter(number=1).update(state=RowState.FINISHED)
    batch.rows.filter(number=2).update(state=RowState.FAILED)
    page = ana.get(reverse("agents:batches")).content.decode()
    assert "1 of 3 documents" in page
    assert "1 not finished" in page
    assert reverse("agents:batch", args=[batch.pk]) in page


def test_the_page_tells_of_each_document(ana: Client, owner: User) -> None:
    batch = batch_of(owner)
    batches.look_after()
    first, second, _third = batch.rows.select_related("document")
    assert first.document
    add_section(first.document, title="Where they grow")
    batch.rows.filter(pk=second.pk).update(state=RowState.FAILED, problem="The key has expired.")
    page = page_of(ana, batch)
    assert reverse("writing:manuscript", args=[first.document_id]) in page
    assert "0 of 1 section" in page
    assert "The key has expired." in page
    assert reverse("agents:retry_batch_row", args=[batch.pk, 2]) in page
    assert reverse("agents:retry_batch_row", args=[batch.pk, 3]) not in page
    assert "of at most $2.00" in page
    assert "every 2s" in page
    shown = page_of(ana, batch, "?show=undone")
    assert "Reef 2" in shown
    assert "Reef 3" not in shown


def test_a_batch_that_is_done_is_not_asked_about_again(ana: Client, owner: User) -> None:
    batch = batch_of(owner)
    batch.rows.update(state=RowState.FINISHED)
    Batch.objects.update(state=BatchState.ENDED)
    assert "every 2s" not in page_of(ana, batch)
    assert "Pause" not in page_of(ana, batch)


def test_its_owner_pauses_continues_and_cancels(ana: Client, owner: User) -> None:
    batch = batch_of(owner)
    batches.look_after()

    def order(name: str, state: BatchState) -> str:
        answer = ana.post(reverse(f"agents:{name}", args=[batch.pk]), headers=HTMX)
        assert answer.status_code == 200, answer.content
        assert "batch-changed" in answer["HX-Trigger"]
        batch.refresh_from_db()
        assert batch.state == state
        return answer.content.decode()

    order("pause_batch", BatchState.PAUSED)
    order("resume_batch", BatchState.RUNNING)
    toast = order("cancel_batch", BatchState.CANCELLED)
    assert reverse("agents:resume_batch", args=[batch.pk]) in toast
    answer = ana.post(reverse("agents:resume_batch", args=[batch.pk]))
    assert answer["Location"] == reverse("agents:batch", args=[batch.pk])
    again = ana.post(reverse("agents:resume_batch", args=[batch.pk]), headers=HTMX)
    assert again.status_code == 422
    assert "not paused" in again.content.decode()


def test_what_failed_is_tried_again_from_the_page(ana: Client, owner: User) -> None:
    batch = batch_of(owner)
    batch.rows.update(state=RowState.FAILED, problem="It failed.")
    Batch.objects.update(state=BatchState.ENDED, started_at=batch.created_at)
    ana.post(reverse("agents:retry_batch_row", args=[batch.pk, 2]), headers=HTMX)
    states = batch.rows.values_list("state", flat=True)
    assert list(states) == [RowState.FAILED, RowState.WAITING, RowState.FAILED]
    ana.post(reverse("agents:retry_batch", args=[batch.pk]), headers=HTMX)
    assert set(states.all()) == {RowState.WAITING}
    assert Batch.objects.get().state == BatchState.RUNNING


def test_at_its_limit_the_page_offers_to_raise_it(ana: Client, owner: User) -> None:
    batch = batch_of(owner)
    batches.look_after()
    reached = Reached("batch", Decimal(2), Decimal("1.99"), Decimal("0.05"))
    Budget.objects.filter(batch=batch).update(spent=Decimal("1.99"))
    Batch.objects.update(
        state=BatchState.PAUSED, paused_by=PausedBy.LIMIT, limit_reached=reached.kept()
    )
    page = page_of(ana, batch)
    assert "The limit of the batch is reached: $1.99 of $2.00 are used" in page
    address = reverse("agents:raise_batch_budget", args=[batch.pk])
    assert address in page
    for value, words in (("much", "such as 2.50"), ("2.01", "Enter at least $2.04")):
        answer = ana.post(address, {"limit": value}, headers=HTMX)
        assert answer.status_code == 422
        assert words in answer.content.decode()
    assert ana.post(address, {"limit": "3"}, headers=HTMX).status_code == 200
    assert Budget.objects.get(batch=batch).limit == 3
    assert Batch.objects.get().state == BatchState.RUNNING


@pytest.mark.parametrize(
    ("paused_by", "words"),
    [(PausedBy.FAILURES, "One document after the other failed"), (PausedBy.PERSON, "Nothing new")],
)
def test_why_it_rests_is_said(ana: Client, owner: User, paused_by: PausedBy, words: str) -> None:
    batch = batch_of(owner)
    Batch.objects.update(state=BatchState.PAUSED, paused_by=paused_by)
    assert words in page_of(ana, batch)


def test_the_run_of_a_document_leads_back_to_its_batch(ana: Client, owner: User) -> None:
    batch = batch_of(owner)
    batches.look_after()
    run = Run.objects.all()[0]
    page = ana.get(reverse("agents:run", args=[run.pk])).content.decode()
    assert reverse("agents:batch", args=[batch.pk]) in page


def test_many_cost_no_more_queries_than_few(ana: Client, owner: User) -> None:
    small = batch_of(owner, 2)
    batches.look_after()

    def queries(address: str) -> int:
        with CaptureQueriesContext(
            connection,
        ) as caught:
            assert ana.get(address).status_code == 200
        return len(caught)

    listed, page = reverse("agents:batches"), reverse("agents:batch", args=[small.pk])
    queries(listed)
    few = queries(listed), queries(page)
    large = batch_of(owner, 60)
    for number in range(30):
        batch_of(owner, 1, f"Reefs {number}")
    batches.look_after()
    many = queries(listed), queries(reverse("agents:batch", args=[large.pk]))
    assert many == few
    assert ana.get(listed, {"page": 2}).context["page"].number == 2
    assert len(ana.get(page).context["entries"]) == 2
    rows = ana.get(reverse("agents:batch", args=[large.pk]), {"page": 2}).context["entries"]
    assert [entry.row.number for entry in rows] == list(range(51, 61))


def test_administrators_see_what_runs_and_not_the_briefs(ana: Client, owner: User) -> None:
    batch = batch_of(owner)
    batch.rows.filter(number=1).update(state=RowState.FINISHED)
    root = Client()
    root.force_login(User.objects.create_superuser("root"))
    changelist = reverse("admin:agents_batch_changelist")
    for address in (changelist, reverse("admin:agents_batch_change", args=[batch.pk])):
        page = root.get(address).content.decode()
        assert "1 / 3" in page
        assert "Reef 2" not in page
    assert ana.get(changelist).status_code == 302


def test_batches_are_counted_for_prometheus(owner: User) -> None:
    batch_of(owner)
    batches.look_after()
    batch_of(owner, 2)
    told = report().decode()
    assert 'scriptorium_batches{state="running"} 1.0' in told
    assert 'scriptorium_batches{state="waiting"} 1.0' in told
    assert 'scriptorium_batch_documents{state="running"} 3.0' in told
