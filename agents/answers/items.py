"""Structured answers: items as they are written, and the whole at the end."""

import json
import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from typing import Any

import jiter

_DECODER = json.JSONDecoder()


class Mismatch(ValueError):
    """The answer is not JSON of the shape that was asked for."""


@dataclass
class PartialItems:
    """The objects of one array of a JSON answer, each as soon as it is complete.

    `partial` is the one being written, with what there is of it.
    """

    key: str
    partial: dict[str, Any] | None = None
    _text: str = ""
    _position: int | None = None
    _is_closed: bool = field(default=False, repr=False)

    def feed(self, piece: str) -> list[dict[str, Any]]:
        """The items that this piece of the answer completes."""
        self._text += piece
        if self._position is None:
            start = re.search(rf'"{re.escape(self.key)}"\s*:\s*\[', self._text)
            if start is None:
                return []
            self._position = start.end()
        completed = []
        while (item := self._next()) is not None:
            completed.append(item)
        return completed

    def _next(self) -> dict[str, Any] | None:
        self.partial = None
        if self._is_closed or self._position is None:
            return None
        separator = re.compile(r"[\s,]*").match(self._text, self._position)
        self._position = separator.end() if separator else self._position
        rest = self._text[self._position :]
        if not rest.startswith("{"):
            self._is_closed = bool(rest)
            return None
        if "}" in rest:
            try:
                item, length = _DECODER.raw_decode(rest)
            except json.JSONDecodeError:
                pass
            else:
                self._position += length
                return dict(item)
        try:
            self.partial = jiter.from_json(rest.encode(), partial_mode="trailing-strings")
        except ValueError:
            self._is_closed = True
        return None


@dataclass(frozen=True)
class PlannedSection:
    title: str
    brief: str
    points: tuple[str, ...] = ()


@dataclass(frozen=True)
class Remark:
    """`sentence` is the number the critic was shown."""

    sentence: int
    text: str


@dataclass(frozen=True)
class Critique:
    remarks: list[Remark]
    score: int | None


@dataclass(frozen=True)
class Revision:
    sentence: int
    text: str


# A title that was cut off ends in the middle of a word, or in words that lead to nothing.
_LOOSE_END = re.compile(
    r"(?:[\s,;:-]+(?:an?|and|as|at|by|for|from|in|is|its?|of|on|or|so|that|the|to|with))*[\s,;:-]*$",
    re.IGNORECASE,
)


def planned_section(item: dict[str, Any], *, cut_at: int | None = None) -> PlannedSection | None:
    """None where the item has no title. A title of `cut_at` characters or more was cut off."""
    title = _line(item.get("title")).strip("\"'“”*# ")
    title = re.sub(r"^(section\s+)?\d+[.):]\s*", "", title, flags=re.IGNORECASE)
    if cut_at and len(title) >= cut_at:
        title = title.rsplit(" ", 1)[0]
    if cut_at:
        title = _LOOSE_END.sub("", title)
    if not title:
        return None
    points = item.get("points")
    said = filter(None, map(_line, points)) if isinstance(points, list) else ()
    return PlannedSection(title[:200], _line(item.get("brief")), tuple(said))


def read_plan(answer: str) -> list[PlannedSection]:
    """Sections with titles, each title once; raises Mismatch when there is none."""
    by_title: dict[str, PlannedSection] = {}
    for item in _items(answer, "sections"):
        if planned := planned_section(item):
            by_title.setdefault(planned.title.casefold(), planned)
    if not by_title:
        raise Mismatch("a plan without sections")
    return list(by_title.values())


def read_critique(answer: str, numbers: Collection[int]) -> Critique:
    """Remarks on sentences that exist, one each; a remark that only repeats another is left out."""
    remarks: dict[int, Remark] = {}
    said: set[str] = set()
    for item in _items(answer, "remarks"):
        number, text = item.get("sentence"), _line(item.get("remark"))
        if not isinstance(number, int) or number not in numbers or number in remarks:
            continue
        if text.strip(".… ") and text.casefold() not in said:
            said.add(text.casefold())
            remarks[number] = Remark(number, text)
    whole = _load(answer)
    score = whole.get("score")
    is_score = isinstance(score, int) and not isinstance(score, bool) and 1 <= score <= 10
    return Critique(list(remarks.values()), score if is_score else None)


def read_revisions(answer: str, numbers: Collection[int]) -> list[Revision]:
    """Revisions of sentences that may be changed, the first for each."""
    revisions: dict[int, Revision] = {}
    for item in _items(answer, "revisions"):
        number, text = item.get("sentence"), _line(item.get("text"))
        if isinstance(number, int) and number in numbers and number not in revisions:
            revisions[number] = Revision(number, text)
    return list(revisions.values())


def complaint_about(
    answer: str, key: str, *, needs: Sequence[str] = (), may_break_off: bool = False
) -> str | None:
    """What is wrong with the form of an answer, in words for the model that gave it.

    None where it is an object with the list `key` and whatever else it `needs`, or breaks off
    somewhere and `may_break_off`.
    """
    start = answer.find("{")
    if start < 0:
        return "it holds no JSON object"
    try:
        whole, _ = _DECODER.raw_decode(answer, start)
    except json.JSONDecodeError as error:
        ends = error.msg.startswith("Unterminated") or error.pos >= len(answer.rstrip())
        if ends and may_break_off:
            return None
        return f"it is not valid JSON: {error.msg} at character {error.pos - start}"
    if not isinstance(whole.get(key), list):
        return f'the list "{key}" is missing'
    return next((f'"{name}" is missing' for name in needs if name not in whole), None)


def _items(answer: str, key: str) -> list[dict[str, Any]]:
    items = _load(answer).get(key)
    if not isinstance(items, list):
        raise Mismatch(f"no {key}")
    return [item for item in items if isinstance(item, dict)]


def _load(answer: str) -> dict[str, Any]:
    """The JSON object in an answer, whatever stands around it; what is cut off is left out."""
    start = answer.find("{")
    if start < 0:
        raise Mismatch("no JSON")
    text = answer[start:]
    try:
        whole, _ = _DECODER.raw_decode(text)
    except json.JSONDecodeError:
        try:
            whole = jiter.from_json(text.encode(), partial_mode=True)
        except ValueError as error:
            raise Mismatch("broken JSON") from error
    if not isinstance(whole, dict):
        raise Mismatch("not an object")
    return whole


def _line(value: object) -> str:
    return " ".join(value.split()) if isinstance(value, str) else ""
