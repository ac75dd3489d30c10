"""Writing suggestions into a text: word by word, one for each sentence that is to change."""

import uuid
from collections.abc import Callable, Mapping, Sequence
from itertools import chain
from typing import Any

from pycrdt import XmlElement, XmlText

from writing.text.changes import find_sentence
from writing.text.content import Content, Runs, content_of, insert_content
from writing.text.marking import (
    ATTRIBUTE,
    DELETION,
    INSERTION,
    MODIFICATION,
    block_mark,
    encode,
    marks_of,
    set_marks,
    without_marks,
)
from writing.text.output import mark_name
from writing.text.peer import Peer
from writing.text.sentences import Sentence
from writing.text.suggestions import is_free
from writing.text.tree import (
    Marks,
    Node,
    Parent,
    attributes,
    children,
    first_text,
    plain,
    runs,
    size,
)
from writing.text.wording import ALIKE, Change, alike, changes_by_sentence

NewId = Callable[[], str]
# These say who wrote and who remarked on something, not how it looks.
_NO_LOOK = frozenset({"agent", "comment", INSERTION, DELETION, MODIFICATION})


def new_id() -> str:
    return str(uuid.uuid4())


def propose(
    peer: Peer,
    text: XmlText,
    start: int,
    end: int,
    new_text: str,
    *,
    mark: Mapping[str, Any] | None = None,
    name: NewId = new_id,
) -> list[str]:
    """Suggest that these bytes become `new_text`; gives the ids, none if nothing changes.

    Nothing may be suggested there yet: see `suggestions.is_free`. `mark` is the attributes of an
    agent's mark for what is new. New words look like those that they replace.
    """
    looks, old = _looks(text, start, end)
    groups = changes_by_sentence(old, new_text)
    new_looks: list[Marks] = [{}] * len(new_text)
    for change in chain.from_iterable(groups):
        if looks:
            look = looks[min(change.start, len(looks) - 1)]
            new_looks[change.first : change.last] = [look] * (change.last - change.first)
    return _Proposal(peer, mark, name).suggest(text, start, (old, new_text), groups, new_looks)


def propose_sentence(
    peer: Peer, sentence: Sentence, new_text: str, *, mark: Mapping[str, Any], suggestion_id: str
) -> bool:
    """Suggest another version of a sentence, as one suggestion. False, and nothing is written, if
    it is gone, stays as it is, or something is suggested in it already."""
    place = find_sentence(peer.body, sentence)
    if place is None or not is_free(*place):
        return False
    wanted = " ".join(new_text.split())
    return bool(propose(peer, *place, wanted, mark=mark, name=lambda: suggestion_id))


def propose_at_end(
    peer: Peer,
    contents: Sequence[Content],
    *,
    mark: Mapping[str, Any] | None = None,
    name: NewId = new_id,
) -> list[str]:
    """Suggest these blocks behind what stands there; gives the ids."""
    return _Proposal(peer, mark, name).append(contents)


def propose_body(
    peer: Peer,
    wanted: Sequence[Content],
    *,
    mark: Mapping[str, Any] | None = None,
    name: NewId = new_id,
) -> list[str]:
    """Suggest that the text becomes `wanted`; gives the ids in no certain order.

    Blocks that say something similar are changed by words, others are suggested to go or to come.
    Nothing may be suggested in the text yet.
    """
    return _Proposal(peer, mark, name).write(wanted)


