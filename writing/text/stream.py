"""Markdown blocks, read as they stream in.

CommonMark with tables, as language models write it. Left out on purpose: indented code, setext
headings (`---` under a paragraph is a rule), raw HTML and reference definitions, which are text.
Whatever the pieces in which a text comes, the blocks are the same: see `inline`.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from itertools import count
from typing import Any

from writing.text import lines
from writing.text.inline import Break, Inline, Text, parse_inline

# Lists in lists in lists: deeper nesting is text.
DEEPEST = 12


@dataclass(frozen=True, slots=True)
class Container:
    """A block that holds blocks; `number` tells it from others like it in the same text."""

    number: int
    tag: str
    attributes: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Leaf:
    """A block that holds text begins. What follows goes into it, until the next one."""

    containers: tuple[Container, ...]
    tag: str
    attributes: Mapping[str, Any] = field(default_factory=dict)


Event = Leaf | Text | Break


@dataclass(slots=True)
class _Level:
    """An open container; `indent` is where an item's content begins."""

    container: Container
    sign: str = ""
    indent: int = 0
    is_filled: bool = False


@dataclass(slots=True)
class _Start:
    """What the beginning of a line says: containers kept and begun, and the kind of its leaf."""

    kept: int
    begun: list[tuple[str, str, int, int]] = field(default_factory=list)
    kind: str = "text"
    consumed: int = 0
    detail: str = ""
    indent: int = 0


