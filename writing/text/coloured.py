"""Blocks of a text as HTML in which each stretch says by number who wrote it."""

import html
from collections.abc import Callable, Iterator
from itertools import groupby

from pycrdt import XmlElement, XmlText

from writing.text.authored import Authored, Written
from writing.text.checkpoints import Author, Past
from writing.text.html import HTML_TAGS
from writing.text.output import Addresses, mark_name
from writing.text.paragraphs import labels_of_characters
from writing.text.share import writer_of
from writing.text.tree import Marks, attributes, children, runs

# Under a section's title, whatever the text calls them.
_DEEPEST, _DEEPER = 6, 2
_SIGNS = ("code", "em", "strong")

Numbers = Callable[[Author], int]
"""By which number the page knows an author."""


def draw(past: Past, number_of: Numbers, image: Addresses) -> list[str]:
    """The blocks of the body. What has not changed since the last time is not drawn again."""
    text: Authored = past.text
    for node, written in zip(children(text.body), text.blocks, strict=True):
        if not written.drawn and isinstance(node, XmlElement):
            written.drawn = _Drawing(past, number_of, image).block(node, written)
    return [written.drawn for written in text.blocks if written.drawn]


class _Drawing:
    def __init__(self, past: Past, number_of: Numbers, image: Addresses) -> None:
        self._past, self._number_of, self._image = past, number_of, image

    def block(self, element: XmlElement, written: Written) -> str:
        values = attributes(element)
        match element.tag:
            case "horizontal_rule":
                return "<hr>"
            case "image":
                return self._figure(values)
            case "heading":
                level = min(int(values.get("level", 2)) + _DEEPER, _DEEPEST)
                return f"<h{level}>{self._inline(element, written)}</h{level}>"
            case "code_block":
                return f"<pre><code>{self._inline(element, written)}</code></pre>"
            case "paragraph":
                return f"<p>{self._inline(element, written)}</p>"
        tag = HTML_TAGS.get(element.tag or "", "div")
        held = zip(children(element), written.held, strict=True)
        inner = "".join(self.block(c, w) for c, w in held if isinstance(c, XmlElement))
        return f"<{tag}>{inner}</{tag}>"

    def _figure(self, values: dict[str, object]) -> str:
        alt = html.escape(" ".join(str(values.get("alt") or "").split()))
        address = self._image(str(values.get("src") or ""))
        if address is None:
            return f"<p>{alt}</p>"
        return f'<figure><img src="{html.escape(address)}" alt="{alt}" loading="lazy"></figure>'

    def _inline(self, element: XmlElement, written: Written) -> str:
        parts: list[str] = []
        for child, held in zip(children(element), written.held, strict=True):
            if isinstance(child, XmlText):
                parts += self._stretches(child, held)
            elif child.tag == "hard_break":
                parts.append("<br>")
        return "".join(parts) or "<br>"

    def _stretches(self, text: XmlText, written: Written) -> Iterator[str]:
        at = 0
        for run, keyed in runs(text):
            size = len(run.encode())
            labels = labels_of_characters(run, written.labels[at : at + size])
            at += size
            marks = {mark_name(key): value for key, value in keyed.items()}
            start = 0
            for label, same in groupby(labels):
                end = start + sum(1 for _ in same)
                number = self._number_of(self._author(label, marks))
                yield f'<span data-by="{number}">{_signed(run[start:end], marks)}</span>'
                start = end

    def _author(self, label: int, marks: Marks) -> Author:
        """An agent's mark goes with its words wherever people move them."""
        if attempt := writer_of(marks):
            return Author.of_attempt(attempt)
        return self._past.author(label) or Author()


def _signed(text: str, marks: Marks) -> str:
    out = html.escape(text)
    for name in _SIGNS:
        if name in marks:
            out = f"<{name}>{out}</{name}>"
    return f"<u>{out}</u>" if "link" in marks else out
