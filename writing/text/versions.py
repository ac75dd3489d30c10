"""Going back to an older state, as a new edit."""

from pycrdt import Doc, XmlElement, XmlFragment, XmlText

from writing.text.peer import ROOT, Peer
from writing.text.tree import append_element, attributes


def restore(peer: Peer, state: bytes) -> None:
    """Make the body equal that of `state` (a Yjs update v1 of the whole), marks included."""
    older: Doc[XmlFragment] = Doc()
    older.apply_update(state)
    with peer.doc.transaction():
        del peer.body.children[0 : len(peer.body.children)]
        _copy(older.get(ROOT, type=XmlFragment), peer.body)


def _copy(source: XmlFragment | XmlElement, target: XmlFragment | XmlElement) -> None:
    for child in source.children:
        if isinstance(child, XmlText):
            text = target.children.append(XmlText(""))
            for run, marks in child.diff():
                text.insert(len(text), run, marks)
        elif isinstance(child, XmlElement):
            element = append_element(target, child.tag or "", attributes(child))
            _copy(child, element)
