"""Walking and growing the tree of elements that a section's text is.

Offsets into an `XmlText` are UTF-8 bytes throughout; attributes come back from pycrdt with every
number a float.
"""

from collections.abc import Iterator, Mapping
from typing import Any, cast

from pycrdt import XmlElement, XmlFragment, XmlText

Path = tuple[int, ...]
Parent = XmlFragment | XmlElement
Node = XmlElement | XmlText
Marks = dict[str, Any]
"""Formatting attributes as a text carries them: each mark's key and its attributes."""


def children(parent: Parent) -> list[Node]:
    return [cast(Node, child) for child in parent.children]


def elements(parent: Parent) -> list[XmlElement]:
    return [child for child in children(parent) if isinstance(child, XmlElement)]


def texts(node: Parent, path: Path = (), tag: str = "") -> Iterator[tuple[Path, str, XmlText]]:
    """Every text in reading order: child indexes from the body, its block's tag, the text."""
    for index, child in enumerate(children(node)):
        if isinstance(child, XmlText):
            yield (*path, index), tag, child
        else:
            yield from texts(child, (*path, index), child.tag or "")


def text_at(body: XmlFragment, path: Path) -> XmlText | None:
    """The text at `path`, None if the tree has changed so that there is none."""
    node: XmlFragment | XmlElement | XmlText = body
    for index in path:
        if isinstance(node, XmlText) or index >= len(node.children):
            return None
        node = node.children[index]
    return node if isinstance(node, XmlText) else None


def runs(text: XmlText) -> list[tuple[str, Marks]]:
    """The text in stretches of equal marks."""
    return [
        (run, {key: value for key, value in (marks or {}).items() if value is not None})
        for run, marks in text.diff()
        if isinstance(run, str)
    ]


def plain(text: XmlText) -> str:
    """The characters of a text without their marks."""
    return "".join(run for run, _ in text.diff() if isinstance(run, str))


def attributes(element: XmlElement) -> dict[str, Any]:
    return dict(cast(Iterator[tuple[str, Any]], iter(cast(Any, element.attributes))))


def size(text: str) -> int:
    """How far `text` reaches in a shared text."""
    return len(text.encode())


def insert_element(
    parent: Parent, index: int, tag: str, attributes: Mapping[str, Any] | None = None
) -> XmlElement:
    parent.children.insert(index, XmlElement(tag, dict(attributes or {})))
    return cast(XmlElement, parent.children[index])


def insert_text(parent: Parent, index: int) -> XmlText:
    parent.children.insert(index, XmlText(""))
    return cast(XmlText, parent.children[index])


def append_element(
    parent: Parent, tag: str, attributes: Mapping[str, Any] | None = None
) -> XmlElement:
    return insert_element(parent, len(parent.children), tag, attributes)


def append_text(parent: Parent) -> XmlText:
    return insert_text(parent, len(parent.children))
