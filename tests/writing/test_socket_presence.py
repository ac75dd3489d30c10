"""Cursors move fluently without flooding those who look on."""

import asyncio
import time
import uuid
from typing import Any

import pytest
from asgiref.sync import sync_to_async
from django.contrib.auth import get_user_model
from django.contrib.auth.models import User

from tests.writing.browser_double import PONG, BrowserDouble
from writing.actions.documents import create_document
from writing.actions.sections import add_section
from writing.announce import group_of, layer
from writing.models import Member, Section
from writing.presence import SHOWN_BYTES_PER_SECOND, Movements
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


def quicken(monkeypatch: pytest.MonkeyPatch) -> None:
    """Beats and losses in tenths of their time."""
    monkeypatch.setattr("writing.pulse.SILENT_SECONDS", 0.4)
    monkeypatch.setattr("writing.hub.BEAT_SECONDS", 0.1)
    monkeypatch.setattr("writing.hub.LOOK_SECONDS", 0.05)


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


async def test_many_sections_may_be_opened_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """A browser says in each of them that it is there, or not, all within a second."""
    monkeypatch.setattr("writing.consumers.MOST_PRESENCES_PER_SECOND", 1)
    user, section = await sync_to_async(user_and_section)()
    more = [
        await sync_to_async(add_section)(section.document, acting_user=user, title=f"Wall {number}")
        for number in range(4)
    ]
    ana = await opened(user, section)
    for clock, each in enumerate(more, 1):
        await ana.open(each.pk)
        for number in (1, 2):
            await ana.send(moved(ana, 7, 2 * clock + number))
    await ana.type("Still here.")
    await ana.until(lambda: ana.saved == [True])
    await ana.socket.disconnect()


async def test_whose_connection_was_lost_is_gone_until_heard_again(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    quicken(monkeypatch)
    user, section = await sync_to_async(user_and_section)()
    ana, looker = await opened(user, section), await opened(user, section)
    await ana.send(moved(ana, 101, 1))
    await looker.until(lambda: place(looker, 101) == 1)
    # Nothing more comes from her, and no close either.
    await looker.until(lambda: looker.present[101] is None)
    late = await opened(user, section)
    await late.until_pinged()
    assert 101 not in late.present
    await ana.send(PONG)
    await ana.until(lambda: {"hint": "presence-wanted", "detail": {}} in ana.hints)
    assert ana.present[101] is None  # which makes her browser count on
    await ana.send(moved(ana, 101, 3))
    await looker.until(lambda: place(looker, 101) == 3)
    for browser in (ana, looker, late):
        await browser.socket.disconnect()


async def test_who_answers_stays_though_they_do_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    quicken(monkeypatch)
    user, section = await sync_to_async(user_and_section)()
    ana, looker = await opened(user, section), await opened(user, section)
    await ana.send(moved(ana, 101, 1))
    await looker.until(lambda: place(looker, 101) == 1)
    for _ in range(8):
        await ana.until_pinged()
        await looker.until_pinged()
    assert place(looker, 101) == 1
    for browser in (ana, looker):
        await browser.socket.disconnect()


async def test_who_comes_back_before_the_loss_is_known_is_seen_at_once() -> None:
    user, section = await sync_to_async(user_and_section)()
    ana, looker = await opened(user, section), await opened(user, section)
    await ana.send(moved(ana, 101, 1))
    await looker.until(lambda: place(looker, 101) == 1)
    again = await opened(user, section)
    await again.send(moved(again, 101, 2))
    await looker.until(lambda: place(looker, 101) == 2)
    await ana.socket.disconnect()
    late = await opened(user, section)
    await late.until(lambda: place(late, 101) == 2)
    for browser in (again, looker, late):
        await browser.socket.disconnect()


async def test_nobody_speaks_for_somebody_else() -> None:
    user, section = await sync_to_async(user_and_section)()
    other = await sync_to_async(get_user_model().objects.create_user)(f"eve-{uuid.uuid4().hex}")
    await sync_to_async(Member.objects.create)(
        document_id=section.document_id, user=other, role="editor"
    )
    ana, eve = await opened(user, section), await opened(other, section)
    looker = await opened(user, section)
    await ana.send(moved(ana, 101, 1))
    await looker.until(lambda: place(looker, 101) == 1)
    await eve.send(moved(eve, 101, 9))
    await eve.send(moved(eve, 202, 9))
    await looker.until(lambda: place(looker, 202) == 9)
    assert place(looker, 101) == 1
    for browser in (ana, eve, looker):
        await browser.socket.disconnect()


async def test_people_of_a_killed_process_are_gone_until_it_is_heard_again(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    quicken(monkeypatch)
    user, section = await sync_to_async(user_and_section)()
    looker = await opened(user, section)
    group, other = group_of(section.document_id), "another process"

    async def tell(kind: str, **more: object) -> None:
        await layer().group_send(group, {"type": kind, "sender": other, **more})

    async def show(clock: int) -> None:
        state: dict[str, Any] = {"user": {"id": 7, "name": "Ben"}, "cursor": {"anchor": clock}}
        update = frames.encode_awareness([Presence(303, clock, state)])
        await tell("text.presence", items=[[looker.section, update]])

    await layer().group_add(group, "another-process")
    await tell("presence.alive")
    await show(1)
    await looker.until(lambda: place(looker, 303) == 1)
    # This process tells the other that it lives, too.
    while (await layer().receive("another-process")).get("sender") == other:
        pass
    await looker.until(lambda: looker.present[303] is None)
    await tell("presence.alive")
    kinds = set()
    while "presence.wanted" not in kinds:
        kinds.add((await layer().receive("another-process"))["type"])
    await show(2)
    await looker.until(lambda: place(looker, 303) == 2)
    await looker.socket.disconnect()


async def test_however_many_move_a_browser_is_sent_a_bounded_number_of_bytes() -> None:
    sent: list[tuple[float, int]] = []

    async def show(name: str, update: bytes, owner: object) -> None:
        sent.append((time.monotonic(), len(update)))

    movements: Movements[str] = Movements(show)
    state = {"user": {"id": 1, "name": "Ana", "tone": 1}, "cursor": {"anchor": "x" * 200}}
    began = time.monotonic()
    clock = 0
    while time.monotonic() < began + 1:
        clock += 1
        for client_id in range(30):
            movements.add("section", [Presence(client_id, clock, state)], str(client_id))
        await asyncio.sleep(1 / 60)
    movements.close()
    later = [size for at, size in sent if at > began + 0.2]
    assert later
    assert sum(later) < 1.5 * SHOWN_BYTES_PER_SECOND
