"""A document as a file."""

import re

from django.template.loader import render_to_string
from django.utils.safestring import mark_safe

from writing.actions.text import body_of
from writing.models import Document
from writing.text.markdown import to_html, to_markdown

MARKDOWN_PUNCTUATION = re.compile(r"([\\`*_\[\]<>#&])")
NOT_IN_A_FILENAME = re.compile(r"[^\w\s.,()-]+")
# At most 240 bytes in Chinese; file systems allow 255.
FILENAME_CHARACTERS = 78
SECTION_LEVEL = 2


def export_markdown(document: Document) -> str:
    """Title as `#`, section titles as `##`, headings within a section from `###` on."""
    parts = [f"# {_escape(document.title)}"]
    for section in document.sections.present():
        if section.title:
            parts.append(f"## {_escape(section.title)}")
        parts.append(to_markdown(body_of(section.pk), below=SECTION_LEVEL).strip())
    return "\n\n".join(part for part in parts if part) + "\n"


def export_html(document: Document) -> str:
    """A complete page that needs nothing else, and reads well on screen and on paper."""
    sections = [
        # to_html escapes whatever people and agents wrote.
        (section.title, mark_safe(to_html(body_of(section.pk), below=SECTION_LEVEL)))  # noqa: S308
        for section in document.sections.present()
    ]
    return render_to_string("writing/export.html", {"document": document, "sections": sections})


def filename(document: Document, suffix: str) -> str:
    """A name for the exported file that every file system takes, close to the title."""
    stem = " ".join(NOT_IN_A_FILENAME.sub(" ", document.title).split())
    return f"{stem[:FILENAME_CHARACTERS].strip(' .') or 'document'}.{suffix}"


def _escape(title: str) -> str:
    return MARKDOWN_PUNCTUATION.sub(r"\\\1", title)
