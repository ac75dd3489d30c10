"""Moving the end of one section's text into another section.

What is copied is deleted character by character: words that somebody typed there meanwhile are not
among them, and stay where they were typed. That leaves empty blocks, which `tidy` removes once
nobody can be typing in them any more.
"""

from collections.abc import Sequence

from pycrdt import XmlElement, XmlText

from writing.text.content import (
    FILLED_BY_TEXT,
    Content,
    append_runs,
    content_of,
    insert_content,
    is_blank,
    says_something,
)
from writing.text.peer import Peer
from writing.text.places import Place
from writing.text.tree import Node, Parent, Path, attributes, children, runs, size

CELL_HOLDER = "table"
HOLDERS = frozenset({"blockquote", "bullet_list", "ordered_list", "list_item"})
EMPTY_PARAGRAPH: Content = ("paragraph", {}, [])


def end_from(peer: Peer, place: Place) -> tuple[list[Content], int]:
    """What stands from `place` on, and how many blocks inside each other are divided there.

    A table is not divided: it is taken whole.
    """
    place = _outside_tables(peer, place)
    if not place.path:
        return [], 0
    first = place.path[0]
    blocks = children(peer.body)
    head = _tail_of(blocks[first], place.path[1:], place.offset)
    rest = [content_of(block) for block in blocks[first + 1 :]]
    divided = _divided(blocks[first], place.path[1:], place.offset)
    if divided and not says_something([head]):
        return rest, 0
    return [head, *rest], divided


def delete_from(peer: Peer, place: Place) -> None:
    """Delete the characters from `place` on, and what holds none, e.g. a rule or a table."""
    place = _outside_tables(peer, place)
    if not place.path:
        return
    with peer.doc.transaction():
        _delete(peer.body, place.path, place.offset)


def tidy(peer: Peer) -> None:
    """Remove the empty blocks and list items at the end of the body; a first one stays."""
    with peer.doc.transaction():
        _tidy(peer.body)


def append(peer: Peer, contents: Sequence[Content], *, join: int = 0) -> None:
    """Write `contents` behind what stands; `join` blocks inside each other, as `end_from` counted
    them, become one again with those they are put behind."""
    with peer.doc.transaction():
        _tidy(peer.body)
        blocks = children(peer.body)
        rest = list(contents)
        if len(blocks) == 1 and is_blank(blocks[0]) and rest:
            del peer.body.children[0]
        elif join and blocks and rest and _join(blocks[-1], rest[0], join):
            rest = rest[1:]
        for content in rest:
            insert_content(content, peer.body, len(peer.body.children))


def _tidy(parent: Parent) -> None:
    held = children(parent)
    keep = len(held)
    while keep > 1 and is_blank(held[keep - 1]):
        keep -= 1
    if keep < len(held):
        del parent.children[keep : len(held)]
    if held and isinstance(last := held[keep - 1], XmlElement) and last.tag in HOLDERS:
        _tidy(last)


def _outside_tables(peer: Peer, place: Place) -> Place:
    if place.path and getattr(children(peer.body)[place.path[0]], "tag", "") == CELL_HOLDER:
        return Place(place.path[:1])
    # One that stands in a quote or a list takes the block around it along.
    node: Parent = peer.body
    for depth, index in enumerate(place.path):
        child = children(node)[index]
        if not isinstance(child, XmlElement):
            break
        if child.tag == CELL_HOLDER:
            return Place(place.path[: depth + 1])
        node = child
    return place


def _tail_of(node: Node, path: Path, offset: int | None) -> Content:
    """The part of a node from the place in it on."""
    if isinstance(node, XmlText):
        return runs(node) if offset is None else _runs_from(node, offset)
    if not path:
        return content_of(node)
    held = children(node)
    first = _tail_of(held[path[0]], path[1:], offset)
    parts = [first, *(content_of(child) for child in held[path[0] + 1 :])]
    tag = node.tag or ""
    if tag == "list_item" and _tag(parts[0]) != "paragraph":
        # Browsers delete an item that does not begin with one.
        parts.insert(0, EMPTY_PARAGRAPH)
    return tag, attributes(node), parts


def _tag(content: Content) -> str:
    return "" if isinstance(content, list) else content[0]


def _runs_from(text: XmlText, offset: int) -> list[tuple[str, dict[str, object]]]:
    found, at = [], 0
    for run, marks in runs(text):
        skip = max(0, offset - at)
        at += size(run)
        if rest := run.encode()[skip:].decode():
            found.append((rest, marks))
    return found


def _divided(node: Node, path: Path, offset: int | None) -> int:
    """How many elements, from this one inwards, hold something before the place."""
    if isinstance(node, XmlText) or not path:
        return 0
    held = children(node)
    inner = held[path[0]]
    deeper = _divided(inner, path[1:], offset)
    is_inside = isinstance(inner, XmlText) and bool(offset)
    before = any(not is_blank(child) for child in held[: path[0]])
    return deeper + 1 if deeper or is_inside or before else 0


def _delete(parent: Parent, path: Path, offset: int | None) -> None:
    held = children(parent)
    for child in reversed(held[path[0] + 1 :]):
        _empty(parent, child)
    node = held[path[0]]
    if len(path) > 1 and isinstance(node, XmlElement):
        _delete(node, path[1:], offset)
    elif isinstance(node, XmlText) and offset is not None:
        if offset < len(node):
            del node[offset : len(node)]
    else:
        _empty(parent, node)


def _empty(parent: Parent, node: Node) -> None:
    """Delete exactly what is there now, where text can still be typed beside it."""
    if isinstance(node, XmlText):
        if len(node):
            del node[0 : len(node)]
    elif node.tag in FILLED_BY_TEXT:
        for child in reversed(children(node)):
            _empty(node, child)
    else:
        del parent.children[children(parent).index(node)]


def _join(last: Node, content: Content, depth: int) -> bool:
    """Write into `last` what `content` holds if both are the same kind of block."""
    if isinstance(last, XmlText) or isinstance(content, list):
        return False
    tag, _, held = content
    if last.tag != tag or last.tag not in FILLED_BY_TEXT:
        return False
    mine, rest = children(last), list(held)
    if tag == "list_item" and len(rest) > 1 and not says_something(rest[:1]):
        # What an item had to begin with.
        rest = rest[1:]
    if mine and rest:
        first = rest[0]
        if isinstance(mine[-1], XmlText) and isinstance(first, list):
            append_runs(mine[-1], first)
            rest = rest[1:]
        elif depth > 1 and _join(mine[-1], first, depth - 1):
            rest = rest[1:]
    for part in rest:
        insert_content(part, last, len(last.children))
    return True
