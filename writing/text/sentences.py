"""Numbered sentences: how agents name a place in a text, and what they may change."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from pycrdt import XmlElement, XmlFragment, XmlText

from writing.text.deciding import block_in_force, borders_in, in_force
from writing.text.marking import inline_marks
from writing.text.tree import IMAGE, Node, Parent, Path, attributes, children, runs, size

# Code is not prose, and a table's cells are no sentences.
PROSE = frozenset({"paragraph", "heading"})
TABLE = "table"
ALT_CHARACTERS = 120
MOST_IMAGES = 3  # before one sentence: prompts have only so much room
CLOSING = "\"'”’»)\\]」』）】*_"
END = re.compile(rf"[.!?…]+[{CLOSING}]*(?=\s|$)|[。！？]+[{CLOSING}]*|…+[{CLOSING}]*")
# After these a full stop ends no sentence.
ABBREVIATION = re.compile(
    r"(?:\b(?:[A-Z]|Mr|Mrs|Ms|Dr|Prof|St|Jr|Sr|vs|etc|cf|approx|Fig|No|e\.g|i\.e|U\.S)\.)$",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Sentence:
    """A sentence as it stood when the body was split.

    `number` counts from 1 through the body. `block` is the path of its text in the tree; `start`
    and `end` are offsets in UTF-8 bytes in that text. `human`: a person wrote some of it.
    `images`: what stands before it, for a model to read. `suggested`: something is, within it;
    `text` is without what is only suggested, whereas the offsets count that.
    """

    number: int
    text: str
    block: Path
    start: int
    end: int
    human: bool
    images: str = ""
    suggested: bool = False


def split(body: XmlFragment) -> list[Sentence]:
    """The sentences of all prose, in reading order."""
    found: list[Sentence] = []
    seen: list[str] = []
    for path, tag, text in _readable(body):
        if isinstance(text, XmlElement):
            seen.append(image_sign(text))
            continue
        if tag not in PROSE or _in_table(body, path):
            continue
        whole, offsets, is_open = _standing(text)
        for first, last in spans(whole):
            start, end = offsets[first], offsets[last - 1] + len(whole[last - 1].encode())
            found.append(
                Sentence(
                    number=len(found) + 1,
                    text=whole[first:last],
                    block=path,
                    start=start,
                    end=end,
                    human=has_human(text, start, end),
                    images=" ".join(seen[-MOST_IMAGES:]),
                    suggested=any(start <= at < end for at in is_open),
                )
            )
            seen.clear()
    return found


def _standing(text: XmlText) -> tuple[str, list[int], list[int]]:
    """The characters without those that are only suggested, the byte offset of each, and of each
    run about which something is suggested."""
    parts: list[str] = []
    offsets: list[int] = []
    is_open: list[int] = []
    at, end = 0, len(text)
    for run, keyed in runs(text):
        start, at = at, at + size(run)
        left_out: set[int] = set()
        if any(inline_marks(keyed)):
            is_open.append(start)
            borders = borders_in(run, is_new=False, at_start=not start, at_end=at == end)
            left_out = {first for first, _last in borders}
        if not in_force(keyed):
            continue
        offset = start
        for index, character in enumerate(run):
            if index not in left_out:
                parts.append(character)
                offsets.append(offset)
            offset += size(character)
    return "".join(parts), offsets, is_open


def image_sign(image: XmlElement) -> str:
    """An image as agents read it: they see no pictures."""
    alt = " ".join(str(attributes(image).get("alt") or "").split())
    return f"[image: {alt[:ALT_CHARACTERS]}]" if alt else "[image]"


def _readable(node: Parent, path: Path = (), tag: str = "") -> Iterator[tuple[Path, str, Node]]:
    """As `tree.texts`, with the images among them."""
    for index, child in enumerate(children(node)):
        if isinstance(child, XmlElement) and not block_in_force(child):
            continue
        if isinstance(child, XmlText) or child.tag == IMAGE:
            yield (*path, index), tag, child
        else:
            yield from _readable(child, (*path, index), child.tag or "")


def spans(text: str) -> Iterator[tuple[int, int]]:
    """(first, last) character offsets of each sentence, outer white space left out."""
    start = 0
    for match in END.finditer(text):
        if ABBREVIATION.search(text, start, match.end()) and match.end() < len(text):
            continue
        yield from _trimmed(text, start, match.end())
        start = match.end()
    yield from _trimmed(text, start, len(text))


def _trimmed(text: str, start: int, end: int) -> Iterator[tuple[int, int]]:
    piece = text[start:end]
    if stripped := piece.strip():
        first = start + piece.index(stripped)
        yield first, first + len(stripped)


def has_human(text: XmlText, start: int, end: int) -> bool:
    """Whether any character between the byte offsets lacks the agent mark."""
    at = 0
    for run, attrs in text.diff():
        length = len(run.encode()) if isinstance(run, str) else 1
        if at < end and at + length > start and "agent" not in (attrs or {}):
            return True
        at += length
    return False


def _in_table(body: XmlFragment, path: Path) -> bool:
    return getattr(body.children[path[0]], "tag", "") == TABLE
