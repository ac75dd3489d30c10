"""Near-duplicate sentences across the sections of a document, found without a model."""

import itertools
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from rapidfuzz.distance import Indel

from agents.answers import words_of
from writing.text.sentences import Sentence

# The share of words, in order, that two sentences have in common when they say the same.
ALIKE = 0.7
# Of short sentences many are alike by chance.
FEWEST_WORDS = 6
SHINGLE_WORDS = 3
# Shingles that stand in more sentences than this are turns of phrase.
MOST_SHARING = 40


@dataclass(frozen=True)
class Passage:
    """A sentence and the place of its section among those that were compared."""

    section: int
    sentence: Sentence


@dataclass(frozen=True)
class Pair:
    one: Passage
    other: Passage
    likeness: float


def likeness(one: str, other: str) -> float:
    """0 to 1, by the words."""
    return Indel.normalized_similarity(words_of(one), words_of(other))


def find_repetition(texts: Sequence[Sequence[Sentence]]) -> list[Pair]:
    """Pairs of sentences of different sections that say nearly the same, the most alike first."""
    passages = [
        (Passage(number, sentence), words)
        for number, sentences in enumerate(texts)
        for sentence in sentences
        if len(words := words_of(sentence.text)) >= FEWEST_WORDS
    ]
    pairs = []
    for one, other in _candidates([words for _, words in passages]):
        (first, first_words), (second, second_words) = passages[one], passages[other]
        if first.section == second.section:
            continue
        alike = Indel.normalized_similarity(first_words, second_words, score_cutoff=ALIKE)
        if alike >= ALIKE:
            pairs.append(Pair(first, second, round(alike, 2)))
    return sorted(pairs, key=lambda pair: -pair.likeness)


def _candidates(texts: Sequence[Sequence[str]]) -> Iterator[tuple[int, int]]:
    """Those that share a shingle: comparing each with each takes too long for a long document."""
    sharing: dict[tuple[str, ...], list[int]] = defaultdict(list)
    for number, words in enumerate(texts):
        for shingle in {tuple(words[n : n + SHINGLE_WORDS]) for n in range(len(words) - 2)}:
            sharing[shingle].append(number)
    groups = (group for group in sharing.values() if 1 < len(group) <= MOST_SHARING)
    yield from {pair for group in groups for pair in itertools.combinations(group, 2)}
