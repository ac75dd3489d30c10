"""Old updates go into segments; nobody who reads a text or its history can tell."""

import asyncio
import random
import uuid
from collections.abc import Callable, Iterable
from threading import Barrier, Thread
from typing import Any, cast

import pytest
from asgiref.sync import sync_to_async
from django.contrib.auth.models import User
from django.db import DatabaseError, connection, connections, transaction
from pycrdt import Doc, XmlElement, XmlFragment, XmlText

from tests.writing.browser_double import BrowserDouble
from tests.writing.conftest import Desk
from writing import announce, tasks
from writing.actions.compaction import SEGMENT_UPDATES, compact_log, long_logs
from writing.actions.documents import create_document
from writing.actions.reverting import revert_section, undo_reversion
from writing.actions.sections import add_section
from writing.actions.text import (
    Entry,
    append_updates,
    body_of,
    entries_after,
    load_document,
    load_updates,
    updates_after,
)
from writing.actions.versions import take_version
from writing.models import Section, Segment, Snapshot, Update
from writing.text.peer import Peer
from writing.text.tree import first_text

ATTEMPT = uuid.uuid4()


def typed(count: int, client_id: int = 7, words: str = "word ") -> list[bytes]:
    """So many updates of somebody who types into one paragraph, taking back every fifth word."""
    peer = Peer(client_id)
    text = XmlText("")
    updates: list[bytes] = []
    for number in range(count):
        with peer.doc.transaction():
            if not number:
                peer.body.children.append(XmlElement("paragraph", {}, [text]))
            if number % 5 == 4:
                del text[0 : len(words)]
            else:
                text.insert(len(text), words)
        updates.append(peer.take() or b"")
    return updates


def save(section: Section, updates: Iterable[bytes], *users: User) -> None:
    """One entry each, by these people and an attempt in turn."""
    writers: list[dict[str, Any]] = [
        *({"user_id": user.pk} for user in users),
        {"attempt": ATTEMPT},
    ]
    entries = [Entry(u, **writers[n % len(writers)]) for n, u in enumerate(updates)]
    with transaction.atomic():
        append_updates([(section.pk, entry) for entry in entries])


def history(section: Section) -> list[tuple[int, bytes, int | None, uuid.UUID | None, int]]:
    """All that is known of each update; its moment to the millisecond."""
    return [
        (e.seq, e.data, e.user_id, e.attempt, int(e.saved_at.timestamp() * 1000))
        for e in entries_after(section.pk, 0)
    ]


def test_text_and_history_are_the_same_afterwards_and_the_log_is_short(desk: Desk) -> None:
    section = desk.sections[0]
    save(section, typed(2 * SEGMENT_UPDATES + 20), desk.people["owner"], desk.people["editor"])
    before, text = history(section), str(body_of(section.pk))
    assert long_logs() == [section.pk]
    assert compact_log(section.pk) == 2 * SEGMENT_UPDATES
    assert history(section) == before
    assert str(body_of(section.pk)) == text
    assert Update.objects.filter(section=section).count() == 20
    assert [row.first_seq for row in section.segments.all()] == [1, SEGMENT_UPDATES + 1]
    assert sum(len(row.data) for row in section.segments.all()) < 15 * 2 * SEGMENT_UPDATES
    assert long_logs() == []
    assert compact_log(section.pk) == 0


def test_opening_a_section_is_one_query_whatever_its_age(
    desk: Desk, django_assert_num_queries: Callable[[int], Any]
) -> None:
    young, old, empty = desk.sections
    save(young, typed(3))
    save(old, typed(SEGMENT_UPDATES + 1))
    compact_log(old.pk)
    for section, seq, count in ((young, 3, 3), (old, SEGMENT_UPDATES + 1, 2), (empty, 0, 0)):
        with django_assert_num_queries(1):
            newest, updates = load_updates(section.pk)
        assert (newest, len(updates)) == (seq, count)
    with django_assert_num_queries(1):
        assert updates_after(old.pk, 2)[0][0] == 3


