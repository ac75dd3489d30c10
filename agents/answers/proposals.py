"""Sentences rewritten by an answer in a thread: lines of their own, `SUGGEST [3] The sentence.`"""

import re

MARK = "SUGGEST ["
_LINE = re.compile(rf"^[ \t]*{re.escape(MARK)}(\d+)\][ \t:：]*(.*)$", re.MULTILINE)


def proposals_in(said: str) -> dict[int, str]:
    """The new text of each sentence by its number, the first for each."""
    found: dict[int, str] = {}
    for number, text in _LINE.findall(said):
        if text.strip():
            found.setdefault(int(number), " ".join(text.split()))
    return found


def talk_of(said: str, *, is_whole: bool = True) -> str:
    """What is said besides. Of an answer that is still coming, without a last line of which
    nobody can tell yet what it becomes."""
    if not is_whole:
        before, line_break, last = said.rpartition("\n")
        begins = last.lstrip()
        if begins.startswith(MARK) or MARK.startswith(begins):
            said = before if line_break else ""
    return re.sub(r"\n{3,}", "\n\n", _LINE.sub("", said)).strip()
