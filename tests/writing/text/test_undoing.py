"""Undoing an attempt after others went on: what it put goes, what it took is there again.

Agents' words are Korean syllables, each used once, and people type Chinese characters, each used
once, so that every character can be followed wherever editing takes it.
"""

import random
import uuid
from collections import Counter
from datetime import UTC, datetime
from itertools import pairwise

import pytest

from tests.writing.text.person import Person, agent_client_id
from tests.writing.text.shapes import characters, shape
from tests.writing.text.test_gate_and_yjs import bare, read_by_pycrdt, read_by_yjs
from tests.writing.text.test_yprosemirror import pytestmark  # noqa: F401 (needs Node too)
from writing.text.changes import comment_key, mark_comment, remove_agent_text, replace_sentence
from writing.text.gate import check
from writing.text.known import Known
from writing.text.peer import Peer
from writing.text.pen import Pen
from writing.text.schema import SchemaError, validate
from writing.text.segments import LogEntry
from writing.text.sentences import split
from writing.text.share import Share, shares_of
from writing.text.structs import parse
from writing.text.tree import plain, runs, texts
from writing.text.undoing import Undone, undo
from writing.text.versions import restore

NOW = datetime(2026, 1, 1, tzinfo=UTC)
WRITER, EDITOR, OTHER = (uuid.UUID(int=number) for number in (1, 2, 3))


class Section:
    """A section's log, and everybody who writes into it, one after the other."""

    def __init__(self, seed: int = 0) -> None:
        self.chance = random.Random(seed)
        self.log: list[LogEntry] = []
        self._syllables = iter(map(chr, range(0xAC00, 0xD7A4)))
        self._characters = iter(map(chr, range(0x4E00, 0x9FFF)))
        self._clients = iter(range(10, 10_000))
        self.person = Person(next(self._clients))
        self._seen = 0

    def save(self, update: bytes | None, attempt: uuid.UUID | None = None) -> None:
        if update:
            user = None if attempt else 1
            self.log.append(LogEntry(len(self.log) + 1, update, user, attempt, NOW))

    def now(self, client_id: int = 9) -> Peer:
        return Peer(client_id, [entry.data for entry in self.log])

    # Agents

    def words(self, count: int) -> str:
        return " ".join(
            "".join(next(self._syllables) for _ in range(self.chance.randint(1, 4)))
            for _ in range(count)
        )

    def markdown(self, blocks: int) -> str:
        kinds = (
            "{}. {}.",
            "{}. {}.",
            "# {}",
            "- {}.\n- {}.",
            "> {}.\n>\n> {}.",
            "**{}** {}.",
            "{}\\\n{}.",
        )
        return "\n\n".join(
            self.chance.choice(kinds).format(self.words(5), self.words(4)) for _ in range(blocks)
        )

    def draft(self, attempt: uuid.UUID, text: str, *, people: bool = False) -> None:
        """As a writer's step: agents' text goes first. People may type while it is written."""
        peer = Peer(agent_client_id(), [entry.data for entry in self.log])
        seen = len(self.log)
        remove_agent_text(peer)
        self.save(peer.take(), attempt)
        pen = Pen(peer, {"attempt": str(attempt), "tone": 1})
        places = sorted({0, len(text), *self.chance.choices(range(len(text)), k=4)})
        for start, end in pairwise(places):
            if people:
                self.edit()
            peer.pull([entry.data for entry in self.log[seen:]])
            seen = len(self.log)
            pen.write(text[start:end])
            pen.finish() if end == len(text) else pen.flush()
            self.save(peer.take(), attempt)

    def revise(self, attempt: uuid.UUID, share: float = 0.6) -> None:
        """As an editor's step: words of some sentences change."""
        peer = Peer(agent_client_id(), [entry.data for entry in self.log])
        mark = {"attempt": str(attempt), "tone": 3}
        for sentence in split(peer.body):
            if not sentence.human and self.chance.random() < share:
                words = sentence.text.split()
                for _ in range(self.chance.randint(1, 2)):
                    at = self.chance.randrange(len(words))
                    words[at : at + self.chance.randint(0, 2)] = [self.words(1)]
                replace_sentence(peer, sentence, " ".join(words), mark)
                self.save(peer.take(), attempt)

    # People

    def edit(self, *, deletes: bool = False) -> None:
        self.look()
        if not self.person.texts():
            return
        self.person.edit(self.chance, next(self._characters), deletes=deletes)
        self.send()

    def look(self) -> None:
        self.person.see([entry.data for entry in self.log[self._seen :]])
        self._seen = len(self.log)

    def send(self) -> None:
        for update in self.person.sent:
            self.save(update)
        self.person.sent.clear()
        self._seen = len(self.log)

    # Undoing

    def undo(self, attempt: uuid.UUID, own: int | None = None) -> Undone:
        """What the attempt wrote, or what brought it back."""
        seqs = {entry.seq for entry in self.log if entry.attempt == attempt}
        assert seqs
        return self._undo(shares_of(self.log, {own} if own else seqs, attempt))

    def bring_back(self, undone: int) -> Undone:
        return self._undo(shares_of(self.log, {undone}))

    def _undo(self, shares: list[Share]) -> Undone:
        peer = self.now(next(self._clients))
        valid = is_valid(peer)
        known = Known(parse(peer.state()))
        undone = undo(peer, shares)
        update = peer.take()
        if update:
            summary = check(update)
            assert not known.lacks(summary)
            known.check(summary)
        self.save(update)
        if valid:
            validate(self.now().body)
        return undone


