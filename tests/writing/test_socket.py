import asyncio
import uuid
from functools import partial

import pytest
from asgiref.sync import sync_to_async
from django.contrib.auth import get_user_model
from django.contrib.auth.models import AnonymousUser
from pycrdt import Doc, XmlElement, XmlFragment, XmlText

from tests.writing.browser_double import BrowserDouble
from writing import announce
from writing.actions.documents import create_document
from writing.actions.sections import add_section
from writing.actions.text import append_update, body_of
from writing.models import Member, MemberRole, Peer, Section, Update
from writing.text import frames

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.asyncio]


def make_section(role: str = MemberRole.OWNER):
    user = get_user_model().objects.create_user(f"ana-{uuid.uuid4().hex[:8]}")
    document = create_document(
        user, title="Reefs", brief="Reefs.", kind="article", language="en", target_words=500
    )
    Member.objects.filter(document=document, user=user).update(role=role)
    return user, add_section(document, acting_user=user, title="Walls")


async def opened(user, section: Section) -> BrowserDouble:
    browser = BrowserDouble(section.document_id, user)
    await browser.connect()
    await browser.open(section.document_id)
    await browser.open(section.pk)
    return browser


async def test_an_edit_is_committed_before_it_is_acknowledged_and_reaches_the_other_browser():
    user, section = await sync_to_async(make_section)()
    ana, bo = await opened(user, section), await opened(user, section)
    await ana.type("A polyp lays down stone.")
    await ana.until(lambda: ana.saved == [True])
    row = await Update.objects.aget(section=section)
    assert (row.seq, row.user_id) == (1, user.pk)
    assert "lays down stone" in str(await sync_to_async(body_of)(section.pk))
    await bo.until(lambda: "lays down stone" in bo.read())
    await ana.socket.disconnect()
    await bo.socket.disconnect()


async def test_a_burst_of_edits_is_saved_in_order_without_gaps_and_each_is_acknowledged():
    user, section = await sync_to_async(make_section)()
    ana = await opened(user, section)
    for number in range(40):
        await ana.type(f"Line {number}.")
    await ana.until(lambda: len(ana.saved) == 40)
    seqs = await sync_to_async(list)(
        Update.objects.filter(section=section).values_list("seq", flat=True)
    )
    assert seqs == list(range(1, 41))
    await ana.socket.disconnect()
    late = await opened(user, section)
    assert all(f"Line {number}." in late.read() for number in range(40))
    await late.socket.disconnect()


async def test_text_from_another_process_arrives_by_message_and_a_gap_is_read_from_the_log():
    user, section = await sync_to_async(make_section)()
    ana = await opened(user, section)

    def write(words: str) -> tuple[int, bytes]:
        from django.db import transaction

        document: Doc[XmlFragment] = Doc()
        body = document.get("body", type=XmlFragment)
        body.children.append(XmlElement("paragraph", {}, [XmlText(words)]))
        with transaction.atomic():
            seq = append_update(section.pk, document.get_update(), attempt=uuid.uuid4())
        return seq, document.get_update()

    await sync_to_async(write)("Missed.")
    seq, data = await sync_to_async(write)("Told of.")
    message = {
        "type": "text.saved",
        "sender": "another process",
        "items": [[str(section.pk), seq, seq, data]],
    }
    await announce.send(section.document_id, message)
    await ana.until(lambda: "Missed." in ana.read() and "Told of." in ana.read())
    await sync_to_async(write)("Nobody told.")
    await ana.until(lambda: "Nobody told." in ana.read(), timeout=10)
    await ana.until(lambda: len(ana.hints) >= 4)
    await ana.socket.disconnect()


async def test_a_hint_reaches_the_browser_after_commit():
    user, section = await sync_to_async(make_section)()
    ana = await opened(user, section)
    await sync_to_async(announce.announce)(section.document_id, "run-changed", run="1")
    await ana.until(lambda: {"hint": "run-changed", "detail": {"run": "1"}} in ana.hints)
    await ana.socket.disconnect()


