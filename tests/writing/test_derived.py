"""The hub sees when the words of a thread are gone, and when they are back."""

import uuid

import pytest
from asgiref.sync import sync_to_async
from pycrdt import XmlElement, XmlFragment, XmlText

from tests.writing.browser_double import BrowserDouble
from tests.writing.test_socket import make_section, opened
from tests.writing.test_socket_failures import AWAY, BACK, run
from writing import hub
from writing.actions.comments import comment_on
from writing.actions.review import open_thread
from writing.models import Section, Thread
from writing.text import frames
from writing.text.structs import Kind, parse

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.asyncio]


@pytest.fixture(autouse=True)
def often(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(hub, "WATCH_SECONDS", 0.05)


async def change(browser: BrowserDouble, edit) -> None:
    before = browser.text.get_state()
    with browser.text.transaction():
        edit(browser.text.get("body", type=XmlFragment))
    await browser.send(frames.update(browser.section, browser.text.get_update(before)))


def text_of(body: XmlFragment) -> XmlText:
    paragraph = body.children[0]
    assert isinstance(paragraph, XmlElement)
    text = paragraph.children[0]
    assert isinstance(text, XmlText)
    return text


def comment(section: Section, user, browser: BrowserDouble) -> Thread:
    """On the first five characters."""
    [struct] = [s for s in parse(browser.text.get_update()).structs if s.kind is Kind.STRING]
    first, last = (struct.client, struct.clock), (struct.client, struct.clock + 4)
    return comment_on(section, acting_user=user, body="Why?", first=first, last=last)


async def is_gone(browser: BrowserDouble, thread: Thread, *, gone: bool) -> None:
    """Until the row says so, and the browser was told."""
    browser.hints.clear()
    await browser.until(lambda: any(hint["hint"] == "review-changed" for hint in browser.hints))
    await thread.arefresh_from_db()
    assert (thread.words_gone_at is not None) == gone


async def test_words_that_are_deleted_and_come_back_are_told():
    user, section = await sync_to_async(make_section)()
    ana = await opened(user, section)
    await ana.type("Coral grows.")
    await ana.until(lambda: ana.saved == [True])
    thread = await sync_to_async(comment)(section, user, ana)
    await ana.until(lambda: "comment--" in ana.read() or str(thread.pk) in ana.read())
    marks = text_of(ana.text.get("body", type=XmlFragment)).diff()[0][1]
    await thread.arefresh_from_db()
    assert thread.words_gone_at is None
    await change(ana, lambda body: text_of(body).__delitem__(slice(0, 5)))
    await is_gone(ana, thread, gone=True)
    await change(ana, lambda body: text_of(body).insert(0, "Coral", marks))
    await is_gone(ana, thread, gone=False)
    await ana.socket.disconnect()


async def test_what_was_lost_while_nobody_was_here_is_seen_on_opening():
    user, section = await sync_to_async(make_section)()
    thread = await sync_to_async(open_thread)(
        section, thread_id=uuid.uuid4(), quote="Coral", body="Why?", user=user
    )
    whole = await sync_to_async(open_thread)(
        section, thread_id=uuid.uuid4(), quote="", body="All of it?", user=user
    )
    ana = await opened(user, section)
    await is_gone(ana, thread, gone=True)
    await whole.arefresh_from_db()
    assert whole.words_gone_at is None
    await ana.socket.disconnect()


async def test_what_the_database_did_not_take_is_tried_again(caplog: pytest.LogCaptureFixture):
    user, section = await sync_to_async(make_section)()
    await run(AWAY, "writing_thread")
    try:
        ana = await opened(user, section)
        await ana.type("Coral grows.")
        await ana.until(lambda: "could not read the database" in caplog.text)
    finally:
        await run(BACK, "writing_thread")
    thread = await sync_to_async(open_thread)(
        section, thread_id=uuid.uuid4(), quote="Gone.", body="Why?", user=user
    )
    await is_gone(ana, thread, gone=True)
    await ana.socket.disconnect()
