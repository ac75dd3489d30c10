"""What the gate lets pass, the real Yjs and pycrdt read to the same text."""

import json
import random
import subprocess
from base64 import b64encode
from pathlib import Path
from typing import Any

import pytest
from pycrdt import Doc, XmlElement, XmlFragment, XmlText

from tests.writing.text.test_yprosemirror import NODE, pytestmark  # noqa: F401 (needs Node too)
from writing.text import gate
from writing.text.known import Known
from writing.text.peer import Peer
from writing.text.structs import parse
from writing.text.tree import append_element, append_text, attributes, children, runs, texts

SCRIPT = Path(__file__).with_name("yjs.mjs")
WORDS = ("reef ", "Grüße ", "世界", "😀", "a", "e\u0301", "\n")
MARKS: tuple[dict[str, Any], ...] = (
    {"strong": {}},
    {"em": {}},
    {"agent": {"attempt": "a", "tone": 1}},
    {"comment--AbCdEf12": {"thread": "t"}},
    {"link": {"href": "https://example.org/", "title": None}},
)
PEERS, ROUNDS, TEXTS, MUTANTS = 3, 12, 40, 60


def edit(peer: Peer, chance: random.Random) -> None:
    """What an editor does: blocks, characters, marks, deletions, attributes."""
    standing = [text for _, _, text in texts(peer.body)]
    with peer.doc.transaction():
        if not standing or chance.random() < 0.2:
            kind = chance.choice(("paragraph", "heading", "code_block"))
            values = {"level": chance.randint(1, 6)} if kind == "heading" else {}
            append_text(append_element(peer.body, kind, values)).insert(0, chance.choice(WORDS))
            return
        text = chance.choice(standing)
        # pycrdt counts bytes: only whole characters are cut.
        string = "".join(run for run, _ in runs(text))
        bounds = [len(string[:index].encode()) for index in range(len(string) + 1)]
        start, end = sorted((chance.choice(bounds), chance.choice(bounds)))
        match chance.randrange(6):
            case 0 | 1:
                text.insert(start, chance.choice(WORDS))
            case 2:
                text.insert(end, chance.choice(WORDS), chance.choice(MARKS))
            case 3 if start < end:
                text.format(start, end, chance.choice(MARKS))
            case 4 if start < end:
                del text[start:end]
            case 5 if len(peer.body.children) > 2:
                del peer.body.children[chance.randrange(len(peer.body.children))]


def written_together(chance: random.Random, hearing: float) -> list[bytes]:
    """The updates of some peers, and how often they hear of each other before they write."""
    peers = [Peer(number + 1) for number in range(PEERS)]
    log: list[bytes] = []
    known = [0] * PEERS
    for _ in range(ROUNDS):
        number = chance.randrange(PEERS)
        if chance.random() < hearing:
            peers[number].pull(log[known[number] :])
            known[number] = len(log)
        edit(peers[number], chance)
        if update := peers[number].take():
            log.append(update)
    return log


def mutated(update: bytes, chance: random.Random) -> bytes:
    broken = bytearray(update)
    for _ in range(chance.randint(1, 2)):
        broken[chance.randrange(len(broken))] = chance.randrange(256)
    return bytes(broken)


def passes(update: bytes, doc: Doc[XmlFragment]) -> bool:
    """As the hub decides it."""
    known = Known()
    known.add(parse(doc.get_update()).structs)
    try:
        summary = gate.check(update)
        if known.lacks(summary):
            return False
        known.check(summary)
    except gate.GateError:
        return False
    return True


def read(node: XmlFragment | XmlElement | XmlText) -> Any:
    if isinstance(node, XmlText):
        return [[run, marks] for run, marks in runs(node)]
    if isinstance(node, XmlElement):
        values = attributes(node)
        return [node.tag, values, [read(child) for child in children(node)]]
    return [read(child) for child in children(node)]


def read_by_yjs(logs: list[list[bytes]]) -> list[Any]:
    request = {"texts": [[b64encode(update).decode() for update in log] for log in logs]}
    answer = subprocess.run(
        [NODE or "node", str(SCRIPT)],
        input=json.dumps(request),
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )
    return list(json.loads(answer.stdout))


def read_by_pycrdt(log: list[bytes]) -> Any:
    doc: Doc[XmlFragment] = Doc()
    for update in log:
        doc.apply_update(update)
    return json.loads(json.dumps(read(doc.get("body", type=XmlFragment))))


def bare(node: Any) -> Any:
    """Elements and characters, without marks and attributes."""
    match node:
        case [str(tag), dict(), list(inside)]:
            return [tag, bare(inside)]
        case [[str(), dict()], *_]:
            # Half an emoji is deleted: each reader has its own sign for what is left.
            return "".join(run for run, _ in node).replace("😀", "").replace("\ufffd", "")
        case list():
            return [bare(child) for child in node]
    raise AssertionError(node)


@pytest.mark.parametrize("seed", [1, 2])
def test_what_passes_is_read_alike(seed: int) -> None:
    chance = random.Random(seed)
    logs: list[list[bytes]] = []
    in_full: set[int] = set()
    mutants = 0
    for number in range(TEXTS):
        in_turn = number % 2 == 0
        log = written_together(chance, 1 if in_turn else 0.6)
        doc: Doc[XmlFragment] = Doc()
        doc.get("body", type=XmlFragment)
        for update in log:
            assert passes(update, doc)
            doc.apply_update(update)
        if in_turn:
            in_full.add(len(logs))
        logs.append(log)
        for _ in range(MUTANTS):
            at = chance.randrange(len(log))
            broken = mutated(log[at], chance)
            before: Doc[XmlFragment] = Doc()
            before.get("body", type=XmlFragment)
            for update in log[:at]:
                before.apply_update(update)
            if broken != log[at] and passes(broken, before):
                logs.append([*log[:at], broken])
                mutants += 1
    assert mutants > TEXTS
    for number, (log, theirs) in enumerate(zip(logs, read_by_yjs(logs), strict=True)):
        ours, said = read_by_pycrdt(log), [update.hex() for update in log]
        # They may differ in how far a mark goes where two set or deleted it at the same time.
        assert bare(ours) == bare(theirs), said
        if number in in_full:
            assert ours == theirs, said
