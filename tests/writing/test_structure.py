"""Splitting and merging sections through their addresses, with what others do meanwhile."""

import json
import re
import uuid
from typing import Any

import pytest
from django.urls import reverse

from tests.writing.conftest import HTMX, Desk
from writing.actions.review import open_thread
from writing.actions.sections import delete_section, set_status
from writing.actions.text import append_update, body_of, claim_client, load_updates
from writing.models import Peer as PeerRow
from writing.models import Section, SectionStatus, Thread
from writing.text.changes import comment_key
from writing.text.markdown import append_markdown, to_markdown
from writing.text.peer import Peer
from writing.text.structs import Kind, parse
from writing.text.tree import plain, size, texts

ATTEMPT = str(uuid.uuid4())
AGENT = {"agent": {"attempt": ATTEMPT, "tone": 1}}
TEXT = "First words stand here.\n\nSecond words are divided here.\n\n- and a list"


def write(desk: Desk, section: Section, markdown: str, marks: dict | None = None) -> Peer:
    """Text by the owner under a client id of their own; what was typed is saved."""
    client_id = 1000 + PeerRow.objects.count()
    claim_client(section.pk, client_id, user_id=desk.people["owner"].pk)
    peer = Peer(client_id, load_updates(section.pk)[1])
    append_markdown(peer.body, markdown, marks or {})
    save(desk, section, peer)
    return peer


def save(desk: Desk, section: Section, peer: Peer) -> None:
    update = peer.take()
    assert update
    append_update(section.pk, update, user_id=desk.people["owner"].pk)


def insert(desk: Desk, section: Section, peer: Peer, before: str, typed: str) -> None:
    """Type into a copy that may not know what others did since."""
    _, _, text = next(found for found in texts(peer.body) if before in plain(found[2]))
    text.insert(size(plain(text)[: plain(text).index(before)]), typed)
    save(desk, section, peer)


def position_of(section: Section, words: str) -> str:
    """As a browser with the cursor before these words sends it."""
    for struct in parse(Peer(1, load_updates(section.pk)[1]).state()).structs:
        if struct.kind is Kind.STRING and words in struct.text:
            clock = struct.clock + struct.text.index(words)
            item = {"client": struct.client, "clock": clock}
            return json.dumps({"type": None, "tname": None, "item": item, "assoc": 0})
    raise AssertionError(words)


def post(desk: Desk, address: str, person: str = "editor", **values: str) -> Any:
    return desk.client(person).post(address, values, headers=HTMX)


def split(desk: Desk, section: Section, position: str) -> Any:
    address = reverse("writing:split_section", args=[section.pk])
    return post(desk, address, position=position)


def merge(desk: Desk, section: Section) -> Any:
    return post(desk, reverse("writing:merge_section", args=[section.pk]))


def undo(desk: Desk, response: Any) -> Any:
    """Press what the toast offers."""
    assert response.status_code == 200, response.content.decode()
    [address] = re.findall(
        r'<button type="button" hx-post="(/sections/[^"]*/(?:rejoin|divide)/[^"]*)"',
        response.content.decode(),
    )
    return post(desk, address)


def text_of(section: Section) -> str:
    return to_markdown(body_of(section.pk)).strip()


def after(section: Section) -> Section:
    return section.document.sections.present().get(position=section.position + 1)


def tidy(desk: Desk, section: Section) -> None:
    assert post(desk, reverse("writing:tidy_section", args=[section.pk])).status_code == 204


@pytest.fixture
def section(desk: Desk) -> Section:
    section = desk.sections[0]
    write(desk, section, TEXT, AGENT)
    return section


def test_the_text_from_the_cursor_on_becomes_the_next_section(desk: Desk, section: Section):
    response = split(desk, section, position_of(section, "are divided"))
    assert "was split" in response.content.decode()
    assert desk.titles() == ["Streets", "Streets, continued", "Walls", "Night"]
    tidy(desk, section)
    assert text_of(section) == "First words stand here.\n\nSecond words"
    part = after(section)
    assert text_of(part) == "are divided here.\n\n- and a list"
    assert ATTEMPT in str(body_of(part.pk))
    section.refresh_from_db()
    assert (section.word_count, part.word_count) == (6, 6)
    assert section.target_words + part.target_words == 200
    assert undo(desk, response).status_code == 200
    assert text_of(section) == TEXT
    assert desk.titles() == ["Streets", "Walls", "Night"]


def test_undoing_a_split_keeps_what_was_typed_on_both_sides(desk: Desk, section: Section):
    response = split(desk, section, position_of(section, "are divided"))
    part = after(section)
    insert(desk, section, Peer(91, load_updates(section.pk)[1]), "First", "Very ")
    insert(desk, part, Peer(92, load_updates(part.pk)[1]), "divided", "now ")
    undo(desk, response)
    assert text_of(section) == TEXT.replace("First", "Very First").replace("are", "are now")


def test_words_that_arrive_after_a_split_stay_where_they_were_typed(desk: Desk, section: Section):
    late = Peer(93, load_updates(section.pk)[1])
    split(desk, section, position_of(section, "First words"))
    insert(desk, section, late, "are divided", "LATE ")
    tidy(desk, section)
    assert "LATE" in text_of(section)
    assert text_of(after(section)) == TEXT


