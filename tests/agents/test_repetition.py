"""What two sections say alike."""

import random
import time

import pytest

from agents.steps.repetition import find_repetition
from bench.fake_text import prose
from writing.text.sentences import Sentence, spans


def sentences(text: str) -> list[Sentence]:
    return [
        Sentence(number, text[first:last], (0,), first, last, human=False)
        for number, (first, last) in enumerate(spans(text), 1)
    ]


@pytest.mark.parametrize(
    ("one", "other", "is_found"),
    [
        ("Corals live in warm and shallow water.", "Corals live in warm, shallow water.", True),
        (
            "Most of the corals live in warm and shallow water near the coast.",
            "Near the coast they say that corals can be seen by everyone who dives.",
            False,
        ),
        ("It is so.", "It is so.", False),
        ("珊瑚生长在温暖的浅海里。", "珊瑚大多生长在温暖的浅海里。", True),
        ("珊瑚生长在温暖的浅海里。", "潜水员应当与礁石保持距离，以免伤害它们。", False),
    ],
)
def test_near_duplicates_are_found_and_others_are_not(one: str, other: str, is_found: bool) -> None:
    pairs = find_repetition([sentences(f"{one} Reefs are old."), sentences(other)])
    assert [(p.one.sentence.text, p.other.sentence.text) for p in pairs] == (
        [(one, other)] if is_found else []
    )


def test_repetition_inside_one_section_is_its_editor_s_affair() -> None:
    twice = "Corals live in warm and shallow water. Corals live in warm and shallow water."
    assert find_repetition([sentences(twice), sentences("Reefs are old.")]) == []


def test_a_long_document_is_compared_quickly() -> None:
    chance = random.Random(1)
    texts = [sentences(prose(number, 600)) for number in range(60)]
    copied = texts[3][chance.randrange(5, 20)]
    texts[40].append(copied)
    began = time.process_time()
    found = find_repetition(texts)
    assert time.process_time() - began < 5
    assert [pair.one.section for pair in found] == [3]
