"""Who wrote each byte, against what Yjs itself knows by its client ids."""

import random
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from itertools import count
from typing import Any

import pytest
from pycrdt import Doc, XmlElement, XmlFragment, XmlText

from tests.writing.text.test_yprosemirror import browser
from tests.writing.text.test_yprosemirror import pytestmark as needs_packages
from writing.text.authored import Written
from writing.text.checkpoints import Author, Past
from writing.text.identified import Identified, Node
from writing.text.markdown import append_markdown
from writing.text.segments import LogEntry
from writing.text.tree import children, plain, texts

NOW = datetime(2026, 11, 24, tzinfo=UTC)
PEOPLE = (1, 2, 3)
ALL = [(0, 2**31)]


class Writer:
    """Somebody who does anything anywhere, mostly without knowing of what the others do. Nobody
    writes what stood somewhere else."""

    numbers = count()

    def __init__(self, client: int, dice: random.Random) -> None:
        self.dice = dice
        self.doc: Doc[XmlFragment] = Doc(client_id=client, skip_gc=True)
        self.body = self.doc.get("body", type=XmlFragment)
        self.sent: list[bytes] = []
        self.doc.observe(lambda event: self.sent.append(event.update))

    def act(self) -> bytes:
        self.sent.clear()
        with self.doc.transaction():
            for _ in range(self.dice.randint(1, 3)):
                self._change()
        return self.sent[0] if self.sent else b"\0\0"

    def _change(self) -> None:
        dice, blocks = self.dice, self.body.children
        standing = [text for _, _, text in texts(self.body)]
        chance = dice.random()
        if chance < 0.2 or not standing:
            words = XmlText(dice.choice(["", self._new(1), self._new(3)]))
            paragraph = XmlElement("paragraph", {}, [words])
            item = XmlElement("bullet_list", {}, [XmlElement("list_item", {}, [paragraph])])
            blocks.insert(dice.randint(0, len(blocks)), item if chance < 0.05 else paragraph)
        elif chance < 0.28:
            del blocks[dice.randrange(len(blocks))]
        else:
            self._change_text(dice.choice(standing), chance)

    def _change_text(self, text: XmlText, chance: float) -> None:
        characters = plain(text)
        first = self.dice.randint(0, len(characters))
        last = min(len(characters), first + self.dice.randint(1, 3))
        start, end = (len(characters[:place].encode()) for place in (first, last))
        if chance < 0.6:
            marks: dict[str, Any] = self.dice.choice([{}, {"strong": {}}])
            text.insert(start, self._new(self.dice.randint(1, 2)), marks)
        elif start == end:
            return
        elif chance < 0.85:
            del text[start:end]
        else:
            text.format(start, end, {"em": self.dice.choice([{}, None])})

    def _new(self, length: int) -> str:
        """Of two, three or four bytes each."""
        return chr(self.dice.choice([0x100, 0x5000, 0x20000]) + next(self.numbers)) * length


def log_of(seed: int) -> list[LogEntry]:
    dice = random.Random(seed)
    writers = [Writer(client, dice) for client in PEOPLE]
    log: list[LogEntry] = []
    for seq in range(1, 50):
        writer = dice.choice(writers)
        if dice.random() < 0.5:
            for entry in log:
                writer.doc.apply_update(entry.data)
        log.append(LogEntry(seq, writer.act(), writer.doc.client_id, None, NOW))
    return log


def known_by_yjs(past: Past) -> list[int]:
    """The client id of every byte."""
    identified = Identified(past.text.doc.get_update())
    found = {client: identified.stretches({client: ALL}) for client in PEOPLE}
    clients: list[int] = []
    for node in _texts(identified.blocks()):
        characters = "".join(run for run, _ in node.runs)
        own = {
            place: client
            for client, stretches in found.items()
            for start, end in stretches.get(node.id, ())
            for place in range(start, end)
        }
        for place, character in enumerate(characters):
            clients += [own[place]] * len(character.encode())
    return clients


