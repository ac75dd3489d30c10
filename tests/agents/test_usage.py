"""What the agents' work cost: counted exactly, down to its rows, for whoever may know."""

import csv
import io
import re
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from agents.actions.runs import start_draft
from agents.models import Attempt, Call, Model, Role, Run, Step
from agents.seeds import seed
from agents.usage.counting import Dimension
from writing.actions.documents import create_document, delete_document
from writing.actions.sections import add_section
from writing.models import Document, Member, Suggestion

pytestmark = pytest.mark.django_db
NOON = timezone.now().replace(hour=12)
KINDS = ("calls", "attempts", "failures", "suggestions")


@pytest.fixture(autouse=True)
def seeded() -> None:
    seed()


def person(name: str) -> User:
    return User.objects.get_or_create(username=name)[0]


def client_of(name: str) -> Client:
    client = Client()
    client.force_login(person(name))
    return client


@pytest.fixture
def root() -> Client:
    client = Client()
    client.force_login(User.objects.create_superuser("root", "root@example.org", "pw"))
    return client


def run_of(name: str, title: str) -> Run:
    document = create_document(person(name), title=title, brief="How a reef lives.")
    add_section(document, title="Walls")
    return start_draft(document, acting_user=person(name))


def again_by(name: str, document: Document) -> Run:
    document.runs.update(state="finished")
    Step.objects.filter(run__document=document).update(state="finished")
    return start_draft(document, acting_user=person(name))


def attempt_of(
    run: Run, *, kind: str = "write", outcome: str = "finished", days_ago: int = 0, **fields: Any
) -> Attempt:
    step = run.steps.select_related("run").filter(kind=kind)[0]
    number = step.attempts.count() + 1
    day = (NOON - timedelta(days=days_ago)).date()
    return Attempt.objects.create(
        step=step,
        number=number,
        client_id=number,
        outcome=outcome,
        model=Model.objects.get(is_default=True),
        day=day,
        **step.counts_for,
        **fields,
    )


def call_of(attempt: Attempt, cost: str = "0.01", **fields: Any) -> Call:
    values: dict[str, Any] = {
        "prompt_tokens": 8000,
        "cached_tokens": 6000,
        "completion_tokens": 1000,
        "first_token_seconds": 2.0,
        "seconds": 12.0,
        "day": attempt.day,
    }
    return Call.objects.create(
        run=attempt.step.run,
        attempt=attempt,
        model=attempt.model,
        cost=Decimal(cost),
        **attempt.step.counts_for,
        **values | fields,
    )


def decided(attempt: Attempt, *accepted: bool, days_ago: int = 0) -> None:
    assert attempt.step.section
    for answer in accepted:
        Suggestion.objects.create(
            section=attempt.step.section,
            attempt=attempt.pk,
            agent_name="Editor",
            old="reef",
            new="the reef",
            accepted=answer,
            decided_at=NOON - timedelta(days=days_ago),
        )


def page(client: Client, **asked: Any) -> Any:
    """What the page is made of."""
    answer = client.get(reverse("agents:usage"), asked)
    assert answer.status_code == 200
    return answer.context


def figures(client: Client, **asked: Any) -> dict[str, str]:
    return {card.metric.name: card.text for card in page(client, **asked)["cards"]}


def labels(client: Client, **asked: Any) -> dict[str, Any]:
    return {row.label: row.figures for row in page(client, **asked)["keys"]}


def rows(client: Client, kind: str, **asked: Any) -> list[Any]:
    answer = client.get(reverse("agents:usage_rows", args=[kind]), asked)
    assert answer.status_code == 200
    found: list[Any] = answer.context["rows"]
    return found


def table(client: Client, name: str, **asked: Any) -> list[list[str]]:
    answer = client.get(reverse("agents:usage_file", args=[name]), asked)
    assert answer["Content-Type"].startswith("text/csv")
    return list(csv.reader(io.StringIO(answer.content.decode("utf-8-sig"))))


def test_every_figure_follows_from_the_rows() -> None:
    run = run_of("ana", "The quiet city")
    first = attempt_of(run, waited_seconds=1.0)
    call_of(first, "0.25")
    call_of(
        first, "0.50", cached_tokens=0, completion_tokens=3000, first_token_seconds=4.0, seconds=14
    )
    call_of(
        first, "0", prompt_tokens=0, cached_tokens=0, completion_tokens=0, first_token_seconds=None
    )
    attempt_of(run, outcome="failed", waited_seconds=2.0)
    attempt_of(run, outcome="running")
    decided(attempt_of(run, kind="edit"), True, True, False)
    assert figures(client_of("ana")) == {
        "cost": "$0.75",
        "calls": "3",
        "uncached_tokens": "10.0k",
        "cached_share": "38%",
        "completion_tokens": "4.0k",
        "first_token": "3.00 s",
        "tokens_per_second": "200",
        "queue_wait": "1.50 s",
        "failures": "1",
        "failed_share": "33%",
        "acceptance": "67%",
    }


