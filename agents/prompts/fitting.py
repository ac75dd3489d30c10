"""What of a long document fits into a model's context."""

from collections.abc import Sequence
from typing import Protocol, TypeVar

from agents.tokens import estimate_tokens

# Parts of a model's context; the rest is for the task and the answer.
PREFIX_SHARE = 0.25
SOURCE_SHARE = 0.4  # of a text to be translated, which stands in the brief
SENTENCES_SHARE = 0.25
WRITTEN_SHARE = 0.3
UNREADABLE_SHARE = 0.1
CONVERSATION_SHARE = 0.2
QUOTE_TOKENS = 120
# Every prompt of a run carries the outline: it must not grow with the square of the sections.
OUTLINE_TOKENS = 1200
COVERS_TOKENS = 40
FEWEST_COVERS_TOKENS = 20
BEGINNING_TOKENS = 80
MOST_BEGINNINGS = 8

SENTENCES_BEFORE = 4

ELLIPSIS = "…"


class Numbered(Protocol):
    """A sentence of a section, as `writing.text.sentences` numbers them."""

    @property
    def number(self) -> int: ...
    @property
    def text(self) -> str: ...
    @property
    def human(self) -> bool: ...


class Planned(Protocol):
    """A section as the outline knows it."""

    title: str
    brief: str

    @property
    def points(self) -> list[str]: ...


SentenceT = TypeVar("SentenceT", bound=Numbered)


def shorten(text: str, tokens: int, *, keep: str = "start") -> str:
    """The start or the end of a text, at most so many tokens, cut between words."""
    if estimate_tokens(text) <= tokens:
        return text
    size = len(text) * tokens // estimate_tokens(text)
    if keep == "end":
        cut = text[len(text) - size :]
        return ELLIPSIS + (cut.split(maxsplit=1)[-1] if " " in cut else cut)
    cut = text[:size]
    return (cut.rsplit(maxsplit=1)[0] if " " in cut else cut) + ELLIPSIS


def fit_sentences(sentences: Sequence[SentenceT], context_tokens: int) -> list[SentenceT]:
    """The leading sentences that a critic and an editor with this context can read at once."""
    room = int(context_tokens * SENTENCES_SHARE)
    fitting: list[SentenceT] = []
    for sentence in sentences:
        room -= estimate_tokens(sentence.text) + 4
        if room < 0 and fitting:
            break
        fitting.append(sentence)
    return fitting


def fit_around(sentences: Sequence[SentenceT], quote: str, context_tokens: int) -> list[SentenceT]:
    """As `fit_sentences`; in a long text those around the words that somebody asks about."""
    leading = fit_sentences(sentences, context_tokens)
    found = next(
        (at for at, each in enumerate(sentences) if each.text in quote or quote in each.text), 0
    )
    if found < len(leading) or not quote:
        return leading
    return fit_sentences(sentences[max(0, found - SENTENCES_BEFORE) :], context_tokens)


def newest(said: Sequence[tuple[str, str]], tokens: int) -> list[tuple[str, str]]:
    """The end of a conversation, each message on one line, at least the last of it."""
    kept: list[tuple[str, str]] = []
    for name, text in reversed(said):
        line = shorten(" ".join(text.split()), tokens if not kept else tokens // 2)
        tokens -= estimate_tokens(line) + 8
        if tokens < 0 and kept:
            break
        kept.append((" ".join(name.split()), line))
    return kept[::-1]


def outline_lines(sections: Sequence[Planned], tokens: int) -> list[str]:
    """One line for each section, with as much of the briefs and key points as fits into `tokens`
    in all."""
    lines: list[str] = []
    sizes = ((1000, 60), (80, 60), (COVERS_TOKENS, 30), (FEWEST_COVERS_TOKENS, 30), (0, 15), (0, 6))
    for covers_tokens, title_tokens in sizes:
        lines = [
            _line(number, s, covers_tokens, title_tokens) for number, s in enumerate(sections, 1)
        ]
        if sum(map(estimate_tokens, lines)) <= tokens:
            break
    return lines


def covers(section: Planned, tokens: int) -> str:
    """What a section is to say, on one line: its key points, and its brief while that fits."""
    brief, points = " ".join(section.brief.split()), "; ".join(section.points)
    both = f"{brief} ({points})" if brief and points else brief or points
    return shorten(both if estimate_tokens(both) <= tokens else points or brief, tokens)


def _line(number: int, section: Planned, covers_tokens: int, title_tokens: int) -> str:
    line = f"{number}. {shorten(' '.join(section.title.split()), title_tokens)}"
    said = covers(section, covers_tokens) if covers_tokens else ""
    return f"{line}: {said}" if said else line
