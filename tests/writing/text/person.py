"""A person at a browser, editing the way y-prosemirror 1 writes it into the shared text."""

import random
from collections.abc import Iterable
from typing import Any

from pycrdt import XmlElement, XmlFragment, XmlText

from writing.text.peer import Peer
from writing.text.tree import (
    Marks,
    Parent,
    append_element,
    append_text,
    attributes,
    children,
    insert_element,
    plain,
    runs,
    size,
    texts,
)


def agent_client_id() -> int:
    return random.randrange(2**32, 2**33)


class Person:
    """Edits their own copy; `sent` is what the server would get, in order."""

    def __init__(self, client_id: int, updates: Iterable[bytes] = ()) -> None:
        self.peer = Peer(client_id, updates)
        self.sent: list[bytes] = []
        self.deleted: set[str] = set()

    def see(self, updates: Iterable[bytes]) -> None:
        self.peer.pull(updates)

    def texts(self) -> list[XmlText]:
        return [text for _, _, text in texts(self.peer.body)]

    def _send(self) -> None:
        if update := self.peer.take():
            self.sent.append(update)

    def type(self, text: XmlText, at: int, string: str) -> None:
        """Types characters; `at` counts characters. They do not inherit the agent mark."""
        text.insert(_offset(text, at), string, {"agent": None})
        self._send()

    def delete(self, text: XmlText, start: int, end: int) -> None:
        self.deleted.update(plain(text)[start:end])
        with self.peer.doc.transaction():
            del text[_offset(text, start) : _offset(text, end)]
        self._send()

    def split(self, text: XmlText, at: int) -> None:
        """Enter: the tail is deleted here and copied into a new block, with all that follows."""
        with self.peer.doc.transaction():
            block = _block(text)
            place: XmlElement = block
            if isinstance(block.parent, XmlElement) and block.parent.tag == "list_item":
                place = block.parent
            tail = _after(text, at)
            siblings = children(block)
            rest = siblings[siblings.index(text) + 1 :]
            parent = _parent(place)
            index = children(parent).index(place) + 1
            if place is block:
                new = insert_element(parent, index, "paragraph")
            else:
                item = insert_element(parent, index, "list_item")
                new = append_element(item, "paragraph")
                following = children(place)
                for sibling in following[following.index(block) + 1 :]:
                    _copy(sibling, item)
                del place.children[following.index(block) + 1 : len(following)]
            _append_runs(new, tail)
            for sibling in rest:
                _copy(sibling, new)
            del text[_offset(text, at) : len(text)]
            del block.children[siblings.index(text) + 1 : len(siblings)]
        self._send()

    def retype(self, text: XmlText, tag: str, values: dict[str, Any] | None = None) -> None:
        """Makes the block a heading: the element is deleted and copied under another name."""
        with self.peer.doc.transaction():
            block = _block(text)
            parent = _parent(block)
            index = children(parent).index(block)
            new = insert_element(parent, index, tag, values)
            for child in children(block):
                _copy(child, new)
            del parent.children[index + 1]
        self._send()

    def wrap(self, text: XmlText) -> None:
        """Makes the block a quotation."""
        with self.peer.doc.transaction():
            block = _block(text)
            parent = _parent(block)
            index = children(parent).index(block)
            _copy(block, insert_element(parent, index, "blockquote"))
            del parent.children[index + 1]
        self._send()

    def join(self, text: XmlText) -> None:
        """Backspace at the start of a block: its text is copied to the end of the one before."""
        block = _block(text)
        parent = _parent(block)
        index = children(parent).index(block)
        before = children(parent)[index - 1] if index else None
        if not isinstance(before, XmlElement) or before.tag not in ("paragraph", "heading"):
            return
        with self.peer.doc.transaction():
            for child in children(block):
                last = children(before)[-1:]
                if isinstance(child, XmlText) and last and isinstance(last[0], XmlText):
                    _insert_runs(last[0], runs(child))
                else:
                    _copy(child, before)
            del parent.children[index]
        self._send()

    def remove(self, text: XmlText) -> None:
        """Deletes the whole block."""
        block = _block(text)
        self.deleted.update(*(plain(child) for _, _, child in texts(block)))
        parent = _parent(block)
        with self.peer.doc.transaction():
            del parent.children[children(parent).index(block)]
        self._send()

    def edit(self, chance: random.Random, typed: str, *, deletes: bool = False) -> None:
        """Something at random, `typed` if it is typing."""
        candidates = [text for text in self.texts() if len(text)]
        if not candidates:
            return
        text = chance.choice(candidates[-3:])
        at = chance.randint(0, len(plain(text)))
        kinds = ["type", "type", "split", "split", "retype", "wrap", "join"]
        kind = chance.choice(kinds + ["delete", "remove"] * deletes)
        in_item = getattr(_block(text).parent, "tag", "") == "list_item"
        if kind == "type":
            self.type(text, at, typed)
        elif kind == "split" and _block(text).tag != "code_block":
            self.split(text, at)
        elif kind == "retype" and not in_item:
            tag = chance.choice(["heading", "paragraph"])
            self.retype(text, tag, {"level": 2} if tag == "heading" else None)
        elif kind == "wrap" and not in_item:
            self.wrap(text)
        elif kind == "join":
            self.join(text)
        elif kind == "delete":
            self.delete(text, at, at + chance.randint(0, 12))
        elif kind == "remove":
            self.remove(text)


def _offset(text: XmlText, at: int) -> int:
    return size(plain(text)[:at])


def _after(text: XmlText, at: int) -> list[tuple[str, Marks]]:
    tail = []
    for run, marks in runs(text):
        if run[at:]:
            tail.append((run[at:] if at > 0 else run, marks))
        at = max(at - len(run), 0)
    return tail


def _block(text: XmlText) -> XmlElement:
    parent = text.parent
    assert isinstance(parent, XmlElement)
    return parent


def _parent(element: XmlElement) -> Parent:
    parent = element.parent
    assert isinstance(parent, XmlElement | XmlFragment)
    return parent


def _insert_runs(text: XmlText, tail: list[tuple[str, Marks]]) -> None:
    for run, marks in tail:
        text.insert(len(text), run, {"agent": None, **marks})


def _append_runs(element: XmlElement, tail: list[tuple[str, Marks]]) -> None:
    if tail:
        _insert_runs(append_text(element), tail)


def _copy(node: XmlElement | XmlText, target: Parent) -> None:
    if isinstance(node, XmlText):
        if isinstance(target, XmlElement):
            _append_runs(target, runs(node))
        return
    element = append_element(target, node.tag or "", attributes(node))
    for child in children(node):
        _copy(child, element)