def test_who_is_behind_reads_exactly_what_is_missing(desk: Desk) -> None:
    section, updates = desk.sections[0], typed(SEGMENT_UPDATES + 5)
    save(section, updates)
    compact_log(section.pk)
    numbered = list(enumerate(updates, start=1))
    for seq in (0, 1, 77, SEGMENT_UPDATES - 1, SEGMENT_UPDATES, SEGMENT_UPDATES + 4, len(updates)):
        assert updates_after(section.pk, seq) == numbered[seq:]


def test_numbers_count_on_and_versions_and_undo_work_afterwards(desk: Desk) -> None:
    section, owner = desk.sections[0], desk.people["owner"]
    updates = typed(SEGMENT_UPDATES + 9)
    save(section, updates[:-9])
    version = take_version(section, "Before more was written")
    text = str(body_of(section.pk))
    save(section, updates[-9:])
    compact_log(section.pk)
    reversion = revert_section(version, section, acting_user=owner)
    assert str(body_of(section.pk)) == text
    assert [seq for seq, _ in updates_after(section.pk, len(updates))] == [len(updates) + 1]
    undo_reversion(reversion, acting_user=owner)
    longer: Doc[XmlFragment] = Doc()
    for update in updates:
        longer.apply_update(update)
    assert str(body_of(section.pk)) == str(longer.get("body", type=XmlFragment))