def text_of(peer: Peer) -> str:
    return characters(peer.body)


def by(peer: Peer, attempt: uuid.UUID) -> str:
    return "".join(
        run
        for _, _, text in texts(peer.body)
        for run, marks in runs(text)
        if marks.get("agent", {}).get("attempt") == str(attempt)
    )


def only(text: str, wanted: str) -> str:
    """The characters that are wanted, in the text's order; blanks are nobody's."""
    return "".join(c for c in text if c in wanted and not c.isspace() and c != ".")


def people(text: str) -> str:
    return "".join(c for c in text if "\u4e00" <= c <= "\u9fff")


def took(section: Section, attempt: uuid.UUID) -> str:
    """What was not the attempt's and went with its updates."""
    found = ""
    peer = Peer(9)
    for entry in section.log:
        before = text_of(peer)
        own = by(peer, attempt)
        peer.pull([entry.data])
        if entry.attempt == attempt:
            after = text_of(peer)
            found += "".join(c for c in before if c not in after and c not in own)
    return found


SEEDS = range(8)


@pytest.mark.parametrize("seed", SEEDS)
def test_undone_at_once_nothing_is_left(seed: int) -> None:
    section = Section(seed)
    section.draft(WRITER, section.markdown(4))
    for _ in range(4):
        section.edit()
    written = shape(section.now().body)
    section.revise(EDITOR)
    section.undo(EDITOR)
    assert shape(section.now().body) == written
    section.draft(OTHER, section.markdown(3))
    section.undo(OTHER)
    assert shape(section.now().body) == written


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("deletes", [False, True])
def test_people_go_on(seed: int, deletes: bool) -> None:
    section = Section(seed)
    section.draft(WRITER, section.markdown(4), people=True)
    attempt = section.chance.choice([WRITER, EDITOR, OTHER])
    section.revise(EDITOR)
    if attempt is OTHER:
        section.edit()
        section.draft(OTHER, section.markdown(3), people=True)
    for _ in range(8):
        section.edit(deletes=deletes)
    taken = took(section, attempt)
    before = section.now()
    own, all_before = by(before, attempt), text_of(before)
    section.undo(attempt)
    after = section.now()
    text = text_of(after)
    assert not by(after, attempt)
    assert people(text) == people(all_before)
    others = "".join(c for c in all_before if c not in own)
    assert only(text, others) == only(others, others)
    stands = Counter(text)
    twice = [c for c in only(taken, taken) if stands[c] > 1]
    assert not twice
    if not deletes:
        missing = [c for c in only(taken, taken) if not stands[c]]
        assert not missing


def is_valid(peer: Peer) -> bool:
    """Our people leave empty lists and quotations, which y-prosemirror would not."""
    try:
        validate(peer.body)
    except SchemaError:
        return False
    return True


@pytest.mark.parametrize("seed", SEEDS)
def test_what_was_undone_comes_back(seed: int) -> None:
    section = Section(seed)
    section.draft(WRITER, section.markdown(4))
    section.revise(EDITOR)
    if seed % 2:
        section.draft(OTHER, section.markdown(3))
    for _ in range(4):
        section.edit()
    attempt = OTHER if seed % 2 else EDITOR
    before = shape(section.now().body)
    section.undo(attempt)
    without = shape(section.now().body)
    section.bring_back(len(section.log))
    assert shape(section.now().body) == before
    section.undo(attempt, len(section.log))
    assert shape(section.now().body) == without


