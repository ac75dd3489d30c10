"""From a file of briefs to a batch, in the browser and by command."""

import io
import json
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import CommandError, call_command
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone, translation

from agents.actions import uploads
from agents.actions.uploads import forget_old_uploads
from agents.intake.reading import Defaults, read_file
from agents.intake.samples import SAMPLES
from agents.models import Batch, Budget, Model, Upload, UploadRow, Workflow
from agents.seeds import seed

FILE = b"Title,Brief,Kind,Words\nReefs,Corals,report,800\nTides,Moon,poem,\nWaves,Wind,,\n"
DEFAULTS = {"kind": "article", "language": "en", "target_words": "900"}


@pytest.fixture
def desk(client: Client, author: User) -> Client:
    seed()
    client.force_login(author)
    return client


def send(desk: Client, data: bytes = FILE, name: str = "reefs.csv", **more: str):
    sent = {"file": SimpleUploadedFile(name, data)} if name else {}
    return desk.post(reverse("agents:new_batch"), {**DEFAULTS, **sent, **more})


def orders(**more: str) -> dict[str, str]:
    workflow = Workflow.objects.get(is_default=True)
    usual = {"name": "Reefs", "workflow": workflow.slug, "concurrency": "4", "when": "now"}
    return {**usual, "repeats": "never", "budget": "", "leave_out": "on", **more}


def test_a_file_becomes_a_batch_after_a_look_at_it(desk: Client, author: User):
    response = send(desk)
    assert not Batch.objects.exists()
    page = desk.get(response["Location"]).content.decode()
    assert "2 documents" in page
    assert "1 row cannot be used" in page
    assert "poem" in page
    assert "Kind: There is no “poem”" in page
    response = desk.post(response["Location"], orders(budget="12.50"))
    batch = Batch.objects.get()
    assert response["Location"] == reverse("agents:batch", args=[batch.pk])
    assert (batch.owner, batch.file_name, batch.concurrency) == (author, "reefs.csv", 4)
    assert Budget.objects.get(batch=batch).limit == Decimal("12.50")
    rows = batch.rows.values_list("title", "brief", "kind", "language", "target_words")
    assert list(rows) == [
        ("Reefs", "Corals", "report", "en", 800),
        ("Waves", "Wind", "article", "en", 900),
    ]
    assert not Upload.objects.exists()


def test_a_list_is_pasted(desk: Client):
    response = send(desk, name="", text="Coral reefs\nTides and the moon\n")
    desk.post(response["Location"], orders())
    titles = Batch.objects.get().rows.values_list("title", flat=True)
    assert list(titles) == ["Coral reefs", "Tides and the moon"]


def test_a_file_that_cannot_be_read_is_said_at_its_field_and_nothing_is_lost(desk: Client):
    response = send(desk, b"\x89PNG" + bytes(50), "x.png", target_words="1234")
    page = response.content.decode()
    assert response.status_code == 422
    assert 'id="id_file_error"' in page
    assert "This is no text" in page
    assert 'value="1234"' in page
    response = send(desk, name="")
    assert "Choose a file" in response.content.decode()
    response = send(desk, text="and a list")
    page = response.content.decode()
    assert "Empty one of them" in page
    assert "and a list" in page
    assert not Upload.objects.exists()


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"name": ""}, "Give the batch a name."),
        ({"workflow": "nothing"}, "There is no such workflow"),
        ({"budget": "a lot"}, "Enter an amount"),
        ({"budget": "-1"}, "Enter an amount"),
        ({"concurrency": "0"}, "between 1 and 100"),
        ({"concurrency": "1000"}, "between 1 and 100"),
        ({"when": "later"}, "Enter a date and a time."),
        ({"when": "later", "starts_at": "tomorrow"}, "Enter a date and a time."),
        ({"when": "later", "starts_at": "2001-01-01T10:00"}, "This time has passed"),
        ({"leave_out": ""}, "left out"),
    ],
)
def test_wrong_orders_start_nothing_and_lose_nothing(desk: Client, wrong, said: str):
    address = send(desk)["Location"]
    response = desk.post(address, orders(**{"name": "My reefs", **wrong}))
    page = response.content.decode()
    assert response.status_code == 422
    assert said in page
    assert "name" in wrong or 'value="My reefs"' in page
    assert UploadRow.objects.count() == 3
    assert not Batch.objects.exists()


def test_it_may_start_later_and_repeat(desk: Client):
    address = send(desk)["Location"]
    later = timezone.now() + timedelta(days=2)
    more = {"when": "later", "starts_at": f"{later:%Y-%m-%dT%H:%M}", "repeats": "weekly"}
    desk.post(address, orders(**more))
    batch = Batch.objects.get()
    assert abs(batch.starts_at - later) < timedelta(minutes=1)
    assert batch.repeats == "weekly"


def test_of_one_upload_one_batch_is_made(desk: Client):
    address = send(desk)["Location"]
    desk.post(address, orders())
    assert desk.post(address, orders()).status_code == 404
    assert Batch.objects.count() == 1


def test_rows_that_are_all_wrong_start_nothing(desk: Client):
    address = send(desk, b"Title,Brief\n,\nx,\n")["Location"]
    assert "None of the rows can be used" in desk.get(address).content.decode()
    assert desk.post(address, orders()).status_code == 422
    assert not Batch.objects.exists()


def test_only_the_wrong_rows_are_shown_if_asked(desk: Client):
    address = send(desk)["Location"]
    page = desk.get(address, {"rows": "wrong"}, headers={"HX-Request": "true"}).content.decode()
    assert "Tides" in page
    assert "Reefs" not in page
    assert "<html" not in page


