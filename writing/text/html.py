"""A section's text as HTML: see `output`."""

import html
from collections.abc import Iterator
from itertools import repeat

from pycrdt import XmlElement, XmlFragment

from writing.text.deciding import as_it_stands
from writing.text.output import (
    Addresses,
    Setting,
    address_of,
    image_of,
    inline_runs,
    nowhere,
    plain_of,
    setting_of,
)
from writing.text.tree import attributes, elements

HTML_TAGS = {
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


def to_html(
    body: XmlFragment,
    *,
    below: int = 0,
    image: Addresses = nowhere,
    said: Iterator[str] | None = None,
) -> str:
    """Elements without style or script, everything that was typed escaped.

    `below`: as `to_markdown`; `said`: attributes for each block of text, in reading order, as HTML
    that begins with a blank.
    """
    body = as_it_stands(body)
    setting = setting_of(body, below, image)
    said = repeat("") if said is None else said
    return "".join(_html_block(element, setting, said) for element in elements(body))


def _html_block(block: XmlElement, setting: Setting, said: Iterator[str]) -> str:
    values = attributes(block)
    match block.tag:
        case "horizontal_rule":
            return "<hr>"
        case "image":
            return _html_image(block, setting)
        case "heading":
            tag = f"h{setting.level(block)}"
            return f"<{tag}{next(said)}>{_html_inline(block)}</{tag}>"
        case "code_block":
            return f"<pre{next(said)}><code>{html.escape(plain_of(block))}</code></pre>"
        case "paragraph":
            return f"<p{next(said)}>{_html_inline(block)}</p>"
    tag = HTML_TAGS.get(block.tag or "", "div")
    opening = tag
    if block.tag == "ordered_list" and (start := int(values.get("order", 1))) != 1:
        opening += f' start="{start}"'
    for name in ("colspan", "rowspan"):
        if (span := int(values.get(name, 1))) != 1:
            opening += f' {name}="{span}"'
    content = "".join(_html_block(element, setting, said) for element in elements(block))
    return f"<{opening}>{content}</{tag}>"


def _html_image(block: XmlElement, setting: Setting) -> str:
    address, alt = image_of(block, setting)
    alt = html.escape(alt)
    if address is None:
        return f"<p>{alt}</p>" if alt else ""
    return f'<figure><img src="{html.escape(address)}" alt="{alt}"></figure>'


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
        address = address_of(run.marks)
        if address:
            href, title = html.escape(address[0]), html.escape(address[1])
            titled = f' title="{title}"' if title else ""
            text = f'<a href="{href}"{titled} rel="noopener nofollow">{text}</a>'
        parts.append(text)
    return "".join(parts)
