"""Markdown within a block, read as it streams in.

What has been handed out is never taken back, so a sign that might begin something is held until
what follows decides; but only so long, and the decision depends on the text alone, never on the
pieces in which it came.
"""

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from html import unescape
from html.entities import html5
from typing import Any

# How many characters an emphasis or a code span may hold back until its end is seen. Beyond that a
# left-flanking `*` counts as emphasis and a backtick as itself.
LOOKAHEAD = 160
LINK_LOOKAHEAD = 600

SAFE_LINK = re.compile(r"(?:https?://|mailto:)[^\s\x00-\x1f\x7f]+", re.IGNORECASE)

_PLAIN = re.compile(r"[^\\`<&!\[*_ \t\n]+")
_SPACE = re.compile(r"[ \t\n]+")
_ESCAPABLE = frozenset("!\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~")
_ENTITY = re.compile(r"&(?:#\d{1,7}|#[xX][0-9a-fA-F]{1,6}|[A-Za-z][A-Za-z0-9]{1,31});")
_ENTITY_START = re.compile(r"&[#A-Za-z0-9]{0,32}\Z")
_ANGLE = re.compile(r"<(?:(?P<break>br\s?/?)|(?P<link>(?:https?://|mailto:)[^\s<>]+))>", re.I)
_ANGLE_START = re.compile(r"<(?:[A-Za-z][^\s<>]*\s?/?)?\Z")
_LINK_TEXT = re.compile(r"\[(?P<text>(?:[^\[\]\\]|\\.|\[(?:[^\[\]\\]|\\.)*\])*)\]", re.DOTALL)
_LINK_TARGET = re.compile(
    r"\(\s*(?:<(?P<angled>[^<>\n]*)>|(?P<bare>[^\s()<>]*(?:\([^\s()]*\)[^\s()<>]*)*))"
    r"(?:\s+(?:\"(?P<double>[^\"]*)\"|'(?P<single>[^']*)'))?\s*\)"
)


@dataclass(frozen=True, slots=True)
class Text:
    """Characters with their marks: ProseMirror's mark names and attributes."""

    text: str
    marks: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Break:
    """A line ends here within its block."""


Piece = Text | Break


def is_cjk(character: str) -> bool:
    """Written without spaces between words, punctuation included."""
    return bool(character) and (
        "\u2e80" <= character <= "\u9fff"
        or "\uf900" <= character <= "\ufaff"
        or "\ufe30" <= character <= "\ufe4f"
        or "\uff00" <= character <= "\uffef"
        or "\U00020000" <= character <= "\U0003ffff"
    )


def parse_inline(text: str, marks: Mapping[str, Any] | None = None) -> list[Piece]:
    """The pieces of a text that is there as a whole."""
    inline = Inline(marks)
    return inline.feed(text) + inline.finish()


