"""Accepting and rejecting what is suggested in a text, with as few changes as that takes.

What stays only loses its marks, so that whoever types in it meanwhile goes on undisturbed. Unlike
@handlewithcare/prosemirror-suggest-changes nothing is tidied beside what goes: what is rejected
leaves exactly the text that was there.
"""

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from typing import Any

from pycrdt import Doc, XmlElement, XmlFragment, XmlText

from writing.text.content import append_runs, content_of, contents_of, insert_content
from writing.text.marking import (
    ATTRIBUTE,
    BORDER,
    DELETION,
    INSERTION,
    MODIFICATION,
    Mark,
    inline_marks,
    marks_of,
    set_marks,
)
from writing.text.peer import ROOT
from writing.text.tree import (
    Marks,
    Parent,
    attributes,
    children,
    elements,
    insert_element,
    runs,
    size,
)

TEXT_BLOCKS = frozenset({"paragraph", "heading", "code_block"})
_CELLS = frozenset({"table_cell", "table_header"})
# Nothing is joined over the border of one, nor over what shows something without characters.
_APART = _CELLS | {"image", "horizontal_rule"}
# An empty one of these is no block that a browser could show.
_HOLDERS = frozenset({"blockquote", "bullet_list", "ordered_list", "list_item", "table"})


def decide(body: XmlFragment, ids: Collection[str] | None, *, accept: bool) -> None:
    """Accept or reject the suggestions with these ids; without ids, all of them."""
    decision = Decision(None if ids is None else frozenset(ids), accept)
    with body.doc.transaction():
        joins = list(decision.joins(body))
        decision.settle_texts(body)
        for before, after in reversed(joins):
            _join(before, after)
        decision.settle_blocks(body)


def as_it_stands(body: XmlFragment) -> XmlFragment:
    """The text as if everything that is suggested were rejected; itself where nothing is."""
    if not has_suggestions(body):
        return body
    copy: Doc[XmlFragment] = Doc()
    copy.apply_update(body.doc.get_update())
    rejected = copy.get(ROOT, type=XmlFragment)
    decide(rejected, None, accept=False)
    return rejected


def has_suggestions(body: XmlFragment) -> bool:
    """Whether anything may be suggested in it. A text that talks of it is looked at for nothing."""
    drawn = str(body)
    return any(f"<{kind}" in drawn for kind in (INSERTION, DELETION, MODIFICATION)) or (
        f"{ATTRIBUTE}=" in drawn
    )


def in_force(keyed: Marks) -> bool:
    """Whether characters with these marks count as there while nothing is decided."""
    return not any(kind == INSERTION for _, kind, _ in inline_marks(keyed))


def block_in_force(element: XmlElement) -> bool:
    return not any(mark["type"] == INSERTION for mark in marks_of(element))


@dataclass(frozen=True, slots=True)
class Decision:
    ids: frozenset[str] | None
    accept: bool

    @property
    def _leaving(self) -> str:
        return DELETION if self.accept else INSERTION

    def _is_meant(self, attrs: Any) -> bool:
        return self.ids is None or attrs["id"] in self.ids

    def _goes(self, keyed: Marks) -> str | None:
        """The id with which these characters go; None if they stay."""
        for _, kind, values in inline_marks(keyed):
            if kind == self._leaving and self._is_meant(values):
                return str(values["id"])
        return None

    def _block_goes(self, element: XmlElement) -> bool:
        return self._with(element) is not None

    def _with(self, element: XmlElement) -> str | None:
        """The id with which an element goes; None if it stays."""
        for mark in marks_of(element):
            if mark["type"] == self._leaving and self._is_meant(mark["attrs"]):
                return str(mark["attrs"]["id"])
        return None

    # Borders

    def joins(self, body: XmlFragment) -> Iterator[tuple[XmlElement, XmlElement]]:
        """Blocks of text between which a border goes: the first ends, and the second begins, with
        what goes by the same suggestion."""
        before: XmlElement | None = None
        for block in self._staying(body):
            if block is not None and before is not None:
                tail = self._edge(before, -1)
                if tail is not None and tail == self._edge(block, 0):
                    yield before, block
            before = block

    def _staying(self, parent: Parent) -> Iterator[XmlElement | None]:
        """Blocks of text that do not go as a whole; None between what is never joined."""
        for element in elements(parent):
            if self._block_goes(element):
                continue
            if element.tag in TEXT_BLOCKS:
                yield element
            else:
                if element.tag in _APART:
                    yield None
                yield from self._staying(element)
                if element.tag in _APART:
                    yield None

    def _edge(self, block: XmlElement, index: int) -> str | None:
        held = [node for node in children(block) if not isinstance(node, XmlText) or len(node)]
        edge = held[index] if held else None
        if isinstance(edge, XmlText):
            return self._goes(runs(edge)[index][1])
        return self._with(edge) if edge is not None else None

    # Characters

    def settle_texts(self, parent: Parent) -> None:
        for child in children(parent):
            if isinstance(child, XmlText):
                self._settle_text(child)
            elif not self._block_goes(child):
                self.settle_texts(child)

    def _settle_text(self, text: XmlText) -> None:
        at, end = 0, len(text)
        found = []
        for run, keyed in runs(text):
            found.append((at, at + size(run), run, keyed))
            at += size(run)
        for start, stop, run, keyed in reversed(found):
            if self._goes(keyed):
                # Browsers tidy marks away that nothing stands in: without this, characters that
                # come back, since the decision is taken back, would come without them.
                text.format(start, stop, dict.fromkeys(keyed))
                del text[start:stop]
                continue
            settled = {
                key: (kind, values)
                for key, kind, values in inline_marks(keyed)
                if self._is_meant(values)
            }
            if not settled:
                continue
            formats: dict[str, Any] = dict.fromkeys(settled)
            for kind, values in settled.values():
                if kind == MODIFICATION and not self.accept:
                    formats |= _former_look(values)
            text.format(start, stop, formats)
            is_new = any(kind == INSERTION for kind, _ in settled.values())
            for first, last in borders_in(run, is_new, at_start=not start, at_end=stop == end):
                del text[start + size(run[:first]) : start + size(run[:last])]

    # Blocks

    def settle_blocks(self, parent: Parent) -> None:
        for index in reversed(range(len(parent.children))):
            child = children(parent)[index]
            if isinstance(child, XmlText):
                continue
            if self._block_goes(child):
                del parent.children[index]
                continue
            held = len(child.children)
            self.settle_blocks(child)
            marks = marks_of(child)
            settled = [mark for mark in marks if self._is_meant(mark["attrs"])]
            if settled:
                set_marks(child, [mark for mark in marks if mark not in settled])
                if not self.accept:
                    _put_back(child, settled, parent, index)
            if held and not len(child.children):
                if child.tag in _CELLS:
                    insert_element(child, 0, "paragraph")
                elif child.tag in _HOLDERS or child.tag == "table_row":
                    del parent.children[index]
        _begin_with_paragraph(parent)


