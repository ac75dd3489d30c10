"""What the socket does with updates that could do harm."""

import pytest
from asgiref.sync import sync_to_async
from pycrdt import XmlElement, XmlFragment, XmlText

from tests.writing.test_socket import make_section, opened
from tests.writing.text.test_gate import HOSTILE
from writing.actions.text import Entry, save_entries
from writing.models import Peer, Update
from writing.text import frames, sandbox
from writing.text.lib0 import varuint

pytestmark = pytest.mark.django_db(transaction=True)


async def test_hostile_updates_close_their_socket_and_nothing_else_happens():
    user, section = await sync_to_async(make_section)()
    bystander = await opened(user, section)
    for update in HOSTILE.values():
        # As an edit, and as what the server is said to lack.
        for frame in (frames.update, frames.sync_step2):
            attacker = await opened(user, section)
            await attacker.send(frame(attacker.section, update))
            assert await attacker.closed_with() == 4409
    assert not await Update.objects.filter(section=section).aexists()
    await bystander.type("Still here.")
    await bystander.until(lambda: bystander.saved == [True])
    await bystander.socket.disconnect()


async def test_an_update_that_goes_on_from_nothing_is_refused():
    user, section = await sync_to_async(make_section)()
    ana = await opened(user, section)
    await ana.type("One.")
    await ana.until(lambda: ana.saved == [True])
    with ana.text.transaction():
        ana.text.get("body", type=XmlFragment).children.append(
            XmlElement("paragraph", {}, [XmlText("Two, which gets lost.")])
        )
    await ana.type("Three, behind it.")
    assert await ana.closed_with() == 4409
    assert await Update.objects.filter(section=section).acount() == 1


async def test_a_burst_is_taken_before_any_of_it_is_saved():
    user, section = await sync_to_async(make_section)()
    ana = await opened(user, section)
    for number in range(20):
        await ana.type(f"Word {number}.")
    await ana.until(lambda: ana.saved == [True] * 20)
    bo = await opened(user, section)
    assert bo.read() == ana.read()
    for browser in (ana, bo):
        await browser.socket.disconnect()


async def test_deleting_what_is_not_there_yet_is_refused():
    user, section = await sync_to_async(make_section)()
    ana = await opened(user, section)
    future = b"\x00\x01" + varuint(77) + b"\x01" + varuint(0) + varuint(1_000_000)
    await ana.send(frames.update(ana.section, future))
    assert await ana.closed_with() == 4409
    assert not await Peer.objects.filter(section=section, client_id=77).aexists()


async def test_what_another_process_saved_is_looked_up_before_anything_is_refused():
    """The author saw it there; here it has not arrived."""
    user, section = await sync_to_async(make_section)()
    ana, elsewhere = await opened(user, section), await opened(user, section)
    await ana.type("One.")
    await ana.until(lambda: ana.saved == [True])
    await elsewhere.until(lambda: "One." in elsewhere.read())
    before = elsewhere.text.get_state()
    text = elsewhere.text.get("body", type=XmlFragment).children[0].children[0]
    text.insert(4, " Two.")
    row = Entry(elsewhere.text.get_update(before), user_id=user.pk)
    await sync_to_async(save_entries)([(section.pk, row)])
    ana.text.apply_update(elsewhere.text.get_update(ana.text.get_state()))
    before = ana.text.get_state()
    ana.text.get("body", type=XmlFragment).children[0].children[0].insert(9, " Three.")
    await ana.send(frames.update(ana.section, ana.text.get_update(before)))
    await ana.until(lambda: ana.saved == [True, True])
    assert await Update.objects.filter(section=section).acount() == 3
    for browser in (ana, elsewhere):
        await browser.socket.disconnect()


async def test_a_pasted_chapter_is_saved():
    user, section = await sync_to_async(make_section)()
    ana = await opened(user, section)
    await ana.type("word " * (sandbox.LARGE_BYTES // 4))
    await ana.until(lambda: ana.saved == [True], timeout=20)
    assert await Update.objects.filter(section=section).acount() == 1
    await ana.socket.disconnect()
