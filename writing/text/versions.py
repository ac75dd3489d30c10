"""Going back to an older state, as a new edit."""

from pycrdt import Doc, XmlFragment

from writing.text.content import contents_of, replace_body
from writing.text.peer import ROOT, Peer


def restore(peer: Peer, state: bytes) -> None:
    """Make the body equal that of `state` (a Yjs update v1 of the whole), marks included."""
    older: Doc[XmlFragment] = Doc()
    older.apply_update(state)
    replace_body(peer, contents_of(older.get(ROOT, type=XmlFragment)))