@pytest.mark.parametrize("seed", SEEDS)
def test_people_go_on_before_it_comes_back(seed: int) -> None:
    section = Section(seed)
    section.draft(WRITER, section.markdown(4))
    section.revise(EDITOR)
    if seed % 2:
        section.draft(OTHER, section.markdown(3))
    attempt = OTHER if seed % 2 else EDITOR
    before = section.now()
    section.undo(attempt)
    undone = len(section.log)
    for _ in range(8):
        section.edit()
    typed = people(text_of(section.now()))
    section.bring_back(undone)
    after = section.now()
    assert Counter(by(after, attempt)) == Counter(by(before, attempt))
    assert people(text_of(after)) == typed
    stands = Counter(text_of(after))
    assert not [c for c in only(text_of(after), text_of(after)) if stands[c] > 1]
    assert set(only(text_of(before), text_of(before))) == set(
        only(text_of(after), text_of(after))
    ) - set(typed)


@pytest.mark.parametrize("seed", SEEDS)
def test_an_earlier_text_that_was_brought_back_is_not_doubled(seed: int) -> None:
    section = Section(seed)
    section.draft(WRITER, section.markdown(4))
    section.edit()
    written = section.now()
    section.draft(OTHER, section.markdown(3))
    peer = section.now(next(section._clients))
    restore(peer, written.state())
    section.save(peer.take())
    section.look()
    text = section.chance.choice([text for text in section.person.texts() if len(text)])
    section.person.split(text, 1) if seed % 2 else section.person.type(text, 1, "一")
    section.send()
    before = text_of(section.now())
    assert section.undo(OTHER) == Undone(0, 0)
    assert text_of(section.now()) == before


def test_yjs_reads_the_same() -> None:
    logs: list[list[bytes]] = []
    for seed in SEEDS:
        section = Section(seed)
        section.draft(WRITER, section.markdown(4), people=True)
        section.revise(EDITOR, 1)
        for _ in range(4):
            section.edit()
        section.undo(EDITOR)
        section.bring_back(len(section.log))
        section.undo(WRITER)
        logs.append([entry.data for entry in section.log])
    for log, theirs in zip(logs, read_by_yjs(logs), strict=True):
        assert bare(read_by_pycrdt(log)) == bare(theirs)


def test_only_the_marks_of_open_comments_come_back() -> None:
    section = Section()
    section.draft(WRITER, "One sentence here. Another one.")
    peer = section.now(7)
    for number, sentence in enumerate(split(peer.body)):
        assert mark_comment(peer, sentence, f"thread-{number}")
    section.save(peer.take())
    section.draft(OTHER, "New.")
    own = {entry.seq for entry in section.log if entry.attempt == OTHER}
    peer = section.now(8)
    undo(peer, shares_of(section.log, own, OTHER), threads={"thread-1"})
    [(_, _, text)] = texts(peer.body)
    marks = {key for _, marks in runs(text) for key in marks}
    assert text_of(peer) == "One sentence here. Another one."
    assert marks == {"agent", comment_key("thread-1")}


def test_a_word_comes_back_beside_what_took_its_place() -> None:
    section = Section()
    section.draft(WRITER, "One small word here.")
    peer = Peer(agent_client_id(), [entry.data for entry in section.log])
    [sentence] = split(peer.body)
    mark = {"attempt": str(EDITOR), "tone": 3}
    assert replace_sentence(peer, sentence, "One large word here.", mark)
    section.save(peer.take(), EDITOR)
    section.look()
    [text] = section.person.texts()
    section.person.split(text, len("One "))
    section.person.retype(section.person.texts()[1], "heading", {"level": 2})
    section.send()
    section.undo(EDITOR)
    assert [plain(text) for _, _, text in texts(section.now().body)] == [
        "One ",
        "small word here.",
    ]


def test_what_stood_in_a_deleted_paragraph_stays_deleted() -> None:
    section = Section()
    section.draft(WRITER, "One small word here.\n\nNext.")
    peer = Peer(agent_client_id(), [entry.data for entry in section.log])
    mark = {"attempt": str(EDITOR), "tone": 3}
    assert replace_sentence(peer, split(peer.body)[0], "One large word here.", mark)
    section.save(peer.take(), EDITOR)
    section.look()
    section.person.remove(section.person.texts()[0])
    section.send()
    assert section.undo(EDITOR) == Undone(0, 0)
    assert text_of(section.now()) == "Next."
