"""How an agent writes: a stream of Markdown into a text that people are editing meanwhile."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any

from pycrdt import XmlElement, XmlText

from writing.text.alignment import align
from writing.text.inline import Break, Text
from writing.text.ledger import Ledger
from writing.text.output import text_blocks
from writing.text.peer import Peer
from writing.text.pieces import Block, Found, Piece, Spot, View, is_like, last_spot, shared
from writing.text.stream import Event, Leaf, MarkdownStream
from writing.text.structs import parse
from writing.text.tree import (
    Marks,
    Parent,
    append_element,
    append_text,
    chain_of,
    children,
    elements,
    first_text,
    has_text,
    insert_element,
    insert_text,
    plain,
    remove,
    remove_if_empty,
    size,
    stands,
    texts,
)

_LEAVES = frozenset({"paragraph", "heading", "code_block", "horizontal_rule"})
# More repairs than this in one flush would mean that they undo each other.
_MOST_REPAIRS = 50


class Pen:
    """Writes at the end of what it wrote, wherever people have moved that to.

    Call `peer.pull` before and `peer.take` after each flush: pulling also repairs what people's
    edits did to earlier flushes, and goes on doing so after the last. `mark` is the attributes of
    the agent mark. `written` is the Markdown that earlier attempts of the same step saved,
    `tail_attempts` their ids: the pen goes on where they ended, in the same block and with the same
    marks open. A place that a person removed is not written to again: the pen then goes on after
    the last block of its own that still stands, else at the end of the body.

    An agent's client id must be larger than any browser's, so that what a person and the pen insert
    at the same place at the same time comes in that order (a block split off, then the next block).
    """

    def __init__(
        self,
        peer: Peer,
        mark: Mapping[str, Any],
        *,
        written: str = "",
        tail_attempts: Collection[str] = (),
    ) -> None:
        self._peer = peer
        self._mark = dict(mark)
        self._stream = MarkdownStream()
        self._ledger = Ledger(peer, {str(mark["attempt"]), *map(str, tail_attempts)})
        self._buffer = ""
        # Where the next characters of the current block go; None before there is such a place.
        self._place: tuple[XmlText, int] | None = None
        # The newest text this pen made, and that text's own clock.
        self._newest: tuple[XmlText, int] | None = None
        self._remember(self._stream.feed(written))
        self._settle()
        peer.follow(self._see)

    def write(self, piece: str) -> None:
        """More Markdown, for the next flush."""
        self._buffer += piece

    def flush(self) -> None:
        """Inserts what is certain."""
        piece, self._buffer = self._buffer, ""
        self._insert(self._stream.feed(piece))

    def finish(self) -> None:
        """The last flush: also inserts what was held back."""
        piece, self._buffer = self._buffer, ""
        self._insert(self._stream.feed(piece) + self._stream.finish())

    def cursor(self) -> dict[str, Any] | None:
        """The y-prosemirror cursor where the pen writes next; None before it has written.

        At the end of a text of its own it is that end, whatever is written there: it stays the
        same for a whole block, so that nobody need be told of it after each flush.
        """
        if self._place and self._newest and self._place[0] == self._newest[0]:
            text, clock = self._newest
            if self._place[1] == len(text):
                end = {"client": self._peer.client_id, "clock": clock}
                position = {"type": end, "tname": None, "item": None, "assoc": 0}
                return {"anchor": position, "head": position}
        return self._peer.cursor()

    def _insert(self, events: Sequence[Event]) -> None:
        with self._peer.doc.transaction():
            for event in events:
                if isinstance(event, Text):
                    self._put(event)
                else:
                    self._begin(event)

    def _see(self, update: bytes) -> None:
        """Puts right at once what somebody's edit did to what the pen wrote unseen by them."""
        if not self._is_own(update):
            with self._peer.doc.transaction():
                self._settle(self._ledger.forget_deleted(update))

    def _is_own(self, update: bytes) -> bool:
        """Whether the pen itself wrote it: it comes back with what others wrote."""
        structs = parse(update).structs
        return bool(structs) and all(s.client == self._peer.client_id for s in structs)

    def _begin(self, event: Leaf | Break) -> None:
        blocks = self._ledger.blocks
        if isinstance(event, Leaf):
            blocks.append(Block(event))
        else:
            blocks.append(Block(blocks[-1].leaf, is_after_break=True))
        if self._place is None:
            self._reopen()
        else:
            text = self._open(blocks[-1], self._place[0], blocks[-2].leaf)
            self._place = (text, 0) if text is not None else None

    def _reopen(self) -> None:
        """Makes a place for the newest block where there is none to go on from."""
        number = len(self._ledger.blocks) - 1
        after, leaf = self._standing_before(number, self._ledger.view())
        text = self._open(self._ledger.blocks[number], after, leaf)
        self._place = (text, 0) if text is not None else None

    def _remember(self, events: Sequence[Event]) -> None:
        """Enters what earlier attempts wrote; it stands in the text already."""
        blocks = self._ledger.blocks
        for event in events:
            if isinstance(event, Leaf):
                blocks.append(Block(event))
            elif isinstance(event, Text):
                blocks[-1].pieces.append(Piece(event.text, self._marked(event.marks)))
            else:
                blocks.append(Block(blocks[-1].leaf, is_after_break=True))
        self._find_empty(blocks)

    def _find_empty(self, blocks: Sequence[Block]) -> None:
        """The elements of remembered blocks that hold no character to know them by."""
        empty = [block for block in blocks if not block.pieces and not block.is_after_break]
        view = self._ledger.view()
        standing = list(text_blocks(self._peer.body, _LEAVES))
        at = -1
        for number, block in enumerate(blocks):
            if end := view.end(number):
                at = standing.index(chain_of(end[0])[-1])
            elif block in empty and at + 1 < len(standing):
                candidate = standing[at + 1]
                if candidate.tag == block.leaf.tag and not has_text(candidate):
                    block.element = candidate
                    at += 1

    def _marked(self, marks: Mapping[str, Any]) -> Marks:
        return {**marks, "agent": self._mark}

    def _put(self, event: Text) -> None:
        if self._place is None:
            self._reopen()
        if self._place is None:
            raise ValueError("text in a block that holds none")
        text, at = self._place
        marks = self._marked(event.marks)
        text.insert(at, event.text, marks)
        self._place = text, at + size(event.text)
        self._ledger.blocks[-1].pieces.append(self._ledger.note(event.text, marks, text))

    # Finding and repairing

    def _settle(self, withdrawn: Iterable[str] = ()) -> None:
        """Puts right what concurrent edits put wrong, then finds the place to go on at.

        `withdrawn`: characters the pen had deleted, to put things right, while somebody else was
        moving them.
        """
        view = self._ledger.view()
        for string in withdrawn:
            if self._drop_repetition(view, string):
                view = self._ledger.view()
        moved: dict[int, XmlElement | None] = {}
        for _ in range(_MOST_REPAIRS):
            if not self._repair_one(view, moved):
                break
            view = self._ledger.view()
        for element in moved.values():
            if element is not None:
                remove_if_empty(element)
        if self._ledger.blocks:
            self._place = view.end(len(self._ledger.blocks) - 1) or self._emptied_home()

    def _drop_repetition(self, view: View, string: str) -> bool:
        """Deletes a copy of what the pen has moved, or deleted as a copy before."""
        extra = {(line, index + n) for (line, index), text in view.extra for n in range(len(text))}
        best: tuple[int, Spot, int] | None = None
        for (line, index), text in view.foreign:
            for here, _, length in align(text, string):
                overlap = sum((line, index + here + n) in extra for n in range(length))
                if overlap and (best is None or overlap > best[0]):
                    best = overlap, (line, index + here), length
        if best is None:
            return False
        _, (line, index), length = best
        view.lines[line].delete(index, length)
        return True

    def _emptied_home(self) -> tuple[XmlText, int] | None:
        """The end of the current block if it stands, though a person took all its text away."""
        if self._place is None or self._ledger.blocks[-1].is_after_break:
            return None
        home, _ = self._place
        is_standing = any(home == text for _, _, text in texts(self._peer.body))
        return (home, len(home)) if is_standing else None

    def _repair_one(self, view: View, moved: dict[int, XmlElement | None]) -> bool:
        """Moves or rewrites the first piece that is lost, or left behind by its predecessor.

        `moved` takes up the blocks that had to go elsewhere, with the elements they were.
        """
        for number, items in enumerate(view.blocks):
            before = self._floor(number, view, moved)
            predecessor: Found | None = None
            for item in items:
                if item.spot is None:
                    self._rewrite(view, item, predecessor)
                    return True
                line, index = view.lines[item.spot[0]], item.spot[1]
                length = len(item.piece.text)
                if before is not None and item.spot < before and item.piece.home is not None:
                    if predecessor is None:
                        moved.setdefault(number, self._ledger.blocks[number].element)
                    self._rewrite(view, item, predecessor)
                    line.delete(index, length)
                    return True
                if not line.is_marked(index, length):
                    if self._leave_exchanged(view, item):
                        return True
                    # Deleting a neighbour takes the signs along that a mark begins or ends with.
                    start, end = line.offset(index), line.offset(index + length)
                    line.text.format(start, end, item.piece.marks)
                    return True
                before, predecessor = last_spot(item), item
        return False

    def _leave_exchanged(self, view: View, item: Found) -> bool:
        """Leaves to a person characters of the pen's that they typed the like of before them.

        y-prosemirror cannot tell which of two equal characters is new: it puts the person's behind
        the pen's and gives each the marks of the other. That one then stands for the pen's own.
        """
        if item.spot is None:
            return False
        number, first = item.spot
        for start, end in view.lines[number].unmarked(first, len(item.piece.text)):
            string = view.lines[number].string[start:end]
            for (line, index), text in view.extra:
                if line == number and index >= end and text.startswith(string):
                    self._ledger.give_away(item, start - first, end - first)
                    return True
        return False

    def _floor(self, number: int, view: View, moved: Collection[int]) -> Spot | None:
        """What a block must not stand before, if it is what the pen wrote.

        That is the end of the block before, where a person split that one without knowing of this
        one: its beginning is before this block, its end after. Where it is after this block as a
        whole, a person has moved it, and that is how they want it.
        """
        previous = next((n for n in reversed(range(number)) if view.blocks[n]), None)
        if previous is None:
            return None
        items = view.blocks[previous]
        first = next((item.spot for item in items if item.spot), None)
        mine = next((item.spot for item in view.blocks[number] if item.spot), None)
        is_after_break = self._ledger.blocks[number].is_after_break
        is_split = first is not None and mine is not None and first < mine
        if is_split or is_after_break or previous in moved:
            return next(filter(None, map(last_spot, reversed(items))), None)
        return None

    def _rewrite(self, view: View, item: Found, predecessor: Found | None) -> None:
        """Inserts a piece once more: after its predecessor, before its successor, or in a block
        of its own."""
        piece = item.piece
        if predecessor is not None and (spot := last_spot(predecessor)):
            line = view.lines[spot[0]]
            text, at = line.text, line.offset(spot[1] + 1)
        elif item.spot is None and (
            spot := next((other.spot for other in view.blocks[item.block] if other.spot), None)
        ):
            line = view.lines[spot[0]]
            text, at = line.text, line.offset(spot[1])
        else:
            after, leaf = self._standing_before(item.block, view)
            opened = self._open(self._ledger.blocks[item.block], after, leaf)
            if opened is None:
                raise ValueError("text in a block that holds none")
            text, at = opened, 0
        text.insert(at, piece.text, piece.marks)
        fresh = self._ledger.note(piece.text, piece.marks, text)
        piece.home, piece.born = fresh.home, fresh.born

    # Blocks

    def _open(
        self, block: Block, after: XmlText | XmlElement | None, previous: Leaf | None
    ) -> XmlText | None:
        """Creates a block's element after what stands before it; returns its text, if it has one.

        `previous`: the leaf that `after` is, or is in.
        """
        if block.is_after_break and isinstance(after, XmlText):
            return self._open_break(block, after)
        return self._open_leaf(block, after, previous)

    def _standing_before(
        self, number: int, view: View
    ) -> tuple[XmlText | XmlElement | None, Leaf | None]:
        """The nearest thing before a block that the pen wrote and that still stands."""
        for earlier in reversed(range(number)):
            block = self._ledger.blocks[earlier]
            if end := view.end(earlier):
                return end[0], block.leaf
            if block.element is not None and stands(block.element):
                return block.element, block.leaf
        return None, None

    def _open_break(self, block: Block, after: XmlText) -> XmlText:
        if block.element is not None and stands(block.element):
            remove(block.element)
        parent = after.parent
        if not isinstance(parent, XmlElement):
            raise ValueError("text outside of a block")
        index = children(parent).index(after) + 1
        block.element = insert_element(parent, index, "hard_break")
        return insert_text(parent, index + 1)

    def _open_leaf(
        self, block: Block, after: XmlText | XmlElement | None, previous: Leaf | None
    ) -> XmlText | None:
        tag, wanted = block.leaf.tag, block.leaf.containers
        parent: Parent = self._peer.body
        index = len(parent.children)
        kept = 0
        if after is None:
            if blank := self._blank():
                if tag == "paragraph" and not wanted:
                    block.element = blank
                    return first_text(blank)
                index = 0
        else:
            chain = chain_of(after)
            common = shared(previous.containers if previous else (), wanted)
            while kept < min(common, len(chain) - 1) and is_like(chain[kept], wanted[kept]):
                kept += 1
            if kept:
                parent = chain[kept - 1]
            index = children(parent).index(chain[kept]) + 1
        for depth, container in enumerate(wanted[kept:], start=kept + 1):
            parent = insert_element(parent, index, container.tag, container.attributes)
            is_begun_well = depth == len(wanted) and tag == "paragraph"
            if container.tag == "list_item" and not is_begun_well:
                # Browsers delete a list item that does not begin with a paragraph.
                append_element(parent, "paragraph")
            index = len(parent.children)
        block.element = insert_element(parent, index, tag, block.leaf.attributes)
        if tag == "horizontal_rule":
            return None
        text = append_text(block.element)
        self._newest = text, self._peer.clocks()[self._peer.client_id] - 1
        return text

    def _blank(self) -> XmlElement | None:
        """The empty paragraph that a browser puts into an empty body."""
        blocks = elements(self._peer.body)
        if len(blocks) != 1 or blocks[0].tag != "paragraph":
            return None
        nodes = children(blocks[0])
        is_empty = all(isinstance(node, XmlText) and not plain(node) for node in nodes)
        return blocks[0] if is_empty else None
