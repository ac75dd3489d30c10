from tests.writing.text.manuscripts import SAMPLE
from tests.writing.text.person import Person
from tests.writing.text.shapes import shape
from writing.text.markdown import append_markdown, to_markdown
from writing.text.peer import Peer
from writing.text.versions import restore

AGENT = {"agent": {"attempt": "a", "tone": 1}}


def test_an_older_state_comes_back_with_its_marks() -> None:
    peer = Peer(1)
    append_markdown(peer.body, SAMPLE, AGENT)
    state, before = peer.doc.get_update(), shape(peer.body)
    append_markdown(peer.body, "more")
    del peer.body.children[1:4]
    peer.take()
    restore(peer, state)
    assert shape(peer.body) == before
    assert peer.take() is not None


def test_restoring_is_an_edit_that_others_receive() -> None:
    peer = Peer(1)
    append_markdown(peer.body, "one")
    state = peer.doc.get_update()
    append_markdown(peer.body, "two")
    other = Peer(2, [peer.doc.get_update()])
    peer.take()
    restore(peer, state)
    other.pull([peer.take() or b""])
    assert to_markdown(other.body) == "one"


def test_the_present_state_needs_no_edit() -> None:
    peer = Peer(1)
    append_markdown(peer.body, SAMPLE)
    peer.take()
    restore(peer, peer.doc.get_update())
    assert peer.take() is None


def test_who_writes_in_a_block_that_stays_is_not_disturbed() -> None:
    peer = Peer(1)
    append_markdown(peer.body, "one\n\ntwo\n\nthree")
    state = peer.doc.get_update()
    del peer.body.children[1]
    person = Person(2, [peer.doc.get_update()])
    person.type(person.texts()[0], 3, "!")
    restore(peer, state)
    peer.pull(person.sent)
    assert to_markdown(peer.body) == "one!\n\ntwo\n\nthree"


def test_restoring_nothing_empties_the_body() -> None:
    peer = Peer(1)
    empty = peer.doc.get_update()
    append_markdown(peer.body, "one")
    restore(peer, empty)
    assert len(peer.body.children) == 0
