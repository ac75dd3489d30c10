"""Blocks of a text as HTML in which each stretch says by number who wrote it."""

import html
from bisect import bisect_left
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import cast

from pycrdt import XmlElement, XmlText

from writing.text.authored import Label, Written
from writing.text.checkpoints import Author, Past
from writing.text.html import HTML_TAGS
from writing.text.output import TEXT_BLOCKS, Addresses, mark_name, word_starts
from writing.text.paragraphs import labels_of_characters
from writing.text.share import writer_of
from writing.text.tree import Marks, attributes, children, runs

# Under a section's title, whatever the text calls them.
_DEEPEST, _DEEPER = 6, 2
_SIGNS = ("code", "em", "strong")

Numbers = Callable[[Author], int]
"""By which number the page knows an author."""


@dataclass(slots=True)
class Stretch:
    """Characters in a row of one author; `reading` is the id that says who has read them since.
    `words` are those that begin in it."""

    author: Author
    reading: str
    text: str = ""
    html: str = ""
    words: int = 0


Part = str | Stretch
"""HTML that nobody wrote, or what somebody wrote."""


def draw(past: Past, number_of: Numbers, image: Addresses) -> list[str]:
    """The blocks of the body. What has not changed since the last time is not drawn again."""
    for written, element in _blocks(past):
        if not written.drawn:
            parts = _Drawing(past, image).block(element, written)
            written.drawn = "".join(
                part
                if isinstance(part, str)
                else f'<span data-by="{number_of(part.author)}">{part.html}</span>'
                for part in parts
            )
    return [written.drawn for written, _ in _blocks(past)]


def parts_of(past: Past, image: Addresses) -> list[Part]:
    """The whole body, with its words counted."""
    drawing = _Drawing(past, image)
    found = [part for written, element in _blocks(past) for part in drawing.block(element, written)]
    for is_html, row in groupby(found, key=lambda part: isinstance(part, str)):
        if not is_html:
            count(cast(list[Stretch], list(row)))
    return found


def blocks_of_text(past: Past) -> Iterator[list[Stretch]]:
    """What stands in each block that holds no others, in reading order, as `to_html` opens them."""
    for written, element in _blocks(past):
        yield from _blocks_in(past, element, written)


def _blocks_in(past: Past, element: XmlElement, written: Written) -> Iterator[list[Stretch]]:
    held = list(zip(children(element), written.held, strict=True))
    if element.tag in TEXT_BLOCKS:
        row = [stretches_of(past, node, own) for node, own in held if isinstance(node, XmlText)]
        yield [stretch for stretches in row for stretch in stretches]
        return
    for node, own in held:
        if isinstance(node, XmlElement):
            yield from _blocks_in(past, node, own)


def count(stretches: Sequence[Stretch]) -> None:
    """Gives each of these, which follow one another in a block, the words that begin in it."""
    starts = word_starts("".join(stretch.text for stretch in stretches))
    end = first = 0
    for stretch in stretches:
        end += len(stretch.text)
        last = bisect_left(starts, end)
        stretch.words, first = last - first, last


def _blocks(past: Past) -> Iterator[tuple[Written, XmlElement]]:
    for node, written in zip(children(past.text.body), past.text.blocks, strict=True):
        if isinstance(node, XmlElement):
            yield written, node


class _Drawing:
    def __init__(self, past: Past, image: Addresses) -> None:
        self._past, self._image = past, image

    def block(self, element: XmlElement, written: Written) -> Iterator[Part]:
        values = attributes(element)
        match element.tag:
            case "horizontal_rule":
                yield "<hr>"
            case "image":
                yield self._figure(values)
            case "heading":
                level = min(int(values.get("level", 2)) + _DEEPER, _DEEPEST)
                yield from self._inline(f"h{level}", element, written)
            case "code_block":
                yield "<pre>"
                yield from self._inline("code", element, written)
                yield "</pre>"
            case "paragraph":
                yield from self._inline("p", element, written)
            case _:
                tag = HTML_TAGS.get(element.tag or "", "div")
                yield f"<{tag}>"
                for child, held in zip(children(element), written.held, strict=True):
                    if isinstance(child, XmlElement):
                        yield from self.block(child, held)
                yield f"</{tag}>"

    def _figure(self, values: dict[str, object]) -> str:
        alt = html.escape(" ".join(str(values.get("alt") or "").split()))
        address = self._image(str(values.get("src") or ""))
        if address is None:
            return f"<p>{alt}</p>"
        return f'<figure><img src="{html.escape(address)}" alt="{alt}" loading="lazy"></figure>'

    def _inline(self, tag: str, element: XmlElement, written: Written) -> Iterator[Part]:
        yield f"<{tag}>"
        is_blank = True
        for child, held in zip(children(element), written.held, strict=True):
            if isinstance(child, XmlText):
                for stretch in stretches_of(self._past, child, held):
                    is_blank = False
                    yield stretch
            elif child.tag == "hard_break":
                is_blank = False
                yield "<br>"
        yield f"<br></{tag}>" if is_blank else f"</{tag}>"


def stretches_of(past: Past, text: XmlText, written: Written) -> list[Stretch]:
    """What is to be read of a text."""
    found: list[Stretch] = []
    at = 0
    for run, keyed in runs(text):
        end = at + len(run.encode())
        marks = {mark_name(key): value for key, value in keyed.items()}
        if "deletion" not in marks:
            reading = reading_of(marks)
            for author, some in _by_author(past, run, written.labels[at:end], marks):
                if not found or (found[-1].author, found[-1].reading) != (author, reading):
                    found.append(Stretch(author, reading))
                found[-1].text += some
                found[-1].html += _signed(some, marks)
        at = end
    return found


def _by_author(
    past: Past, run: str, labels: Sequence[Label], marks: Marks
) -> Iterator[tuple[Author, str]]:
    """An agent's mark goes with its words wherever people move them, and what was pasted is not
    written by whoever did that."""
    pasted = marks.get("pasted")
    attempt = writer_of(marks) or (isinstance(pasted, dict) and str(pasted.get("attempt") or ""))
    if attempt or isinstance(pasted, dict):
        yield Author.of_attempt(attempt or ""), run
        return
    start = 0
    for label, same in groupby(labels_of_characters(run, labels)):
        end = start + len(list(same))
        yield past.author(label) or Author(), run[start:end]
        start = end


def reading_of(marks: Marks) -> str:
    reviewed = marks.get("reviewed")
    return str(reviewed.get("reading") or "") if isinstance(reviewed, dict) else ""


def _signed(text: str, marks: Marks) -> str:
    out = html.escape(text)
    for name in _SIGNS:
        if name in marks:
            out = f"<{name}>{out}</{name}>"
    return f"<u>{out}</u>" if "link" in marks else out