def _texts(nodes: Sequence[Node]) -> Iterator[Node]:
    for node in nodes:
        if node.tag:
            yield from _texts(node.held)
        else:
            yield node


def authors(past: Past) -> list[int | None]:
    return [past.authors[label].user_id for label in past.text.labels()]


def test_every_byte_has_its_author_whoever_did_what_meanwhile() -> None:
    for seed in range(60):
        past = Past()
        past.play(log_of(seed))
        assert authors(past) == known_by_yjs(past), seed


def test_a_checkpoint_goes_on_like_the_whole_log() -> None:
    for seed in range(20):
        log = log_of(seed)
        whole, first = Past(), Past()
        whole.play(log)
        first.play(log, until=len(log) // 2)
        second = Past(first.seq, first.checkpoint())
        assert authors(second) == authors(first)
        second.play(log)
        assert second.seq == whole.seq == len(log)
        assert authors(second) == authors(whole), seed
        assert str(second.text.body) == str(whole.text.body)


def test_it_is_told_whose_words_vanish() -> None:
    ana, ben = Writer(1, random.Random(1)), Writer(2, random.Random(2))
    ana.body.children.append(XmlElement("paragraph", {}, [XmlText("reef life")]))
    past = Past()
    past.text.play(ana.sent, past.label_of(Author(1)))
    ben.doc.apply_update(ana.doc.get_update())
    ben.sent.clear()
    [text] = [text for _, _, text in texts(ben.body)]
    del text[0:5]
    past.text.play(ben.sent, past.label_of(Author(2)))
    assert past.text.deleted == [past.label_of(Author(1))] * 5
    assert len(past.text.blocks) == len(children(past.text.body)) == 1
    assert isinstance(past.text.blocks[0], Written)


MOVES = {
    "split": [("split", "Bens own words")],
    "joined again": [("split", "Bens own words"), ("join", "Bens own words")],
    "another kind": [("retype", "stand here")],
    "quoted": [("quote", "stand here")],
    "bold": [("bold", "own")],
    "split in a list": [("split", "second")],
    "many": [("quote", "stand"), ("split", "own"), ("retype", "own"), ("type", "words")],
}


@needs_packages
@pytest.mark.parametrize("edits", MOVES.values(), ids=MOVES)
def test_who_makes_blocks_of_blocks_has_not_written_them(edits: list[tuple[str, str]]) -> None:
    ben = Writer(2, random.Random(1))
    append_markdown(ben.body, "Here stand here Bens own words, 中文。\n\n- first\n- a second one")
    past = Past()
    past.play([LogEntry(1, ben.doc.get_update(), 2, None, NOW)])
    _, sent = browser([ben.doc.get_update()], [{"kind": k, "text": text} for k, text in edits])
    past.play([LogEntry(n, update, 1, None, NOW) for n, update in enumerate(sent, 2)])
    typed = sum(kind == "type" for kind, _ in edits)
    assert authors(past).count(1) == typed
    assert set(authors(past)) <= {1, 2}
    assert past.text.deleted == []


def test_what_is_cut_in_one_place_and_pasted_in_another_is_not_followed_by_chance() -> None:
    ben, ana = Writer(2, random.Random(1)), Writer(1, random.Random(2))
    append_markdown(ben.body, "the reef and the fish")
    past = Past()
    past.play([LogEntry(1, ben.doc.get_update(), 2, None, NOW)])
    ana.doc.apply_update(ben.doc.get_update())
    ana.sent.clear()
    [text] = [text for _, _, text in texts(ana.body)]
    with ana.doc.transaction():
        del text[13:21]
        text.insert(3, " pier")
    past.play([LogEntry(2, ana.sent[0], 1, None, NOW)])
    assert plain(text) == "the pier reef and "
    assert authors(past) == [2] * 3 + [1] * 5 + [2] * 10
