"""Messages to webhooks: signed, sent to public addresses alone, and again until they are heard."""

import base64
import hashlib
import hmac
import json
import socket
from datetime import timedelta

import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from agents import outbound
from agents.actions import webhooks
from agents.models import Delivery, DeliveryEvent, DeliveryState, Webhook
from tests.receiver import Receiver
from writing.exceptions import InvalidInput
from writing.models import AuditEntry


@pytest.fixture
def webhook(author: User, receiver: Receiver) -> Webhook:
    return webhooks.add_webhook(author, url=receiver.url)


def told(author: User) -> Delivery:
    [delivery] = webhooks.tell_webhooks(
        author.pk, DeliveryEvent.BATCH_ENDED, {"name": "Reefs – 珊瑚"}
    )
    return delivery


def is_due(delivery: Delivery) -> None:
    Delivery.objects.filter(pk=delivery.pk).update(not_before=timezone.now())


def test_a_message_is_signed_by_the_standard(author: User, webhook: Webhook, receiver: Receiver):
    delivery = told(author)
    assert webhooks.deliver(delivery.pk)
    [(path, headers, body)] = receiver.requests
    assert path == "/hook"
    assert json.loads(body)["data"]["name"] == "Reefs – 珊瑚"
    assert json.loads(body)["type"] == "batch.ended"
    # As docs/briefs.md shows it to receivers.
    key = base64.b64decode(webhook.secret.removeprefix("whsec_"))
    signed = f"{headers['webhook-id']}.{headers['webhook-timestamp']}.".encode() + body
    expected = base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest()).decode()
    assert headers["webhook-signature"] == f"v1,{expected}"
    delivery.refresh_from_db()
    assert (delivery.state, delivery.status, delivery.tries) == (DeliveryState.DELIVERED, 204, 1)


def test_what_is_not_taken_is_sent_again_later(author: User, webhook: Webhook, receiver: Receiver):
    receiver.statuses, receiver.answer = [500, 200], b"oh dear"
    delivery = told(author)
    assert not webhooks.deliver(delivery.pk)
    delivery.refresh_from_db()
    assert (delivery.state, delivery.status) == (DeliveryState.WAITING, 500)
    assert delivery.answer == "oh dear"
    assert "500" in delivery.problem
    assert delivery.not_before > timezone.now() + timedelta(seconds=50)
    assert webhooks.send_due_deliveries() == 0
    is_due(delivery)
    assert webhooks.send_due_deliveries() == 1
    assert len({headers["webhook-id"] for _, headers, _ in receiver.requests}) == 1
    assert len(receiver.requests) == 2


def test_after_the_last_try_it_is_given_up(author: User, webhook: Webhook, receiver: Receiver):
    receiver.statuses = [500]
    delivery = told(author)
    for _again in range(len(webhooks.PAUSES) + 1):
        is_due(delivery)
        webhooks.deliver(delivery.pk)
    delivery.refresh_from_db()
    assert delivery.state == DeliveryState.FAILED
    is_due(delivery)
    assert not webhooks.deliver(delivery.pk)
    assert len(receiver.requests) == len(webhooks.PAUSES) + 1
    receiver.statuses = [200]
    assert webhooks.send_again(delivery, acting_user=author).tries == 0
    assert webhooks.deliver(delivery.pk)


def test_whom_one_worker_tells_no_other_does(author: User, webhook: Webhook, receiver: Receiver):
    delivery = told(author)
    # As a worker leaves it that was killed while it sent.
    Delivery.objects.update(tries=1, not_before=timezone.now() + webhooks.LEASE)
    assert not webhooks.deliver(delivery.pk)
    assert receiver.requests == []
    is_due(delivery)
    assert webhooks.deliver(delivery.pk)


def test_who_is_gone_is_told_no_more(author: User, webhook: Webhook, receiver: Receiver):
    receiver.statuses = [410]
    webhooks.deliver(told(author).pk)
    webhook.refresh_from_db()
    assert not webhook.is_enabled
    assert webhooks.tell_webhooks(author.pk, DeliveryEvent.BATCH_ENDED, {}) == []


def test_of_a_closed_account_nobody_is_told(author: User, webhook: Webhook, receiver: Receiver):
    delivery = told(author)
    author.is_active = False
    author.save()
    assert not webhooks.deliver(delivery.pk)
    assert receiver.requests == []
    assert webhooks.tell_webhooks(author.pk, DeliveryEvent.BATCH_ENDED, {}) == []


