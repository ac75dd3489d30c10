"""The pen beside the real y-prosemirror, which moves text by deleting and copying it."""

import json
import shutil
import subprocess
from base64 import b64decode, b64encode
from pathlib import Path
from typing import Any

import pytest

from tests.writing.text.manuscripts import SAMPLE
from tests.writing.text.person import Person, agent_client_id
from tests.writing.text.shapes import agents_characters
from writing.text import gate
from writing.text.content import contents_of
from writing.text.markdown import append_markdown, to_markdown
from writing.text.peer import Peer
from writing.text.pen import Pen
from writing.text.proposing import propose_body
from writing.text.schema import FILE
from writing.text.tree import plain, runs, texts

SCRIPT = Path(__file__).with_name("yprosemirror.mjs")
NODE = shutil.which("node")
MARK = {"attempt": "a", "tone": 1}

pytestmark = pytest.mark.skipif(
    NODE is None or not (FILE.parents[2] / "node_modules" / "y-prosemirror").exists(),
    reason="the browser's packages are not installed",
)

Edits = list[dict[str, str]]


def browser(updates: list[bytes], edits: Edits) -> tuple[bool, list[bytes]]:
    """Whether opening the text changed it, and the updates that the edits make."""
    request: dict[str, Any] = {
        "schema": json.loads(FILE.read_text()),
        "updates": [b64encode(update).decode() for update in updates],
        "edits": edits,
    }
    answer = subprocess.run(
        [NODE or "node", str(SCRIPT)],
        input=json.dumps(request),
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )
    result = json.loads(answer.stdout)
    return result["changed"], [b64decode(update) for update in result["updates"]]


def test_a_browser_keeps_everything_the_pen_and_the_parser_write() -> None:
    peer = Peer(agent_client_id())
    append_markdown(peer.body, SAMPLE)
    pen = Pen(peer, MARK)
    pen.write(SAMPLE)
    pen.finish()
    assert browser([peer.doc.get_update()], []) == (False, [])


def test_a_browser_keeps_what_is_suggested() -> None:
    peer, wanted = Peer(agent_client_id()), Peer(1)
    append_markdown(peer.body, SAMPLE)
    append_markdown(
        wanted.body, SAMPLE.replace("one", "other").replace("| x |", "| y |") + "\nEnd."
    )
    assert propose_body(peer, contents_of(wanted.body), mark=MARK)
    assert browser([peer.doc.get_update()], []) == (False, [])


def edit(kind: str, text: str) -> dict[str, str]:
    return {"kind": kind, "text": text}


WRITTEN = "first para\n\n- item one\n- item two\n\nlast words and more "
CASES: dict[str, tuple[Edits, str]] = {
    "typing": (
        [edit("type", "words")],
        "first para\n\n- item one\n- item two\n\nlast !words and more of text that goes on",
    ),
    "enter": (
        [edit("split", "words")],
        "first para\n\n- item one\n- item two\n\nlast\n\nwords and more of text that goes on",
    ),
    "enter twice": (
        [edit("split", "words"), edit("split", "more")],
        "first para\n\n- item one\n- item two\n\nlast\n\nwords and\n\nmore of text that goes on",
    ),
    "a heading": (
        [edit("retype", "words")],
        "first para\n\n- item one\n- item two\n\n## last words and more of text that goes on",
    ),
    "a quotation": (
        [edit("quote", "words")],
        "first para\n\n- item one\n- item two\n\n> last words and more of text that goes on",
    ),
    "bold": (
        [edit("bold", "words")],
        "first para\n\n- item one\n- item two\n\nlast **words** and more of text that goes on",
    ),
    "deletion": (
        [edit("delete", "words ")],
        "first para\n\n- item one\n- item two\n\nlast and more of text that goes on",
    ),
    "all at once": (
        [edit("split", "and"), edit("retype", "and"), edit("type", "more"), edit("quote", "last")],
        "first para\n\n- item one\n- item two\n\n> last words\n\n## and !more of text that goes on",
    ),
}


@pytest.mark.parametrize(("edits", "expected"), CASES.values(), ids=CASES.keys())
def test_the_pen_goes_on_where_the_browser_moved_its_text(edits: Edits, expected: str) -> None:
    peer = Peer(agent_client_id())
    pen = Pen(peer, MARK)
    pen.write(WRITTEN)
    pen.flush()
    log = [peer.take() or b""]
    _, updates = browser(log, edits)
    for update in updates:
        gate.check(update)
    pen.write("of text ")
    pen.flush()  # the browser has not seen this, nor the pen the browser's edits
    log += [peer.take() or b"", *updates]
    peer.pull(updates)
    pen.write("that goes on")
    pen.finish()
    log.append(peer.take() or b"")
    assert to_markdown(Peer(1, log).body) == expected
    assert browser(log, []) == (False, [])


@pytest.mark.parametrize("text", ["words", "oo words", "first"])
def test_what_a_person_types_before_its_like_stays_theirs(text: str) -> None:
    peer = Peer(agent_client_id())
    pen = Pen(peer, MARK)
    pen.write("first oo words and ")
    pen.flush()
    log = [peer.take() or b""]
    _, updates = browser(log, [edit("double", text)])
    peer.pull(updates)
    pen.write("more")
    pen.finish()
    log += [*updates, peer.take() or b""]
    body = Peer(1, log).body
    assert to_markdown(body) == "first oo words and more".replace(text, text[0] + text)
    assert "".join(agents_characters(body)) == "first oo words and more"
    persons = [string for line in texts(body) for string, marks in runs(line[2]) if not marks]
    assert persons == [text[0]]


@pytest.mark.parametrize("kind", ["split", "retype", "join"])
def test_our_stand_in_for_a_browser_edits_as_it_does(kind: str) -> None:
    peer = Peer(agent_client_id())
    append_markdown(peer.body, "before\n\nfirst **bold** second", {"agent": MARK})
    log = [peer.take() or b""]
    person = Person(1, log)
    text = person.texts()[-1]
    match kind:
        case "split":
            person.split(text, plain(text).index("second"))
        case "retype":
            person.retype(text, "heading", {"level": 2})
        case "join":
            person.join(text)
    _, updates = browser(log, [edit(kind, "second")])
    ours, theirs = Peer(2, [*log, *person.sent]), Peer(3, [*log, *updates])
    assert to_markdown(ours.body) == to_markdown(theirs.body)
    assert agents_characters(ours.body) == agents_characters(theirs.body)
