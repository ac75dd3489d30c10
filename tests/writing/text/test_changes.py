import pytest

from tests.writing.text.person import Person
from tests.writing.text.shapes import agents_characters, shape
from writing.text.changes import (
    comment_key,
    mark_comment,
    remove_agent_text,
    replace_sentence,
    unmark_comment,
)
from writing.text.markdown import append_markdown, to_markdown
from writing.text.peer import Peer
from writing.text.reviewing import mark_read
from writing.text.schema import validate
from writing.text.sentences import split
from writing.text.tree import runs, texts

AGENT = {"agent": {"attempt": "writer", "tone": 1}}
EDITOR = {"attempt": "editor", "tone": 3}


def written(text: str) -> Peer:
    peer = Peer(2**32 + 1)
    append_markdown(peer.body, text, AGENT)
    return peer


def attempts(peer: Peer) -> list[tuple[str, str]]:
    return [
        (run, marks["agent"]["attempt"] if "agent" in marks else "")
        for _, _, text in texts(peer.body)
        for run, marks in runs(text)
    ]


def test_only_the_words_that_differ_change_hands() -> None:
    peer = written("First one. The quick fox jumps. Last one.")
    assert replace_sentence(peer, split(peer.body)[1], "The slow fox jumps.", EDITOR)
    assert attempts(peer) == [
        ("First one. The ", "writer"),
        ("slow", "editor"),
        (" fox jumps. Last one.", "writer"),
    ]


def test_chinese_is_compared_by_character() -> None:
    peer = written("狐狸跳得快。")
    assert replace_sentence(peer, split(peer.body)[0], "狐狸跳得很快。", EDITOR)
    assert ("很", "editor") in attempts(peer)


def test_new_words_keep_the_look_of_those_they_replace() -> None:
    peer = written("A **bold claim** here.")
    assert replace_sentence(peer, split(peer.body)[0], "A bold statement\nhere.", EDITOR)
    assert to_markdown(peer.body) == "A **bold statement** here."


def test_new_words_have_not_been_reviewed() -> None:
    peer = written("The quick fox jumps.")
    mark_read(peer, "r")
    assert replace_sentence(peer, split(peer.body)[0], "The slow fox jumps.", EDITOR)
    found = [run for _, _, text in texts(peer.body) for run in runs(text)]
    assert [run for run, marks in found if "reviewed" not in marks] == ["slow"]


def test_what_a_person_touched_is_left_alone() -> None:
    peer = written("One two three. Four five.")
    before = split(peer.body)
    person = Person(1, [peer.doc.get_update()])
    person.type(person.texts()[0], 3, " and a half")
    peer.pull(person.sent)
    assert not replace_sentence(peer, before[0], "Something else.", EDITOR)
    assert not replace_sentence(peer, split(peer.body)[0], "Something else.", EDITOR)
    assert replace_sentence(peer, before[1], "Four six.", EDITOR)
    assert to_markdown(peer.body) == "One and a half two three. Four six."


def test_a_sentence_that_moved_is_found_by_its_words() -> None:
    peer = written("One two. Three four. Five six.")
    sentence = split(peer.body)[2]
    person = Person(1, [peer.doc.get_update()])
    person.split(person.texts()[0], 9)
    peer.pull(person.sent)
    assert replace_sentence(peer, sentence, "Five seven.", EDITOR)
    assert to_markdown(peer.body) == "One two.\n\nThree four. Five seven."


def test_a_sentence_that_is_gone_stays_gone() -> None:
    peer = written("One two. Three four.")
    sentence = split(peer.body)[0]
    person = Person(1, [peer.doc.get_update()])
    person.delete(person.texts()[0], 0, 9)
    peer.pull(person.sent)
    assert not replace_sentence(peer, sentence, "One three.", EDITOR)
    assert mark_comment(peer, sentence, "t") is None


@pytest.mark.parametrize(
    ("thread", "key"),
    # Computed by y-prosemirror's own hashOfJSON.
    [
        ("11111111-1111-4111-8111-111111111111", "comment--8hE2ofC5"),
        ("t", "comment--NJMTuEvj"),
        ("文", "comment--57bw8cYw"),
    ],
)
def test_comments_have_the_key_that_y_prosemirror_gives_them(thread: str, key: str) -> None:
    assert comment_key(thread) == key


def test_comments_may_overlap_and_go_one_by_one() -> None:
    peer = written("One two. Three four.")
    before = shape(peer.body)
    first, second = split(peer.body)
    assert mark_comment(peer, first, "a") == "One two."
    assert mark_comment(peer, first, "b") == "One two."
    assert mark_comment(peer, second, "b") == "Three four."
    validate(peer.body)
    unmark_comment(peer, "b")
    keys = {key for _, _, text in texts(peer.body) for _, marks in runs(text) for key in marks}
    assert keys == {"agent", comment_key("a")}
    unmark_comment(peer, "a")
    assert shape(peer.body) == before


def test_agents_text_goes_and_peoples_stays() -> None:
    peer = written("Agent's one.\n\n- item\n\nAgent's two.")
    append_markdown(peer.body, "Mine.")
    last = [text for _, _, text in texts(peer.body)][2]
    last.insert(0, "Also mine. ", {"agent": None})
    remove_agent_text(peer)
    assert to_markdown(peer.body).split() == ["Also", "mine.", "Mine."]
    assert agents_characters(peer.body) == ""
    validate(peer.body)


def test_where_all_is_an_agents_nothing_is_left() -> None:
    peer = written("# One\n\n---\n\n> Two\\\n> three\n\n| a |\n|---|\n| b |")
    remove_agent_text(peer)
    assert len(peer.body.children) == 0


@pytest.mark.parametrize(
    "text",
    [
        "- item\n  - nested",
        "1. item\n\n   more",
        "> quoted\n>\n> again",
        "| a | b |\n|---|---|\n| c | d |",
    ],
)
def test_a_persons_words_inside_an_agents_structure_stay_valid(text: str) -> None:
    """A browser would delete an invalid element with the person's words in it."""
    for number in range(len(list(texts(written(text).body)))):
        peer = written(text)
        _, _, place = list(texts(peer.body))[number]
        place.insert(len(place), "mine", {"agent": None})
        remove_agent_text(peer)
        assert "mine" in to_markdown(peer.body)
        assert agents_characters(peer.body) == ""
        validate(peer.body)