class MarkdownStream:
    """Feed it pieces of one text; each call returns the events that are certain by then."""

    def __init__(self) -> None:
        self._numbers = count(1)
        self._levels: list[_Level] = []
        self._events: list[Event] = []
        self._buffer = ""
        self._in_line = False
        self._kind = ""
        self._inline = Inline()
        self._leaf: Leaf | None = None
        self._is_broken = False
        self._fence, self._fence_indent, self._has_code = "", 0, False
        self._heading_end = ""
        self._table: list[str] = []

    def feed(self, piece: str) -> list[Event]:
        self._buffer += piece.replace("\r", "").replace("\x00", "")
        return self._advance(final=False)

    def finish(self) -> list[Event]:
        """What was held back; the text ends here."""
        self._advance(final=True)
        self._close_levels(0)
        events, self._events = self._events, []
        return events

    def _advance(self, final: bool) -> list[Event]:
        while self._buffer:
            if not self._in_line and self._kind != "code_block":
                self._expand_tabs()
            line, newline, rest = self._buffer.partition("\n")
            if not self._in_line:
                start = self._start(line, complete=bool(newline) or final)
                if start is None:
                    break
                self._begin(start, line)
                self._buffer = self._buffer[start.consumed :]
                self._in_line = True
                continue
            self._continue(line)
            self._buffer = rest
            if newline:
                self._end_line()
        if not final:
            events, self._events = self._events, []
            return events
        if self._in_line:
            self._end_line()
        return []

    def _expand_tabs(self) -> None:
        """At the beginning of a line, where they stand for columns."""
        text = self._buffer.lstrip(" \t")
        space = self._buffer[: len(self._buffer) - len(text)]
        self._buffer = space.expandtabs(4) + text

    # The beginning of a line: what is it?

    def _start(self, line: str, complete: bool) -> _Start | None:
        """Reads the beginning of a line; None if more of it must be seen."""
        at, kept = 0, 0
        for level in self._levels:
            tag = level.container.tag
            space = lines.BLANK.match(line, at)
            text_at = space.end() if space else at
            if text_at == len(line) and not complete:
                return None
            if tag == "blockquote":
                if line[text_at : text_at + 1] != ">":
                    break
                if text_at + 1 == len(line) and not complete:
                    return None
                at = text_at + 1 + (line[text_at + 1 : text_at + 2] == " ")
            elif tag == "list_item":
                if text_at < len(line) and text_at - at < level.indent:
                    break
                at = min(at + level.indent, len(line))
            kept += 1
        if self._kind == "code_block" and kept == len(self._levels):
            return self._start_code(line, at, kept, complete)
        return self._start_block(line, at, kept, complete)

    def _start_code(self, line: str, at: int, kept: int, complete: bool) -> _Start | None:
        rest = line[at:]
        stripped = rest.lstrip(" ")
        sign = self._fence[0]
        if not stripped.strip(sign + " \t") and len(rest) - len(stripped) < 4:
            if not complete:
                return None
            closing = stripped.rstrip(" \t")
            if len(closing) >= len(self._fence) and closing == sign * len(closing):
                return _Start(kept, kind="fence end", consumed=len(line))
        indent = min(self._fence_indent, len(rest) - len(stripped))
        return _Start(kept, kind="code", consumed=at + indent)

    def _start_block(self, line: str, at: int, kept: int, complete: bool) -> _Start | None:
        start = _Start(kept)
        while True:
            indent_from = at
            space = lines.BLANK.match(line, at)
            at = space.end() if space else at
            rest = line[at:]
            is_full = len(self._levels[:kept]) + 2 * len(start.begun) >= DEEPEST
            # A list may not begin in the middle of a paragraph with anything but its first item.
            interrupts = self._kind == "paragraph" and kept == len(self._levels)
            interrupts = interrupts and not start.begun
            if not rest:
                if not complete:
                    return None
                start.kind, start.consumed = "blank", len(line)
                return start
            if rest[0] == ">" and not is_full:
                if rest == ">" and not complete:
                    return None
                start.begun.append(("blockquote", "", 0, 0))
                at += 1 + (rest[1:2] == " ")
                continue
            if not complete and lines.may_become(rest, is_full):
                return None
            if lines.RULE.fullmatch(rest):
                start.kind, start.consumed = "horizontal_rule", len(line)
                return start
            item = None if is_full else lines.item(rest, interrupts)
            if item:
                tag, sign, number, width = item
                start.begun.append((tag, sign, at - indent_from + width, number))
                at = min(at + width, len(line))
                continue
            start.indent = at - indent_from
            return self._start_leaf(start, line, at)

    def _start_leaf(self, start: _Start, line: str, at: int) -> _Start:
        rest = line[at:]
        start.consumed = at
        if heading := lines.HEADING.match(rest):
            start.kind, start.detail = "heading", heading[1]
            start.consumed = at + heading.end()
        elif lines.HEADING_SO_FAR.fullmatch(rest):
            start.kind, start.detail = "heading", rest.rstrip()
            start.consumed = len(line)
        elif lines.FENCE.fullmatch(rest):
            start.kind, start.detail, start.consumed = "code_block", rest, len(line)
        elif rest[0] == "|":
            start.kind, start.detail, start.consumed = "table", rest, len(line)
        return start

    # What the line means for the blocks that are open.

    def _begin(self, start: _Start, line: str) -> None:
        if self._table and not (start.kind == "table" and not start.begun):
            self._end_table()
        is_lazy = (
            start.kind == "text"
            and not start.begun
            and start.kept < len(self._levels)
            and self._kind == "paragraph"
        )
        if start.kind in ("code", "fence end"):
            self._begin_code_line(start.kind == "fence end")
            return
        continues = self._kind == "paragraph" and not start.begun and start.kind == "text"
        if continues and (is_lazy or start.kept == len(self._levels)):
            self._put_inline(self._inline.feed("\n"))
            return
        if start.kind == "table" and not start.begun and start.kept == len(self._levels):
            self._add_row(start.detail)
            return
        self._close_leaf()
        self._open_levels(start)
        match start.kind:
            case "text":
                self._open_leaf("paragraph")
            case "heading":
                self._open_leaf("heading", {"level": len(start.detail)})
            case "code_block":
                fence = lines.FENCE.fullmatch(start.detail)
                signs, info = (fence[1] or fence[3], fence[2] or fence[4]) if fence else ("", "")
                self._fence, self._fence_indent, self._has_code = signs, start.indent, False
                self._open_leaf("code_block", {"params": (info or "").strip()})
            case "horizontal_rule":
                self._open_leaf("horizontal_rule")
                self._close_leaf()
            case "table":
                self._add_row(start.detail)

    def _continue(self, text: str) -> None:
        """More of a line whose kind is known."""
        if not text:
            return
        if self._kind == "paragraph":
            self._put_inline(self._inline.feed(text))
        elif self._kind == "heading":
            text = self._heading_end + text
            closing = lines.HEADING_END.search(text)
            cut = closing.start() if closing else len(text)
            self._heading_end = text[cut:]
            self._put_inline(self._inline.feed(text[:cut]))
        elif self._kind == "code_block":
            self._put(Text(text, {}))

    def _end_line(self) -> None:
        self._in_line = False
        if self._kind == "heading":
            self._close_leaf()

    def _begin_code_line(self, is_end: bool) -> None:
        if is_end:
            self._close_leaf()
        elif self._has_code:
            self._put(Text("\n", {}))
        else:
            self._has_code = True

    def _open_levels(self, start: _Start) -> None:
        kept = start.kept
        first = start.begun[0] if start.begun else None
        if kept and self._levels[kept - 1].container.tag.endswith("_list"):
            open_list = self._levels[kept - 1]
            if first is None or first[:2] != (open_list.container.tag, open_list.sign):
                kept -= 1
        if start.kind == "blank" and not start.begun:
            kept = start.kept
        self._close_levels(kept)
        for tag, sign, indent, number in start.begun:
            if tag == "blockquote":
                self._levels.append(_Level(Container(next(self._numbers), tag)))
                continue
            top = self._levels[-1] if self._levels else None
            if top is None or (top.container.tag, top.sign) != (tag, sign):
                order = {"order": number} if tag == "ordered_list" else {}
                self._levels.append(_Level(Container(next(self._numbers), tag, order), sign))
            item = Container(next(self._numbers), "list_item")
            self._levels.append(_Level(item, indent=indent))

    def _close_levels(self, kept: int) -> None:
        self._close_leaf()
        while len(self._levels) > kept:
            level = self._levels[-1]
            if level.container.tag == "list_item" and not level.is_filled:
                self._emit_leaf(Leaf(self._path(), "paragraph"))
            self._levels.pop()

    def _path(self) -> tuple[Container, ...]:
        return tuple(level.container for level in self._levels)

    # The leaf that is open, and what goes into it.

    def _open_leaf(self, tag: str, attributes: Mapping[str, Any] | None = None) -> None:
        self._kind = tag
        self._leaf = Leaf(self._path(), tag, attributes or {})
        self._inline = Inline()
        self._heading_end = ""

    def _close_leaf(self) -> None:
        if self._table:
            self._end_table()
        if self._kind in ("paragraph", "heading"):
            self._put_inline(self._inline.finish())
        elif self._leaf is not None:
            self._emit_leaf(self._leaf)
        self._leaf, self._kind, self._is_broken = None, "", False

    def _put_inline(self, pieces: list[Text | Break]) -> None:
        for piece in pieces:
            self._put(piece)

    def _put(self, piece: Text | Break) -> None:
        """A leaf, and a break in it, is only handed out together with the text that follows."""
        if isinstance(piece, Break):
            self._is_broken = self._leaf is None
            return
        if self._leaf is not None:
            self._emit_leaf(self._leaf)
            self._leaf = None
        elif self._is_broken:
            self._events.append(Break())
        self._is_broken = False
        self._events.append(piece)

    def _emit_leaf(self, leaf: Leaf) -> None:
        for depth, level in enumerate(self._levels, start=1):
            is_item = level.container.tag == "list_item"
            is_inside = leaf.containers[:depth] == self._path()[:depth]
            if is_item and is_inside and not level.is_filled:
                is_last = depth == len(leaf.containers)
                if not (is_last and leaf.tag == "paragraph"):
                    self._events.append(Leaf(leaf.containers[:depth], "paragraph"))
                level.is_filled = True
        self._events.append(leaf)

    # Tables are held until they are complete.

    def _add_row(self, row: str) -> None:
        if len(self._table) == 1:
            is_delimiter = lines.DELIMITERS.fullmatch(row) is not None
            if not (is_delimiter and len(lines.cells(row)) == len(lines.cells(self._table[0]))):
                self._end_table()
        self._table.append(row)
        if len(self._table) > 1 and self._kind == "paragraph":
            rows, self._table = self._table, []
            self._close_leaf()
            self._table = rows

    def _end_table(self) -> None:
        rows, self._table = self._table, []
        if len(rows) < 2:
            if self._kind == "paragraph":
                self._put_inline(self._inline.feed("\n"))
            else:
                self._open_leaf("paragraph")
            self._put_inline(self._inline.feed(rows[0]))
            return
        table = (*self._path(), Container(next(self._numbers), "table"))
        width = len(lines.cells(rows[0]))
        for index, row in enumerate([rows[0], *rows[2:]]):
            in_row = (*table, Container(next(self._numbers), "table_row"))
            tag = "table_cell" if index else "table_header"
            for cell in (lines.cells(row) + [""] * width)[:width]:
                in_cell = (*in_row, Container(next(self._numbers), tag))
                self._leaf = Leaf(in_cell, "paragraph")
                self._put_inline(parse_inline(cell))
                self._close_leaf()
