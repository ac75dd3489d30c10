"""Batches, as programs make and follow them."""

from datetime import UTC, datetime
from decimal import Decimal
from io import BytesIO
from typing import Any
from zipfile import ZipFile

import pytest
from asgiref.sync import async_to_sync
from django.contrib.auth.models import User

from agents import batches
from agents.models import Batch, Budget, Model, RowState, Run
from tests.agents.conftest import author, document
from tests.api.conftest import Program, program_of
from writing.models import Document

__all__ = ["author", "document"]

ROWS = [
    {"title": "Coral reefs", "brief": "For divers."},
    {"title": "Kelp", "brief": "For cooks.", "kind": "report", "target_words": 300},
]


@pytest.fixture
def mine(author: User, document: object) -> Program:
    return program_of(author)


def make(mine: Program, **order: Any) -> Any:
    return mine.post("batches", {"name": "Sea", "rows": ROWS, **order})


def whole(archive: Any) -> bytes:
    async def collect() -> bytes:
        return b"".join([part async for part in archive.streaming_content])

    return async_to_sync(collect)()


@pytest.mark.django_db(transaction=True)
def test_a_batch_is_made_from_rows_and_followed(mine: Program):
    made = make(mine, workflow="draft", budget="3.50", concurrency=1)
    assert made.status_code == 201
    said = made.json()
    assert (said["state"], said["documents"], said["budget"]) == ("waiting", 2, "3.500000")
    batch = Batch.objects.get(pk=said["id"])
    assert list(batch.rows.values_list("title", "kind", "target_words")) == [
        ("Coral reefs", "article", 1000),
        ("Kelp", "report", 300),
    ]
    batches.advance(batch.pk)
    assert mine.get(f"batches/{batch.pk}").json()["state"] == "running"
    first, second = mine.get(f"batches/{batch.pk}/rows").json()["items"]
    assert (first["number"], first["state"], second["state"]) == (1, "running", "waiting")
    assert (first["document_id"], first["run_id"]) == (
        str(Document.objects.get(title="Coral reefs").pk),
        str(Run.objects.get().pk),
    )
    archive = mine.get(f"batches/{batch.pk}/exports/md")
    assert archive["Content-Disposition"] == 'attachment; filename="Sea.zip"'
    names = ZipFile(BytesIO(whole(archive))).namelist()
    assert names == ["1 Coral reefs.md", "Left out.txt"]
    waiting = mine.get(f"batches/{batch.pk}/rows?state=waiting").json()["items"]
    assert [row["title"] for row in waiting] == ["Kelp"]


def test_a_batch_may_start_later_and_again(mine: Program):
    said = make(mine, starts_at="2031-05-01T08:00:00+02:00", repeats="weekly").json()
    batch = Batch.objects.get(pk=said["id"])
    assert batch.starts_at == datetime(2031, 5, 1, 6, tzinfo=UTC)
    assert (batch.repeats, batch.workflow.is_default) == ("weekly", True)


def test_a_batch_is_paused_cancelled_and_gone_on_with(mine: Program):
    path = f"batches/{make(mine, budget='1.00').json()['id']}"
    assert mine.post(f"{path}/pause").json()["paused_by"] == "person"
    refused = mine.post(f"{path}/pause")
    assert (refused.status_code, refused.json()["code"]) == (422, "nothing_to_do")
    assert mine.post(f"{path}/resume").json()["state"] == "waiting"
    assert mine.post(f"{path}/cancel").json()["undone"] == 2
    assert mine.post(f"{path}/rows/2/retry").json()["undone"] == 1
    assert mine.post(f"{path}/rows/3/retry").status_code == 404
    batch = Batch.objects.get()
    batch.rows.filter(number=1).update(state=RowState.FAILED, problem="The key has expired.")
    assert mine.get(f"{path}/rows").json()["items"][0]["problem"] == "The key has expired."
    assert mine.post(f"{path}/retry").json()["undone"] == 0
    assert mine.post(f"{path}/budget", {"budget": "9.00"}).json()["budget"] == "9.000000"
    assert Budget.objects.get(batch=batch).limit == Decimal("9")


@pytest.mark.parametrize(
    "order",
    [
        {"rows": []},
        {"rows": [*ROWS, {"title": "x", "brief": " "}]},
        {"rows": [{"title": "x", "brief": "y", "kind": "poem"}]},
        {"workflow": "nothing"},
        {"concurrency": 0},
        {"budget": "-1"},
        {"starts_at": "2031-05-01T08:00:00"},
        {"starts_at": "tomorrow"},
        {"starts_at": 1924934400},
        {"starts_at": "0001-01-01T00:00:00+23:00"},
    ],
)
def test_a_batch_that_makes_no_sense_is_refused(mine: Program, order: dict[str, Any]):
    refused = make(mine, **order)
    assert refused.status_code == 422
    assert not Batch.objects.exists()


def test_without_a_model_no_batch_is_made(mine: Program):
    Model.objects.all().delete()
    assert make(mine).json()["code"] == "no_model"
