"""Taking characters out of a text, with the blocks that this leaves empty."""

from collections.abc import Callable

from pycrdt import XmlElement, XmlText

from writing.text.content import is_blank
from writing.text.tree import IMAGE, Parent, images, insert_element, plain, texts

LEAVES = frozenset({"horizontal_rule", "hard_break"})

Take = Callable[[XmlText], bool]
"""Removes what is to go from a text; True if there was something."""

Owns = Callable[[XmlElement], bool]
"""Whether an element goes as soon as it holds nothing, though nothing was taken from it."""


def clear(node: Parent, take: Take, owns: Owns = lambda element: False) -> bool:
    """Take from all texts below `node`; True if that, or nothing but breaks, was all it held.
    Images stay: no agent puts any there."""
    if _is(node, IMAGE):
        return False
    if isinstance(node, XmlElement) and node.tag == "table":
        return _clear_table(node, take) or (owns(node) and not _says_something(node))
    removed = kept = False
    for index in reversed(range(len(node.children))):
        child = node.children[index]
        if isinstance(child, XmlText):
            had_text = take(child)
            removed = removed or had_text
            kept = kept or bool(len(child))
        elif isinstance(child, XmlElement) and child.tag in LEAVES:
            if owns(child):
                del node.children[index]
                removed = True
        elif isinstance(child, XmlElement):
            is_first_in_item = kept and index == 0 and _is(node, "list_item")
            if is_first_in_item and _is(child, "paragraph") and is_blank(child):
                continue
            if not clear(child, take, owns):
                kept = True
                continue
            removed = True
            if is_first_in_item:
                # Browsers delete a list item, and all in it, that does not begin with a paragraph.
                insert_element(node, 1, "paragraph")
            del node.children[index]
    return (removed or (isinstance(node, XmlElement) and owns(node))) and not kept


def _is(node: Parent, tag: str) -> bool:
    return isinstance(node, XmlElement) and node.tag == tag


def _clear_table(table: XmlElement, take: Take) -> bool:
    """A table in which something is left keeps its rows and columns."""
    removed = [take(text) for _, _, text in texts(table)]
    return any(removed) and not _says_something(table)


def _says_something(element: XmlElement) -> bool:
    return any(images(element)) or any(plain(text) for _, _, text in texts(element))
