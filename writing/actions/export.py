"""A document as a file."""

import json
import re
from base64 import b64encode
from collections.abc import Callable
from dataclasses import dataclass
from io import BytesIO
from urllib.parse import quote
from zipfile import ZIP_DEFLATED, ZIP_STORED, ZipFile

from django.contrib.auth.models import AbstractBaseUser
from django.core.serializers.json import DjangoJSONEncoder
from django.template.loader import render_to_string
from django.utils.safestring import mark_safe
from django.utils.translation import gettext as _

from writing.actions.text import body_of
from writing.audit import record
from writing.disclosure import attributes_of, level_of, level_of_page
from writing.exceptions import NotFound
from writing.limits import DOCUMENT_IMAGE_BYTES
from writing.manifest import manifest_of
from writing.models import Document
from writing.origins import origins_of
from writing.past import pasts_of
from writing.provenance import readings_of
from writing.text.coloured import blocks_of_text
from writing.text.markdown import to_html, to_markdown
from writing.text.output import Addresses

MARKDOWN_PUNCTUATION = re.compile(r"([\\`*_\[\]<>#&])")
NOT_IN_A_FILENAME = re.compile(r"[^\w\s.,()-]+")
# At most 240 bytes in Chinese; file systems allow 255.
FILENAME_CHARACTERS = 78
SECTION_LEVEL = 2
IMAGE_FOLDER = "images"
MANIFEST_SUFFIX = "provenance.json"
# The same image may stand in a text a thousand times.
EMBEDDED_BYTES = 2 * DOCUMENT_IMAGE_BYTES
# Should a browser show the file: with the style it brings, and cut off from everything else.
POLICY = (
    "sandbox; default-src 'none'; style-src 'unsafe-inline'; img-src data:; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)


@dataclass(frozen=True, slots=True)
class File:
    name: str
    content_type: str
    data: bytes


class Folder:
    """Where Markdown finds its images: numbered as they come in the text, in a folder beside it."""

    def __init__(self, document: Document) -> None:
        self._present = {str(pk) for pk in document.images.values_list("pk", flat=True)}
        self.names: dict[str, str] = {}  # by id

    def __call__(self, image_id: str) -> str | None:
        if image_id not in self._present:
            return None
        number = len(self.names) + 1
        return self.names.setdefault(image_id, f"{IMAGE_FOLDER}/{number:02}.webp")


def export_document(document: Document, suffix: str, *, acting_user: AbstractBaseUser) -> File:
    """The document as it is taken out of here; raises NotFound for a format there is none of."""
    if suffix not in FILES:
        raise NotFound(_("A document is exported as md, html or json."))
    file = FILES[suffix](document)
    record("document.exported", actor=acting_user, document=document.pk, details={"format": suffix})
    return file


def markdown_file(document: Document) -> File:
    """A text; with images, an archive of it and them."""
    folder = Folder(document)
    text = export_markdown(document, folder).encode()
    if not folder.names:
        return File(filename(document, "md"), "text/markdown; charset=utf-8", text)
    out = BytesIO()
    with ZipFile(out, "w") as archive:
        archive.writestr(filename(document, "md"), text, ZIP_DEFLATED)
        for image_id, name in folder.names.items():
            data = bytes(document.images.get(pk=image_id).data)
            archive.writestr(name, data, ZIP_STORED)  # WebP is compressed
    return File(filename(document, "zip"), "application/zip", out.getvalue())


def html_file(document: Document) -> File:
    page = export_html(document).encode()
    return File(filename(document, "html"), "text/html; charset=utf-8", page)


def manifest_file(document: Document) -> File:
    """Where every word came from, which the page names as its companion."""
    data = export_manifest(document).encode()
    return File(filename(document, MANIFEST_SUFFIX), "application/json", data)


FILES: dict[str, Callable[[Document], File]] = {
    "md": markdown_file,
    "html": html_file,
    "json": manifest_file,
}


def export_markdown(document: Document, image: Addresses | None = None) -> str:
    """Title as `#`, section titles as `##`, headings within a section from `###` on. `image`: as
    the names in a `Folder` if it is left out."""
    image = image or Folder(document)
    parts = [f"# {_escape(document.title)}"]
    for section in document.sections.present():
        if section.title:
            parts.append(f"## {_escape(section.title)}")
        parts.append(to_markdown(body_of(section.pk), below=SECTION_LEVEL, image=image).strip())
    return "\n\n".join(part for part in parts if part) + "\n"


def export_html(document: Document) -> str:
    """A complete page that needs nothing else, and reads well on screen and on paper."""
    image = _embedded(document)
    sections = list(document.sections.present())
    pasts = pasts_of({section.pk: section.last_seq for section in sections})
    for past in pasts.values():
        past.reject_suggestions()
    blocks = {pk: list(blocks_of_text(past)) for pk, past in pasts.items()}
    attempts = {
        stretch.author.attempt
        for own in blocks.values()
        for block in own
        for stretch in block
        if stretch.author.attempt
    }
    origins, readings = origins_of(document, attempts), readings_of(document)
    levels = {pk: [level_of(block, readings) for block in own] for pk, own in blocks.items()}
    texts = []
    for section in sections:
        own = zip(levels[section.pk], blocks[section.pk], strict=True)
        said = (attributes_of(level, block, origins) for level, block in own)
        body = pasts[section.pk].text.body
        # to_html escapes whatever people and agents wrote.
        text = mark_safe(to_html(body, below=SECTION_LEVEL, image=image, said=said))  # noqa: S308
        texts.append((section.title, text))
    context = {
        "document": document,
        "sections": texts,
        "disclosure": level_of_page(
            level
            for pk, own in levels.items()
            for level, block in zip(own, blocks[pk], strict=True)
            if any(stretch.text.strip() for stretch in block)
        ),
        "manifest": quote(filename(document, MANIFEST_SUFFIX)),
    }
    return render_to_string("writing/export.html", context)


def export_manifest(document: Document) -> str:
    manifest = manifest_of(document)
    return json.dumps(manifest, cls=DjangoJSONEncoder, indent=1, ensure_ascii=False)


def _embedded(document: Document) -> Addresses:
    """Each image in its own address, as long as the page does not get too large by it."""
    sizes = {str(pk): size for pk, size in document.images.values_list("pk", "size")}
    left = EMBEDDED_BYTES

    def address(image_id: str) -> str | None:
        nonlocal left
        if sizes.get(image_id, left + 1) > left:
            return None
        left -= sizes[image_id]
        image = document.images.get(pk=image_id)
        return f"data:{image.content_type};base64,{b64encode(bytes(image.data)).decode()}"

    return address


def filename(document: Document, suffix: str) -> str:
    """A name for the exported file that every file system takes, close to the title."""
    stem = " ".join(NOT_IN_A_FILENAME.sub(" ", document.title).split())
    return f"{stem[:FILENAME_CHARACTERS].strip(' .') or 'document'}.{suffix}"


def _escape(title: str) -> str:
    return MARKDOWN_PUNCTUATION.sub(r"\\\1", title)
