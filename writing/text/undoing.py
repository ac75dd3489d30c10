"""Taking back what some updates did to a text, whatever was written since.

What they put there goes, what they took comes back where it stood; the rest stays. What stood in a
block that was deleted since does not come back: it would have gone with it.
"""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from itertools import takewhile

from pycrdt import XmlElement, XmlText

from writing.text.alignment import align
from writing.text.clearing import clear
from writing.text.content import FILLED_BY_TEXT, Content, Runs, insert_content
from writing.text.following import Following, Line, Spot
from writing.text.identified import Identified, Node
from writing.text.output import mark_name, words_in
from writing.text.peer import Peer
from writing.text.share import ALL_CLOCKS, Share
from writing.text.structs import Id
from writing.text.tree import Marks, Parent, chain_of, children, runs, size

_LISTS = frozenset({"bullet_list", "ordered_list"})
Handle = XmlElement | XmlText
# Fewer characters may well stand somewhere else by chance.
LONG = 8


@dataclass(frozen=True, slots=True)
class Undone:
    """How many words went, how many came back."""

    removed: int
    restored: int


def undo(peer: Peer, shares: Sequence[Share], *, threads: Collection[str] = ()) -> Undone:
    """Write it into the peer's text. `threads` are the comments whose marks come back."""
    removed: list[str] = []
    restored: list[str] = []
    for share in reversed(shares):
        undoing = _Undoing(peer, share, set(threads))
        with peer.doc.transaction():
            undoing.write(removes=share is shares[0])
        removed += undoing.removed
        restored += undoing.restored
    return Undone(words_in(" ".join(removed)), words_in(" ".join(restored)))