class _Proposal:
    def __init__(self, peer: Peer, mark: Mapping[str, Any] | None, name: NewId) -> None:
        self._peer, self._mark, self._name = peer, mark, name
        self._ids: list[str] = []

    def write(self, wanted: Sequence[Content]) -> list[str]:
        with self._peer.doc.transaction():
            self._write(self._peer.body, wanted)
        return self._ids

    def append(self, contents: Sequence[Content]) -> list[str]:
        body = self._peer.body
        with self._peer.doc.transaction():
            for content in contents:
                self._insert(body, len(body.children), content)
        return self._ids

    def _write(self, parent: Parent, wanted: Sequence[Content]) -> None:
        present = children(parent)
        pairs = _pair([content_of(node) for node in present], wanted)
        at, to = len(present), len(wanted)
        for i, j in [*reversed(pairs), (-1, -1)]:
            for index in reversed(range(j + 1, to)):
                self._insert(parent, at, wanted[index])
            for node in present[i + 1 : at]:
                self._delete(node)
            if i >= 0:
                self._change(present[i], wanted[j])
            at, to = i, j

    def _insert(self, parent: Parent, index: int, content: Content) -> None:
        if isinstance(content, list):
            raise ValueError("a text is changed within itself")
        tag, values, held = content
        suggested = {ATTRIBUTE: encode([block_mark(INSERTION, self._new())])}
        marked = [_with_mark(child, self._mark) for child in held]
        insert_content((tag, {**values, **suggested}, marked), parent, index)

    def _delete(self, node: Node) -> None:
        if isinstance(node, XmlText):
            raise ValueError("a text is changed within itself")
        set_marks(node, [block_mark(DELETION, self._new())])

    def _change(self, node: Node, wanted: Content) -> None:
        if isinstance(node, XmlText) and isinstance(wanted, list):
            self._change_text(node, wanted)
            return
        if isinstance(node, XmlText) or isinstance(wanted, list):
            raise ValueError("a text is changed within itself")
        _tag, values, held = wanted
        self._change_values(node, values)
        if all(isinstance(child, XmlText) for child in children(node)):
            if children(node) or held:
                self._change_text(first_text(node), _only_text(held))
        elif _is_lines(held):
            for child, content in zip(children(node), held, strict=True):
                if isinstance(child, XmlText):
                    self._change(child, content)
        else:
            self._write(node, held)

    def _change_values(self, node: XmlElement, values: Mapping[str, Any]) -> None:
        own = without_marks(attributes(node))
        changes = []
        for key in sorted(own.keys() | values.keys()):
            if own.get(key) != values.get(key):
                attrs = {
                    "id": self._new(),
                    "type": "attr",
                    "attrName": key,
                    "previousValue": own.get(key),
                    "newValue": values.get(key),
                }
                changes.append({"attrs": attrs, "type": MODIFICATION})
                node.attributes[key] = values.get(key)
        if changes:
            set_marks(node, marks_of(node) + changes)

    def _change_text(self, text: XmlText, wanted: Runs) -> None:
        old, new = plain(text), "".join(run for run, _ in wanted)
        old_looks = [_look(keyed) for run, keyed in runs(text) for _ in run]
        new_looks = [_look(keyed) for run, keyed in wanted for _ in run]
        groups = changes_by_sentence(old, new, old_looks, new_looks)
        self.suggest(text, 0, (old, new), groups, new_looks)

    def suggest(
        self,
        text: XmlText,
        start: int,
        versions: tuple[str, str],
        groups: Sequence[Sequence[Change]],
        looks: Sequence[Marks],
    ) -> list[str]:
        """Write the changes of characters from the byte `start` on; `looks` are how each of the
        new version's is formatted."""
        old, new = versions
        ids = [self._new() for _ in groups]
        nothing: Marks = {key: None for _, keyed in runs(text) for key in keyed}
        own = {"agent": dict(self._mark)} if self._mark is not None else {}
        with self._peer.doc.transaction():
            for suggestion_id, changes in reversed(list(zip(ids, groups, strict=True))):
                by = {"id": suggestion_id}
                for change in reversed(changes):
                    first, last = (start + size(old[:at]) for at in (change.start, change.end))
                    for begin, stop in reversed(_stretches(change, looks)):
                        marks = {**nothing, **looks[begin], **own, INSERTION: by}
                        text.insert(last, new[begin:stop], marks)
                    if last > first:
                        text.format(first, last, {DELETION: by})
        return ids

    def _new(self) -> str:
        self._ids.append(self._name())
        return self._ids[-1]