class Inline:
    """Reads one block's inline Markdown; a `\\n` in it is the end of a source line."""

    def __init__(self, marks: Mapping[str, Any] | None = None) -> None:
        self._marks: dict[str, Any] = dict(marks or {})
        self._buffer = ""
        self._before = ""
        self._open: list[tuple[str, int]] = []
        self._pieces: list[Piece] = []

    def feed(self, text: str) -> list[Piece]:
        """What is certain now."""
        self._buffer += text
        return self._advance(final=False)

    def finish(self) -> list[Piece]:
        """What was held back; the block ends here."""
        return self._advance(final=True)

    def _advance(self, final: bool) -> list[Piece]:
        at = 0
        while at < len(self._buffer):
            end = self._step(at, final)
            if end is None:
                break
            self._before = self._buffer[end - 1]
            at = end
        self._buffer = self._buffer[at:]
        pieces, self._pieces = self._pieces, []
        return pieces

    def _step(self, at: int, final: bool) -> int | None:
        """Hands out what stands at `at` and says where it ends; None if that is uncertain."""
        if plain := _PLAIN.match(self._buffer, at):
            self._put(plain[0])
            return plain.end()
        match self._buffer[at]:
            case " " | "\t" | "\n":
                return self._space(at, final)
            case "\\":
                return self._escape(at, final)
            case "`":
                return self._code(at, final)
            case "<":
                return self._angle(at, final)
            case "&":
                return self._entity(at, final)
            case "!":
                return self._image(at, final)
            case "[":
                return self._link(at, at, final)
        return self._emphasis(at, final)

    def _put(self, text: str, **marks: Any) -> None:
        if not text:
            return
        marks = {**self._marks, **marks}
        last = self._pieces[-1] if self._pieces else None
        if isinstance(last, Text) and last.marks == marks:
            self._pieces[-1] = Text(last.text + text, marks)
        else:
            self._pieces.append(Text(text, marks))

    def _space(self, at: int, final: bool) -> int | None:
        space = _SPACE.match(self._buffer, at)
        end = space.end() if space else at + 1
        if end == len(self._buffer):
            # At the end of a block it is dropped; elsewhere it depends on what follows.
            return end if final else None
        spaces, newline, _ = self._buffer[at:end].partition("\n")
        if not newline:
            self._put(spaces.replace("\t", " "))
        elif len(spaces) >= 2:
            self._pieces.append(Break())
        elif not (is_cjk(self._before) and is_cjk(self._buffer[end])):
            self._put(" ")
        return end

    def _escape(self, at: int, final: bool) -> int | None:
        if at + 1 == len(self._buffer):
            if final:
                self._put("\\")
            return at + 1 if final else None
        following = self._buffer[at + 1]
        if following == "\n":
            space = _SPACE.match(self._buffer, at + 1)
            end = space.end() if space else at + 2
            if end == len(self._buffer):
                return end if final else None
            self._pieces.append(Break())
            return end
        if following in _ESCAPABLE:
            self._put(following)
            return at + 2
        self._put("\\")
        return at + 1

    def _run_end(self, at: int) -> int:
        end = at + 1
        while end < len(self._buffer) and self._buffer[end] == self._buffer[at]:
            end += 1
        return end

    def _code_end(self, at: int, final: bool) -> tuple[int, int] | None:
        """The closing backticks for those at `at`; an empty range if there are none, None if that
        is uncertain."""
        first = self._run_end(at)
        if first == len(self._buffer) and not final:
            return None
        search = first
        while 0 <= (start := self._buffer.find("`", search)) < at + LOOKAHEAD:
            search = self._run_end(start)
            if search == len(self._buffer) and not final:
                return None
            if search - start == first - at:
                return start, search
        known = final or len(self._buffer) >= at + LOOKAHEAD
        return (first, first) if known else None

    def _code(self, at: int, final: bool) -> int | None:
        closing = self._code_end(at, final)
        if closing is None:
            return None
        start, end = closing
        first = self._run_end(at)
        if start == end:
            self._put(self._buffer[at:first])
            return first
        code = self._buffer[first:start].replace("\n", " ")
        if code.strip(" ") and code[0] == code[-1] == " ":
            code = code[1:-1]
        self._put(code, code={})
        return end

    def _angle(self, at: int, final: bool) -> int | None:
        window = self._buffer[at : at + LINK_LOOKAHEAD]
        if found := _ANGLE.match(window):
            if found["break"]:
                self._pieces.append(Break())
            else:
                address = found["link"]
                self._put(address.removeprefix("mailto:"), link={"href": address, "title": None})
            return at + found.end()
        if not final and len(window) < LINK_LOOKAHEAD and _ANGLE_START.match(window):
            return None
        self._put("<")
        return at + 1

    def _entity(self, at: int, final: bool) -> int | None:
        found = _ENTITY.match(self._buffer, at)
        if found and (found[0][1] == "#" or found[0][1:] in html5):
            self._put(unescape(found[0]).replace("\x00", "\ufffd"))
            return found.end()
        if not final and _ENTITY_START.match(self._buffer, at):
            return None
        self._put("&")
        return at + 1

    def _image(self, at: int, final: bool) -> int | None:
        """An image becomes a link to it: nothing loads by itself."""
        if at + 1 == len(self._buffer) and not final:
            return None
        if self._buffer[at + 1 : at + 2] == "[":
            return self._link(at, at + 1, final)
        self._put("!")
        return at + 1

    def _link(self, at: int, bracket: int, final: bool) -> int | None:
        window = self._buffer[bracket : bracket + LINK_LOOKAHEAD]
        undecided = not final and len(window) < LINK_LOOKAHEAD
        if label := _LINK_TEXT.match(window):
            if target := _LINK_TARGET.match(window, label.end()):
                self._put_link(label["text"], target)
                return bracket + target.end()
            if window[label.end() : label.end() + 1] not in ("", "("):
                undecided = False
        if undecided:
            return None
        self._put(self._buffer[at : bracket + 1])
        return bracket + 1

    def _put_link(self, label: str, target: re.Match[str]) -> None:
        address = target["angled"] if target["angled"] is not None else target["bare"]
        title = target["double"] or target["single"] or None
        marks = self._marks
        if SAFE_LINK.fullmatch(address):
            marks = {**marks, "link": {"href": address, "title": title}}
            label = label or address
        self._pieces += parse_inline(label, marks)

    def _emphasis(self, at: int, final: bool) -> int | None:
        end = self._run_end(at)
        if end == len(self._buffer) and not final:
            return None
        sign, left = self._buffer[at], end - at
        opens, closes = self._flanks(at, end, self._before)
        before = list(self._open), dict(self._marks)
        while closes and left and (size := self._close(sign, left)):
            left -= size
        if left and opens:
            opened = self._opening(at, end, left, final)
            if opened is None:
                self._open, self._marks = before
                return None
            left -= opened
        self._put(sign * left)
        return end

    def _flanks(self, at: int, end: int, before: str) -> tuple[bool, bool]:
        """Whether the run of signs can open, and can close, an emphasis (CommonMark 6.2)."""
        after = self._buffer[end : end + 1]
        spaced = not before or before.isspace(), not after or after.isspace()
        # CommonMark's rule for punctuation takes spaces between words for granted.
        spaceless = is_cjk(before) or is_cjk(after)
        marked = (
            not spaceless and _is_punctuation(before),
            not spaceless and _is_punctuation(after),
        )
        left = not spaced[1] and (not marked[1] or spaced[0] or marked[0])
        right = not spaced[0] and (not marked[0] or spaced[1] or marked[1])
        if self._buffer[at] == "*":
            return left, right
        return left and (not right or marked[0]), right and (not left or marked[1])

    def _close(self, sign: str, most: int) -> int:
        """Ends the innermost emphasis of this sign; how many signs that took."""
        sizes = (most,) if (sign, most) in self._open else (1, 2)
        for index in reversed(range(len(self._open))):
            other, size = self._open[index]
            if other == sign and size in sizes and size <= most:
                del self._open[index]
                self._marks.pop("strong" if size == 2 else "em")
                return size
        return 0

    def _opening(self, at: int, end: int, left: int, final: bool) -> int | None:
        """Begins an emphasis; how many signs that took, None if it is uncertain."""
        sign = self._buffer[at]
        wanted = [size for size in (2, 1) if left & size or left > 3]
        wanted = [size for size in wanted if ("strong" if size == 2 else "em") not in self._marks]
        taken = 0
        for size in wanted:
            closer = self._has_closer(end, at + LOOKAHEAD, sign, size, final)
            if closer is None:
                return None
            if closer:
                taken += size
        for size in wanted:
            if taken & size:
                self._open.append((sign, size))
                self._marks["strong" if size == 2 else "em"] = {}
        return taken

    def _has_closer(self, at: int, limit: int, sign: str, size: int, final: bool) -> bool | None:
        while at < min(limit, len(self._buffer)):
            character = self._buffer[at]
            if character == "\\":
                at += 2
            elif character == "`":
                code = self._code_end(at, final)
                if code is None:
                    return None
                at = code[1]
            elif character == sign:
                end = self._run_end(at)
                if end == len(self._buffer) and not final:
                    return None
                length = end - at
                fits = length >= 2 if size == 2 else length != 2
                if fits and self._flanks(at, end, self._buffer[at - 1])[1]:
                    return True
                at = end
            else:
                at += 1
        if at >= limit:
            return True
        return False if final else None


def _is_punctuation(character: str) -> bool:
    return bool(character) and (
        character in _ESCAPABLE or unicodedata.category(character)[0] in "PS"
    )