class _Undoing:
    def __init__(self, peer: Peer, share: Share, threads: set[str]) -> None:
        self._peer, self._share, self._threads = peer, share, threads
        self.removed: list[str] = []
        self.restored: list[str] = []
        text = Identified(peer.state())
        everything = {client: [ALL_CLOCKS] for client in share.clients}
        put = {} if share.attempt else text.stretches(everything)
        # What stands now, as pycrdt gives it, and by which id it is known.
        self._handles: dict[Id, Handle] = {}
        self._ids: dict[Handle, Id] = {}
        nodes = list(self._pair(text.blocks(), peer.body))
        self._lines = [share.line_now(node, put) for node in nodes if not node.tag]
        self._own = {node.id for node in nodes if share.is_own(node)}
        self._number_now = {line.id: number for number, line in enumerate(self._lines)}
        self._number_then = {line.id: number for number, line in enumerate(share.lines)}
        self._following = Following(share.lines, self._lines)
        self._strange, self._returned = self._look_for_returned()
        self._coming: dict[int, dict[int, Runs]] = {}

    def _pair(self, nodes: Sequence[Node], parent: Parent) -> Iterator[Node]:
        for node, handle in zip(nodes, children(parent), strict=True):
            self._handles[node.id] = handle
            self._ids[handle] = node.id
            yield node
            if isinstance(handle, XmlElement):
                yield from self._pair(node.held, handle)

    def write(self, *, removes: bool) -> None:
        """Bring back what was taken; with `removes` what was put goes, and what that empties."""
        self._plan_texts()
        self._restore_elements(self._share.blocks, self._peer.body)
        if removes:
            clear(self._peer.body, self._write, lambda each: self._ids.get(each) in self._own)
            return
        for line in self._lines:
            line.put = [False] * len(line.put)
            if isinstance(text := self._handles[line.id], XmlText):
                self._write(text)

    # Characters

    def _plan_texts(self) -> None:
        for number, line in enumerate(self._share.lines):
            if not self._share.attempt:
                self._find_put(number, line)
            for at, taken in line.taken:
                spot = self._place(number, line, at)
                if spot is None or self._is_back(spot, taken) or self._is_back_elsewhere(line):
                    continue
                coming = self._coming.setdefault(spot[0], {})
                coming[spot[1]] = [*coming.get(spot[1], ()), *self._returning(taken)]

    def _find_put(self, number: int, line: Line) -> None:
        """What people moved of what was put there has another client id now."""
        for at, is_put in enumerate(line.put):
            spot = self._following.spot(number, at) if is_put else None
            if spot:
                self._lines[spot[0]].put[spot[1]] = True

    def _place(self, number: int, line: Line, at: int) -> Spot | None:
        """Where something belongs that stood before a character of an old line: beside what took
        its place, else beside what stood next to it."""
        length = len(line.string)
        before, behind = range(at - 1, -1, -1), range(at, length)
        put = [(n, n < at) for n in (at, at - 1) if 0 <= n < length and line.put[n]]
        others = [(n, True) for n in before[:1]] + [(n, False) for n in behind[:1]]
        rest = [(n, True) for n in before[1:]] + [(n, False) for n in behind[1:]]
        for n, is_before in [*put, *others, *rest]:
            if spot := self._following.spot(number, n):
                return spot[0], spot[1] + is_before
        if line.id in self._number_now:
            return self._number_now[line.id], 0
        return self._beside(number, line)

    def _beside(self, number: int, line: Line) -> Spot | None:
        """Next to what stood in the same block, before or behind a line break."""
        lines = self._share.lines
        before, behind = range(number - 1, -1, -1), range(number + 1, len(lines))
        for others, last in ((before, True), (behind, False)):
            for other in takewhile(lambda n: lines[n].block == line.block, others):
                spots = list(self._following.spots(other))
                if spots:
                    return (spots[-1][0], spots[-1][1] + 1) if last else spots[0]
        return None

    def _is_back(self, spot: Spot, taken: Runs) -> bool:
        """Whether somebody has written most of it there again since."""
        number, at = spot
        line = self._lines[number]

        def is_new(n: int) -> bool:
            return line.put[n] or not self._following.is_old(number, n)

        start, end = at, at
        while start > 0 and is_new(start - 1):
            start -= 1
        while end < len(line.string) and is_new(end):
            end += 1
        new = "".join(line.string[n] for n in range(start, end) if not line.put[n])
        wanted = "".join(text for text, _ in taken).strip()
        return 2 * sum(length for _, _, length in align(wanted, new)) > len(wanted) > 0

    def _is_back_elsewhere(self, line: Line) -> bool:
        """Whether most of what was taken from a text stands in one that somebody made since."""
        length = sum(len(run) for _, taken in line.taken for run, _ in taken)
        return length >= LONG and 2 * len(self._returned.get(line.id, ())) > length

    def _returning(self, taken: Runs) -> Runs:
        """Without the marks of comments that are settled."""
        self.restored.append("".join(text for text, _ in taken))
        return [
            (text, {key: values for key, values in marks.items() if self._stays(key, values)})
            for text, marks in taken
        ]

    def _stays(self, key: str, values: object) -> bool:
        if mark_name(key) != "comment":
            return True
        return isinstance(values, dict) and values.get("thread") in self._threads

    def _write(self, text: XmlText) -> bool:
        """Gives whether something was removed."""
        if text not in self._ids:
            return False  # it came back just now
        number = self._number_now[self._ids[text]]
        line, coming = self._lines[number], self._coming.get(number, {})
        if not coming and not any(line.put):
            return False
        nothing: Marks = {key: None for _, marks in runs(text) for key in marks}
        borders = {n for n in range(1, len(line.put)) if line.put[n] != line.put[n - 1]}
        places = sorted({0, len(line.string), *borders, *coming})
        for start, end in reversed([*zip(places, [*places[1:], places[-1]], strict=True)]):
            at = size(line.string[:start])
            if start < end and line.put[start]:
                self.removed.append(line.string[start:end])
                del text[at : size(line.string[:end])]
            for run, marks in coming.get(start, ()):
                text.insert(at, run, nothing | marks)
                at += size(run)
        return any(line.put)

    # Elements

    def _look_for_returned(self) -> tuple[list[Line], dict[Id, list[Spot]]]:
        """The lines in which nothing stood before, and which taken lines are found in them."""
        follow = self._following
        strange = [
            line
            for number, line in enumerate(self._lines)
            if not any(follow.is_old(number, at) for at in range(len(line.string)))
        ]
        taken = [line for node in self._share.blocks for line in self._share.lines_of(node)]
        returned = Following(taken, strange)
        return strange, {line.id: list(returned.spots(n)) for n, line in enumerate(taken)}

    def _restore_elements(self, nodes: Sequence[Node], parent: Parent) -> None:
        """Put those that were taken from among these back between those that still stand."""
        after: Handle | None = None
        for index, node in enumerate(nodes):
            if not self._share.is_taken(node):
                after = self._counterpart(node, parent) or after
                if node.tag and (home := self._home(node)):
                    self._restore_elements(node.held, home)
                continue
            content = self._share.content(node)
            if _is_blank(content) and self._share.held_own(node):
                continue
            back = self._back(node, parent)
            if back is None:
                end = self._next(nodes[index:], parent)
                at = children(parent).index(after) + 1 if after is not None else end or 0
                insert_content(self._cleaned(content), parent, at)
                back = children(parent)[at]
            after = back

    def _back(self, node: Node, parent: Parent) -> Handle | None:
        """Where it stands, if somebody has brought most of it back since."""
        lines = self._share.lines_of(node)
        spots = [spot for line in lines for spot in self._returned.get(line.id, ())]
        if 2 * len(spots) <= sum(len(line.string) for line in lines):
            return None
        return _below(parent, self._handles[self._strange[spots[-1][0]].id])

    def _counterpart(self, node: Node, parent: Parent) -> Handle | None:
        """What stands for it below the parent."""
        handle = self._handles.get(node.id)
        if handle is not None and handle.parent == parent:
            return handle
        for leaf in reversed(list(_texts(node))):
            for spot in self._spots(leaf):
                below = _below(parent, self._handles[self._lines[spot[0]].id])
                if below is not None:
                    return below
        return None

    def _home(self, node: Node) -> XmlElement | None:
        """The element that it is now, also where people have made another of it."""
        handle = self._handles.get(node.id)
        if isinstance(handle, XmlElement):
            return handle
        for leaf in _texts(node):
            for spot in self._spots(leaf):
                for holder in reversed(chain_of(self._handles[self._lines[spot[0]].id])):
                    if holder.tag == node.tag or {holder.tag, node.tag} <= _LISTS:
                        return holder
        return None

    def _spots(self, leaf: Node) -> Iterator[Spot]:
        if (number := self._number_then.get(leaf.id)) is not None:
            yield from self._following.spots(number)

    def _next(self, nodes: Sequence[Node], parent: Parent) -> int | None:
        """Where the first of these is that stands below the parent."""
        for node in nodes:
            if not self._share.is_taken(node) and (handle := self._counterpart(node, parent)):
                return children(parent).index(handle)
        return None

    def _cleaned(self, content: Content) -> Content:
        if isinstance(content, list):
            return self._returning(content)
        tag, values, held = content
        return tag, values, [self._cleaned(child) for child in held]


def _texts(node: Node) -> Iterator[Node]:
    if not node.tag:
        yield node
    for child in node.held:
        yield from _texts(child)


def _below(parent: Parent, handle: Handle) -> Handle | None:
    """The child of the parent that the handle is, or is in."""
    node = handle
    while (holder := node.parent) is not None and holder != parent:
        if not isinstance(holder, XmlElement):
            return None
        node = holder
    return node if holder is not None else None


def _is_blank(content: Content) -> bool:
    if isinstance(content, list):
        return not content
    return content[0] in FILLED_BY_TEXT and all(map(_is_blank, content[2]))