def test_what_is_under_way_does_not_count_yet() -> None:
    attempt = attempt_of(run_of("ana", "The quiet city"), outcome="running")
    call_of(attempt, "0", reserved=Decimal("0.2"))
    assert page(client_of("ana"))["is_empty"]
    assert rows(client_of("ana"), "calls") == rows(client_of("ana"), "attempts") == []


def test_work_is_told_apart_by_document_person_role_and_model() -> None:
    run = run_of("ana", "The quiet city")
    Member.objects.create(document=run.document, user=person("bo"), role="editor")
    call_of(attempt_of(run))
    call_of(attempt_of(run, kind="edit"), "0.30")
    call_of(attempt_of(run_of("ana", "Reefs")), "0.05")
    again = again_by("bo", run.document)
    call_of(attempt_of(again), "1.00")
    ana = client_of("ana")
    assert [*labels(ana, by="document")] == ["The quiet city", "Reefs"]
    assert {name: str(f.cost) for name, f in labels(ana, by="user").items()} == {
        "bo": "1.000000",
        "ana": "0.360000",
    }
    assert {name: f.calls for name, f in labels(ana, by="role").items()} == {
        "Writer": 3,
        "Editor": 1,
    }
    assert [*labels(ana, by="model")] == [str(Model.objects.get(is_default=True))]


def test_days_of_one_period_are_set_against_those_before() -> None:
    run = run_of("ana", "The quiet city")
    call_of(attempt_of(run, days_ago=0), "3")
    call_of(attempt_of(run, days_ago=6), "1")
    call_of(attempt_of(run, days_ago=7), "2")
    call_of(attempt_of(run, days_ago=14), "9")
    decided(attempt_of(run, kind="edit", days_ago=30), True)
    found = page(client_of("ana"), period="7")
    cost = found["cards"][0]
    assert (cost.text, cost.before, cost.change) == ("$4.00", "$2.00", 100)
    times = [str(row.figures.cost) for row in found["times"]]
    assert times == ["3.000000", "0", "0", "0", "0", "0", "1.000000"]
    assert figures(client_of("ana"), period="7")["acceptance"] == "100%"
    everything = page(client_of("ana"), period="all")
    assert everything["cards"][0].text == "$15.00"


def test_a_free_period_takes_its_days_and_no_others() -> None:
    run = run_of("ana", "The quiet city")
    for days_ago in range(4):
        call_of(attempt_of(run, days_ago=days_ago), "1")
    today = NOON.date()
    asked = {"first": today - timedelta(days=2), "last": today - timedelta(days=1)}
    assert figures(client_of("ana"), **asked)["cost"] == "$2.00"
    assert figures(client_of("ana"), first=today - timedelta(days=2))["cost"] == "$3.00"
    assert figures(client_of("ana"), last=today - timedelta(days=2))["cost"] == "$2.00"


@pytest.mark.parametrize(
    ("asked", "word"),
    [
        ({"first": "yesterday"}, "Enter a day such as"),
        ({"first": "2026-03-02", "last": "2026-03-01"}, "not after the last"),
        ({"first": "1815-12-10"}, "from 2020 on"),
    ],
)
def test_days_that_make_no_sense_are_told_beside_them(asked: dict[str, str], word: str) -> None:
    for address in (reverse("agents:usage"), reverse("agents:usage_rows", args=["calls"])):
        answer = client_of("ana").get(address, asked)
        assert answer.status_code == 422
        assert word in answer.content.decode()


def test_authors_see_nothing_of_what_others_did(root: Client) -> None:
    theirs = run_of("bo", "Secret plans")
    attempt = attempt_of(theirs, outcome="failed", error="Secret trouble")
    call_of(attempt)
    edit = attempt_of(theirs, kind="edit")
    decided(edit, True)
    role = Role.objects.get(slug="writer").pk
    ana = client_of("ana")
    narrowed: list[dict[str, Any]] = [
        {},
        {"document": theirs.document_id},
        {"user": person("bo").pk},
        {"role": role},
    ]
    for asked in narrowed:
        for address in (
            reverse("agents:usage"),
            *(reverse("agents:usage_rows", args=[kind]) for kind in KINDS),
            *(reverse("agents:usage_file", args=[name]) for name in (*KINDS, "time", *Dimension)),
        ):
            answer = ana.get(address, asked)
            assert answer.status_code == 200
            text = answer.content.decode()
            assert "Secret" not in text, address
            assert not re.search(r"\bbo\b", text), address
        assert page(ana, **asked)["is_empty"]
    for address in (reverse("agents:usage"), reverse("agents:usage_rows", args=["calls"])):
        assert ana.get(address, {"scope": "all"}).status_code == 404
        assert root.get(address, {"scope": "all"}).status_code == 200
    assert [*labels(root, scope="all")] == ["Secret plans"]
    assert page(root)["is_empty"]


