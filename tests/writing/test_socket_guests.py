"""Who reads by a share link: without an account, read-only, and as long as the link is open."""

import time
from collections.abc import Callable
from datetime import timedelta

import pytest
from asgiref.sync import sync_to_async
from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from tests.writing.browser_double import BrowserDouble
from tests.writing.test_socket_rights import COME_AGAIN, GONE, SIGNED_OUT, WITHIN_SECONDS
from tests.writing.test_socket_rights import guest_and_section as editor_and_section
from writing.actions.documents import create_document, delete_document
from writing.actions.links import create_link
from writing.models import Section, ShareLink, Update
from writing.text import frames

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.asyncio]


def section_and_guest(password: str = "") -> tuple[Section, Client]:
    _editor, section = editor_and_section()
    owner = section.document.created_by
    _link, token = create_link(
        section.document, acting_user=owner, role="editor", password=password
    )
    client = Client()
    client.get(reverse("writing:follow_link", args=[token]))
    return section, client


def browser_of(document_id: object, client: Client) -> BrowserDouble:
    return BrowserDouble(document_id, None, client.session.session_key)


async def opened(section: Section, client: Client) -> BrowserDouble:
    browser = browser_of(section.document_id, client)
    await browser.connect()
    await browser.open(section.document_id)
    await browser.open(section.pk)
    return browser


async def test_a_guest_reads_writes_nothing_and_is_shown_to_nobody() -> None:
    section, client = await sync_to_async(section_and_guest)()
    owner = BrowserDouble(section.document_id, section.document.created_by)
    await owner.connect()
    await owner.open(section.document_id)
    await owner.open(section.pk)
    guest = await opened(section, client)
    assert guest.readonly is True
    await owner.type("A polyp lays down stone.")
    await guest.until(lambda: "lays down stone" in guest.read())
    await guest.type("By nobody.")
    await guest.until(lambda: guest.saved == [False])
    state = frames.encode_awareness([frames.Presence(7, 1, {"user": {"name": "Ana"}})])
    await guest.send(frames.awareness(str(section.document_id), state))
    await owner.type("And more.")
    await owner.until(lambda: owner.saved == [True, True])
    await guest.until(lambda: "And more" in guest.read())
    assert owner.present == {}
    assert await Update.objects.filter(section=section).acount() == 2
    await owner.socket.disconnect()
    await guest.socket.disconnect()


def revoke(section: Section, client: Client) -> None:
    ShareLink.objects.update(revoked_at=timezone.now())


def expire(section: Section, client: Client) -> None:
    ShareLink.objects.update(expires_at=timezone.now() - timedelta(seconds=1))


def delete(section: Section, client: Client) -> None:
    delete_document(section.document, acting_user=section.document.created_by)


def remove_link(section: Section, client: Client) -> None:
    ShareLink.objects.all().delete()


def end_session(section: Section, client: Client) -> None:
    client.session.flush()


@pytest.mark.parametrize(
    ("end", "code"),
    [
        (revoke, GONE),
        (expire, GONE),
        (delete, GONE),
        (remove_link, GONE),
        (end_session, COME_AGAIN),
    ],
)
async def test_what_ends_a_link_closes_the_sockets_it_opened(
    end: Callable[[Section, Client], None], code: int
) -> None:
    section, client = await sync_to_async(section_and_guest)()
    browser = await opened(section, client)
    await sync_to_async(end)(section, client)
    began = time.monotonic()
    assert await browser.closed_with() == code
    assert time.monotonic() - began < WITHIN_SECONDS
    await browser.socket.disconnect()


async def test_a_link_opens_no_other_socket_and_none_before_its_password() -> None:
    section, client = await sync_to_async(section_and_guest)()
    owner = await sync_to_async(lambda: User.objects.get(pk=section.document.created_by_id))()
    other = await sync_to_async(create_document)(owner, title="Another")
    elsewhere = browser_of(other.pk, client)
    await elsewhere.connect()
    assert await elsewhere.closed_with() == GONE
    locked, stranger = await sync_to_async(section_and_guest)("pearls")
    outside = browser_of(locked.document_id, stranger)
    await outside.connect()
    assert await outside.closed_with() == SIGNED_OUT