async def test_a_viewer_reads_but_an_edit_is_neither_saved_nor_shown():
    user, section = await sync_to_async(make_section)(MemberRole.VIEWER)
    viewer = await opened(user, section)
    assert viewer.readonly is True
    await viewer.type("Forged.")
    await viewer.until(lambda: viewer.saved == [False])
    assert not await Update.objects.filter(section=section).aexists()
    await viewer.socket.disconnect()


async def test_nobody_may_write_under_the_client_id_of_another():
    user, section = await sync_to_async(make_section)()
    ana = await opened(user, section)
    await Peer.objects.acreate(section=section, client_id=ana.text.client_id, attempt=uuid.uuid4())
    await ana.type("Forged.")
    assert await ana.closed_with() == 4409
    assert not await Update.objects.filter(section=section).aexists()


async def test_a_broken_frame_and_a_refused_update_close_the_socket():
    user, section = await sync_to_async(make_section)()
    ana = await opened(user, section)
    await ana.send(b"\xff\xff\xff")
    assert await ana.closed_with() == 4400
    bo = await opened(user, section)
    await bo.send(frames.update(bo.section, b"\x01\xff\xff\xff"))
    assert await bo.closed_with() == 4409


async def test_strangers_visitors_and_unknown_documents_are_turned_away():
    user, section = await sync_to_async(make_section)()
    stranger = await sync_to_async(get_user_model().objects.create_user)("stranger")
    for who, document_id, code in [
        (stranger, section.document_id, 4404),
        (user, uuid.uuid4(), 4404),
        (AnonymousUser(), section.document_id, 4401),
    ]:
        browser = BrowserDouble(document_id, who)
        await browser.connect()
        assert await browser.closed_with() == code


async def test_a_section_of_another_document_stays_closed():
    user, section = await sync_to_async(make_section)()
    _, foreign = await sync_to_async(make_section)()
    ana = await opened(user, section)
    await ana.open(foreign.pk)
    assert set(ana.denied) == {"not-found"}
    await ana.type("Where am I?")
    await ana.until(lambda: False in ana.saved)
    assert not await Update.objects.filter(section=foreign).aexists()
    await ana.socket.disconnect()


async def test_presence_is_stamped_with_the_true_name_and_ends_with_the_socket():
    user, section = await sync_to_async(make_section)()
    ana, bo = await opened(user, section), await opened(user, section)
    forged = frames.Presence(77, 1, {"user": {"name": "The boss"}, "cursor": None})
    await ana.send(frames.awareness(ana.section, frames.encode_awareness([forged])))
    await bo.until(lambda: 77 in bo.present)
    assert bo.present[77]["user"]["name"] == user.username
    await bo.send(frames.awareness(ana.section, frames.encode_awareness([forged])))
    late = await opened(user, section)
    await late.until(lambda: 77 in late.present)
    await ana.socket.disconnect()
    await bo.until(lambda: bo.present[77] is None)
    await bo.socket.disconnect()
    await late.socket.disconnect()


async def test_fifty_joiners_during_writing_all_end_complete():
    user, section = await sync_to_async(make_section)()
    writer = await opened(user, section)
    readers: list[BrowserDouble] = []

    def saved_more_than(number: int) -> bool:
        return len(writer.saved) > number

    async def write() -> None:
        for number in range(50):
            await writer.type(f"[{number}]")
            await writer.until(partial(saved_more_than, number))

    def has_all(reader: BrowserDouble) -> bool:
        return all(f"[{number}]" in reader.read() for number in range(50))

    async def join() -> None:
        for _ in range(50):
            reader = await opened(user, section)
            readers.append(reader)

    await asyncio.gather(write(), join())
    for reader in readers:
        await reader.until(partial(has_all, reader))
        await reader.socket.disconnect()
    await writer.socket.disconnect()