def test_threads_move_with_their_words(desk: Desk, section: Section):
    threads = {}
    for words in ("First words", "here.\n\n", "a list"):
        pk = uuid.uuid4()
        threads[words] = open_thread(section, thread_id=pk, quote=words, body="Why?", attempt=pk)
        peer = Peer(3000 + len(threads), load_updates(section.pk)[1])
        _, _, text = next(f for f in texts(peer.body) if words.strip() in plain(f[2]))
        start = size(plain(text)[: plain(text).index(words.strip())])
        marks = {comment_key(str(pk)): {"thread": str(pk)}}
        text.format(start, start + len(words.strip()), marks)
        save(desk, section, peer)
    response = split(desk, section, position_of(section, "are divided"))
    part = after(section)
    places = dict(Thread.objects.filter(quote__in=threads).values_list("quote", "section"))
    assert places == {"First words": section.pk, "here.\n\n": section.pk, "a list": part.pk}
    undo(desk, response)
    assert set(Thread.objects.filter(quote__in=threads).values_list("section", flat=True)) == {
        section.pk
    }


def test_merging_makes_the_title_a_heading_and_can_be_undone(desk: Desk, section: Section):
    following = desk.sections[1]
    write(desk, following, "Stone on stone.")
    response = merge(desk, section)
    assert text_of(section) == f"{TEXT}\n\n## Walls\n\nStone on stone."
    assert desk.titles() == ["Streets", "Night"]
    desk.thread.refresh_from_db()
    assert desk.thread.section_id == section.pk
    insert(desk, section, Peer(94, load_updates(section.pk)[1]), "Stone", "Old: ")
    insert(desk, section, Peer(95, load_updates(section.pk)[1]), "First", "Very ")
    undo(desk, response)
    tidy(desk, section)
    assert desk.titles() == ["Streets", "Walls", "Night"]
    assert text_of(section) == TEXT.replace("First", "Very First")
    assert text_of(following) == "Old: Stone on stone."
    section.refresh_from_db()
    assert section.target_words == following.target_words


def test_undoing_a_merge_keeps_words_that_came_too_late_for_it(desk: Desk, section: Section):
    following = desk.sections[1]
    write(desk, following, "Stone on stone.")
    late = Peer(96, load_updates(following.pk)[1])
    response = merge(desk, section)
    insert(desk, following, late, "stone", "LATE ")
    undo(desk, response)
    assert text_of(following) == "Stone on LATE stone."
    assert "Stone on stone." in text_of(section)


def test_undoing_a_merge_whose_place_is_gone_brings_the_section_back(desk: Desk, section: Section):
    following = desk.sections[1]
    write(desk, following, "Stone on stone.")
    response = merge(desk, section)
    peer = Peer(97, load_updates(section.pk)[1])
    del peer.body.children[0 : len(peer.body.children)]
    append_markdown(peer.body, "All new.")
    save(desk, section, peer)
    undo(desk, response)
    assert (text_of(section), text_of(following)) == ("All new.", "Stone on stone.")


def test_agents_texts_are_not_moved_from_under_their_pens(desk: Desk, section: Section):
    position = position_of(section, "are divided")
    set_status([section.pk], SectionStatus.DRAFTING, worker_name="Writer")
    for response in (split(desk, section, position), merge(desk, section)):
        assert response.status_code == 422
        assert "Stop them first" in response.content.decode()
    set_status([section.pk], SectionStatus.DONE)
    set_status([desk.sections[1].pk], SectionStatus.WAITING)
    assert merge(desk, section).status_code == 422
    assert desk.titles() == ["Streets", "Walls", "Night"]
    assert text_of(section) == TEXT


@pytest.mark.parametrize("position", ["", "here", '{"item": {"client": 5, "clock": 5}}'])
def test_without_a_cursor_in_the_text_nothing_is_split(desk: Desk, section: Section, position: str):
    response = split(desk, section, position)
    assert response.status_code == 422
    assert "cursor" in response.content.decode()
    assert desk.titles() == ["Streets", "Walls", "Night"]


def test_sections_that_moved_apart_are_not_joined_again(desk: Desk, section: Section):
    response = split(desk, section, position_of(section, "are divided"))
    delete_section(after(section), acting_user=desk.people["owner"])
    assert merge(desk, desk.sections[2]).status_code == 422
    [address] = re.findall(r'hx-post="(/sections/[^"]*/rejoin/[^"]*)"', response.content.decode())
    assert post(desk, address).status_code == 404


def test_the_trash_lists_what_was_deleted_and_restores_it(desk: Desk, section: Section):
    delete_section(section, acting_user=desk.people["owner"])
    trash = reverse("writing:deleted_sections", args=[desk.document.pk])
    page = desk.client("editor").get(trash, headers=HTMX).content.decode()
    restore = reverse("writing:restore_section", args=[section.pk])
    assert "Streets" in page
    assert restore in page
    assert "Walls" not in page
    assert "outline-changed" in page
    post(desk, restore)
    page = desk.client("editor").get(trash, headers=HTMX).content.decode()
    assert "Nothing was deleted" in page
    assert desk.titles() == ["Streets", "Walls", "Night"]


def test_deleted_documents_are_shown_to_their_owners_only(desk: Desk):
    delete = reverse("writing:delete_document", args=[desk.document.pk])
    assert post(desk, delete, "owner").status_code == 200
    trash = reverse("writing:deleted_documents")
    for person, is_shown in (("owner", True), ("editor", False), ("stranger", False)):
        page = desk.client(person).get(trash, headers=HTMX).content.decode()
        assert ("The quiet city" in page) is is_shown
    post(desk, reverse("writing:restore_document", args=[desk.document.pk]), "owner")
    page = desk.client("owner").get(trash, headers=HTMX).content.decode()
    assert "The quiet city" not in page
