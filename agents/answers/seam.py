"""Joins a continuation to what was written before it."""

import re

# A restart or a repeated ending longer than this is let through.
LOOK_BACK = 4000
# A shorter repetition than this may well be meant ("so that", "the").
SHORTEST_REPETITION = 12

_WORD_START = re.compile(r"(?<!\w)\w|[\u2e80-\U0010ffff]")
_NO_SPACE_BEFORE = re.compile(r"[\s,.;:!?)\]}”’%…\u2e80-\U0010ffff-]")
_NO_SPACE_AFTER = re.compile(r"[\s(\[{“‘/\u2e80-\U0010ffff-]$")


def _flat(text: str) -> str:
    return re.sub(r"\s+", " ", text)


class Seam:
    """Feed it the continuation; it drops what repeats the end, or all, of what was written.

    `written` ends with a whole word, as `Cleaner` sees to: a space is put in where one was lost.
    """

    def __init__(self, written: str) -> None:
        self._written = written
        flat = _flat(written.rstrip())
        # Each place of the text from which the continuation may repeat it.
        starts = [
            0,
            *(m.start() for m in _WORD_START.finditer(flat, max(0, len(flat) - LOOK_BACK))),
        ]
        self._tails = list(dict.fromkeys(flat[start:] for start in starts))
        self._held = ""
        self._is_open = bool(flat)

    def feed(self, piece: str) -> str:
        if not self._is_open:
            return piece
        self._held += piece
        begun = _flat(self._begun())
        if not begun.strip("…. ") or any(
            len(begun) <= len(tail) and tail.startswith(begun) for tail in self._tails
        ):
            return ""
        return self._open()

    def finish(self) -> str:
        return self._open() if self._is_open and self._held.strip() else ""

    def _begun(self) -> str:
        """The continuation without the dots and spaces it may begin with."""
        return self._held.lstrip("…. \n")

    def _open(self) -> str:
        self._is_open = False
        begun = self._begun()
        if repeated := self._repeated_length(begun):
            return self._join(begun[repeated:])
        text = self._held
        if text.lstrip().startswith(("…", "...")):
            text = begun
        return self._join(text)

    def _repeated_length(self, begun: str) -> int:
        """How much of the continuation stands at the end of what was written."""
        for tail in self._tails:  # the longest first
            pattern = r"\s+".join(map(re.escape, tail.split(" ")))
            found = re.match(pattern + r"(?!\w)", begun)
            if found and (len(tail) >= SHORTEST_REPETITION or " " in tail):
                return found.end()
        return 0

    def _join(self, text: str) -> str:
        before = self._written
        if not text or not before:
            return text
        if before[-1].isspace():
            return text.lstrip(" ") if "\n" not in before[-1] else text.lstrip()
        if _NO_SPACE_BEFORE.match(text) or _NO_SPACE_AFTER.search(before):
            return text
        return " " + text
