"""What happens when a batch ends: its owner is told, and takes the documents home."""

import json
from decimal import Decimal
from io import BytesIO
from typing import Any
from zipfile import ZipFile

import pytest
from asgiref.sync import async_to_sync
from django.contrib.auth.models import User
from django.core import mail
from django.test import Client
from django.urls import reverse

from agents import batches
from agents.actions.batches import create_batch, pause_at_limit, pause_batch
from agents.actions.webhooks import add_webhook, send_due_deliveries
from agents.briefs import Brief
from agents.budget import Reached
from agents.models import Batch, BatchState, BudgetScope, Delivery, RowState, Workflow
from agents.seeds import seed
from tests.receiver import Receiver
from writing.actions.documents import create_document, delete_document
from writing.actions.mailings import send_due_mail
from writing.actions.notifications import Choice, choose, remember_language
from writing.models import AuditEntry, Frequency, Member, Notification, Occasion


@pytest.fixture
def batch(author: User) -> Batch:
    seed()
    briefs = [
        Brief(title, "For divers.") for title in ("Reefs", "Tides / and *more*", "Reefs", "珊瑚礁")
    ]
    workflow = Workflow.objects.get(is_default=True)
    batch = create_batch(author, name="The sea: 1", workflow=workflow, rows=briefs)
    for row in batch.rows.all():
        row.document = create_document(author, title=row.title, brief=row.brief)
        row.save()
    return batch


def end(batch: Batch, *states: RowState) -> None:
    """As it is when nobody works on any of its documents any more."""
    for row, state in zip(batch.rows.all(), states * 4, strict=False):
        row.state = state
        row.save()
    Batch.objects.filter(pk=batch.pk).update(state=BatchState.WAITING)
    batches.advance(batch.pk)
    batch.refresh_from_db()
    assert batch.state == BatchState.ENDED


@pytest.mark.parametrize(
    ("states", "outcome"),
    [
        ([RowState.FINISHED], "finished"),
        ([RowState.FINISHED, RowState.FAILED], "partly_finished"),
        ([RowState.PARTLY_FINISHED], "partly_finished"),
        ([RowState.FAILED], "failed"),
    ],
)
def test_the_owner_is_told_once_how_it_ended(
    client: Client, author: User, batch: Batch, states: list[RowState], outcome: str
):
    end(batch, *states)
    batches.advance(batch.pk)
    told = Notification.objects.get()
    assert (told.user, told.batch, told.detail) == (author, batch.pk, outcome)
    client.force_login(author)
    assert "The sea: 1" in client.get(reverse("writing:notifications")).content.decode()
    response = client.get(reverse("writing:follow_notification", args=[told.pk]))
    assert response["Location"] == reverse("agents:batch", args=[batch.pk])


def test_the_mail_is_in_the_owners_language_and_leads_to_the_batch(
    author: User, batch: Batch, settings: Any
):
    settings.EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
    remember_language(author, "zh-hans")
    end(batch, RowState.FINISHED)
    assert send_due_mail() == 1
    assert send_due_mail() == 0
    [message] = mail.outbox
    assert message.to == [author.email]
    assert "The sea: 1" in message.subject
    assert "Your batch" not in message.subject
    assert str(Notification.objects.get().pk) in str(message.body)


def test_who_wants_no_mail_gets_none(author: User, batch: Batch, settings: Any):
    settings.EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
    choose(author, {Occasion.BATCH: Choice(False, Frequency.NEVER)})
    end(batch, RowState.FINISHED)
    assert send_due_mail() == 0
    assert not Notification.objects.exists()


def test_webhooks_are_told_what_docs_promise(author: User, batch: Batch, receiver: Receiver):
    add_webhook(author, url=receiver.url)
    end(batch, RowState.FINISHED, RowState.FAILED)
    assert Delivery.objects.count() == 1
    assert send_due_deliveries() == 1
    said = json.loads(receiver.requests[0][2])
    assert said["type"] == "batch.ended"
    assert said["data"]["id"] == str(batch.pk)
    assert said["data"]["outcome"] == "partly_finished"
    assert said["data"]["documents"] == {"total": 4, "finished": 2, "failed": 2}
    assert said["data"]["cost"] == {"amount": "0.000000", "currency": "USD"}
    assert batch.ended_at
    assert said["data"]["ended_at"] == batch.ended_at.isoformat()
    assert said["data"]["address"].endswith(reverse("agents:batch", args=[batch.pk]))


def test_of_a_batch_that_a_limit_pauses_its_owner_hears(author: User, batch: Batch):
    reached = Reached(BudgetScope.BATCH, Decimal(1), Decimal(1), Decimal(1))
    pause_at_limit(batch.pk, reached)
    pause_at_limit(batch.pk, reached)
    assert Notification.objects.get().detail == "limit"


def test_who_pauses_it_knows_of_it(author: User, batch: Batch):
    pause_batch(batch, acting_user=author)
    assert not Notification.objects.exists()


def download(client: Client, batch: Batch, suffix: str) -> list[bytes]:
    """The parts of the archive as they come."""
    response: Any = client.get(reverse("agents:download_batch", args=[batch.pk, suffix]))
    assert response["Content-Disposition"] == 'attachment; filename="The sea 1.zip"'

    async def collect() -> list[bytes]:
        return [part async for part in response.streaming_content]

    return async_to_sync(collect)()


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("suffix", ["md", "html", "json"])
def test_all_documents_are_in_the_archive_under_names_of_their_own(
    client: Client, author: User, batch: Batch, suffix: str
):
    client.force_login(author)
    parts = download(client, batch, suffix)
    assert len(parts) == 4 + 1  # one by one, and the list of what there is
    found = ZipFile(BytesIO(b"".join(parts)))
    assert found.testzip() is None
    kind = "provenance.json" if suffix == "json" else suffix
    assert found.namelist() == [
        f"1 Reefs.{kind}",
        f"2 Tides and more.{kind}",
        f"3 Reefs.{kind}",
        f"4 珊瑚礁.{kind}",
    ]
    assert "Reefs" in found.read(found.namelist()[0]).decode()
    entry = AuditEntry.objects.get(event="batch.exported")
    assert entry.details == {"format": suffix}


@pytest.mark.django_db(transaction=True)
def test_what_is_deleted_or_not_begun_or_not_theirs_any_more_is_left_out(
    client: Client, author: User, batch: Batch
):
    first, second, third, _last = batch.rows.select_related("document")
    assert first.document
    assert second.document
    delete_document(first.document, acting_user=author)
    second.document.delete()
    Member.objects.filter(document=third.document).delete()
    client.force_login(author)
    found = ZipFile(BytesIO(b"".join(download(client, batch, "md"))))
    assert found.namelist() == ["4 珊瑚礁.md", "Left out.txt"]
    said = found.read("Left out.txt").decode()
    assert [line[:2] for line in said.splitlines()[2:]] == ["1.", "2.", "3."]


def test_there_is_no_other_format_and_nothing_for_others(
    client: Client, author: User, batch: Batch
):
    client.force_login(author)
    assert client.get(reverse("agents:download_batch", args=[batch.pk, "exe"])).status_code == 404
    client.force_login(User.objects.create_superuser("eve"))
    assert client.get(reverse("agents:download_batch", args=[batch.pk, "md"])).status_code == 404
