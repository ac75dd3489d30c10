"""A section's text as Markdown and plain characters; as HTML: see `html`.

Marks of agents and comments leave no trace, and what is suggested reads as if it were rejected:
what nobody has accepted is not there yet.
"""

import re
import unicodedata
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

from pycrdt import XmlElement, XmlFragment, XmlText

from writing.text.deciding import as_it_stands
from writing.text.inline import SAFE_LINK
from writing.text.tree import IMAGE, Marks, Parent, attributes, children, elements, runs

_HASHED_KEY = re.compile(r"--[A-Za-z0-9+/=]{8}\Z")
TEXT_BLOCKS = frozenset({"paragraph", "heading", "code_block"})
_IN_CELLS = TEXT_BLOCKS | {IMAGE}


Addresses = Callable[[str], str | None]
"""The address under which an image's id is to be found in what is written; None: nowhere."""


def nowhere(image_id: str) -> str | None:
    """Images are told by their alternative text alone."""
    return None


@dataclass(slots=True)
class Run:
    """Characters of equal look. A `text` of None is a line break."""

    text: str | None
    marks: Marks


def mark_name(key: str) -> str:
    """The mark that a formatting attribute is; marks that may overlap have a hash in their key."""
    return _HASHED_KEY.sub("", key)


def inline_runs(block: XmlElement) -> Iterator[Run]:
    """What stands in a block of text, as it is to be read."""
    for child in children(block):
        if isinstance(child, XmlText):
            for text, keyed in runs(child):
                yield Run(text, {mark_name(key): value for key, value in keyed.items()})
        elif child.tag == "hard_break":
            yield Run(None, {})


def text_blocks(parent: Parent, tags: Collection[str] = TEXT_BLOCKS) -> Iterator[XmlElement]:
    """Every block that holds no other blocks, in reading order."""
    for element in elements(parent):
        if element.tag in tags:
            yield element
        else:
            yield from text_blocks(element, tags)


# Plain text


def plain_text(body: XmlFragment) -> str:
    """Characters only; one line a block."""
    return "\n".join(plain_of(block) for block in text_blocks(as_it_stands(body)))


def plain_of(block: XmlElement) -> str:
    return "".join("\n" if run.text is None else run.text for run in inline_runs(block))


_CJK_WORD = "\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\uff66-\uff9d\U00020000-\U0003ffff"
_LETTER = rf"[^\W_{_CJK_WORD}]"
# Accents and vowel signs that are characters of their own; none stand elsewhere.
_PLACES_OF_MARKS = (range(0x300, 0x1F000), range(0xE0100, 0xE01F0))
_MARKS = "".join(
    char
    for places in _PLACES_OF_MARKS
    for char in map(chr, places)
    if unicodedata.category(char).startswith("M")
)
_LETTERS = rf"{_LETTER}+(?:[{_MARKS}]+{_LETTER}*)*"
_WORD = re.compile(rf"[{_CJK_WORD}]|{_LETTERS}(?:['’\-.]{_LETTERS})*")


def count_words(body: XmlFragment) -> int:
    """Words; of writing without spaces between them (Chinese, Japanese), characters."""
    return sum(words_in(plain_of(block)) for block in text_blocks(as_it_stands(body)))


@lru_cache(maxsize=4096)
def words_in(text: str) -> int:
    """As `count_words`, of a plain text. While a section is written it is counted every few
    seconds, and all but its last paragraph is as it was."""
    return len(_WORD.findall(text))


def word_starts(text: str) -> list[int]:
    """Where each of the words that `words_in` counts begins."""
    return [found.start() for found in _WORD.finditer(text)]


# What Markdown and HTML have in common


def _level(values: dict[str, Any], deeper: int) -> int:
    return min(max(int(values.get("level", 2)), 1) + deeper, 6)


@dataclass(frozen=True, slots=True)
class Setting:
    """How much deeper headings go than they say, and where images are found."""

    deeper: int = 0
    image: Addresses = field(default=nowhere)

    def level(self, heading: XmlElement) -> int:
        return _level(attributes(heading), self.deeper)


def setting_of(body: XmlFragment, below: int, image: Addresses) -> Setting:
    """In which the highest of its headings come right below level `below`, if there is one."""
    if not below:
        return Setting(0, image)
    headings = (block for block in text_blocks(body) if block.tag == "heading")
    highest = min((_level(attributes(block), 0) for block in headings), default=1)
    return Setting(below + 1 - highest, image)


