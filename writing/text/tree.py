"""Walking and growing the tree of elements that a section's text is.

Offsets into an `XmlText` are UTF-8 bytes throughout; attributes come back from pycrdt with every
number a float.
"""

from collections.abc import Iterator, Mapping
from typing import Any, cast

from pycrdt import XmlElement, XmlFragment, XmlText

IMAGE = "image"
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


def images(node: Parent | XmlText) -> Iterator[XmlElement]:
    """Every image in reading order, also the node itself."""
    if isinstance(node, XmlText):
        return
    if isinstance(node, XmlElement) and node.tag == IMAGE:
        yield node
    for child in elements(node):
        yield from images(child)


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


def attributes(element: XmlElement | XmlText) -> dict[str, Any]:
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


def has_text(element: XmlElement) -> bool:
    """Whether there is a character in it."""
    return any(len(text) for _, _, text in texts(element))


def first_text(element: XmlElement) -> XmlText:
    """The element's text, created where there is none."""
    first = next((node for node in children(element) if isinstance(node, XmlText)), None)
    return append_text(element) if first is None else first


def chain_of(node: XmlText | XmlElement) -> list[XmlElement]:
    """The elements that hold `node`, from the outermost to itself or its block."""
    chain = [node] if isinstance(node, XmlElement) else []
    while isinstance(parent := node.parent, XmlElement):
        chain.insert(0, parent)
        node = parent
    return chain


def stands(element: XmlElement) -> bool:
    """Whether neither it nor anything it is in was deleted."""
    node = element
    while (parent := node.parent) is not None:
        if isinstance(parent, XmlText) or node not in children(parent):
            return False
        if isinstance(parent, XmlFragment):
            return True
        node = parent
    return False


def remove(element: XmlElement) -> None:
    """Deletes the element from what holds it."""
    parent = element.parent
    if isinstance(parent, XmlElement | XmlFragment):
        del parent.children[children(parent).index(element)]


def remove_if_empty(element: XmlElement) -> None:
    """Removes an element without a character in it, and whatever held only that."""
    if not stands(element) or has_text(element):
        return
    parent = element.parent
    remove(element)
    while isinstance(parent, XmlElement) and not children(parent):
        element, parent = parent, parent.parent
        remove(element)
