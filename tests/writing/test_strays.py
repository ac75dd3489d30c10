"""What somebody typed into a block while somebody else deleted it is shown again, as theirs."""

import pytest
from asgiref.sync import sync_to_async
from django.contrib.auth.models import User
from pycrdt import XmlElement, XmlFragment, XmlText

from tests.writing.browser_double import BrowserDouble
from tests.writing.test_socket import make_section, opened
from writing.actions.text import body_of
from writing.models import Member, MemberRole, Peer, Section, Update
from writing.text import frames
from writing.text.output import plain_text
from writing.text.tree import append_text, insert_element, texts

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
async def desk():
    """Two people with a paragraph that both have read."""
    user, section = await sync_to_async(make_section)()
    ben = await sync_to_async(User.objects.create_user)("ben")
    await Member.objects.acreate(document_id=section.document_id, user=ben, role=MemberRole.EDITOR)
    browsers = await opened(user, section), await opened(ben, section)
    await browsers[0].type("The reef.")
    await browsers[1].until(lambda: "reef" in browsers[1].read())
    yield section, *browsers
    for browser in browsers:
        await browser.socket.disconnect()


def body(browser: BrowserDouble) -> XmlFragment:
    return browser.text.get("body", type=XmlFragment)


def typing(browser: BrowserDouble, *pieces: str, at: int = 8) -> list[bytes]:
    """An update for each piece typed into the first paragraph, not sent yet."""
    updates = []
    for piece in pieces:
        before = browser.text.get_state()
        _, _, text = next(texts(body(browser)))
        text.insert(at, piece)
        updates.append(browser.text.get_update(before))
        at += len(piece.encode())
    return updates


def deleting(browser: BrowserDouble, new: str = "") -> bytes:
    """Deletes the first paragraph, as a change of its type does, which puts another there."""
    before = browser.text.get_state()
    with browser.text.transaction():
        if new:
            element = insert_element(body(browser), 0, "heading", {"level": 2})
            append_text(element).insert(0, new)
        del body(browser).children[1 if new else 0]
    return browser.text.get_update(before)


async def send(browser: BrowserDouble, *updates: bytes) -> None:
    """Sends them, and takes what comes until they are saved."""
    for update in updates:
        await browser.send(frames.update(browser.section, update))
    saved = len(browser.saved) + len(updates)
    await browser.until(lambda: len(browser.saved) >= saved)


async def reads(browser: BrowserDouble, words: str) -> None:
    await browser.until(lambda: words in browser.read())


async def shown(section: Section, *browsers: BrowserDouble, words: str) -> None:
    for browser in browsers:
        await reads(browser, words)
    assert words in plain_text(await sync_to_async(body_of)(section.pk))


async def test_typed_before_the_deletion_is_known(desk):
    section, ana, ben = desk
    typed = typing(ben, "b", "e", "n1")
    await send(ana, deleting(ana, new="The reef."))
    await send(ben, *typed)
    await shown(section, ana, ben, words="ben1")
    assert ana.read() == ben.read()
    assert ana.read().count("ben1") == 1
    assert ana.read().index("<heading") < ana.read().index("ben1")


async def test_deleted_before_the_typing_is_known(desk):
    section, ana, ben = desk
    deletion = deleting(ana)
    await send(ben, *typing(ben, "ben", "1 und 世界 😀"))
    await send(ana, deletion)
    await shown(section, ana, ben, words="ben1 und 世界 😀")
    assert "reef" not in ana.read()
    # They are still his.
    row = await Update.objects.filter(section=section).alatest("seq")
    owner = await User.objects.aget(pk=row.user_id)
    assert owner.username == "ben"
    assert await Peer.objects.filter(section=section, user=owner).acount() == 2


async def test_what_is_deleted_knowingly_stays_deleted(desk):
    section, ana, ben = desk
    await send(ben, *typing(ben, "ben1"))
    await ana.until(lambda: "ben1" in ana.read())
    await send(ana, deleting(ana))
    await send(ben, *typing_a_paragraph_and_deleting_it(ben))
    await send(ana, *[paragraph(ana, "After that.")])
    await shown(section, ben, words="After that.")
    assert plain_text(await sync_to_async(body_of)(section.pk)).strip() == "After that."


def paragraph(browser: BrowserDouble, words: str) -> bytes:
    before = browser.text.get_state()
    body(browser).children.append(XmlElement("paragraph", {}, [XmlText(words)]))
    return browser.text.get_update(before)


def typing_a_paragraph_and_deleting_it(browser: BrowserDouble) -> list[bytes]:
    before = browser.text.get_state()
    paragraph(browser, "Never mind.")
    del body(browser).children[len(body(browser).children) - 1]
    return [browser.text.get_update(before)]


async def test_typed_long_ago_without_a_connection(desk):
    """Nobody knows any longer where the block stood."""
    section, ana, ben = desk
    typed = typing(ben, "Seen at night: ", at=0)
    await send(ana, deleting(ana), paragraph(ana, "By day."))
    await ana.socket.disconnect()
    await ben.socket.disconnect()
    back = await opened(await User.objects.aget(username="ben"), section)
    await send(back, *typed)
    await shown(section, back, words="Seen at night: ")
    await back.socket.disconnect()


async def test_sent_twice_it_comes_back_once(desk):
    section, ana, ben = desk
    typed = typing(ben, "ben1")
    await send(ana, deleting(ana))
    await send(ben, *typed, *typed)
    await shown(section, ana, ben, words="ben1")
    await send(ana, paragraph(ana, "After that."))
    await shown(section, ana, ben, words="After that.")
    assert ana.read().count("ben1") == 1
