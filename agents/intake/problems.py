"""Why a file of briefs, or a row of one, is not taken. No Django here: see `tables`."""

from enum import StrEnum


class Problem(StrEnum):
    """Of the whole file."""

    EMPTY = "empty"
    BINARY = "binary"
    ENCODING = "encoding"  # at: the line
    OLD_EXCEL = "old_excel"
    NOT_A_WORKBOOK = "not_a_workbook"
    NO_SHEET = "no_sheet"
    UNPACKED = "unpacked"
    DAMAGED = "damaged"
    ROWS = "rows"
    COLUMNS = "columns"
    TEXT = "text"
    QUOTES = "quotes"  # at: the row
    JSON_LIST = "json_list"
    LIMITS = "limits"
    BUSY = "busy"


class RowProblem(StrEnum):
    """Of one row."""

    CELLS = "cells"
    FORMULA = "formula"
    JSON = "json"
    NOT_AN_OBJECT = "not_an_object"
    TWICE = "twice"
    NESTED = "nested"


class Unusable(ValueError):
    """The file is not taken; `at` is the line or row where that became clear, or 0."""

    def __init__(self, problem: Problem, at: int = 0) -> None:
        super().__init__(problem.value)
        self.problem, self.at = problem, at
