"""Going back to an older state, as a new edit."""

from pycrdt import Doc, XmlElement, XmlFragment, XmlText

from writing.text.peer import ROOT, Peer
from writing.text.tree import (
    Marks,
    Node,
    Parent,
    append_text,
    attributes,
    children,
    insert_element,
    runs,
)

Content = tuple[str, dict[str, object], list["Content"]] | list[tuple[str, Marks]]


def restore(peer: Peer, state: bytes) -> None:
    """Make the body equal that of `state` (a Yjs update v1 of the whole), marks included.

    Blocks at the beginning and end that are the same are left alone, with whoever is writing there.
    """
    older: Doc[XmlFragment] = Doc()
    older.apply_update(state)
    wanted = children(older.get(ROOT, type=XmlFragment))
    present = children(peer.body)
    old, new = [_content(node) for node in present], [_content(node) for node in wanted]
    most = min(len(old), len(new))
    start = next((n for n in range(most) if old[n] != new[n]), most)
    end = next((n for n in range(most - start) if old[-1 - n] != new[-1 - n]), most - start)
    with peer.doc.transaction():
        del peer.body.children[start : len(present) - end]
        for index in range(start, len(wanted) - end):
            _copy(wanted[index], peer.body, index)


def _content(node: Node) -> Content:
    """Everything in a node, to compare."""
    if isinstance(node, XmlText):
        return runs(node)
    return node.tag or "", attributes(node), [_content(child) for child in children(node)]


def _copy(node: Node, parent: Parent, index: int) -> None:
    if isinstance(node, XmlText):
        text = append_text(parent)
        for run, marks in runs(node):
            text.insert(len(text), run, marks)
    elif isinstance(node, XmlElement):
        element = insert_element(parent, index, node.tag or "", attributes(node))
        for number, child in enumerate(children(node)):
            _copy(child, element, number)
