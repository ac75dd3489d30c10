import random

from tests.writing.text.manuscripts import SAMPLE
from tests.writing.text.person import Person
from tests.writing.text.shapes import shape
from writing.text.changes import mark_comment
from writing.text.content import contents_of, threads_in
from writing.text.markdown import append_markdown, to_markdown
from writing.text.peer import Peer
from writing.text.reviewing import mark_read
from writing.text.sentences import split
from writing.text.structs import Kind, parse
from writing.text.tree import runs, texts
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


def test_words_that_stay_keep_whoever_wrote_them() -> None:
    peer = Peer(1)
    append_markdown(peer.body, "The reef **lives** by day.\n\nAnd by night.")
    state = peer.doc.get_update()
    person = Person(2, [state])
    person.type(person.texts()[0], 4, "old ")
    person.delete(person.texts()[1], 4, 8)
    peer.pull(person.sent)
    peer.take()
    restore(peer, state)
    assert to_markdown(peer.body) == "The reef **lives** by day.\n\nAnd by night."
    written = peer.take()
    assert written is not None
    strings = [s for s in parse(written).structs if s.kind is Kind.STRING]
    assert sum(s.length for s in strings) == len("by night")


def test_any_text_becomes_any_other() -> None:
    dice = random.Random(4)
    pieces = SAMPLE.split("\n\n")
    for _ in range(60):
        peer, other = Peer(1), Peer(2)
        append_markdown(peer.body, "\n\n".join(dice.sample(pieces, 6)), AGENT)
        append_markdown(other.body, "\n\n".join(dice.sample(pieces, 6)))
        for text in [text for _, _, text in texts(other.body)][:3]:
            text.insert(0, dice.choice(["Ein ", "中文", "é "]), {"strong": {}})
        restore(peer, other.doc.get_update())
        assert shape(peer.body) == shape(other.body)


def test_comments_on_words_that_stay_outlive_it() -> None:
    peer = Peer(1)
    append_markdown(peer.body, "The reef lives by day.")
    state = peer.doc.get_update()
    [sentence] = split(peer.body)
    mark_comment(peer, sentence, "t")
    [text] = [text for _, _, text in texts(peer.body)]
    text.insert(len("The reef"), " never")
    peer.take()
    restore(peer, state)
    assert to_markdown(peer.body) == "The reef lives by day."
    assert threads_in(contents_of(peer.body)) == {"t"}
    restore(peer, state)
    assert threads_in(contents_of(peer.body)) == {"t"}


def test_words_that_stay_stay_reviewed() -> None:
    peer = Peer(1)
    append_markdown(peer.body, "The reef lives by day.")
    state = peer.doc.get_update()
    mark_read(peer, "r")
    append_markdown(peer.body, "more")
    restore(peer, state)
    [text] = [text for _, _, text in texts(peer.body)]
    assert runs(text) == [("The reef lives by day.", {"reviewed": {"reading": "r"}})]