def test_a_redirect_is_not_followed(author: User, webhook: Webhook, receiver: Receiver):
    receiver.statuses, receiver.location = [302], receiver.url + "/elsewhere"
    delivery = told(author)
    assert not webhooks.deliver(delivery.pk)
    assert len(receiver.requests) == 1


def test_a_slow_receiver_is_left(author: User, webhook, receiver: Receiver, monkeypatch):
    monkeypatch.setattr(outbound, "WHOLE_SECONDS", 0.2)
    receiver.pause_seconds = 1.0
    delivery = told(author)
    assert not webhooks.deliver(delivery.pk)
    delivery.refresh_from_db()
    assert "No answer" in delivery.problem


def test_of_a_long_answer_the_beginning_is_kept(author: User, webhook, receiver: Receiver):
    receiver.statuses, receiver.answer = [200], b"x" * 5_000_000
    delivery = told(author)
    webhooks.deliver(delivery.pk)
    delivery.refresh_from_db()
    assert delivery.answer == "x" * outbound.ANSWER_CHARACTERS


@pytest.mark.parametrize(
    "host",
    [
        "localhost",
        "127.0.0.1",
        "127.1",
        "2130706433",
        "0x7f.0.0.1",
        "0.0.0.0",
        "10.1.2.3",
        "172.16.0.1",
        "192.168.1.1",
        "169.254.169.254",
        "100.64.0.1",
        "224.0.0.1",
        "[::1]",
        "[::]",
        "[fe80::1]",
        "[fd00::1]",
        "[::ffff:127.0.0.1]",
        "[2002:7f00:1::]",
        "[64:ff9b::7f00:1]",
    ],
)
def test_private_addresses_are_not_reached(receiver: Receiver, settings, host: str):
    settings.WEBHOOK_PRIVATE = False
    port = receiver.url.split(":")[2].split("/")[0]
    answer = outbound.post(f"http://{host}:{port}/hook", b"{}", {})
    assert answer.status is None
    assert answer.problem
    assert receiver.requests == []


def test_a_name_is_looked_up_once_and_kept_to(receiver: Receiver, settings, monkeypatch):
    real, asked = socket.getaddrinfo, []

    def look_up(host, *args, **kwargs):
        name = host.decode() if isinstance(host, bytes) else host
        if name != "hooks.example.org":
            return real(host, *args, **kwargs)
        asked.append(name)
        return real("127.0.0.1", *args, **kwargs)

    monkeypatch.setattr(socket, "getaddrinfo", look_up)
    url = receiver.url.replace("127.0.0.1", "hooks.example.org")
    assert outbound.post(url, b"{}", {}).status == 204
    assert asked == ["hooks.example.org"]
    settings.WEBHOOK_PRIVATE = False
    assert "private network" in outbound.post(url, b"{}", {}).problem
    assert len(receiver.requests) == 1


@pytest.mark.parametrize(
    "url",
    ["", "example.org", "ftp://example.org", "file:///etc/passwd", "https://", "http://a:99999/",
     "https://name:word@example.org/", "https://exa mple.org/", "http://[::1", "https://b\u00fcro.de/"],
)  # fmt: skip
def test_only_addresses_of_the_web_are_taken(author: User, url: str):
    with pytest.raises(InvalidInput):
        webhooks.add_webhook(author, url=url)


def test_there_is_room_for_ten(author: User, receiver: Receiver):
    for number in range(webhooks.MOST_WEBHOOKS):
        webhooks.add_webhook(author, url=f"{receiver.url}/{number}")
    with pytest.raises(InvalidInput, match="Delete one first"):
        webhooks.add_webhook(author, url=receiver.url)


