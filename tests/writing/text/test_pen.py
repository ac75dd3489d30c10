"""The pen among people: nothing it wrote is lost, doubled or out of order; nothing of theirs goes.

Agents' words are single Korean syllables, each used once, and people type Chinese characters, each
used once, so that every character can be followed wherever editing takes it.
"""

import random
from dataclasses import dataclass, field
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.writing.text.manuscripts import SAMPLE, markdown
from tests.writing.text.person import Person, agent_client_id
from tests.writing.text.shapes import agents_characters, characters, shape
from writing.text.markdown import append_markdown, to_markdown
from writing.text.peer import Peer
from writing.text.pen import Pen
from writing.text.schema import validate
from writing.text.tree import append_element, append_text, runs, texts

MARK = {"attempt": "11111111-1111-4111-8111-111111111111", "tone": 2}


def whole(text: str) -> Peer:
    peer = Peer(1)
    append_markdown(peer.body, text, {"agent": MARK})
    return peer


def write(text: str, at: list[int], flush_every: int = 1) -> Peer:
    peer = Peer(agent_client_id())
    pen = Pen(peer, MARK)
    places = sorted({0, len(text), *(place % (len(text) + 1) for place in at)})
    for number, (start, end) in enumerate(pairwise(places)):
        pen.write(text[start:end])
        if number % flush_every == 0:
            pen.flush()
            validate(peer.body)
    pen.finish()
    return peer


@settings(max_examples=150, deadline=None, derandomize=True)
@given(markdown, st.lists(st.integers(min_value=0), max_size=12), st.integers(1, 3))
def test_any_split_writes_what_the_whole_is(text: str, at: list[int], flush_every: int) -> None:
    peer = write(text, at, flush_every)
    assert shape(peer.body) == shape(whole(text).body)


def test_the_sample_letter_by_letter() -> None:
    assert shape(write(SAMPLE, list(range(len(SAMPLE)))).body) == shape(whole(SAMPLE).body)


@settings(max_examples=60, deadline=None, derandomize=True)
@given(markdown, st.lists(st.integers(min_value=1, max_value=40), min_size=1), st.integers(1, 6))
def test_killed_attempts_are_continued_without_a_seam(
    text: str, sizes: list[int], flushes: int
) -> None:
    continue_again_and_again(text, sizes, flushes)


def test_the_sample_by_many_short_attempts() -> None:
    for size in (1, 2, 3, 7, 20):
        continue_again_and_again(SAMPLE, [size], 4)


def continue_again_and_again(text: str, sizes: list[int], flushes: int) -> None:
    """Each attempt has a fresh client id, saves a few flushes, and dies."""
    log: list[bytes] = []
    attempts: list[str] = []
    at = turn = 0
    while True:
        peer = Peer(agent_client_id(), log)
        mark = {"attempt": f"attempt-{len(attempts)}", "tone": 1}
        pen = Pen(peer, mark, written=text[:at], tail_attempts=attempts)
        attempts.append(str(mark["attempt"]))
        for _ in range(flushes):
            size = sizes[turn % len(sizes)]
            turn += 1
            pen.write(text[at : at + size])
            at += size
            pen.flush()
            log += filter(None, [peer.take()])
        # What is not flushed was not saved.
        pen.write("never saved")
        if at >= len(text):
            break
    peer = Peer(agent_client_id(), log)
    pen = Pen(peer, {"attempt": "last", "tone": 1}, written=text, tail_attempts=attempts)
    pen.finish()
    assert shape(peer.body, ignore={"agent"}) == shape(whole(text).body, ignore={"agent"})


@dataclass
class Room:
    """One section's saved updates, a pen, and people who see them late."""

    chance: random.Random
    peer: Peer = field(default_factory=lambda: Peer(agent_client_id()))
    log: list[bytes] = field(default_factory=list)
    typed: str = ""

    def __post_init__(self) -> None:
        self.pen = Pen(self.peer, MARK)
        self.person = Person(self.chance.randrange(1, 2**32))
        self.seen = self.sent = self.read = 0

    def flush(self, *, last: bool = False) -> None:
        self.peer.pull(self.log[self.read :])
        self.pen.finish() if last else self.pen.flush()
        self.log += filter(None, [self.peer.take()])
        self.read = len(self.log)

    def look(self, upto: int | None = None) -> None:
        upto = len(self.log) if upto is None else upto
        self.person.see(self.log[self.seen : upto])
        self.seen = upto

    def send(self) -> None:
        self.log += self.person.sent[self.sent :]
        self.sent = len(self.person.sent)

    def edit(self, *, deletes: bool) -> None:
        character = chr(0x4E00 + len(self.typed))
        self.person.edit(self.chance, character, deletes=deletes)
        if character in characters(self.person.peer.body):
            self.typed += character

    def end(self) -> Peer:
        self.flush(last=True)
        for _ in range(3):
            self.send()
            self.look()
            self.flush()
        return Peer(1, self.log)


