"""All documents of a batch as one ZIP, made while it is sent: never more than one document of it is
in memory."""

import uuid
from collections.abc import AsyncIterator, Iterator
from io import BytesIO
from zipfile import ZIP_DEFLATED, ZipFile

from django.contrib.auth.models import AbstractBaseUser
from django.utils.translation import gettext as _

from agents.models import Batch
from writing.access import get_document
from writing.actions.export import FILES, NOT_IN_A_FILENAME, File
from writing.audit import record
from writing.database import in_database
from writing.exceptions import NotFound, WritingError

ZIP = "application/zip"
STEM_CHARACTERS = 70


class _Sink:
    """What a ZipFile writes to; it cannot seek, so each part goes out as soon as it is there."""

    def __init__(self) -> None:
        self._parts: list[bytes] = []

    def write(self, data: bytes) -> int:
        self._parts.append(bytes(data))
        return len(data)

    def flush(self) -> None:
        return None

    def take(self) -> bytes:
        parts, self._parts = self._parts, []
        return b"".join(parts)


def begin_archive(batch: Batch, suffix: str, *, acting_user: AbstractBaseUser) -> str:
    """The archive's file name; raises NotFound for a format there is none of."""
    if suffix not in FILES:
        raise NotFound(_("A document is exported as md, html or json."))
    record("batch.exported", actor=acting_user, target=batch.name, details={"format": suffix})
    return f"{_stem(batch.name)}.zip"


async def archive_of(
    batch: Batch, suffix: str, *, acting_user: AbstractBaseUser
) -> AsyncIterator[bytes]:
    """The bytes of the ZIP. What the person may not see any more, and what has not been begun, is
    left out, and a text in the archive says so."""
    rows = await in_database(_rows, batch)
    digits = len(str(len(rows)))
    sink, left_out = _Sink(), []
    with ZipFile(sink, "w", ZIP_DEFLATED) as archive:  # type: ignore[call-overload]  # a sink is enough
        for number, title, document_id in rows:
            file = await in_database(_export, document_id, suffix, acting_user)
            if file is None:
                left_out.append(f"{number}. {title}")
                continue
            for name, data in _members(file, f"{number:0{digits}} "):
                archive.writestr(name, data)
            yield sink.take()
        if left_out:
            said = _("These are not in the archive: they have not been begun, or were deleted.")
            archive.writestr(_("Left out") + ".txt", "\n".join([said, "", *left_out, ""]))
    yield sink.take()


def _rows(batch: Batch) -> list[tuple[int, str, uuid.UUID | None]]:
    return list(batch.rows.order_by("number").values_list("number", "title", "document"))


def _export(
    document_id: uuid.UUID | None, suffix: str, acting_user: AbstractBaseUser
) -> File | None:
    if document_id is None:
        return None
    try:
        return FILES[suffix](get_document(document_id, acting_user))
    except WritingError:  # deleted, or no longer theirs
        return None


def _members(file: File, prefix: str) -> Iterator[tuple[str, bytes]]:
    """A document with images is an archive itself: here it is a folder."""
    if file.content_type != ZIP:
        yield prefix + file.name, file.data
        return
    folder = prefix + file.name.removesuffix(".zip")
    with ZipFile(BytesIO(file.data)) as inner:
        for name in inner.namelist():
            yield f"{folder}/{name}", inner.read(name)


def _stem(name: str) -> str:
    stem = " ".join(NOT_IN_A_FILENAME.sub(" ", name).split())
    return stem[:STEM_CHARACTERS].strip(" .") or "batch"
