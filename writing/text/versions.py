"""Going back to an older state, as a new edit."""

import json
from collections.abc import Iterator, Sequence
from difflib import SequenceMatcher

from pycrdt import Doc, XmlFragment, XmlText

from writing.text.alignment import TOKEN
from writing.text.content import Content, Runs, contents_of, insert_content
from writing.text.difference import pairs
from writing.text.output import mark_name
from writing.text.peer import ROOT, Peer
from writing.text.share import joined
from writing.text.tree import Marks, Node, Parent, children, runs, size

# Word by word is quadratic; a longer text is written anew.
_MOST_TOKENS = 4_000
_SAID = frozenset({"comment", "reviewed"})


def restore(peer: Peer, state: bytes) -> None:
    """Make the body equal that of `state` (a Yjs update v1 of the whole), marks included."""
    older: Doc[XmlFragment] = Doc()
    older.apply_update(state)
    restore_body(peer, older.get(ROOT, type=XmlFragment))


def restore_body(peer: Peer, older: XmlFragment) -> None:
    """As `restore`. What is the same is left alone, with whoever is writing there, whose it is and
    what is said about it: blocks, and words of blocks that are still of their kind."""
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
    """Word by word. A word that only looks otherwise is written anew: undoing an edit brings back
    what it deleted, and knows nothing of looks that it changed."""
    ours, theirs = _tokens(runs(text)), _tokens(wanted)
    changes = [("replace", 0, len(ours), 0, len(theirs))]
    if len(ours) + len(theirs) <= _MOST_TOKENS:
        changes = _opcodes(list(map(_look, ours)), list(map(_look, theirs)))
    known = {key for _, marks in [*ours, *theirs] for key in marks}
    offsets = [0]
    for token, _ in ours:
        offsets.append(offsets[-1] + size(token))
    for op, i, j, m, n in reversed(changes):
        if op == "equal":
            continue
        if offsets[j] > offsets[i]:
            del text[offsets[i] : offsets[j]]
        for run, marks in reversed(joined(theirs[m:n])):
            # What is not set would be taken over from what stands before.
            text.insert(offsets[i], run, {key: marks.get(key) for key in known})


def _tokens(content: Runs) -> Runs:
    """Each word with its marks."""
    return [(token, marks) for run, marks in content for token in TOKEN.findall(run)]


def _look(word: tuple[str, Marks]) -> str:
    return word[0] + json.dumps(_lasting(word[1]), sort_keys=True)


def _lasting(marks: Marks) -> Marks:
    """Without comments and reviews: what is said about words that stay does not go back with
    them."""
    return {key: value for key, value in marks.items() if mark_name(key) not in _SAID}


def _opcodes(one: Sequence[str], other: Sequence[str]) -> list[tuple[str, int, int, int, int]]:
    return list(SequenceMatcher(None, one, other, autojunk=False).get_opcodes())


def _key(content: Content) -> str:
    return json.dumps(_without_what_is_said(content), sort_keys=True)


def _without_what_is_said(content: Content) -> Content:
    if isinstance(content, list):
        return joined([(run, _lasting(marks)) for run, marks in content])
    return *content[:2], [_without_what_is_said(held) for held in content[2]]


def _text_of(content: Content) -> str:
    if isinstance(content, list):
        return "".join(run for run, _ in content)
    return " ".join(map(_text_of, content[2]))