def test_what_waits_for_a_missing_update_is_kept_until_that_comes(desk: Desk) -> None:
    section, updates = desk.sections[0], typed(2 * SEGMENT_UPDATES + 2)
    missing = updates.pop(SEGMENT_UPDATES // 2)
    save(section, updates)
    compact_log(section.pk)
    assert len(load_updates(section.pk)[1]) > SEGMENT_UPDATES
    save(section, [missing, *typed(SEGMENT_UPDATES - 2, client_id=8)])
    compact_log(section.pk)
    assert len(load_updates(section.pk)[1]) == 1
    whole: Doc[XmlFragment] = Doc()
    for _, update in updates_after(section.pk, 0):
        whole.apply_update(update)
    assert str(body_of(section.pk)) == str(whole.get("body", type=XmlFragment))
    assert str(body_of(section.pk)).count("word") > SEGMENT_UPDATES


@pytest.mark.parametrize("statement", ["INSERT", "DELETE"])
def test_broken_off_it_leaves_the_log_as_it_was(desk: Desk, statement: str) -> None:
    section = desk.sections[0]
    save(section, typed(SEGMENT_UPDATES))
    before = history(section)

    def break_off(execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        result = execute(sql, params, many, context)
        if sql.startswith(statement) and "RELEASE" not in sql:
            raise DatabaseError("The process ended here.")
        return result

    with connection.execute_wrapper(break_off), pytest.raises(DatabaseError):
        compact_log(section.pk)
    assert history(section) == before
    assert not Segment.objects.exists()
    assert not Snapshot.objects.exists()
    assert compact_log(section.pk) == SEGMENT_UPDATES
    assert history(section) == before


def test_seeded_edits_of_many_read_the_same_with_compaction_in_between(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("writing.actions.compaction.SEGMENT_UPDATES", 10)
    section, chance = desk.sections[0], random.Random(4)
    peers = [Peer(client_id) for client_id in (11, 12, 13, 14)]
    seen = dict.fromkeys(range(len(peers)), 0)
    for _ in range(400):
        number = chance.randrange(len(peers))
        peer = peers[number]
        if chance.random() < 0.3:
            for seq, update in updates_after(section.pk, seen[number]):
                peer.pull([update])
                seen[number] = seq
        scribble(peer, chance)
        save(section, [update for update in [peer.take()] if update])
        if chance.random() < 0.1:
            compact_log(section.pk)
        if chance.random() < 0.02:
            peers[number] = Peer(chance.randrange(100, 2**31), load_updates(section.pk)[1])
            seen[number] = load_updates(section.pk)[0]
    for number, peer in enumerate(peers):
        peer.pull(update for _, update in updates_after(section.pk, seen[number]))
    _, loaded = load_document(section.pk)
    assert Segment.objects.count() > 20
    assert {str(peer.body) for peer in peers} == {str(loaded.get("body", type=XmlFragment))}
    assert len(str(peers[0].body)) > 200


def scribble(peer: Peer, chance: random.Random) -> None:
    """A new paragraph, one less, a few letters, fewer letters, or bold ones."""
    blocks = peer.body.children
    with peer.doc.transaction():
        if len(blocks) < 3 or chance.random() < 0.1:
            blocks.insert(
                chance.randint(0, len(blocks)), XmlElement("paragraph", {}, [XmlText("new")])
            )
            return
        at = chance.randrange(len(blocks))
        text = first_text(cast("XmlElement", blocks[at]))
        assert text is not None
        if chance.random() < 0.05:
            del blocks[at]
        elif len(text) > 4 and chance.random() < 0.3:
            start = chance.randrange(len(text) - 2)
            del text[start : start + 2]
        elif len(text) > 4 and chance.random() < 0.2:
            text.format(1, 4, {"strong": {}})
        else:
            text.insert(chance.randint(0, len(text)), chance.choice(["reef", "wall", "night"]))


@pytest.mark.django_db(transaction=True)
def test_two_at_once_and_people_who_write_meanwhile_do_not_disturb_one_another() -> None:
    user = User.objects.create_user("ana")
    section = add_section(create_document(user, title="Reefs", brief="Reefs."), title="Walls")
    save(section, typed(4 * SEGMENT_UPDATES))
    before = history(section)
    packed: list[int] = []
    together = Barrier(4)

    def in_thread(work: Callable[[], object]) -> Thread:
        def run() -> None:
            together.wait()
            try:
                work()
            finally:
                connections.close_all()

        thread = Thread(target=run)
        thread.start()
        return thread

    def write() -> None:
        for update in typed(50, client_id=8):
            save(section, [update], user)

    threads = [in_thread(lambda: packed.append(compact_log(section.pk))) for _ in range(3)]
    threads.append(in_thread(write))
    for thread in threads:
        thread.join()
    assert sum(packed) <= 4 * SEGMENT_UPDATES
    compact_log(section.pk)
    assert history(section)[: len(before)] == before
    assert [line[0] for line in history(section)] == list(range(1, 4 * SEGMENT_UPDATES + 51))
    assert Update.objects.count() == 50
    replayed: Doc[XmlFragment] = Doc()
    for line in history(section):
        replayed.apply_update(line[1])
    assert str(body_of(section.pk)) == str(replayed.get("body", type=XmlFragment))


@pytest.mark.asyncio
@pytest.mark.django_db(transaction=True)
async def test_an_open_manuscript_that_missed_what_was_packed_since_catches_up() -> None:
    user = await sync_to_async(User.objects.create_user)("ana")
    document = await sync_to_async(create_document)(user, title="Reefs", brief="Reefs.")
    section = await sync_to_async(add_section)(document, title="Walls")
    ana = BrowserDouble(document.pk, user)
    await ana.connect()
    await ana.open(section.pk)
    updates = typed(SEGMENT_UPDATES + 3)
    await sync_to_async(save)(section, updates)
    await sync_to_async(compact_log)(section.pk)
    last = [str(section.pk), len(updates), len(updates), updates[-1]]
    await announce.send(document.pk, {"type": "text.saved", "sender": "another", "items": [last]})
    expected = str(await sync_to_async(body_of)(section.pk))
    await ana.until(lambda: ana.read() == expected)
    late = BrowserDouble(document.pk, user)
    await late.connect()
    await late.open(section.pk)
    await late.type("After it.")
    await asyncio.gather(
        ana.until(lambda: "After it." in ana.read()), late.until(lambda: late.saved == [True])
    )
    assert (await sync_to_async(load_updates)(section.pk))[0] == SEGMENT_UPDATES + 4
    await ana.socket.disconnect()
    await late.socket.disconnect()


def test_a_worker_packs_what_has_grown_long_and_leaves_the_rest(desk: Desk) -> None:
    long, short, _ = desk.sections
    save(long, typed(SEGMENT_UPDATES))
    save(short, typed(SEGMENT_UPDATES - 1))
    tasks.compact_long_logs()
    assert list(Segment.objects.values_list("section", flat=True)) == [long.pk]
    assert Update.objects.filter(section=short).count() == SEGMENT_UPDATES - 1
