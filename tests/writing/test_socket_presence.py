"""Cursors move fluently without flooding those who look on."""

import uuid
from typing import Any

import pytest
from asgiref.sync import sync_to_async
from django.contrib.auth import get_user_model
from django.contrib.auth.models import User

from tests.writing.browser_double import BrowserDouble
from writing.actions.documents import create_document
from writing.actions.sections import add_section
from writing.models import Section
from writing.text import frames
from writing.text.frames import Presence

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.asyncio]

MOVES = 60
BROKEN = 4400


def user_and_section() -> tuple[User, Section]:
    user = get_user_model().objects.create_user(f"ana-{uuid.uuid4().hex[:8]}")
    document = create_document(user, title="Reefs", language="en")
    return user, add_section(document, acting_user=user, title="Walls")


async def opened(user: User, section: Section) -> BrowserDouble:
    browser = BrowserDouble(section.document_id, user)
    await browser.connect()
    await browser.open(section.document_id)
    await browser.open(section.pk)
    return browser


def moved(browser: BrowserDouble, client_id: int, clock: int) -> bytes:
    state: dict[str, Any] = {"cursor": {"anchor": clock}}
    update = frames.encode_awareness([Presence(client_id, clock, state)])
    return frames.awareness(browser.section, update)


def place(browser: BrowserDouble, client_id: int) -> int | None:
    state = browser.present.get(client_id)
    return state["cursor"]["anchor"] if state else None


async def test_moves_in_quick_succession_are_shown_together_and_the_last_one_stands() -> None:
    user, section = await sync_to_async(user_and_section)()
    ana, ben = await opened(user, section), await opened(user, section)
    looker = await opened(user, section)
    for clock in range(1, MOVES + 1):
        await ana.send(moved(ana, 101, clock))
        await ben.send(moved(ben, 102, clock))
    await looker.until(lambda: place(looker, 101) == place(looker, 102) == MOVES)
    assert looker.frames_of_presence < MOVES / 2
    for browser in (ana, ben, looker):
        await browser.socket.disconnect()


async def test_who_moved_and_left_at_once_is_gone() -> None:
    user, section = await sync_to_async(user_and_section)()
    ana, looker = await opened(user, section), await opened(user, section)
    for clock in range(1, MOVES + 1):
        await ana.send(moved(ana, 101, clock))
    await ana.socket.disconnect()
    await looker.until(lambda: 101 in looker.present and looker.present[101] is None)
    late = await opened(user, section)
    assert late.present.get(101) is None
    await looker.socket.disconnect()
    await late.socket.disconnect()


async def test_flood_of_states_ends_the_connection() -> None:
    user, section = await sync_to_async(user_and_section)()
    ana = await opened(user, section)
    for clock in range(1, 300):
        await ana.send(moved(ana, 101, clock))
    assert await ana.closed_with() == BROKEN
