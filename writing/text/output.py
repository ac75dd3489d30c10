"""A section's text as Markdown, HTML and plain characters.

Marks of agents and comments leave no trace. Suggestions read as if refused where they delete
(`deletion` is left out) and as if accepted where they insert.
"""

import html
import re
import unicodedata
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from typing import Any

from pycrdt import XmlElement, XmlFragment, XmlText

from writing.text.inline import SAFE_LINK
from writing.text.tree import Marks, Parent, attributes, children, elements, runs

_HASHED_KEY = re.compile(r"--[A-Za-z0-9+/=]{8}\Z")
_TEXT_BLOCKS = frozenset({"paragraph", "heading", "code_block"})


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
                marks = {mark_name(key): value for key, value in keyed.items()}
                if "deletion" not in marks:
                    yield Run(text, marks)
        elif child.tag == "hard_break":
            yield Run(None, {})


def text_blocks(parent: Parent, tags: Collection[str] = _TEXT_BLOCKS) -> Iterator[XmlElement]:
    """Every block that holds no other blocks, in reading order."""
    for element in elements(parent):
        if element.tag in tags:
            yield element
        else:
            yield from text_blocks(element, tags)


# Plain text


def plain_text(body: XmlFragment) -> str:
    """Characters only; one line a block."""
    return "\n".join(_plain(block) for block in text_blocks(body))


def _plain(block: XmlElement) -> str:
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
    return sum(words_in(_plain(block)) for block in text_blocks(body))


def words_in(text: str) -> int:
    """As `count_words`, of a plain text."""
    return len(_WORD.findall(text))


# Levels of headings


def _level(values: dict[str, Any], deeper: int) -> int:
    return min(max(int(values.get("level", 2)), 1) + deeper, 6)


def _deeper(body: XmlFragment, below: int) -> int:
    """How much deeper headings go for the highest of them to come right below level `below`."""
    if not below:
        return 0
    headings = (block for block in text_blocks(body) if block.tag == "heading")
    return below + 1 - min((_level(attributes(block), 0) for block in headings), default=1)


# HTML

_HTML_TAGS = {
    "paragraph": "p",
    "blockquote": "blockquote",
    "bullet_list": "ul",
    "ordered_list": "ol",
    "list_item": "li",
    "table": "table",
    "table_row": "tr",
    "table_cell": "td",
    "table_header": "th",
}


def to_html(body: XmlFragment, *, below: int = 0) -> str:
    """Elements without style or script, everything that was typed escaped.

    `below`: as `to_markdown`.
    """
    deeper = _deeper(body, below)
    return "".join(_html_block(element, deeper) for element in elements(body))


def _html_block(block: XmlElement, deeper: int) -> str:
    values = attributes(block)
    match block.tag:
        case "horizontal_rule":
            return "<hr>"
        case "heading":
            tag = f"h{_level(values, deeper)}"
            return f"<{tag}>{_html_inline(block)}</{tag}>"
        case "code_block":
            return f"<pre><code>{html.escape(_plain(block))}</code></pre>"
        case "paragraph":
            return f"<p>{_html_inline(block)}</p>"
    tag = _HTML_TAGS.get(block.tag or "", "div")
    opening = tag
    if block.tag == "ordered_list" and (start := int(values.get("order", 1))) != 1:
        opening += f' start="{start}"'
    for name in ("colspan", "rowspan"):
        if (span := int(values.get(name, 1))) != 1:
            opening += f' {name}="{span}"'
    content = "".join(_html_block(element, deeper) for element in elements(block))
    return f"<{opening}>{content}</{tag}>"


def _html_inline(block: XmlElement) -> str:
    parts = []
    for run in inline_runs(block):
        if run.text is None:
            parts.append("<br>")
            continue
        text = html.escape(run.text)
        for name in ("code", "em", "strong"):
            if name in run.marks:
                text = f"<{name}>{text}</{name}>"
        address = _address(run.marks)
        if address:
            href, title = html.escape(address[0]), html.escape(address[1])
            titled = f' title="{title}"' if title else ""
            text = f'<a href="{href}"{titled} rel="noopener nofollow">{text}</a>'
        parts.append(text)
    return "".join(parts)


