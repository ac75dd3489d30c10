"""Tables as CSV, for spreadsheets."""

import csv
from collections.abc import Iterable, Iterator, Sequence

from django.http import StreamingHttpResponse

from writing.streaming import in_pieces

# What spreadsheets take for the beginning of a formula.
FORMULA_SIGNS = ("=", "+", "-", "@", "\t", "\r")
BYTE_ORDER_MARK = "\ufeff"  # by it Excel knows that it is UTF-8


class _Echo:
    """A file that gives back what is written to it."""

    def write(self, text: str) -> str:
        return text


def safe_cell(value: object) -> str:
    """The value as text that no spreadsheet calculates: what people wrote may be a formula."""
    text = "" if value is None else str(value)
    return f"'{text}" if text.startswith(FORMULA_SIGNS) else text


def csv_response(
    filename: str, header: Sequence[object], rows: Iterable[Sequence[object]]
) -> StreamingHttpResponse:
    """The rows as they come, however many there are."""

    def lines() -> Iterator[bytes]:
        writer = csv.writer(_Echo())
        first = BYTE_ORDER_MARK + writer.writerow([safe_cell(each) for each in header])
        yield first.encode()
        for row in rows:
            yield writer.writerow([safe_cell(each) for each in row]).encode()

    return StreamingHttpResponse(
        in_pieces(lines()),
        content_type="text/csv; charset=utf-8",
        headers={"Content-Disposition": f'attachment; filename="{filename}"'},
    )
