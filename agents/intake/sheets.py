"""The rows of whatever file somebody sent, read in a process with little memory and time."""

import json
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path
from threading import BoundedSemaphore
from typing import Any

from agents.intake.problems import Problem, RowProblem, Unusable
from agents.intake.tables import SECONDS

_ROOT = Path(__file__).resolve().parents[2]
# So many at once, and so many more that wait: pages need threads too.
_running = BoundedSemaphore(1)
_admitted = BoundedSemaphore(3)


@dataclass(frozen=True, slots=True)
class Line:
    """A row as it is in the file: text by heading or, where it names its own, by name."""

    number: int
    cells: list[str] = field(default_factory=list)
    fields: dict[str, str] = field(default_factory=dict)
    problems: list[tuple[RowProblem, str]] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Sheet:
    """`columns` is None where each row names its own; `sheet` names the one that was read where a
    workbook has several."""

    columns: list[str] | None
    lines: list[Line]
    sheet: str = ""


def read_sheet(data: bytes, name: str, *, most_rows: int) -> Sheet:
    """Blocks for up to some seconds; raises Unusable."""
    if not _admitted.acquire(blocking=False):
        raise Unusable(Problem.BUSY)
    try:
        with _running:
            return _in_a_process(data, name, most_rows)
    finally:
        _admitted.release()


def _in_a_process(data: bytes, name: str, most_rows: int) -> Sheet:
    head = json.dumps({"name": name, "most_rows": most_rows}).encode()
    try:
        child = subprocess.run(
            [sys.executable, "-m", "agents.intake.tables"],
            input=head + b"\n" + data,
            cwd=_ROOT,
            env={},
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            timeout=2 * SECONDS,
            check=False,
        )
    except subprocess.TimeoutExpired:
        raise Unusable(Problem.LIMITS) from None
    said = [json.loads(line) for line in child.stdout.splitlines() if line.endswith(b"}")]
    if said and "problem" in said[-1]:
        raise Unusable(Problem(said[-1]["problem"]), said[-1]["at"])
    if child.returncode or not said or "end" not in said[-1]:
        raise Unusable(Problem.LIMITS)
    first, *rows, _end = said
    return Sheet(first["columns"], [_line(row) for row in rows], first["notes"].get("sheet", ""))


def _line(row: dict[str, Any]) -> Line:
    return Line(
        row["row"],
        row.get("cells", []),
        row.get("fields", {}),
        [(RowProblem(code), heading) for code, heading in row.get("problems", [])],
    )