def _stretches(change: Change, looks: Sequence[Marks]) -> list[tuple[int, int]]:
    """The new characters of equal look."""
    found: list[tuple[int, int]] = []
    for at in range(change.first, change.last):
        if found and looks[found[-1][0]] == looks[at]:
            found[-1] = (found[-1][0], at + 1)
        else:
            found.append((at, at + 1))
    return found


def _looks(text: XmlText, start: int, end: int) -> tuple[list[Marks], str]:
    """How each character between these bytes looks, and the characters."""
    looks: list[Marks] = []
    chosen = []
    at = 0
    for run, keyed in runs(text):
        data = run.encode()
        part = data[max(start - at, 0) : max(end - at, 0)].decode()
        looks += [_look(keyed)] * len(part)
        chosen.append(part)
        at += len(data)
    return looks, "".join(chosen)


def _look(keyed: Marks) -> Marks:
    return {key: value for key, value in keyed.items() if mark_name(key) not in _NO_LOOK}


def _with_mark(content: Content, mark: Mapping[str, Any] | None) -> Content:
    """With an agent's mark on every character."""
    if mark is None:
        return content
    if isinstance(content, list):
        return [(run, {**keyed, "agent": dict(mark)}) for run, keyed in content]
    tag, values, held = content
    return tag, values, [_with_mark(child, mark) for child in held]


def _only_text(held: Sequence[Content]) -> Runs:
    return [run for content in held if isinstance(content, list) for run in content]


def _is_lines(held: Sequence[Content]) -> bool:
    """Whether it is what stands in a block of text with breaks."""
    return any(isinstance(content, list) for content in held)


def _pair(present: Sequence[Content], wanted: Sequence[Content]) -> list[tuple[int, int]]:
    """Which of them are versions of each other, in order: as much of their words as can be."""
    width = len(wanted) + 1
    scores = [[_likeness(one, other) for other in wanted] for one in present]
    best = [[0.0] * width for _ in range(len(present) + 1)]
    for i in reversed(range(len(present))):
        for j in reversed(range(len(wanted))):
            paired = scores[i][j] and scores[i][j] + best[i + 1][j + 1]
            best[i][j] = max(paired, best[i + 1][j], best[i][j + 1])
    pairs, i, j = [], 0, 0
    while i < len(present) and j < len(wanted):
        if scores[i][j] and best[i][j] == scores[i][j] + best[i + 1][j + 1]:
            pairs.append((i, j))
            i, j = i + 1, j + 1
        elif best[i][j] == best[i + 1][j]:
            i += 1
        else:
            j += 1
    return pairs


def _likeness(one: Content, other: Content) -> float:
    """How much of one is in the other; 0 where it cannot be made of it by words."""
    if isinstance(one, list) or isinstance(other, list):
        return float(isinstance(one, list) and isinstance(other, list))
    if one == other:
        return 1 + len(_words(one)) / 1000
    if one[0] != other[0] or not _has_same_shape(one, other):
        return 0
    share = alike(_words(one), _words(other))
    return share if share >= ALIKE else 0


def _has_same_shape(one: Content, other: Content) -> bool:
    """Blocks with breaks, or without text, are changed as a whole where these are others."""
    lines = [[_kind(child) for child in content[2]] for content in (one, other)]  # type: ignore[arg-type]
    if not any("text" in kinds for kinds in lines):
        return bool(lines[0]) == bool(lines[1])
    return lines[0] == lines[1] or all(set(kinds) <= {"text"} for kinds in lines)


def _kind(content: Content) -> str:
    return "text" if isinstance(content, list) else content[0]


def _words(content: Content) -> str:
    if isinstance(content, list):
        return "".join(run for run, _ in content)
    return " ".join(_words(child) for child in content[2])
