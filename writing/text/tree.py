"""Walking a section's tree of XML elements and texts."""

from collections.abc import Iterator

from pycrdt import XmlElement, XmlFragment, XmlText

Path = tuple[int, ...]


def texts(
    node: XmlFragment | XmlElement, path: Path = (), tag: str = ""
) -> Iterator[tuple[Path, str, XmlText]]:
    """Every text in reading order: child indexes from the body, its block's tag, the text."""
    for index, child in enumerate(node.children):
        if isinstance(child, XmlText):
            yield (*path, index), tag, child
        elif isinstance(child, XmlElement):
            yield from texts(child, (*path, index), child.tag or "")


def text_at(body: XmlFragment, path: Path) -> XmlText | None:
    """The text at `path`, None if the tree has changed so that there is none."""
    node: XmlFragment | XmlElement | XmlText = body
    for index in path:
        if isinstance(node, XmlText) or index >= len(node.children):
            return None
        node = node.children[index]
    return node if isinstance(node, XmlText) else None


def plain(text: XmlText) -> str:
    """The characters of a text without their marks."""
    return "".join(run for run, _ in text.diff() if isinstance(run, str))