def test_the_secret_is_sealed_and_shown_once(client: Client, author: User, receiver: Receiver):
    client.force_login(author)
    page = client.post(reverse("agents:webhooks"), {"url": receiver.url + "/key-in-path"})
    webhook = Webhook.objects.get()
    assert webhook.secret in page.content.decode()
    for name in ("webhooks", "webhook"):
        args = [] if name == "webhooks" else [webhook.pk]
        assert (
            webhook.secret not in client.get(reverse(f"agents:{name}", args=args)).content.decode()
        )
    with connection.cursor() as cursor:
        cursor.execute("SELECT secret FROM agents_webhook")
        assert webhook.secret not in cursor.fetchone()[0]
    entry = AuditEntry.objects.get(event="webhook.created")
    assert "key-in-path" not in entry.target
    before = webhook.secret
    page = client.post(reverse("agents:renew_secret", args=[webhook.pk]))
    webhook.refresh_from_db()
    assert webhook.secret != before
    assert webhook.secret in page.content.decode()


def test_a_test_is_sent_and_logged(client: Client, author: User, webhook: Webhook, receiver):
    client.force_login(author)
    client.post(reverse("agents:test_webhook", args=[webhook.pk]))
    address = reverse("agents:webhook", args=[webhook.pk])
    assert "every 2s" in client.get(address).content.decode()
    Delivery.objects.update(tries=1, not_before=timezone.now() + webhooks.LEASE)
    assert "every 2s" in client.get(address).content.decode()  # while a worker sends it, too
    Delivery.objects.update(tries=0, not_before=timezone.now())
    assert webhooks.send_due_deliveries() == 1
    delivery = Delivery.objects.get()
    assert json.loads(receiver.requests[0][2])["type"] == "webhook.test"
    log = client.get(reverse("agents:webhook", args=[webhook.pk])).content.decode()
    assert "Delivered" in log
    assert "every 2s" not in log
    page = client.get(reverse("agents:delivery", args=[delivery.pk])).content.decode()
    assert "webhook.test" in page
    client.post(reverse("agents:send_again", args=[delivery.pk]))
    webhooks.send_due_deliveries()
    assert [h["webhook-id"] for _, h, _ in receiver.requests] == [str(delivery.pk)] * 2


def test_a_webhook_is_changed_switched_off_and_deleted(client, author: User, webhook: Webhook):
    client.force_login(author)
    address = reverse("agents:webhook", args=[webhook.pk])
    page = client.post(address, {"url": "nowhere", "is_enabled": "on"})
    assert page.status_code == 422
    assert "Enter an address" in page.content.decode()
    client.post(address, {"url": "https://example.org/x"})
    webhook.refresh_from_db()
    assert (webhook.url, webhook.is_enabled) == ("https://example.org/x", False)
    client.post(reverse("agents:delete_webhook", args=[webhook.pk]))
    assert not Webhook.objects.exists()


def test_of_anothers_webhooks_nothing_is_there(client: Client, author: User, webhook: Webhook):
    delivery = webhooks.send_test(webhook, acting_user=author)
    client.force_login(User.objects.create_superuser("eve"))
    for name in ("webhook", "test_webhook", "renew_secret", "delete_webhook"):
        assert client.post(reverse(f"agents:{name}", args=[webhook.pk])).status_code == 404
    assert client.get(reverse("agents:webhook", args=[webhook.pk])).status_code == 404
    assert client.get(reverse("agents:delivery", args=[delivery.pk])).status_code == 404
    assert client.post(reverse("agents:send_again", args=[delivery.pk])).status_code == 404
    assert str(webhook.url) not in client.get(reverse("agents:webhooks")).content.decode()


def test_the_log_takes_as_many_queries_for_many(
    client, author: User, webhook: Webhook, django_assert_num_queries
):
    client.force_login(author)
    address = reverse("agents:webhook", args=[webhook.pk])
    webhooks.send_test(webhook, acting_user=author)
    client.get(address)
    with CaptureQueriesContext(connection) as queries:
        client.get(address)
    few = len(queries)
    for _each in range(30):
        webhooks.send_test(webhook, acting_user=author)
    client.get(address)
    with django_assert_num_queries(few):
        client.get(address)


def test_old_messages_are_forgotten(author: User, webhook: Webhook):
    old, fresh, waiting = (webhooks.send_test(webhook, acting_user=author) for _ in range(3))
    Delivery.objects.exclude(pk=waiting.pk).update(state=DeliveryState.FAILED)
    long_ago = timezone.now() - timedelta(days=31)
    Delivery.objects.exclude(pk=fresh.pk).update(created_at=long_ago)
    assert webhooks.forget_old_deliveries() == 1
    assert not Delivery.objects.filter(pk=old.pk).exists()
