"""Characters that one update deletes here and inserts there unchanged: still their author's."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Protocol

# Fewer bytes in common within longer stretches may be chance.
_LEAST = 6


class Text(Protocol):
    data: bytes
    labels: list[int]


@dataclass(frozen=True, slots=True)
class Came:
    """The bytes of a text from `start` to `end`, which were inserted."""

    text: Text
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Gone:
    """Bytes that were deleted, and their labels."""

    data: bytes
    labels: list[int]


def follow(came: Iterable[Came], gone: Iterable[Gone]) -> list[Gone]:
    """Gives what came the labels that it had where it went; what is left went for good."""
    left = [each for each in gone if each.data]
    others: list[Came] = []
    for new in came:
        data = new.text.data[new.start : new.end]
        same = next((n for n, each in enumerate(left) if each.data == data), None)
        if same is None:
            others.append(new)
        else:
            new.text.labels[new.start : new.end] = left.pop(same).labels
    for new in others:
        left = _follow_parts(new, left)
    return left


def _follow_parts(new: Came, gone: list[Gone]) -> list[Gone]:
    """One stretch became several, or several one."""
    data, labels = new.text.data[new.start : new.end], new.text.labels
    left: list[Gone] = []
    is_found = len(data) < _LEAST
    reached = 0
    for each in gone:
        size = len(each.data)
        if not is_found and (at := each.data.find(data)) >= 0:
            is_found = True
            labels[new.start : new.end] = each.labels[at : at + len(data)]
            rest = [(0, at), (at + len(data), size)]
            left += [Gone(each.data[i:j], each.labels[i:j]) for i, j in rest if i < j]
        elif size >= _LEAST and (at := data.find(each.data, reached)) >= 0:
            reached = at + size
            labels[new.start + at : new.start + reached] = each.labels
        else:
            left.append(each)
    return left
