"""The rows of an Excel workbook. No Django here: see `tables`."""

import datetime as dt
import io
from collections.abc import Iterator, Sequence
from typing import Any
from xml.etree.ElementTree import ParseError
from zipfile import BadZipFile, ZipFile

from defusedxml import DefusedXmlException
from openpyxl import load_workbook
from openpyxl.utils.exceptions import InvalidFileException
from openpyxl.worksheet._read_only import ReadOnlyWorksheet

from agents.intake.problems import Problem, Unusable

MOST_PARTS = 2_000
MOST_UNPACKED_BYTES = 150_000_000
# Text of repeated rows packs to a hundredth; what unpacks to much more was made to.
MOST_RATIO = 300
RATIO_FROM_BYTES = 5_000_000
MOST_COLUMNS = 101
# So many empty rows, and what follows is only formatted.
EMPTY_ROWS = 10_000
# openpyxl goes through a whole sheet to learn how large it is, where the sheet does not say.
ReadOnlyWorksheet._get_size = lambda _sheet: None
# What openpyxl answers a damaged workbook with.
DAMAGED = (
    BadZipFile, InvalidFileException, ParseError, DefusedXmlException, KeyError, ValueError,
    TypeError, AttributeError, IndexError, EOFError, NotImplementedError, OSError,
)  # fmt: skip


def rows_of(data: bytes) -> tuple[dict[str, Any], Iterator[tuple[int, Sequence[Any]]]]:
    """Notes, and each row of the first visible sheet with its number; raises Unusable."""
    _check_parts(data)
    try:
        book = load_workbook(io.BytesIO(data), read_only=True, keep_links=False)
        visible = [sheet for sheet in book.worksheets if sheet.sheet_state == "visible"]
    except DAMAGED as error:
        raise Unusable(Problem.DAMAGED) from error
    if not visible:
        raise Unusable(Problem.NO_SHEET)
    notes = {"sheet": visible[0].title} if len(visible) > 1 else {}
    return notes, _rows(visible[0])


def _check_parts(data: bytes) -> None:
    """Nothing is unpacked yet: what the archive says of its parts is also all that is read."""
    try:
        parts = ZipFile(io.BytesIO(data)).infolist()
    except DAMAGED as error:
        raise Unusable(Problem.DAMAGED) from error
    if not any(part.filename == "xl/workbook.xml" for part in parts):
        raise Unusable(Problem.NOT_A_WORKBOOK)
    whole = sum(part.file_size for part in parts)
    is_bomb = any(
        part.file_size > max(RATIO_FROM_BYTES, MOST_RATIO * part.compress_size) for part in parts
    )
    if len(parts) > MOST_PARTS or whole > MOST_UNPACKED_BYTES or is_bomb:
        raise Unusable(Problem.UNPACKED)


def _rows(sheet: Any) -> Iterator[tuple[int, Sequence[Any]]]:
    # How large a sheet says it is may be wrong, or a lie.
    sheet.reset_dimensions()
    empty = 0
    rows = enumerate(sheet.iter_rows(max_col=MOST_COLUMNS), 1)
    while True:
        try:
            number, cells = next(rows)
        except StopIteration:
            return
        except DAMAGED as error:
            raise Unusable(Problem.DAMAGED) from error
        values = [_value(cell) for cell in cells]
        if any(value not in (None, "") for value in values):
            empty = 0
            yield number, values
        elif (empty := empty + 1) > EMPTY_ROWS:
            return


def _value(cell: Any) -> Any:
    value = cell.value
    if cell.data_type == "f":
        return f"={getattr(value, 'text', value)}".replace("==", "=", 1)
    if isinstance(value, dt.datetime) and value.time() == dt.time():
        return value.date()
    return value