def _address(marks: Marks) -> tuple[str, str] | None:
    """A link's address and title, if it is one to follow."""
    link = marks.get("link")
    if not isinstance(link, dict):
        return None
    href = str(link.get("href") or "")
    return (href, str(link.get("title") or "")) if SAFE_LINK.fullmatch(href) else None


# Markdown


def to_markdown(body: XmlFragment, *, below: int = 0) -> str:
    """CommonMark with tables; `append_markdown` reads the same blocks from it.

    `below` is the level of the heading that the text stands under, if it does: its own highest
    headings get the level after that.
    """
    return _markdown_blocks(elements(body), _deeper(body, below))


def _markdown_blocks(blocks: list[XmlElement], deeper: int, is_item: bool = False) -> str:
    out = ""
    previous: XmlElement | None = None
    alternate = False
    for block in blocks:
        is_list = (block.tag or "").endswith("_list")
        # Two lists of a kind in a row would read as one: the second has another sign.
        alternate = is_list and previous is not None and previous.tag == block.tag and not alternate
        markdown = _markdown_block(block, deeper, alternate)
        if not markdown:
            continue
        # Nothing but a first item may follow a paragraph without a blank line.
        is_tight = is_item and is_list and attributes(block).get("order", 1) == 1
        is_tight = is_tight and previous is not None and previous.tag == "paragraph"
        out += ("\n" if is_tight else "\n\n") * bool(out) + markdown
        previous = block
    return out


def _markdown_block(block: XmlElement, deeper: int, alternate: bool) -> str:
    values = attributes(block)
    match block.tag:
        case "paragraph":
            return _escape_line_starts(_markdown_inline(block))
        case "heading":
            text = _markdown_inline(block).replace("\\\n", " ")
            return f"{'#' * _level(values, deeper)} {_escape_heading_end(text)}" if text else ""
        case "code_block":
            return _markdown_code(_plain(block), str(values.get("params") or ""))
        case "horizontal_rule":
            return "---"
        case "blockquote":
            quoted = _markdown_blocks(elements(block), deeper)
            return "\n".join(f"> {line}".rstrip(" ") for line in quoted.split("\n"))
        case "bullet_list":
            return _markdown_list(block, deeper, None, "*" if alternate else "-")
        case "ordered_list":
            order = int(values.get("order", 1))
            return _markdown_list(block, deeper, order, ")" if alternate else ".")
        case "table":
            return _markdown_table(block)
    return _markdown_blocks(elements(block), deeper)


def _markdown_code(code: str, params: str) -> str:
    longest = max((len(run) for run in re.findall(r"`+", code)), default=0)
    fence = "`" * max(3, longest + 1)
    info = " ".join(params.replace("`", "").split())
    return f"{fence}{info}\n{code}\n{fence}" if code else f"{fence}{info}\n{fence}"


def _markdown_list(block: XmlElement, deeper: int, order: int | None, sign: str) -> str:
    items = []
    for number, item in enumerate(elements(block), start=order or 0):
        lead = f"{sign} " if order is None else f"{number}{sign} "
        content = _markdown_blocks(elements(item), deeper, is_item=True)
        indented = re.sub(r"\n(?=[^\n])", "\n" + " " * len(lead), content)
        items.append((lead + indented).rstrip(" "))
    return "\n".join(items)


def _markdown_table(block: XmlElement) -> str:
    rows = [
        [
            re.sub(r"(?<!\\)\|", r"\\|", "<br>".join(map(_markdown_cell, text_blocks(cell))))
            for cell in elements(row)
        ]
        for row in elements(block)
    ]
    width = max(map(len, rows), default=0)
    if not width:
        return ""
    lines = ["| " + " | ".join(row + [""] * (width - len(row))) + " |" for row in rows]
    lines.insert(1, "|" + " --- |" * width)
    return "\n".join(lines)


def _markdown_cell(block: XmlElement) -> str:
    return _markdown_inline(block).replace("\\\n", "<br>").replace("\n", " ")


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
        return _plain(block)
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
    if address := _address(marks):
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
