"""Keeps a writer's chatter off the page while its text streams through."""

import re

from agents.answers.chatter import (
    CLOSINGS,
    ECHOES,
    OPENINGS,
    could_begin,
    is_closing,
    is_opening,
)

# Longer than this, a suspect sentence is taken for text after all.
MAX_HELD = 300
# Longer than this, a run of letters is not waited for.
MAX_WORD = 40

_THINK = re.compile(r"<(think|thinking|reasoning)>", re.IGNORECASE)
_THINK_TAGS = ("<think>", "<thinking>", "<reasoning>")
_CLOSING_FENCE = re.compile(r"```[ \t]*\n")
_FENCE = re.compile(r"```(markdown|md|text|txt|plaintext)?[ \t]*\n", re.IGNORECASE)
_SENTENCE_END = re.compile(r"[:.!?](?=\s)|[。：！？]|\n")
_NUMBERED_LABEL = re.compile(r"(section|chapter|part)\s+\d+\b", re.IGNORECASE)
_LABEL = re.compile(r"(title|heading|标题)\s*[:：]", re.IGNORECASE)
_RULE = re.compile(r"(-{3,}|\*{3,}|_{3,})[ \t]*\n")
# Where a sentence may begin: at a line's start, or after an end mark and a space.
_SENTENCE_START = re.compile(r"(?:^|(?<=\n)|(?<=[.!?…\"”)] )|(?<=[。！？]))(?=\S)")
# Without any of these nothing begins or ends that could be chatter.
_TELLING = re.compile(r"[<\n.!?…\"”)。！？]")
_LAST_WORD = re.compile(r"[^\W\d_\u2e80-\U0010ffff][^\W_\u2e80-\U0010ffff'’-]*$")


def _words(text: str) -> str:
    """A title or heading reduced to its letters and digits, for comparison."""
    return " ".join(re.findall(r"\w+", text.casefold()))


class Cleaner:
    """Feed it the answer in any pieces; it gives back what belongs on the page.

    Ordinary text passes at once, except that the last word waits for its end, so that what is on
    the page when an answer breaks off never ends within a word.
    """

    def __init__(self, title: str = "") -> None:
        self._title = _words(title)
        self._held = ""
        self._context = "\n"  # the last characters that passed
        self._is_opening = True
        self._is_fenced = False
        self._is_over = False

    def feed(self, piece: str) -> str:
        if self._is_over:
            return ""
        self._held += piece
        while self._is_opening and self._drop_opening():
            pass
        if self._is_opening:
            return ""
        return self._pass_on(self._safe_length())

    def finish(self) -> str:
        """What was held back to the end and is text after all."""
        if self._is_opening:
            self._held = self._held.strip()
            if self._is_whole_opening(self._held + "\n"):
                self._held = ""
            self._is_opening = False
        text = self._pass_on(self._safe_length())
        rest, self._held = self._held, ""
        if is_closing(rest) or (self._is_fenced and rest.strip() == "```"):
            return text
        return text + rest

    # The opening: thoughts, fences, headings, announcements.

    def _drop_opening(self) -> bool:
        """Drop one thing that does not belong; False when nothing more can be decided now."""
        self._held = self._held.lstrip()
        held = self._held
        if not held or self._waits_for_more(held):
            return False
        if _THINK.match(held):
            self._held = held[re.search(r"</\w+>", held).end() :]  # type: ignore[union-attr]
            return True
        if fence := _FENCE.match(held):
            self._is_fenced = True
            self._held = held[fence.end() :]
            return True
        if rule := _RULE.match(held):
            self._held = held[rule.end() :]
            return True
        for end in (held.find("\n") + 1, self._sentence_length(held)):
            if end and self._is_whole_opening(held[:end]):
                self._held = held[end:]
                return True
        self._is_opening = False
        return False

    def _waits_for_more(self, held: str) -> bool:
        if _THINK.match(held):
            return "</" not in held or ">" not in held[held.index("</") :]
        if could_begin(held, _THINK_TAGS):
            return True
        if len(held) > MAX_HELD or "\n" in held:
            return False
        if held.startswith(("#", "`", "*", "_", "-")):
            return len(held) < len(self._title) + 40
        if self._title and (self._title + " ").startswith(_words(held)):
            return True
        if could_begin(held, ("section ", "chapter ", "part ", "title:", "heading:", "标题")):
            return len(held) < len(self._title) + 40
        if could_begin(held, tuple(echo.casefold() for echo in ECHOES)):
            return True
        return could_begin(held, OPENINGS) and not self._sentence_length(held)

    @staticmethod
    def _sentence_length(held: str) -> int:
        end = _SENTENCE_END.search(held)
        return end.end() if end else 0

    def _is_whole_opening(self, text: str) -> bool:
        """Whether this line or sentence is a heading of the section, a label or an announcement."""
        if text.endswith("\n"):
            words = _words(text)
            if self._title and (words == self._title or words.endswith(" " + self._title)):
                is_heading = text.startswith(("#", "*", "_")) or words == self._title
                if is_heading or _NUMBERED_LABEL.match(words) or _LABEL.match(text):
                    return True
            bare = text.strip("#*_ \n")
            if _NUMBERED_LABEL.match(bare) and not bare.endswith((".", "!", "?")):
                return True
            if text.startswith(ECHOES) or (text.startswith("# ") and len(text) < 100):
                return True
        return is_opening(text)

    # The text itself: only sentences that look like a closing remark are held back.

    def _safe_length(self) -> int:
        """How much of what is held is certainly text."""
        text = self._context + self._held
        if _TELLING.search(text) and (length := self._length_before_chatter(text)) is not None:
            return length
        # No word goes on after a space.
        word = _LAST_WORD.search(self._held, self._held.rfind(" ") + 1)
        if word and len(word.group()) <= MAX_WORD:
            return word.start()
        return len(self._held)

    def _length_before_chatter(self, text: str) -> int | None:
        """`text` is what is held, behind its context; None where all of it is text."""
        special = self._held.find("<|")
        if special >= 0:
            self._is_over = True
            return special
        offset = len(self._context)
        for start in _SENTENCE_START.finditer(text, offset):
            rest = text[start.start() :]
            if rest.startswith(ECHOES) or (self._is_fenced and _CLOSING_FENCE.match(rest)):
                self._is_over = True
                return start.start() - offset
            if len(rest) <= MAX_HELD and self._is_suspect(rest):
                return start.start() - offset
        return len(self._held) - 1 if self._held.endswith("<") else None

    def _is_suspect(self, rest: str) -> bool:
        if self._is_fenced and "```".startswith(rest[:3]):
            return "\n" not in rest
        return could_begin(rest, CLOSINGS) or any(echo.startswith(rest) for echo in ECHOES)

    def _pass_on(self, length: int) -> str:
        text, self._held = self._held[:length], self._held[length:]
        if text:
            self._context = (self._context + text)[-2:]
        if self._is_over:
            self._held = ""
        return text
