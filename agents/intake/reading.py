"""Briefs out of a file or a pasted list, and for each row what is wrong with it."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.conf import settings
from django.utils.text import Truncator
from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from agents.briefs import Brief
from agents.forms import DocumentForm
from agents.intake import columns
from agents.intake.problems import Problem, RowProblem, Unusable
from agents.intake.sheets import Line, Sheet, read_sheet
from writing.exceptions import InvalidInput

MOST_BYTES = 10_000_000
TITLE_CHARACTERS = 80
BULLET = re.compile(r"^\s*(?:[-*•·–]|\d{1,4}[.)、])\s+")
# As `writing.spreadsheets` writes what is no formula, though it begins like one.
ESCAPED = re.compile(r"^'(?=[=+@-])")
# What a spreadsheet might take for a formula. A dash before a space begins an item of a list.
LIKE_A_FORMULA = re.compile(r"[+@]|-(?!\s)")


@dataclass(frozen=True, slots=True)
class Defaults:
    """What holds where a row says nothing."""

    kind: str
    language: str
    target_words: int


@dataclass(slots=True)
class Row:
    """`values`: what the row says, by field of a document, with the defaults."""

    number: int
    values: dict[str, str]
    problems: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Reading:
    rows: list[Row]
    notes: list[str]


class BriefForm(DocumentForm):
    """What a person who makes one document fills in; but a file offers nothing to choose from."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        words = _("There is no “%(value)s”. Write one of these: %(known)s.")
        for name in ("kind", "language"):
            choices: Any = self.fields[name]
            known = pgettext("between names", ", ").join(
                str(label) for _value, label in choices.choices
            )
            choices.error_messages["invalid_choice"] = words.replace("%(known)s", known)


