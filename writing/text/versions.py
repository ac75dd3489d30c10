"""Going back to an older state, as a new edit."""

import json
from collections.abc import Iterator, Sequence
from difflib import SequenceMatcher

from pycrdt import Doc, XmlFragment, XmlText

from writing.text.alignment import TOKEN
from writing.text.content import Content, Runs, contents_of, insert_content
from writing.text.difference import pairs
from writing.text.peer import ROOT, Peer
from writing.text.share import joined
from writing.text.tree import Marks, Node, Parent, children, runs, size

# Word by word is quadratic; a longer text is written anew.
_MOST_TOKENS = 4_000


def restore(peer: Peer, state: bytes) -> None:
    """Make the body equal that of `state` (a Yjs update v1 of the whole), marks included."""
    older: Doc[XmlFragment] = Doc()
    older.apply_update(state)
    restore_body(peer, older.get(ROOT, type=XmlFragment))


def restore_body(peer: Peer, older: XmlFragment) -> None:
    """As `restore`. What is the same is left alone, with whoever is writing there and whose it is:
    blocks, and words of blocks that are still of their kind."""
    with peer.doc.transaction():
        _change(peer.body, contents_of(older))


def _change(parent: Parent, wanted: Sequence[Content]) -> None:
    present = contents_of(parent)
    nodes = children(parent)
    at = 0
    for op, i, j, m, n in _opcodes(list(map(_key, present)), list(map(_key, wanted))):
        if op == "equal":
            at += j - i
            continue
        partners = dict(_partners(present[i:j], wanted[m:n]))
        taken = set(partners.values())
        kept = {new: nodes[i + old] for old, new in partners.items()}
        place = at
        for old in range(j - i):
            if old in partners:
                place += 1
            else:
                del parent.children[place]
        for new in range(n - m):
            if new in taken:
                _change_node(kept[new], wanted[m + new])
            else:
                insert_content(wanted[m + new], parent, at)
            at += 1


def _change_node(node: Node, wanted: Content) -> None:
    if isinstance(node, XmlText) and isinstance(wanted, list):
        _change_text(node, wanted)
    elif not isinstance(node, XmlText) and not isinstance(wanted, list):
        _change(node, wanted[2])


def _partners(present: Sequence[Content], wanted: Sequence[Content]) -> Iterator[tuple[int, int]]:
    """Which of these became which: of one kind, with the same attributes."""
    texts = [_text_of(content) for content in present], [_text_of(content) for content in wanted]
    for old, new in pairs(*texts):
        one, other = present[old], wanted[new]
        if isinstance(one, list) or isinstance(other, list):
            if isinstance(one, list) and isinstance(other, list):
                yield old, new
        elif one[:2] == other[:2]:
            yield old, new


def _change_text(text: XmlText, wanted: Runs) -> None:
    """Word by word; a word with other marks is another."""
    ours, theirs = _tokens(runs(text)), _tokens(wanted)
    if len(ours) + len(theirs) > _MOST_TOKENS:
        changes = [("replace", 0, len(ours), 0, len(theirs))]
    else:
        changes = _opcodes([t[1] for t in ours], [t[1] for t in theirs])
    known = {key for _, _, marks in [*ours, *theirs] for key in marks}
    offsets = [0]
    for token, _, _ in ours:
        offsets.append(offsets[-1] + size(token))
    for op, i, j, m, n in reversed(changes):
        if op == "equal":
            continue
        if offsets[j] > offsets[i]:
            del text[offsets[i] : offsets[j]]
        for run, marks in reversed(joined([(token, marks) for token, _, marks in theirs[m:n]])):
            # What is not set would be taken over from what stands before.
            text.insert(offsets[i], run, {key: marks.get(key) for key in known})


Token = tuple[str, str, Marks]
"""A word, the word and its marks in one string, its marks."""


def _tokens(content: Runs) -> list[Token]:
    return [
        (token, token + json.dumps(marks, sort_keys=True), marks)
        for run, marks in content
        for token in TOKEN.findall(run)
    ]


def _opcodes(one: Sequence[str], other: Sequence[str]) -> list[tuple[str, int, int, int, int]]:
    return list(SequenceMatcher(None, one, other, autojunk=False).get_opcodes())


def _key(content: Content) -> str:
    return json.dumps(content, sort_keys=True)


def _text_of(content: Content) -> str:
    if isinstance(content, list):
        return "".join(run for run, _ in content)
    return " ".join(map(_text_of, content[2]))
