"""What is mailed, when, to whom, and that it is mailed once."""

import re
from datetime import UTC, datetime, timedelta
from smtplib import SMTPServerDisconnected

import pytest
from django.contrib.auth.models import User
from django.core import mail
from django.core.mail import EmailMultiAlternatives
from django.core.mail.backends.locmem import EmailBackend
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from tests.writing.conftest import Desk
from writing.actions.mailings import gather, send, send_due_mail
from writing.actions.members import remove_member
from writing.actions.notifications import Choice, choose, mark_all_read, remember_language
from writing.actions.review import reply
from writing.mail import due_before
from writing.models import Frequency, Mailing, Member, Notification, Occasion

REFUSALS: list[int] = []


class RefusingBackend(EmailBackend):
    """A server that is away for its first calls."""

    def send_messages(self, messages):
        if REFUSALS:
            REFUSALS.pop()
            raise SMTPServerDisconnected("away")
        return super().send_messages(messages)


@pytest.fixture
def told(desk: Desk) -> Desk:
    """The viewer was mentioned, and wants that mailed at once."""
    User.objects.filter(username="viewer").update(email="viewer@example.org", first_name="Vi")
    reply(desk.thread, acting_user=desk.people["editor"], body="@viewer, is <b>this</b> so?")
    return desk


def wants(desk: Desk, mail: Frequency) -> None:
    viewer = desk.people["viewer"]
    choose(viewer, {occasion: Choice(True, mail) for occasion in Occasion})


def made(ago: timedelta) -> None:
    Notification.objects.update(created_at=timezone.now() - ago)


