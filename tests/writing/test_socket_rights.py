"""A change of rights reaches whoever has the document open within a second."""

import time
import uuid
from collections.abc import Callable

import pytest
from asgiref.sync import sync_to_async
from django.contrib.auth import get_user_model
from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse

from tests.writing.browser_double import BrowserDouble
from writing.actions.documents import create_document, delete_document
from writing.actions.sections import add_section
from writing.models import Member, MemberRole, Section, Update

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.asyncio]

WITHIN_SECONDS = 1.0
FORBIDDEN, GONE, COME_AGAIN, SIGNED_OUT = 4403, 4404, 4205, 4401


def guest_and_section() -> tuple[User, Section]:
    """An editor of a document that somebody else owns, and its section."""
    names = (f"{name}-{uuid.uuid4().hex[:8]}" for name in ("ana", "ben"))
    ana, ben = (get_user_model().objects.create_user(name) for name in names)
    document = create_document(ana, title="Reefs", language="en")
    Member.objects.create(document=document, user=ben, role=MemberRole.EDITOR)
    return ben, add_section(document, acting_user=ana, title="Walls")


def signed_in(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


async def opened(section: Section, client: Client) -> BrowserDouble:
    browser = BrowserDouble(section.document_id, None, client.session.session_key)
    await browser.connect()
    await browser.open(section.document_id)
    await browser.open(section.pk)
    return browser


def demote(user: User, section: Section, client: Client) -> None:
    Member.objects.filter(user=user).update(role=MemberRole.VIEWER)


def promote(user: User, section: Section, client: Client) -> None:
    Member.objects.filter(user=user).update(role=MemberRole.OWNER)


def remove(user: User, section: Section, client: Client) -> None:
    Member.objects.filter(user=user).delete()


def leave(user: User, section: Section, client: Client) -> None:
    client.post(reverse("writing:leave", args=[section.document_id]))


def delete(user: User, section: Section, client: Client) -> None:
    delete_document(section.document, acting_user=user)


def block(user: User, section: Section, client: Client) -> None:
    User.objects.filter(pk=user.pk).update(is_active=False)


def delete_account(user: User, section: Section, client: Client) -> None:
    User.objects.filter(pk=user.pk).delete()


def sign_out(user: User, section: Section, client: Client) -> None:
    client.logout()


def change_password(user: User, section: Section, client: Client) -> None:
    changed = User.objects.get(pk=user.pk)
    changed.set_password("another city under the sea")
    changed.save()


@pytest.mark.parametrize(
    ("change", "code"),
    [
        (demote, FORBIDDEN),
        (promote, FORBIDDEN),
        (remove, GONE),
        (leave, GONE),
        (delete, GONE),
        (block, GONE),
        (delete_account, GONE),
        (sign_out, COME_AGAIN),
        (change_password, COME_AGAIN),
    ],
)
async def test_change_closes_the_open_socket_and_nothing_more_is_saved(
    change: Callable[[User, Section, Client], None], code: int
) -> None:
    user, section = await sync_to_async(guest_and_section)()
    client = await sync_to_async(signed_in)(user)
    browser = await opened(section, client)
    await sync_to_async(change)(user, section, client)
    began = time.monotonic()
    assert await browser.closed_with() == code
    assert time.monotonic() - began < WITHIN_SECONDS
    await browser.type("Too late.")
    await browser.socket.disconnect()
    assert not await Update.objects.filter(section=section).aexists()


async def test_who_comes_again_after_signing_out_is_told_so() -> None:
    user, section = await sync_to_async(guest_and_section)()
    client = await sync_to_async(signed_in)(user)
    browser = await opened(section, client)
    key = client.session.session_key
    await sync_to_async(client.logout)()
    assert await browser.closed_with() == COME_AGAIN
    again = BrowserDouble(section.document_id, None, key)
    await again.connect()
    assert await again.closed_with() == SIGNED_OUT


async def test_others_stay() -> None:
    user, section = await sync_to_async(guest_and_section)()
    client = await sync_to_async(signed_in)(user)
    owner = await sync_to_async(lambda: section.document.members.get(role="owner").user)()
    ana = await opened(section, await sync_to_async(signed_in)(owner))
    ben = await opened(section, client)
    await sync_to_async(remove)(user, section, client)
    assert await ben.closed_with() == GONE
    await ana.type("Still here.")
    await ana.until(lambda: ana.saved == [True])
    await ana.socket.disconnect()