def manuscript(chance: random.Random, count: int, first: int = 0xAC00) -> str:
    """Markdown of `count` words and a few more, each a syllable of its own."""
    numbers = iter(range(first, 0xD7A3))

    def words(least: int, most: int) -> str:
        return " ".join(chr(next(numbers)) for _ in range(chance.randint(least, most))) + "."

    kinds = {
        "paragraph": lambda: words(5, 30),
        "heading": lambda: f"## {words(2, 4)}",
        "list": lambda: "\n".join(f"- {words(2, 6)}" for _ in range(3)),
        "nested": lambda: f"1. {words(3, 6)}\n   - {words(2, 5)}\n2. {words(3, 6)}",
        "quotation": lambda: f"> {words(5, 12)}",
        "lines": lambda: f"{words(3, 8)}\\\n{words(2, 5)} **{words(2, 4)}** {words(2, 4)}",
    }
    blocks: list[str] = []
    while next(numbers) < first + count:
        blocks.append(kinds[chance.choice([*kinds, "paragraph", "paragraph"])]())
    return "\n\n".join(blocks)


def syllables(text: str) -> list[str]:
    return [character for character in text if "\uac00" <= character <= "\ud7a3"]


@pytest.mark.parametrize("seed", range(60))
def test_people_split_join_retype_and_type_while_the_pen_writes(seed: int) -> None:
    room, text = draft_among_people(seed, deletes=False)
    end = room.end()
    assert agents_characters(end.body) == agents_characters(whole(text).body)
    assert [c for c in room.typed if characters(end.body).count(c) != 1] == []
    validate(end.body)


@pytest.mark.parametrize("seed", range(30))
def test_what_people_delete_stays_deleted_and_nothing_else_goes(seed: int) -> None:
    room, text = draft_among_people(seed, deletes=True)
    end = room.end()
    left = syllables(characters(end.body))
    kept = [syllable for syllable in left if syllable not in room.person.deleted]
    assert kept == sorted(kept), "out of order"
    assert len(kept) == len(set(kept)), "doubled"
    written = syllables(text)
    assert [s for s in written if s not in left and s not in room.person.deleted] == []
    gone = [c for c in room.typed if c not in characters(end.body)]
    assert set(gone) <= room.person.deleted


def draft_among_people(seed: int, *, deletes: bool) -> tuple[Room, str]:
    chance = random.Random(seed)
    room = Room(chance)
    text = manuscript(chance, 150)
    at = 0
    while at < len(text):
        size = chance.choice([1, 3, 4, 6, 12])
        room.pen.write(text[at : at + size])
        at += size
        if chance.random() < 0.5:
            room.flush()
        if chance.random() < 0.4:
            room.look(chance.randint(room.seen, len(room.log)))
        if chance.random() < 0.04:
            room.edit(deletes=deletes)
        if chance.random() < 0.7:
            room.send()
    return room, text


def room_with(text: str) -> Room:
    """The pen has written `text`, and the person sees it."""
    room = Room(random.Random(1))
    room.pen.write(text)
    room.flush()
    room.look()
    return room


def test_enter_inside_the_paragraph_being_written() -> None:
    room = room_with("one two three ")
    room.person.split(room.person.texts()[0], 4)
    room.pen.write("four ")
    room.flush()  # the person's split has not arrived
    room.send()
    room.pen.write("five")
    end = room.end()
    assert to_markdown(end.body) == "one\n\ntwo three four five"


def test_a_paragraph_made_a_heading_while_it_is_written() -> None:
    room = room_with("one two ")
    room.person.retype(room.person.texts()[0], "heading", {"level": 2})
    room.pen.write("three ")
    room.flush()
    room.send()
    room.pen.write("four")
    assert to_markdown(room.end().body) == "## one two three four"


def test_typing_inside_does_not_inherit_the_mark() -> None:
    room = room_with("one two ")
    room.person.type(room.person.texts()[0], 3, " and")
    room.send()
    room.pen.write("three")
    end = room.end()
    assert characters(end.body) == "one and two three"
    assert agents_characters(end.body) == "one two three"


def test_typing_at_the_very_place_keeps_both() -> None:
    room = room_with("one")
    room.person.type(room.person.texts()[0], 3, "!")
    room.send()
    room.pen.write(" two")
    assert sorted(characters(room.end().body)) == sorted("one! two")


def test_a_deleted_word_does_not_come_back() -> None:
    room = room_with("one two three ")
    room.person.delete(room.person.texts()[0], 4, 8)
    room.send()
    room.pen.write("four")
    assert characters(room.end().body) == "one three four"


