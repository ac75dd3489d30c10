"""What a text is, apart from how it came about."""

from collections.abc import Collection
from typing import Any

from pycrdt import XmlText

from writing.text.tree import Parent, attributes, children, plain, runs, texts

Shape = list[Any]


def shape(parent: Parent, ignore: Collection[str] = ()) -> Shape:
    """Elements as (tag, attributes, content), text as (characters, marks) without `ignore`."""
    out: Shape = []
    for child in children(parent):
        if not isinstance(child, XmlText):
            out.append((child.tag, attributes(child), shape(child, ignore)))
            continue
        for run, keyed in runs(child):
            marks = {key: value for key, value in keyed.items() if key not in ignore}
            if out and out[-1][0] is None and out[-1][2] == marks:
                out[-1] = (None, out[-1][1] + run, marks)
            else:
                out.append((None, run, marks))
    return out


def characters(parent: Parent) -> str:
    return "".join(plain(text) for _, _, text in texts(parent))


def agents_characters(parent: Parent) -> str:
    return "".join(
        run for _, _, text in texts(parent) for run, marks in runs(text) if "agent" in marks
    )