def test_a_mail_says_what_and_where_in_two_forms(told: Desk, settings):
    settings.SITE_URL = "https://write.example.org"
    assert send_due_mail() == 1
    [sent] = mail.outbox
    assert sent.to == ["viewer@example.org"]
    assert sent.subject == "editor mentioned you in “The quiet city”"
    notification = Notification.objects.get(user=told.people["viewer"])
    address = f"https://write.example.org/notifications/{notification.pk}/"
    assert "Hello Vi," in sent.body
    assert "is <b>this</b> so?" in sent.body
    assert isinstance(sent, EmailMultiAlternatives)
    [(html, kind)] = sent.alternatives
    assert kind == "text/html"
    assert "is &lt;b&gt;this&lt;/b&gt; so?" in str(html)
    assert address in sent.body
    assert address in str(html)
    assert sent.extra_headers["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"


def test_it_is_sent_once(told: Desk):
    assert [send_due_mail() for _ in range(3)] == [1, 0, 0]
    assert len(mail.outbox) == 1


def test_a_worker_killed_after_it_began_leads_to_no_second_mail(told: Desk):
    [mailing] = gather()
    assert send(mailing.pk)
    # As a worker leaves it that is killed before it could say that it has sent it.
    Mailing.objects.update(sent_at=None)
    assert send_due_mail() == 0
    assert len(mail.outbox) == 1


def test_a_worker_killed_before_it_began_leaves_it_to_another(told: Desk):
    gather()
    assert not mail.outbox
    assert send_due_mail() == 1


def test_what_the_server_refuses_is_sent_later_once(told: Desk, settings):
    settings.EMAIL_BACKEND = f"{__name__}.RefusingBackend"
    REFUSALS[:] = [1]
    assert send_due_mail() == 0
    assert send_due_mail() == 0, "not at once"
    Mailing.objects.update(not_before=timezone.now() - timedelta(seconds=1))
    assert [send_due_mail(), send_due_mail()] == [1, 0]
    assert len(mail.outbox) == 1


@pytest.mark.parametrize("how", ["left", "read", "unsubscribed", "inactive", "no address"])
@pytest.mark.parametrize("when", ["before", "after it was gathered"])
def test_nothing_is_mailed_that_is_not_to_be_said_any_more(told: Desk, how: str, when: str):
    if when != "before":
        gather()
    viewer = told.people["viewer"]
    if how == "left":
        remove_member(Member.objects.get(user=viewer), acting_user=told.people["owner"])
    elif how == "read":
        mark_all_read(viewer)
    elif how == "unsubscribed":
        wants(told, Frequency.NEVER)
    else:
        changed = {"is_active": False} if how == "inactive" else {"email": ""}
        User.objects.filter(pk=viewer.pk).update(**changed)
    assert send_due_mail() == 0
    assert not mail.outbox


def test_a_digest_gathers_what_came_since_the_last(told: Desk):
    wants(told, Frequency.DAILY)
    assert send_due_mail() == 0 or timezone.now().hour == 7
    made(timedelta(hours=24))
    reply(told.thread, acting_user=told.people["owner"], body="@viewer once more")
    Notification.objects.update(created_at=timezone.now() - timedelta(hours=24))
    Mailing.objects.all().delete()
    mail.outbox.clear()
    assert send_due_mail() == 1
    [sent] = mail.outbox
    assert sent.subject == "2 notifications from Scriptorium"
    assert sent.body.count("The quiet city\n") == 1


def test_when_digests_are_due():
    monday = datetime(2026, 11, 23, 7, 30, tzinfo=UTC)
    at_seven = monday.replace(minute=0)
    assert due_before(Frequency.AT_ONCE, monday) == monday
    assert due_before(Frequency.DAILY, monday) == at_seven
    assert due_before(Frequency.DAILY, monday.replace(hour=6)) == at_seven - timedelta(days=1)
    assert due_before(Frequency.WEEKLY, monday + timedelta(days=6)) == at_seven
    assert due_before(Frequency.WEEKLY, monday.replace(hour=6)) == at_seven - timedelta(days=7)
    assert due_before(Frequency.NEVER, monday) is None


def test_old_news_is_not_mailed_when_mail_is_set_up_later(told: Desk, settings):
    settings.EMAIL_BACKEND = "django.core.mail.backends.console.EmailBackend"
    assert send_due_mail() == 0
    assert not Mailing.objects.exists()
    settings.EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
    made(timedelta(days=9))
    assert send_due_mail() == 0


def test_it_is_written_in_the_receivers_language(told: Desk):
    remember_language(told.people["viewer"], "zh-hans")
    send_due_mail()
    [sent] = mail.outbox
    assert isinstance(sent, EmailMultiAlternatives)
    assert "提到了您" in sent.subject
    assert '<html lang="zh-hans">' in str(sent.alternatives[0][0])


def unsubscribe_link(sent) -> str:
    found = re.fullmatch(r"<http://[^/]+(/\S+)>", sent.extra_headers["List-Unsubscribe"])
    assert found
    return found[1]


def test_one_press_ends_all_mail_without_signing_in(told: Desk):
    send_due_mail()
    link = unsubscribe_link(mail.outbox[0])
    client = Client(enforce_csrf_checks=True)
    page = client.get(link)
    assert "no notifications by mail" in page.content.decode()
    assert page["Referrer-Policy"] == "no-referrer"
    reply(told.thread, acting_user=told.people["owner"], body="@viewer?")
    assert send_due_mail() == 1, "looking at the page ends nothing"
    # As a mail program posts it (RFC 8058): from elsewhere, with no cookie.
    answer = client.post(link, {"List-Unsubscribe": "One-Click"})
    assert answer.status_code == 200
    reply(told.thread, acting_user=told.people["owner"], body="@viewer!")
    assert send_due_mail() == 0
    bell = told.client("viewer").get(reverse("writing:bell")).content.decode()
    assert "3 unread" in bell, "the app tells on"


@pytest.mark.parametrize("token", ["nonsense", "MQ:1abc:xyz"])
def test_a_forged_link_ends_nobodys_mail(told: Desk, token: str):
    address = reverse("writing:unsubscribe", args=[token])
    for answer in (Client().get(address), Client().post(address)):
        assert answer.status_code == 404
    assert send_due_mail() == 1