def test_a_deleted_paragraph_is_not_written_into() -> None:
    room = room_with("one\n\ntwo ")
    room.person.remove(room.person.texts()[1])
    room.send()
    room.pen.write("three\n\nfour")
    assert to_markdown(room.end().body) == "one\n\nthree\n\nfour"


def test_when_all_is_removed_the_pen_goes_on_at_the_end() -> None:
    room = room_with("one ")
    append_text(append_element(room.person.peer.body, "paragraph")).insert(0, "mine")
    room.person.remove(room.person.texts()[0])
    room.send()
    room.pen.write("two")
    assert to_markdown(room.end().body) == "mine\n\ntwo"


def test_a_text_that_was_emptied_is_gone_on_with() -> None:
    room = room_with("one ")
    room.person.delete(room.person.texts()[0], 0, 3)
    room.send()
    room.pen.write("two")
    assert to_markdown(room.end().body) == "two"


def test_a_repeated_word_is_not_taken_for_another() -> None:
    room = room_with("la la la la ")
    room.person.split(room.person.texts()[0], 6)
    room.pen.write("la la ")
    room.flush()
    room.send()
    room.pen.write("end")
    assert to_markdown(room.end().body) == "la la\n\nla la la la end"


def test_the_next_list_item_stays_in_a_list_that_was_numbered() -> None:
    room = room_with("- one\n- two\n")
    person = room.person
    with person.peer.doc.transaction():
        new = append_element(person.peer.body, "ordered_list", {"order": 1})
        for text in person.texts():
            item = append_element(append_element(new, "list_item"), "paragraph")
            append_text(item).insert(0, runs(text)[0][0], runs(text)[0][1])
        del person.peer.body.children[0]
    room.log += filter(None, [person.peer.take()])
    room.pen.write("- three\n")
    assert to_markdown(room.end().body) == "1. one\n2. two\n3. three"


def test_an_empty_body_with_a_browsers_paragraph_is_filled() -> None:
    peer = Peer(agent_client_id())
    append_element(peer.body, "paragraph")
    pen = Pen(peer, MARK)
    pen.write("one\n\ntwo")
    pen.finish()
    assert [tag for _, tag, _ in texts(peer.body)] == ["paragraph", "paragraph"]
    assert len(peer.body.children) == 2


def test_a_heading_does_not_remove_the_browsers_paragraph() -> None:
    """Somebody may be typing in it at this moment."""
    peer = Peer(agent_client_id())
    append_element(peer.body, "paragraph")
    pen = Pen(peer, MARK)
    pen.write("# one\n\ntwo")
    pen.finish()
    assert to_markdown(peer.body) == "# one\n\ntwo"
    assert len(peer.body.children) == 3


def test_what_people_wrote_stays_before_what_the_pen_writes() -> None:
    peer = Peer(agent_client_id())
    append_markdown(peer.body, "mine")
    pen = Pen(peer, MARK)
    pen.write("one")
    pen.finish()
    assert to_markdown(peer.body) == "mine\n\none"


def test_continuing_where_a_person_removed_the_place() -> None:
    peer = Peer(agent_client_id())
    append_markdown(peer.body, "mine")
    pen = Pen(peer, MARK, written="one two", tail_attempts={"gone"})
    pen.write(" three")
    pen.finish()
    assert to_markdown(peer.body) == "mine\n\nthree"


def test_continuing_in_the_middle_of_bold_words_that_a_person_edited() -> None:
    peer = Peer(agent_client_id())
    first = Pen(peer, {"attempt": "first", "tone": 1})
    long = "**" + "bold words " * 20
    first.write(long)
    first.flush()
    _, _, text = next(texts(peer.body))
    text.insert(4, "!", {"agent": None})
    pen = Pen(peer, MARK, written=long, tail_attempts={"first"})
    pen.write("end** plain")
    pen.finish()
    *_, before, bold, last = [(run, set(marks)) for run, marks in runs(text)]
    assert before[0].endswith(" bold words")
    assert bold == (" end", {"agent", "strong"})
    assert last == (" plain", {"agent"})


def test_each_flush_is_one_update() -> None:
    peer = Peer(agent_client_id())
    pen = Pen(peer, MARK)
    seen: list[bytes] = []
    subscription = peer.doc.observe(lambda event: seen.append(event.update))
    pen.write("- one\n- two\n\n| a |\n|---|\n| b |\n\n")
    pen.flush()
    peer.doc.unobserve(subscription)
    assert len(seen) == 1


def test_nothing_certain_is_no_update() -> None:
    peer = Peer(agent_client_id())
    pen = Pen(peer, MARK)
    pen.write("**")
    pen.flush()
    assert peer.take() is None
    pen.finish()
    assert peer.take() is not None
    assert characters(peer.body) == "**"
