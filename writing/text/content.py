"""What stands in a text, apart from who put it there: to compare, to keep, to write elsewhere."""

from collections.abc import Iterator, Sequence

from pycrdt import XmlElement, XmlFragment, XmlText

from writing.text.peer import Peer
from writing.text.tree import (
    IMAGE,
    Marks,
    Node,
    Parent,
    attributes,
    children,
    insert_element,
    insert_text,
    runs,
)

Runs = list[tuple[str, Marks]]
Content = tuple[str, dict[str, object], list["Content"]] | Runs
"""An element as its tag, attributes and what it holds, or a text in stretches of equal marks."""


def content_of(node: Node) -> Content:
    """Everything in a node."""
    if isinstance(node, XmlText):
        return runs(node)
    return node.tag or "", attributes(node), [content_of(child) for child in children(node)]


def contents_of(parent: Parent) -> list[Content]:
    return [content_of(child) for child in children(parent)]


def insert_content(content: Content, parent: Parent, index: int) -> None:
    """Write it as the child number `index`."""
    if isinstance(content, list):
        append_runs(insert_text(parent, index), content)
        return
    tag, values, held = content
    element = insert_element(parent, index, tag, values)
    for number, child in enumerate(held):
        insert_content(child, element, number)


def append_runs(text: XmlText, content: Runs) -> None:
    for run, marks in content:
        text.insert(len(text), run, marks)


def replace_body(peer: Peer, wanted: Sequence[Content]) -> None:
    """Make the body hold `wanted`.

    Blocks at the beginning and end that are the same are left alone, with whoever is writing there.
    """
    present = contents_of(peer.body)
    most = min(len(present), len(wanted))
    start = next((n for n in range(most) if present[n] != wanted[n]), most)
    end = next((n for n in range(most - start) if present[-1 - n] != wanted[-1 - n]), most - start)
    with peer.doc.transaction():
        del peer.body.children[start : len(present) - end]
        for index in range(start, len(wanted) - end):
            insert_content(wanted[index], peer.body, index)


def runs_in(contents: Sequence[Content]) -> Iterator[tuple[str, Marks]]:
    """The stretches of all texts, in reading order."""
    for content in contents:
        if isinstance(content, list):
            yield from content
        else:
            yield from runs_in(content[2])


def threads_in(contents: Sequence[Content]) -> set[str]:
    """The ids of the threads whose marks these carry."""
    return {
        str(values["thread"])
        for _, marks in runs_in(contents)
        for values in marks.values()
        if isinstance(values, dict) and "thread" in values
    }


def says_something(contents: Sequence[Content]) -> bool:
    """Whether there is a character or an image in them."""
    return any(
        any(run for run, _ in content)
        if isinstance(content, list)
        else content[0] == IMAGE or says_something(content[2])
        for content in contents
    )


def is_blank(node: XmlElement | XmlFragment | XmlText) -> bool:
    """Whether it is a block for text, or a list or quote of such, without a character."""
    if isinstance(node, XmlText):
        return not len(node)
    if isinstance(node, XmlElement) and node.tag not in FILLED_BY_TEXT:
        return False
    return all(is_blank(child) for child in children(node))


# A rule, a break, a table or an image says something without a character in it.
FILLED_BY_TEXT = frozenset(
    {
        "paragraph",
        "heading",
        "code_block",
        "blockquote",
        "bullet_list",
        "ordered_list",
        "list_item",
    }
)
