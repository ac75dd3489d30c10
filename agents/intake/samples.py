"""A file to begin with, in the reader's language, which `reading` takes as it is."""

import csv
import io
from collections.abc import Callable

from django.utils.translation import get_language
from django.utils.translation import gettext as _
from openpyxl import Workbook
from openpyxl.styles import Alignment, Font

from agents.intake.reading import known_headings
from writing.models import Kind, Language
from writing.spreadsheets import BYTE_ORDER_MARK, safe_cell

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
WIDTHS = (30, 70, 14, 14, 14)


def rows() -> list[list[str]]:
    """Headings, and three briefs that are worth drafting."""
    language = Language.CHINESE if (get_language() or "").startswith("zh") else Language.ENGLISH
    return [
        known_headings(),
        [
            _("Coral reefs"),
            _(
                "What coral reefs are, who lives there and what harms them; for divers without "
                "training in biology. Friendly, exact, with one example in each section."
            ),
            str(Kind.ARTICLE.label),
            language.label,
            "1200",
        ],
        [
            _("The year in numbers"),
            _(
                "A report for the board of a small library: visits, loans, events and costs, what "
                "changed and why. Name figures that have to be filled in as [figure]."
            ),
            str(Kind.REPORT.label),
            language.label,
            "1500",
        ],
        [
            _("Five ways to save water at home"),
            _("For people who rent. Light, practical, no product names; ends with a checklist."),
            str(Kind.BLOG_POST.label),
            language.label,
            "",
        ],
    ]


def as_csv() -> bytes:
    out = io.StringIO(newline="")
    csv.writer(out).writerows([safe_cell(cell) for cell in row] for row in rows())
    return (BYTE_ORDER_MARK + out.getvalue()).encode()


def as_xlsx() -> bytes:
    book = Workbook()
    sheet = book.worksheets[0]
    sheet.title = _("Briefs")
    for row in rows():
        sheet.append(row)
    for cell in sheet[1]:
        cell.font = Font(bold=True)
    for letter, width in zip("ABCDE", WIDTHS, strict=True):
        sheet.column_dimensions[letter].width = width
    for cells in sheet.iter_rows(min_row=2):
        for cell in cells:
            cell.alignment = Alignment(wrap_text=True, vertical="top")
    sheet.freeze_panes = "A2"
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


SAMPLES: dict[str, tuple[str, Callable[[], bytes]]] = {
    "csv": ("text/csv; charset=utf-8", as_csv),
    "xlsx": (XLSX, as_xlsx),
}