def address_of(marks: Marks) -> tuple[str, str] | None:
    """A link's address and title, if it is one to follow."""
    link = marks.get("link")
    if not isinstance(link, dict):
        return None
    href = str(link.get("href") or "")
    return (href, str(link.get("title") or "")) if SAFE_LINK.fullmatch(href) else None


def image_of(block: XmlElement, setting: Setting) -> tuple[str | None, str]:
    """An image's address, where it has one, and its alternative text."""
    values = attributes(block)
    alt = " ".join(str(values.get("alt") or "").split())
    return setting.image(str(values.get("src") or "")), alt


# Markdown


def to_markdown(body: XmlFragment, *, below: int = 0, image: Addresses = nowhere) -> str:
    """CommonMark with tables; `append_markdown` reads the same blocks from it, but no images.

    `below` is the level of the heading that the text stands under, if it does: its own highest
    headings get the level after that.
    """
    body = as_it_stands(body)
    return _markdown_blocks(elements(body), setting_of(body, below, image))


def _markdown_blocks(blocks: list[XmlElement], setting: Setting, is_item: bool = False) -> str:
    out = ""
    previous: XmlElement | None = None
    alternate = False
    for block in blocks:
        is_list = (block.tag or "").endswith("_list")
        # Two lists of a kind in a row would read as one: the second has another sign.
        alternate = is_list and previous is not None and previous.tag == block.tag and not alternate
        markdown = _markdown_block(block, setting, alternate)
        if not markdown:
            continue
        # Nothing but a first item may follow a paragraph without a blank line.
        is_tight = is_item and is_list and attributes(block).get("order", 1) == 1
        is_tight = is_tight and previous is not None and previous.tag == "paragraph"
        out += ("\n" if is_tight else "\n\n") * bool(out) + markdown
        previous = block
    return out


def _markdown_block(block: XmlElement, setting: Setting, alternate: bool) -> str:
    values = attributes(block)
    match block.tag:
        case "paragraph":
            return _escape_line_starts(_markdown_inline(block))
        case "heading":
            text = _markdown_inline(block).replace("\\\n", " ")
            return f"{'#' * setting.level(block)} {_escape_heading_end(text)}" if text else ""
        case "code_block":
            return _markdown_code(plain_of(block), str(values.get("params") or ""))
        case "horizontal_rule":
            return "---"
        case "image":
            return _markdown_image(block, setting)
        case "blockquote":
            quoted = _markdown_blocks(elements(block), setting)
            return "\n".join(f"> {line}".rstrip(" ") for line in quoted.split("\n"))
        case "bullet_list":
            return _markdown_list(block, setting, None, "*" if alternate else "-")
        case "ordered_list":
            order = int(values.get("order", 1))
            return _markdown_list(block, setting, order, ")" if alternate else ".")
        case "table":
            return _markdown_table(block, setting)
    return _markdown_blocks(elements(block), setting)


def _markdown_image(block: XmlElement, setting: Setting) -> str:
    address, alt = image_of(block, setting)
    alt = _escape(alt, "")
    return f"![{alt}]({address})" if address else _escape_line_starts(alt)


def _markdown_code(code: str, params: str) -> str:
    longest = max((len(run) for run in re.findall(r"`+", code)), default=0)
    fence = "`" * max(3, longest + 1)
    info = " ".join(params.replace("`", "").split())
    return f"{fence}{info}\n{code}\n{fence}" if code else f"{fence}{info}\n{fence}"


def _markdown_list(block: XmlElement, setting: Setting, order: int | None, sign: str) -> str:
    items = []
    for number, item in enumerate(elements(block), start=order or 0):
        lead = f"{sign} " if order is None else f"{number}{sign} "
        content = _markdown_blocks(elements(item), setting, is_item=True)
        indented = re.sub(r"\n(?=[^\n])", "\n" + " " * len(lead), content)
        items.append((lead + indented).rstrip(" "))
    return "\n".join(items)


def _markdown_table(block: XmlElement, setting: Setting) -> str:
    rows = [[_markdown_cell(cell, setting) for cell in elements(row)] for row in elements(block)]
    width = max(map(len, rows), default=0)
    if not width:
        return ""
    lines = ["| " + " | ".join(row + [""] * (width - len(row))) + " |" for row in rows]
    lines.insert(1, "|" + " --- |" * width)
    return "\n".join(lines)


def _markdown_cell(cell: XmlElement, setting: Setting) -> str:
    parts = [
        _markdown_image(block, setting)
        if block.tag == IMAGE
        else _markdown_inline(block).replace("\\\n", "<br>").replace("\n", " ")
        for block in text_blocks(cell, _IN_CELLS)
    ]
    return re.sub(r"(?<!\\)\|", r"\\|", "<br>".join(parts))


