"""What agents do to text that stands: new versions of sentences, comments, clearing their own."""

import base64
import hashlib
from collections.abc import Mapping
from difflib import SequenceMatcher
from typing import Any

from pycrdt import XmlFragment, XmlText

from writing.text.alignment import TOKEN
from writing.text.clearing import clear
from writing.text.deciding import decide
from writing.text.lib0 import varstring, varuint
from writing.text.peer import Peer
from writing.text.sentences import Sentence, has_human, split
from writing.text.suggestions import agents_suggestions, is_free
from writing.text.tree import children, images, plain, text_at, texts

# Marks that say who wrote something and who has read it: of those words alone.
OF_ORIGIN = frozenset({"agent", "pasted", "reviewed"})


def replace_sentence(
    peer: Peer, sentence: Sentence, new_text: str, mark: Mapping[str, Any]
) -> bool:
    """Change an agent's sentence word by word; unchanged words keep their marks.

    `mark` is the attributes of the agent mark. False, and nothing is changed, if the sentence is
    gone, a person has touched it meanwhile, or something is suggested in it.
    """
    place = find_sentence(peer.body, sentence)
    if place is None:
        return False
    text, start, end = place
    if has_human(text, start, end) or not is_free(text, start, end):
        return False
    old, new = TOKEN.findall(sentence.text), TOKEN.findall(" ".join(new_text.split()))
    changes = SequenceMatcher(a=old, b=new, autojunk=False).get_opcodes()
    with peer.doc.transaction():
        for kind, old_first, old_last, new_first, new_last in reversed(changes):
            if kind == "equal":
                continue
            first = start + _size(old[:old_first])
            last = first + _size(old[old_first:old_last])
            marks = {**_marks_at(text, first), "agent": dict(mark)}
            if last > first:
                del text[first:last]
            if inserted := "".join(new[new_first:new_last]):
                text.insert(first, inserted, marks)
    return True


def mark_comment(peer: Peer, sentence: Sentence, thread_id: str) -> str | None:
    """Anchor a thread to the sentence; gives the words it stands on, None if they are gone."""
    place = find_sentence(peer.body, sentence)
    if place is None:
        return None
    text, start, end = place
    text.format(start, end, {comment_key(thread_id): {"thread": thread_id}})
    return sentence.text


def unmark_comment(peer: Peer, thread_id: str) -> None:
    """Take the thread's mark off all words that carry it."""
    key = comment_key(thread_id)
    with peer.doc.transaction():
        for _, _, text in texts(peer.body):
            if any(key in (attrs or {}) for _, attrs in text.diff()):
                text.format(0, len(text), {key: None})


def remove_agent_text(peer: Peer) -> None:
    """Remove every character an agent wrote, and the blocks that this leaves empty. Images stay:
    no agent puts any there. What agents suggest goes with it."""
    with peer.doc.transaction():
        decide(peer.body, agents_suggestions(peer.body), accept=False)
        clear(peer.body, _clear_text)
        if not any(plain(text).strip() for _, _, text in texts(peer.body)):
            for index, block in reversed(list(enumerate(children(peer.body)))):
                if not any(images(block)):
                    del peer.body.children[index]


def comment_key(thread_id: str) -> str:
    """The key under which y-prosemirror keeps a mark that may overlap others of its type.

    Its hash is of the mark's JSON in lib0's `Any` encoding: y-prosemirror, src/utils.js.
    """
    attributes = _any_object({"thread": _any_string(thread_id)})
    encoded = _any_object({"type": _any_string("comment"), "attrs": attributes})
    digest = bytearray(hashlib.sha256(encoded).digest())
    for index in range(6, len(digest)):
        digest[index % 6] ^= digest[index]
    return f"comment--{base64.b64encode(digest[:6]).decode()}"


def _any_string(value: str) -> bytes:
    return b"\x77" + varstring(value)


def _any_object(values: Mapping[str, bytes]) -> bytes:
    pairs = b"".join(varstring(key) + value for key, value in values.items())
    return b"\x76" + varuint(len(values)) + pairs


def _size(tokens: list[str]) -> int:
    return len("".join(tokens).encode())


def find_sentence(body: XmlFragment, sentence: Sentence) -> tuple[XmlText, int, int] | None:
    """Where the sentence stands now: its text and byte offsets."""
    text = text_at(body, sentence.block)
    if text is not None:
        here = plain(text).encode()[sentence.start : sentence.end]
        if here == sentence.text.encode():
            return text, sentence.start, sentence.end
    same = [other for other in split(body) if other.text == sentence.text]
    if not same:
        return None
    nearest = min(same, key=lambda other: abs(other.number - sentence.number))
    moved = text_at(body, nearest.block)
    return (moved, nearest.start, nearest.end) if moved is not None else None


def _marks_at(text: XmlText, offset: int) -> dict[str, Any]:
    """The formatting of the character at a byte offset, without what says where it came from."""
    at = 0
    for run, attrs in text.diff():
        at += len(run.encode()) if isinstance(run, str) else 1
        if offset < at:
            return {key: value for key, value in (attrs or {}).items() if key not in OF_ORIGIN}
    return {}


def _clear_text(text: XmlText) -> bool:
    """Remove agents' runs; True if there were any."""
    at, spans = 0, []
    for run, attrs in text.diff():
        length = len(run.encode()) if isinstance(run, str) else 1
        if "agent" in (attrs or {}):
            spans.append((at, at + length))
        at += length
    for start, end in reversed(spans):
        del text[start:end]
    return bool(spans)