def test_staff_without_the_right_are_authors_like_others() -> None:
    User.objects.create_user("clerk", is_staff=True)
    clerk = client_of("clerk")
    assert clerk.get(reverse("agents:usage"), {"scope": "all"}).status_code == 404
    assert not page(clerk)["may_see_all"]


def test_what_was_taken_away_or_deleted_is_no_longer_the_authors() -> None:
    run = run_of("ana", "The quiet city")
    Member.objects.create(document=run.document, user=person("bo"), role="viewer")
    call_of(attempt_of(run))
    assert figures(client_of("bo"))["calls"] == "1"
    Member.objects.filter(user=person("bo")).delete()
    assert page(client_of("bo"))["is_empty"]
    delete_document(run.document, acting_user=person("ana"))
    assert page(client_of("ana"))["is_empty"]


def test_a_figure_leads_to_its_rows_and_they_to_the_step() -> None:
    run = run_of("ana", "The quiet city")
    written = attempt_of(run)
    calls = [call_of(written), call_of(written)]
    failed = attempt_of(run, outcome="failed", error="The provider was busy.")
    edited = attempt_of(run, kind="edit")
    decided(edited, True, False)
    other = call_of(attempt_of(run_of("ana", "Reefs")))
    ana = client_of("ana")
    row = next(row for row in page(ana)["keys"] if row.label == "The quiet city")
    answer = ana.get(reverse("agents:usage_rows", args=["calls"]) + f"?{row.query}")
    assert answer.context["rows"] == calls[::-1]
    step = reverse("agents:step", args=[written.step_id]) + f"#attempt-{written.pk}"
    assert f'href="{step}"' in answer.content.decode()
    assert ana.get(step).status_code == 200
    assert rows(ana, "calls")[0] == other
    assert rows(ana, "failures") == [failed]
    assert {*rows(ana, "attempts", document=run.document_id)} == {written, failed, edited}
    assert [found.accepted for found in rows(ana, "suggestions")] == [False, True]
    writer = Role.objects.get(slug="writer").pk
    assert rows(ana, "suggestions", role=writer) == []
    assert ana.get(reverse("agents:usage_rows", args=["secrets"])).status_code == 404


def test_an_administrator_is_led_to_the_run_where_the_text_is_not_theirs(root: Client) -> None:
    run = run_of("ana", "The quiet city")
    attempt = attempt_of(run, outcome="failed", error="Said something of the text")
    call_of(attempt)
    decided(attempt_of(run, kind="edit"), True)
    for kind in KINDS:
        answer = root.get(reverse("agents:usage_rows", args=[kind]), {"scope": "all"})
        text = answer.content.decode()
        assert reverse("agents:step", args=[attempt.step_id]) not in text
        assert "the reef" not in text
        assert "Said something" not in text
    text = root.get(reverse("agents:usage_rows", args=["calls"]), {"scope": "all"}).content.decode()
    assert reverse("admin:agents_run_change", args=[run.pk]) in text


def test_a_table_is_a_file_without_formulas() -> None:
    run = run_of("ana", '=HYPERLINK("https://evil.example")')
    call_of(attempt_of(run), "0.25")
    ana = client_of("ana")
    head, row = table(ana, "document")
    assert head[:3] == ["Document", "Cost", "Calls"]
    assert row[:3] == ['\'=HYPERLINK("https://evil.example")', "0.250000", "1"]
    assert len(table(ana, "time", period="7")) == 8
    assert table(ana, "calls")[1][2] == row[0]
    assert ana.get(reverse("agents:usage_file", args=["secrets"])).status_code == 404


def test_pages_take_as_many_queries_however_much_there_is(root: Client) -> None:
    addresses = [
        *(reverse("agents:usage") + f"?scope=all&by={by}" for by in Dimension),
        *(reverse("agents:usage_rows", args=[kind]) + "?scope=all" for kind in KINDS),
    ]

    def add(name: str) -> None:
        run = run_of(name, f"Of {name}")
        call_of(attempt_of(run, outcome="failed"))
        decided(attempt_of(run, kind="edit"), True, False)

    def queries() -> list[int]:
        counts = []
        for address in addresses:
            with CaptureQueriesContext(connection) as captured:
                assert root.get(address).status_code == 200
            counts.append(len(captured))
        return counts

    add("ana")
    queries()
    before = queries()
    for number in range(4):
        add(f"person-{number}")
    assert queries() == before
    assert max(before) <= 12


def test_lists_are_divided_into_pages() -> None:
    attempt = attempt_of(run_of("ana", "The quiet city"))
    for _ in range(51):
        call_of(attempt)
    ana = client_of("ana")
    assert len(rows(ana, "calls")) == 50
    assert len(rows(ana, "calls", page="2")) == 1