def read_file(data: bytes, name: str, *, defaults: Defaults) -> Reading:
    """Raises InvalidInput where nothing of the file can be used."""
    if len(data) > MOST_BYTES:
        raise InvalidInput(
            _("The file has %(size)s MB; at most %(limit)s MB fit. Make it smaller.")
            % {"size": round(len(data) / 1_000_000), "limit": MOST_BYTES // 1_000_000}
        )
    try:
        sheet = read_sheet(data, name, most_rows=settings.BATCH_DOCUMENTS)
    except Unusable as error:
        raise InvalidInput(_in_words(error)) from error
    return _rows_of(sheet, defaults)


def read_list(text: str, *, defaults: Defaults) -> Reading:
    """One brief a line, without bullets and numbers; what was copied from a spreadsheet, with its
    headings, is read as such. Raises InvalidInput."""
    text = text.replace("\0", "")
    first = text.lstrip("\r\n").split("\n", 1)[0]
    if "\t" in first and "brief" in map(columns.field_of, first.split("\t")):
        return read_file(text.encode("utf-8", "replace"), "list.tsv", defaults=defaults)
    lines = [(number, line.strip()) for number, line in enumerate(text.splitlines(), 1)]
    briefs = [(number, BULLET.sub("", line)) for number, line in lines if line]
    if not briefs:
        raise InvalidInput(_("Choose a file, or write one brief a line."))
    if len(briefs) > settings.BATCH_DOCUMENTS:
        raise InvalidInput(_in_words(Unusable(Problem.ROWS)))
    form = BriefForm({})
    return Reading([_row(number, {"brief": brief}, defaults, form) for number, brief in briefs], [])


def brief_of(values: Mapping[str, str]) -> Brief:
    """From the values of a row without problems."""
    return Brief(
        title=values["title"],
        brief=values["brief"],
        kind=values["kind"],
        language=values["language"],
        target_words=int(values["target_words"]),
    )


def _objections(form: BriefForm, values: Mapping[str, str]) -> list[str]:
    """One form for all rows: making one takes longer than filling it in."""
    form.data = values
    form.full_clean()
    return [
        _("%(column)s: %(problem)s") % {"column": form.fields[name].label, "problem": message}
        for name, messages in form.errors.items()
        for message in map(str, messages)
    ]


def _rows_of(sheet: Sheet, defaults: Defaults) -> Reading:
    notes = []
    if sheet.sheet:
        notes.append(_("Only the first sheet, “%(name)s”, was read.") % {"name": sheet.sheet})
    if sheet.columns is None:
        named = [dict(line.fields) for line in sheet.lines]
        headings = list(dict.fromkeys(name for each in named for name in each))
    else:
        headings = sheet.columns
        named = []
    _check_headings(headings, rows_name_their_own=sheet.columns is None)
    unknown = [name for name in headings if name.strip() and not columns.field_of(name)]
    if unknown:
        notes.append(
            _("Not used: %(names)s. Columns are known by their headings: %(known)s.")
            % {"names": _listed(unknown), "known": _listed(known_headings())}
        )
    form = BriefForm({})
    common = headings if sheet.columns is not None else None
    rows = [_row_of(line, common, defaults, form) for line in sheet.lines]
    if not rows:
        raise InvalidInput(_("There is nothing below the headings. Add a row for each document."))
    return Reading(rows, notes)


def known_headings() -> list[str]:
    return [_("title"), _("brief"), _("kind"), _("language"), _("target words")]


def _check_headings(headings: Sequence[str], *, rows_name_their_own: bool) -> None:
    known = [columns.field_of(heading) for heading in headings]
    if "brief" not in known:
        raise InvalidInput(
            _(
                "Row 1 has no heading “brief”. The first row names the columns: %(known)s. "
                "Found: %(found)s."
            )
            % {"known": _listed(known_headings()), "found": _listed(headings)}
            if not rows_name_their_own
            else _("No row has a “brief”. Each line is one object such as %(example)s.")
            % {"example": '{"title": "…", "brief": "…"}'}
        )
    if not rows_name_their_own and (again := columns.twice(headings)):
        same = [name for name in headings if columns.field_of(name) == columns.field_of(again)]
        raise InvalidInput(
            _("Two columns of row 1 mean the same: %(names)s. Leave one of them.")
            % {"names": _listed(same)}
        )


def _row_of(line: Line, headings: Sequence[str] | None, defaults: Defaults, form: BriefForm) -> Row:
    named = (
        list(zip(headings, line.cells + [""] * len(headings), strict=False))
        if headings is not None
        else list(line.fields.items())
    )
    said = {field: text for name, text in named if (field := columns.field_of(name))}
    found = [(code, name) for code, name in line.problems if _matters(code, name)]
    problems = [_row_in_words(code, name) for code, name in found]
    if headings is None and (again := columns.twice(line.fields)):
        problems.append(_row_in_words(RowProblem.TWICE, again))
    is_whole = not any(code in UNREADABLE for code, _name in found)
    row = _row(line.number, said, defaults, form, has_titles=_has_titles(headings, said))
    if is_whole:
        problems += row.problems
    return Row(line.number, row.values, problems, row.notes)


UNREADABLE = (
    RowProblem.JSON,
    RowProblem.NOT_AN_OBJECT,
    RowProblem.NESTED,
    RowProblem.TWICE,
    RowProblem.FORMULA,
)


def _matters(code: RowProblem, name: str) -> bool:
    """What stands in a column that is not used need not be right."""
    of_a_column = code in (RowProblem.FORMULA, RowProblem.NESTED)
    return not of_a_column or columns.field_of(name) is not None


def _has_titles(headings: Sequence[str] | None, said: Mapping[str, str]) -> bool:
    if headings is None:
        return "title" in said
    return "title" in map(columns.field_of, headings)


def _row(
    number: int,
    said: Mapping[str, str],
    defaults: Defaults,
    form: BriefForm,
    *,
    has_titles: bool = False,
) -> Row:
    given = {name: ESCAPED.sub("", text.replace("\0", "").strip()) for name, text in said.items()}
    brief = given.get("brief", "")
    beginning = brief.splitlines()[0] if brief else ""
    title = given.get("title", "") if has_titles else Truncator(beginning).chars(TITLE_CHARACTERS)
    values = {
        "title": " ".join(title.split()),
        "brief": brief,
        "kind": columns.kind_of(given.get("kind") or defaults.kind),
        "language": columns.language_of(given.get("language") or defaults.language),
        "target_words": columns.words_of(given.get("target_words") or str(defaults.target_words)),
    }
    if not has_titles and not brief:
        values["title"] = "–"  # one message is enough
    problems = _objections(form, values)
    if not problems:
        values = {name: str(value) for name, value in form.cleaned_data.items()}
    if values["title"] == "–":
        values["title"] = ""
    notes = [
        _("%(column)s begins with “%(sign)s”; it is read as text.")
        % {"column": form.fields[name].label, "sign": text[0]}
        for name, text in given.items()
        if LIKE_A_FORMULA.match(text)
    ]
    return Row(number, values, problems, notes)


def _listed(names: Sequence[str]) -> str:
    most = 12
    shown = [Truncator(name).chars(40) for name in names if name.strip()][:most]
    return (
        pgettext("between names", ", ").join([*shown, "…"] if len(names) > most else shown) or "–"
    )


def _in_words(error: Unusable) -> str:
    words: dict[Problem, Any] = {
        Problem.EMPTY: _("The file is empty."),
        Problem.BINARY: _(
            "This is no text: it looks like an image, a program or another kind of file. "
            "Take CSV, TSV, XLSX or JSON Lines."
        ),
        Problem.ENCODING: _(
            "Line %(at)d holds characters in an unknown encoding. Save the file as UTF-8: in a "
            "spreadsheet program choose “CSV UTF-8”."
        ),
        Problem.OLD_EXCEL: _(
            "This is a workbook of the old kind, or one with a password. Save it as .xlsx "
            "without a password."
        ),
        Problem.NOT_A_WORKBOOK: _(
            "This archive is not a workbook. Take CSV, TSV, XLSX or JSON Lines."
        ),
        Problem.NO_SHEET: _("The workbook has no sheet that can be seen."),
        Problem.UNPACKED: _(
            "Unpacked, this workbook would be far larger than briefs are, so it was not opened. "
            "Copy the rows into a new workbook, or save them as CSV."
        ),
        Problem.DAMAGED: _("The workbook is damaged. Open it, save it anew, and send that."),
        Problem.ROWS: _(
            "There are more than %(most)s rows; reading stopped there. Split them into several "
            "batches."
        ),
        Problem.COLUMNS: _(
            "Row %(at)d has more than 100 columns. Delete those that are not needed."
        ),
        Problem.TEXT: _("The file holds too much text. Split it into several batches."),
        Problem.QUOTES: _(
            "From row %(at)d on, the quotation marks do not match: a text that holds one is put "
            "in quotation marks, and each in it is written twice."
        ),
        Problem.JSON_LIST: _(
            "This is one list in JSON. Put each object on a line of its own, without brackets and "
            "commas around them (JSON Lines)."
        ),
        Problem.LIMITS: _(
            "Reading the file would take too much time or memory. Copy the rows into a new file, "
            "or save them as CSV."
        ),
        Problem.BUSY: _("Several files are being read just now. Try again in a moment."),
    }
    return str(words[error.problem]) % {"at": error.at, "most": f"{settings.BATCH_DOCUMENTS:,}"}


def _row_in_words(code: RowProblem, name: str) -> str:
    words = {
        RowProblem.CELLS: _(
            "It has more cells than there are headings. Put a text that holds the separator in "
            "quotation marks."
        ),
        RowProblem.FORMULA: _("%(name)s holds a formula. Write what it should say as text."),
        RowProblem.JSON: _("This line is no JSON object, or not a whole one."),
        RowProblem.NOT_AN_OBJECT: _('This line is no object such as {"title": …, "brief": …}.'),
        RowProblem.TWICE: _("“%(name)s” is given twice. Leave one of them."),
        RowProblem.NESTED: _("“%(name)s” holds a list or an object. Write a text or a number."),
    }
    return words[code] % {"name": Truncator(name).chars(40)}