_LINE_START = re.compile(
    r"^(?:(?P<number>\d{1,9})(?=[.)])|(?=(?:#{1,6}|[-+])(?:\s|$)|[>|]|~~~|-{2,}|={2,}))",
    re.MULTILINE,
)
_MARKUP = re.compile(r"[\\`*\[\]]|<(?=[A-Za-z/!?])|&(?=#?[A-Za-z0-9]+;)|!(?=\[)|_")


def _escape_line_starts(text: str) -> str:
    return _LINE_START.sub(lambda found: f"{found['number'] or ''}\\", text)


def _escape_heading_end(text: str) -> str:
    return re.sub(r"(#+)$", r"\\\1", text)


def _markdown_inline(block: XmlElement) -> str:
    """Marks open and close in an order that nests; white space stays outside of them."""
    if block.tag == "code_block":
        return plain_of(block)
    words = _words(block)
    signs = [_signs(word.marks) for word in words]
    for index, word in enumerate(words):
        if _is_space(word):
            # Never the last. It is inside of what both its neighbours are inside of.
            following = zip(signs[index:], words[index:], strict=True)
            after = next(its for its, other in following if not _is_space(other))
            signs[index] = signs[index - 1][: _common(signs[index - 1], after)]
    out = ""
    open_signs: list[Signs] = []
    for word, wanted in zip([*words, Run("", {})], [*signs, []], strict=True):
        kept = _common(open_signs, wanted)
        out += "".join(closing for _, closing in reversed(open_signs[kept:]))
        opening = "".join(opening for opening, _ in wanted[kept:])
        if opening.startswith("[") and out.endswith("!"):
            # Together they would be an image.
            out = out[:-1] + "\\!"
        out += opening
        open_signs = wanted
        if word.text is None:
            out += "\\\n"
        elif "code" in word.marks:
            out += _code_span(word.text)
        else:
            out += _escape(word.text, out)
    return out


def _words(block: XmlElement) -> list[Run]:
    """Runs in which white space at an edge, and every break, stands alone; none at either end."""
    words: list[Run] = []
    for run in inline_runs(block):
        if run.text is None or "code" in run.marks:
            words.append(run)
        else:
            parts = re.findall(r"\s+|\S+(?:\s+\S+)*", run.text)
            words += [Run(part, run.marks) for part in parts]
    for edge in (-1, 0):
        while words and _is_space(words[edge]):
            words.pop(edge)
    # Of white space in a row only one is left, a break rather than a space.
    kept: list[Run] = []
    for word in words:
        if kept and _is_space(word) and _is_space(kept[-1]):
            if word.text is None and kept[-1].text is not None:
                kept[-1] = word
            elif word.text is None:
                kept.append(word)
        else:
            kept.append(word)
    return kept


def _is_space(run: Run) -> bool:
    return run.text is None or ("code" not in run.marks and not run.text.strip())


Signs = tuple[str, str]
"""What opens and closes a mark."""


def _common(one: list[Signs], other: list[Signs]) -> int:
    count = 0
    while count < min(len(one), len(other)) and one[count] == other[count]:
        count += 1
    return count


def _signs(marks: Marks) -> list[Signs]:
    """The outermost first."""
    signs = []
    if address := address_of(marks):
        href = f"<{address[0]}>" if re.search(r"[()<>]", address[0]) else address[0]
        title = address[1].replace('"', "'")
        signs.append(("[", f'](<{href.strip("<>")}> "{title}")' if title else f"]({href})"))
    if "strong" in marks:
        signs.append(("**", "**"))
    if "em" in marks:
        signs.append(("*", "*"))
    return signs


def _code_span(code: str) -> str:
    lengths = {len(run) for run in re.findall(r"`+", code)}
    fence = "`" * next(size for size in range(1, len(lengths) + 2) if size not in lengths)
    pad = " " if code[:1] in "` " or code[-1:] in "` " else ""
    return f"{fence}{pad}{code}{pad}{fence}"


def _escape(text: str, before: str) -> str:
    def escape(found: re.Match[str]) -> str:
        if found[0] == "_":
            around = (before + text)[-len(text) + found.start() - 1 :][:3] if before else ""
            around = around or " " + text[found.start() : found.start() + 2]
            if around[0].isalnum() and around[-1].isalnum() and len(around) == 3:
                return "_"
        return "\\" + found[0]

    return _MARKUP.sub(escape, text)