def borders_in(run: str, is_new: bool, *, at_start: bool, at_end: bool) -> list[tuple[int, int]]:
    """Where in characters that stay a border of blocks is stood for, the last first. Elsewhere the
    sign is somebody's own, as in Khmer."""
    if is_new or not run.strip(BORDER):
        return [(n, n + 1) for n in reversed(range(len(run))) if run[n] == BORDER]
    found = []
    if at_end and run.endswith(BORDER):
        found.append((len(run) - 1, len(run)))
    if at_start and run.startswith(BORDER):
        found.append((0, 1))
    return found


def _former_look(values: Any) -> dict[str, Any]:
    """The formats that undo a suggested change of characters' formatting."""
    formats: dict[str, Any] = {}
    for name, wanted in (("newValue", False), ("previousValue", True)):
        look = values.get(name)
        if isinstance(look, dict) and isinstance(look.get("type"), str):
            formats[look["type"]] = (look.get("attrs") or {}) if wanted else None
    return formats


def _put_back(element: XmlElement, marks: list[Mark], parent: Parent, index: int) -> None:
    """What the block was before these changes of its type and attributes."""
    changes = [mark["attrs"] for mark in marks if mark["type"] == MODIFICATION]
    values = {
        change["attrName"]: change.get("previousValue")
        for change in changes
        if change["type"] == "attr" and change.get("attrName")
    }
    types = [change["previousValue"] for change in changes if change["type"] == "nodeType"]
    if types and types[0] != element.tag:
        # Yjs knows no other way to make another element of one.
        own = attributes(element)
        kept = {name: value for name, value in own.items() if name == ATTRIBUTE}
        given = {name: value for name, value in values.items() if value is not None}
        insert_content((types[0], kept | given, contents_of(element)), parent, index)
        del parent.children[index + 1]
        return
    for name, value in values.items():
        if value is None:
            if name in attributes(element):
                del element.attributes[name]
        else:
            element.attributes[name] = value


def _begin_with_paragraph(parent: Parent) -> None:
    """Browsers delete a list item, and all in it, that does not begin with a paragraph."""
    if isinstance(parent, XmlElement) and parent.tag == "list_item" and len(parent.children):
        first = children(parent)[0]
        if isinstance(first, XmlText) or first.tag != "paragraph":
            insert_element(parent, 0, "paragraph")


def _join(before: XmlElement, after: XmlElement) -> None:
    """What the second block holds goes to the end of the first; what follows it in its list item
    goes behind the first."""
    moved = contents_of(after)
    last = children(before)[-1]
    first = moved[0]
    if isinstance(last, XmlText) and isinstance(first, list):
        # Beside each other in one block, browsers would make one text of two in their own way.
        nothing: Marks = {key: None for _, keyed in runs(last) for key in keyed}
        append_runs(last, [(run, nothing | keyed) for run, keyed in first])
        del moved[0]
    for content in moved:
        insert_content(content, before, len(before.children))
    holder, home = after.parent, before.parent
    if not isinstance(holder, XmlElement | XmlFragment):
        return
    place = children(holder).index(after)
    del holder.children[place]
    is_item = isinstance(holder, XmlElement) and holder.tag == "list_item"
    if is_item and place == 0 and isinstance(home, XmlElement) and home.tag == "list_item":
        at = children(home).index(before) + 1
        for number, child in enumerate(children(holder)):
            insert_content(content_of(child), home, at + number)
        del holder.children[0 : len(holder.children)]
    while isinstance(holder, XmlElement) and not len(holder.children) and holder.tag in _HOLDERS:
        above = holder.parent
        if not isinstance(above, XmlElement | XmlFragment):
            return
        del above.children[children(above).index(holder)]
        holder = above
