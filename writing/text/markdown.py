"""Markdown into a section's text."""

from collections.abc import Iterable, Mapping
from typing import Any

from pycrdt import XmlElement, XmlFragment, XmlText

from writing.text.html import to_html
from writing.text.inline import Break
from writing.text.output import count_words, plain_text, to_markdown
from writing.text.stream import Container, Event, Leaf, MarkdownStream
from writing.text.tree import append_element, append_text

__all__ = ["append_markdown", "count_words", "plain_text", "to_html", "to_markdown"]


def append_markdown(
    body: XmlFragment, markdown: str, marks: Mapping[str, Any] | None = None
) -> None:
    """Adds blocks at the end, in one transaction; `marks` go on every character."""
    stream = MarkdownStream()
    events = stream.feed(markdown) + stream.finish()
    with body.doc.transaction():
        _append(body, events, marks or {})


def _append(body: XmlFragment, events: Iterable[Event], marks: Mapping[str, Any]) -> None:
    open_blocks: list[tuple[Container, XmlElement]] = []
    leaf: XmlElement | None = None
    text: XmlText | None = None
    for event in events:
        if isinstance(event, Leaf):
            shared = 0
            for (container, _), wanted in zip(open_blocks, event.containers, strict=False):
                if container != wanted:
                    break
                shared += 1
            del open_blocks[shared:]
            for wanted in event.containers[shared:]:
                parent = open_blocks[-1][1] if open_blocks else body
                block = append_element(parent, wanted.tag, wanted.attributes)
                open_blocks.append((wanted, block))
            parent = open_blocks[-1][1] if open_blocks else body
            leaf, text = append_element(parent, event.tag, event.attributes), None
        elif leaf is None:
            raise ValueError("text outside of a block")
        elif isinstance(event, Break):
            append_element(leaf, "hard_break")
            text = None
        else:
            if text is None:
                text = append_text(leaf)
            text.insert(len(text), event.text, {**marks, **event.marks})
