"""Reads rows from a file that somebody sent: run by `sheets` as a process of its own with little
memory and time, since a small file may unpack to more than a machine holds.

No Django here: the process should start at once. Each line of what it writes is JSON: first
`{"columns": [heading, …], "notes": …}` (null where rows bring their own names), then for each row
`{"row": number, "cells": [text, …]}` or `{"row": number, "fields": {name: text}}`, with
`"problems": [[code, heading], …]` where it has any; or one line `{"problem": code, "at": number}`.
"""

import csv
import io
import json
import re
import sys
from collections.abc import Iterator, Sequence
from typing import Any

from agents.intake.encodings import decode
from agents.intake.problems import Problem, RowProblem, Unusable
from writing.text.sandbox import limit

SECONDS = 10
MOST_COLUMNS = 100
MOST_CHARACTERS = 20_000_000
ZIP = b"PK\x03\x04"
OLE = b"\xd0\xcf\x11\xe0"
DELIMITERS = ",;\t"
FORMULA = re.compile(r"\s*=")

Line = dict[str, Any]


def read(data: bytes, name: str, most_rows: int) -> Iterator[Line]:
    """The lines for a file of this name; raises Unusable, perhaps after some rows."""
    if not data.strip(b" \t\r\n\0"):
        raise Unusable(Problem.EMPTY)
    if data.startswith(OLE):
        raise Unusable(Problem.OLD_EXCEL)
    lines = _of_workbook(data) if data.startswith(ZIP) else _of_text(decode(data), name.lower())
    yield next(lines)
    characters = 0
    for count, line in enumerate(lines, 1):
        if count > most_rows:
            raise Unusable(Problem.ROWS)
        characters += sum(map(len, line.get("cells") or line.get("fields", {}).values()))
        if characters > MOST_CHARACTERS:
            raise Unusable(Problem.TEXT)
        yield line


def _of_workbook(data: bytes) -> Iterator[Line]:
    from agents.intake.workbook import rows_of

    notes, rows = rows_of(data)
    return _of_rows(rows, notes)


def _of_text(text: str, name: str) -> Iterator[Line]:
    start = text.lstrip()[:1]
    if start == "[" and not name.endswith((".csv", ".tsv", ".tab")):
        raise Unusable(Problem.JSON_LIST)
    if start == "{" or name.endswith((".jsonl", ".ndjson")):
        return _of_json_lines(text)
    return _of_rows(_split(text, name), {})


def _split(text: str, name: str) -> Iterator[tuple[int, Sequence[str]]]:
    csv.field_size_limit(MOST_CHARACTERS)
    delimiter = "\t" if name.endswith((".tsv", ".tab")) else _delimiter_of(text)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    number = 0
    while True:
        number += 1
        try:
            yield number, next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            raise Unusable(Problem.QUOTES, number) from error


def _delimiter_of(text: str) -> str:
    """What most often stands between the headings."""
    headings = re.sub(r'"[^"]*"', "", text.lstrip("\r\n").split("\n", 1)[0])
    return max(DELIMITERS, key=headings.count)


def _of_rows(rows: Iterator[tuple[int, Sequence[Any]]], notes: Line) -> Iterator[Line]:
    columns: list[str] = []
    for number, cells in rows:
        texts = [_in_words(cell) for cell in cells]
        while texts and not texts[-1].strip():
            texts.pop()
        if not texts:
            continue
        if len(texts) > MOST_COLUMNS:
            raise Unusable(Problem.COLUMNS, number)
        if not columns:
            columns = texts
            yield {"columns": columns, "notes": notes}
            continue
        line: Line = {"row": number, "cells": texts}
        if len(texts) > len(columns):
            line["problems"] = [[RowProblem.CELLS, ""]]
            line["cells"] = texts[: len(columns)]
        formulas = [
            heading for heading, text in zip(columns, texts, strict=False) if FORMULA.match(text)
        ]
        if formulas:
            line["problems"] = [
                *line.get("problems", []),
                *([RowProblem.FORMULA, heading] for heading in formulas),
            ]
        yield line
    if not columns:
        raise Unusable(Problem.EMPTY)


def _of_json_lines(text: str) -> Iterator[Line]:
    yield {"columns": None, "notes": {}}
    for number, line in enumerate(io.StringIO(text), 1):
        if line.strip():
            yield {"row": number, **_object(line)}


class _Twice(ValueError):
    pass


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    pairs = [(_in_words(name), value) for name, value in pairs]
    found = dict(pairs)
    if len(found) < len(pairs):
        names = [name for name, _ in pairs]
        raise _Twice(next(name for name in names if names.count(name) > 1))
    return found


def _object(line: str) -> Line:
    try:
        found = json.loads(line, object_pairs_hook=_once)
    except _Twice as error:
        return {"fields": {}, "problems": [[RowProblem.TWICE, str(error)]]}
    except (ValueError, RecursionError):
        return {"fields": {}, "problems": [[RowProblem.JSON, ""]]}
    if not isinstance(found, dict):
        return {"fields": {}, "problems": [[RowProblem.NOT_AN_OBJECT, ""]]}
    nested = [name for name, value in found.items() if isinstance(value, list | dict)]
    fields = {
        name: _in_words(value)
        for name, value in list(found.items())[:MOST_COLUMNS]
        if name not in nested
    }
    problems = [[RowProblem.NESTED, name] for name in nested]
    problems += [[RowProblem.FORMULA, name] for name, text in fields.items() if FORMULA.match(text)]
    return {"fields": fields, "problems": problems} if problems else {"fields": fields}


def _in_words(cell: Any) -> str:
    if cell is None:
        return ""
    if isinstance(cell, float) and cell.is_integer() and abs(cell) < 1e15:
        cell = int(cell)
    # Neither half a surrogate pair, which JSON may name, nor NUL is in a text that databases hold.
    return str(cell).replace("\0", "").encode("utf-8", "replace").decode()


def main() -> None:
    """The standard input is a line of JSON, `{"name", "most_rows"}`, and then the file."""
    limit(SECONDS)
    head, _, data = sys.stdin.buffer.read().partition(b"\n")
    said = json.loads(head)
    try:
        for line in read(data, said["name"], said["most_rows"]):
            _write(line)
    except Unusable as error:
        _write({"problem": error.problem, "at": error.at})
    else:
        _write({"end": True})


def _write(line: Line) -> None:
    sys.stdout.buffer.write(json.dumps(line).encode() + b"\n")


if __name__ == "__main__":
    main()
