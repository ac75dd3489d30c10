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
    has_characters,
    insert_content,
    is_blank,
)
from writing.text.peer import Peer
from writing.text.places import Place
from writing.text.tree import Node, Parent, Path, attributes, children, has_text, runs, size

CELL_HOLDER = "table"
EMPTY_PARAGRAPH: Content = ("paragraph", {}, [])


def end_from(peer: Peer, place: Place) -> tuple[list[Content], bool]:
    """What stands from `place` on, and whether it begins in the middle of a block.

    A table is not divided: it is taken whole.
    """
    place = _outside_tables(peer, place)
    if not place.path:
        return [], False
    first = place.path[0]
    blocks = children(peer.body)
    head = _tail_of(blocks[first], place.path[1:], place.offset)
    is_cut = head is not None and _has_before(blocks[first], place.path[1:], place.offset)
    contents = [head] if head is not None else []
    if is_cut and head is not None and not has_characters([head]):
        contents, is_cut = [], False
    return contents + [content_of(block) for block in blocks[first + 1 :]], is_cut


def delete_from(peer: Peer, place: Place) -> None:
    """Delete the characters from `place` on, and what holds none, e.g. a rule or a table."""
    place = _outside_tables(peer, place)
    if not place.path:
        return
    with peer.doc.transaction():
        _delete(peer.body, place.path, place.offset)


def tidy(peer: Peer) -> None:
    """Remove the empty blocks at the end of the body; a first one stays."""
    blocks = children(peer.body)
    keep = len(blocks)
    while keep > 1 and is_blank(blocks[keep - 1]):
        keep -= 1
    if keep < len(blocks):
        del peer.body.children[keep : len(blocks)]


def append(peer: Peer, contents: Sequence[Content], *, join: bool = False) -> None:
    """Write `contents` behind what stands; `join` makes one block of the last and the first."""
    with peer.doc.transaction():
        tidy(peer)
        blocks = children(peer.body)
        rest = list(contents)
        if len(blocks) == 1 and is_blank(blocks[0]) and rest:
            del peer.body.children[0]
        elif join and blocks and rest and _join(blocks[-1], rest[0]):
            rest = rest[1:]
        for content in rest:
            insert_content(content, peer.body, len(peer.body.children))


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


def _tail_of(node: Node, path: Path, offset: int | None) -> Content | None:
    """The part of a node from the place in it on; None if nothing is."""
    if isinstance(node, XmlText):
        return runs(node) if offset is None else _runs_from(node, offset)
    if not path:
        return content_of(node)
    held = children(node)
    first = _tail_of(held[path[0]], path[1:], offset)
    rest = [content_of(child) for child in held[path[0] + 1 :]]
    parts = ([first] if first is not None else []) + rest
    tag = node.tag or ""
    if tag == "list_item" and (not parts or _tag(parts[0]) != "paragraph"):
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


def _has_before(node: Node, path: Path, offset: int | None) -> bool:
    """Whether there is a character, or something that needs none, before the place in the node."""
    if isinstance(node, XmlText):
        return bool(offset)
    if not path:
        return False
    held = children(node)
    before = held[: path[0]]
    if any(not is_blank(child) for child in before):
        return True
    return _has_before(held[path[0]], path[1:], offset)


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


def _join(last: Node, content: Content) -> bool:
    """Write into `last` what `content` holds if both are the same kind of block."""
    if isinstance(last, XmlText) or isinstance(content, list):
        return False
    tag, _, held = content
    if last.tag != tag or last.tag not in FILLED_BY_TEXT:
        return False
    mine = children(last)
    rest = list(held)
    if mine and rest:
        first = rest[0]
        if isinstance(mine[-1], XmlText) and isinstance(first, list):
            append_runs(mine[-1], first)
            rest = rest[1:]
        elif has_text(last) and _join(mine[-1], first):
            rest = rest[1:]
    for part in rest:
        insert_content(part, last, len(last.children))
    return True
