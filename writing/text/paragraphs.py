"""A text as its paragraphs, to be compared: what each is, its characters and whose they are."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from pycrdt import XmlElement, XmlText

from writing.text.authored import Authored, Label, Written
from writing.text.tree import IMAGE, attributes, children, plain

# What a block is within, when that is worth saying.
_SAID = {
    "blockquote": "quote",
    "list_item": "item",
    "table_cell": "cell",
    "table_header": "cell",
}
_READABLE = frozenset({"paragraph", "heading", "code_block"})


@dataclass(frozen=True, slots=True)
class Paragraph:
    """A block that holds no others. `kind` is one of paragraph, heading, code, quote, item, cell,
    image, rule; `labels` are those of the characters."""

    kind: str
    text: str
    level: int = 0
    labels: Sequence[Label] = field(default=(), compare=False)


def paragraphs_of(authored: Authored) -> list[Paragraph]:
    nodes = children(authored.body)
    return [
        found
        for node, written in zip(nodes, authored.blocks, strict=True)
        if isinstance(node, XmlElement)
        for found in _paragraphs(node, written, "")
    ]


def _paragraphs(element: XmlElement, written: Written, within: str) -> Iterator[Paragraph]:
    tag = element.tag or ""
    if tag in _READABLE:
        kind = {"heading": "heading", "code_block": "code"}.get(tag, within or "paragraph")
        level = int(attributes(element).get("level", 2)) if tag == "heading" else 0
        text, labels = _characters(element, written)
        yield Paragraph(kind, text, level, labels)
    elif tag == IMAGE:
        values = attributes(element)
        alt = " ".join(str(values.get("alt") or "").split())
        yield Paragraph("image", alt or str(values.get("src") or ""))
    elif tag == "horizontal_rule":
        yield Paragraph("rule", "")
    else:
        inner = within or _SAID.get(tag, "")
        for child, held in zip(children(element), written.held, strict=True):
            if isinstance(child, XmlElement):
                yield from _paragraphs(child, held, inner)


def _characters(element: XmlElement, written: Written) -> tuple[str, list[Label]]:
    text = ""
    labels: list[Label] = []
    for child, held in zip(children(element), written.held, strict=True):
        if isinstance(child, XmlText):
            run = plain(child)
            text += run
            labels += labels_of_characters(run, held.labels)
        elif child.tag == "hard_break":
            text += "\n"
            labels.append(labels[-1] if labels else 0)
    return text, labels


def labels_of_characters(text: str, labels: Sequence[Label]) -> Sequence[Label]:
    """The labels of bytes (UTF-8) as those of the characters."""
    if len(text) == len(labels):
        return labels
    found, at = [], 0
    for character in text:
        found.append(labels[at])
        at += len(character.encode())
    return found
