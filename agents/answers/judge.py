"""Whether a revised sentence is worse than the one it would replace, by simple measures."""

import re
from collections import Counter
from dataclasses import dataclass
from difflib import SequenceMatcher

from django.utils.translation import gettext as _

from agents.answers.chatter import is_closing, is_opening
from agents.tokens import WIDE_FROM

_META = re.compile(
    r"\b(the|this|that|each|first|original|revised|previous) (sentence|remark|revision)s?\b"
    r"|\brevis(ed|ion)s?\b|\brewrit(e|ten)\b|\bas an (ai|editor|writer)\b|\blanguage model\b"
    r"|\bthe (critic|editor|writer|section|paragraph|brief)\b|\"(sentence|text|revisions)\"\s*:"
    r"|这(个)?句(子|话)|修改(为|后)|改写(为|后)|意见|本句|原句",
    re.IGNORECASE,
)
_END = re.compile(r"[.!?…。！？:：;；][\"'”’」』)）\]*_]*$")
_TOKEN = re.compile(r"[\u2e80-\U0010ffff]|[^\W_]+(?:['’-][^\W_]+)*")
LONGEST_GROWTH = 2.0
GROWTH_ALLOWANCE_WORDS = 8
REPEATED_WORDS = 4
SMALLEST_KEPT = 0.25


@dataclass(frozen=True)
class Verdict:
    """Why a revision is dropped: a code for the machine, a reason for the author."""

    code: str
    reason: str


def judge_revision(old: str, new: str, remark: str = "") -> Verdict | None:
    """None where the revision may stand."""
    old, new = old.strip(), new.strip()
    before, after = words_of(old), words_of(new)
    if not after:
        return Verdict("empty", _("it was empty"))
    if before == after and old == new:
        return Verdict("same", _("it changed nothing"))
    if _talks_about_itself(old, new, remark):
        return Verdict("meta", _("it spoke of the task instead of the subject"))
    if len(after) * 2 < len(before):
        return Verdict("short", _("it lost more than half of the sentence"))
    if len(after) > len(before) * LONGEST_GROWTH + GROWTH_ALLOWANCE_WORDS:
        return Verdict("long", _("it was much longer than the sentence"))
    if _repetitions(after) > _repetitions(before):
        return Verdict("repeats", _("it repeated itself"))
    if _is_wide(old) != _is_wide(new):
        return Verdict("language", _("it was in another language"))
    if _END.search(old) and not _END.search(new):
        return Verdict("unfinished", _("it broke off"))
    if _strays(before, after):
        return Verdict("strays", _("it had little to do with the sentence"))
    return None


def words_of(text: str) -> list[str]:
    """In lower case; each Chinese character is a word."""
    return _TOKEN.findall(text.casefold())


def _is_wide(text: str) -> bool:
    """Whether most of it is Chinese or Japanese."""
    wide = sum(character >= WIDE_FROM for character in text)
    return wide * 2 > sum(character.isalpha() for character in text)


def _talks_about_itself(old: str, new: str, remark: str) -> bool:
    if is_opening(new) or is_closing(new):
        return True
    if len(_META.findall(new)) > len(_META.findall(old)):
        return True
    return bool(remark) and _likeness(new, remark) > max(0.8, _likeness(new, old))


def _likeness(one: str, other: str) -> float:
    return SequenceMatcher(None, words_of(one), words_of(other), autojunk=False).ratio()


def _repetitions(words: list[str]) -> int:
    """How many runs of words come more than once, and words three times in a row."""
    runs = Counter(zip(*(words[n:] for n in range(REPEATED_WORDS)), strict=False))
    stammers = sum(a == b == c for a, b, c in zip(words, words[1:], words[2:], strict=False))
    return sum(count - 1 for count in runs.values()) + stammers


def _strays(before: list[str], after: list[str]) -> bool:
    """Whether nearly none of the sentence's longer words (or Chinese characters) are left."""
    kept_from = 1 if before and before[0] >= WIDE_FROM else 4
    important = {word for word in before if len(word) >= kept_from}
    if len(important) < 4:
        return False
    return len(important.intersection(after)) < len(important) * SMALLEST_KEPT