def test_a_long_file_takes_as_many_queries_as_a_short_one(desk: Client):
    counts = []
    for rows in (20, 120):  # the estimate looks at eight of them at most
        data = b"Title,Brief\n" + b"Reefs,Corals\n" * rows
        address = send(desk, data)["Location"]
        desk.get(address)
        with CaptureQueriesContext(connection) as queries:
            page = desk.get(address).content.decode()
        counts.append(len(queries))
    assert counts[0] == counts[1]
    assert page.count('<th scope="row" class="number"') == 50


def test_what_it_is_likely_to_take_is_said_before_it_starts(desk: Client):
    Model.objects.update(input_price=2, cached_price=2, output_price=8)
    address = send(desk)["Location"]
    page = desk.get(address).content.decode()
    assert "What it is likely to take" in page
    part = desk.post(f"{address}estimate/", orders(budget="0.01")).content.decode()
    assert "$" in part
    assert "With this budget the batch is likely to pause" in part
    assert "likely to pause" not in desk.post(f"{address}estimate/", orders()).content.decode()
    assert not Batch.objects.exists()


def test_what_is_hostile_in_a_file_is_shown_as_text(desk: Client):
    address = send(desk, b"Title,Brief\n<script>alert(1)</script>,{{ x }}\n")["Location"]
    page = desk.get(address).content.decode()
    assert "<script>alert" not in page
    assert "&lt;script&gt;" in page


def test_of_anothers_upload_nothing_is_there(desk: Client):
    address = send(desk)["Location"]
    desk.force_login(User.objects.create_superuser("eve"))
    assert desk.get(address).status_code == 404
    assert desk.post(address, orders()).status_code == 404
    assert desk.post(f"{address}discard/").status_code == 404
    assert desk.post(f"{address}estimate/").status_code == 404
    assert Upload.objects.exists()


def test_an_upload_is_discarded_or_forgotten(desk: Client):
    address = send(desk)["Location"]
    send(desk)
    desk.post(f"{address}discard/")
    assert Upload.objects.count() == 1
    assert forget_old_uploads() == 0
    Upload.objects.update(created_at=timezone.now() - timedelta(days=8))
    assert forget_old_uploads() == 1
    assert not UploadRow.objects.exists()


def test_of_many_uploads_the_oldest_make_room(desk: Client, monkeypatch):
    monkeypatch.setattr(uploads, "MOST_UPLOADS", 2)
    for name in ("a", "b", "c"):
        send(desk, name=f"{name}.csv")
    assert set(Upload.objects.values_list("file_name", flat=True)) == {"b.csv", "c.csv"}


@pytest.mark.parametrize("language", ["en", "zh-hans"])
@pytest.mark.parametrize("suffix", SAMPLES)
def test_the_samples_can_be_sent_as_they_are(desk: Client, suffix: str, language: str):
    with translation.override(language):
        headers = {"Accept-Language": language}
        response = desk.get(reverse("agents:sample_briefs", args=[suffix]), headers=headers)
    assert f'briefs.{suffix}"' in response["Content-Disposition"]
    defaults = Defaults("article", "en", 1000)
    reading = read_file(response.content, f"briefs.{suffix}", defaults=defaults)
    assert [row.problems for row in reading.rows] == [[], [], []]
    assert reading.notes == []
    assert {row.values["language"] for row in reading.rows} == {language}
    assert desk.get(reverse("agents:sample_briefs", args=["exe"])).status_code == 404


def command(path: Path, *options: str) -> dict[str, Any]:
    out = io.StringIO()
    call_command("batch", str(path), "--json", *options, stdout=out, stderr=io.StringIO())
    found: dict[str, Any] = json.loads(out.getvalue())
    return found


@pytest.fixture
def path(tmp_path: Path, author: User) -> Path:
    seed()
    path = tmp_path / "reefs.csv"
    path.write_bytes(FILE)
    return path


def test_the_command_makes_the_same_batch(path: Path, author: User):
    at = f"{timezone.now() + timedelta(hours=5):%Y-%m-%dT%H:%M}"
    more = ("--budget", "3.50", "--words", "700", "--owner", "ada", "--at", at, "--leave-out")
    said = command(path, *more)
    batch = Batch.objects.get(pk=said["batch"])
    assert (said["documents"], said["wrong"]) == (2, 1)
    assert (batch.name, batch.owner, batch.file_name) == ("reefs", author, "reefs.csv")
    assert f"{batch.starts_at:%Y-%m-%dT%H:%M}" == at
    assert set(batch.rows.values_list("target_words", flat=True)) == {800, 700}
    assert Budget.objects.get(batch=batch).limit == Decimal("3.50")


def test_the_command_checks_without_starting(path: Path):
    with pytest.raises(SystemExit):
        command(path, "--check")
    assert not Batch.objects.exists()
    assert not Upload.objects.exists()


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ((), "1 rows cannot be used"),
        (("--leave-out", "--workflow", "nothing"), "no such workflow"),
        (("--leave-out", "--concurrency", "0"), "between 1 and 100"),
        (("--leave-out", "--owner", "nobody"), "no such account"),
        (("--leave-out", "--at", "2001-01-01"), "has passed"),
    ],
)
def test_the_command_says_what_is_wrong(path: Path, options: tuple[str, ...], said: str):
    with pytest.raises(CommandError, match=said):
        command(path, *options)
    assert not Batch.objects.exists()
    assert not Upload.objects.exists()


def test_the_command_says_why_a_file_cannot_be_read(path: Path):
    path.write_bytes(b"\x89PNG" + bytes(50))
    with pytest.raises(CommandError, match="This is no text"):
        command(path)
    with pytest.raises(CommandError, match="cannot be read"):
        command(path.with_name("nothing.csv"))
