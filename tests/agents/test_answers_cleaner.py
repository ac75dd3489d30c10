import random

import pytest

from agents.answers import Cleaner, Seam


def clean(text: str, title: str = "The reef", *, seed: int = 0) -> str:
    """The text cleaned in random pieces; seed 0 feeds it whole."""
    cleaner, chance, out = Cleaner(title), random.Random(seed), ""
    while text:
        size = chance.randint(1, 6) if seed else len(text)
        out += cleaner.feed(text[:size])
        text = text[size:]
    return out + cleaner.finish()


CHATTER = [
    "Sure! Here is the section:\n\n## The reef\n\n{}\n\nLet me know if you need any changes!",
    "Certainly, here's the revised paragraph:\n{}",
    "Here is the revised paragraph:\n\n{}",
    "<think>The reef, hm.\nLet me see.</think>\n\n{}",
    "```markdown\n{}\n```\n",
    "# The reef\n\n{}",
    "**The reef**\n\n{}",
    "The Reef\n\n{}",
    "Section 3: The reef\n\n{}",
    "SECTION: 3\nWORDS: 120\n{}",
    "{}\n\nI hope this helps! Feel free to ask for changes.",
    "{}\n\nWord count: 120",
    "{}\n\nROLE: critic. You are a reader.",
    "{}<|im_end|>\n<|im_start|>user\nMore",
    "好的，以下是正文：\n\n{}",
    "{}\n\n希望以上内容对您有帮助！",
]
TEXT = "A reef is old. It was here before us.\n\nIt lives, and it grows: slowly."


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("frame", CHATTER)
def test_chatter_is_left_out_however_it_is_cut(frame: str, seed: int) -> None:
    assert clean(frame.format(TEXT), seed=seed).strip() == TEXT


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize(
    "text",
    [
        TEXT,
        "Here is where the river bends, and here it stays.",
        "Sure enough, the rain came. Of course nobody minded.",
        "I hope this letter finds you well. Let me go, she said.",
        "The reef is big.",
        "**Coral** is an animal.",
        "## What coral is\n\nAn animal.",
        "- one\n- two",
        "```python\nprint(1)\n```\n\nThat was code.",
        "This section of the coast is wild.",
        "珊瑚礁是海洋里的森林。它们很美。",
        "If a < b then stop.",
    ],
)
def test_ordinary_text_stays_as_it_is(text: str, seed: int) -> None:
    assert clean(text, seed=seed) == text


def test_ordinary_text_passes_at_once_but_for_its_last_word() -> None:
    cleaner = Cleaner("Coral")
    assert cleaner.feed("Water ") == "Water "
    assert cleaner.feed("here is bl") == "here is "
    assert cleaner.feed("ue") == ""
    assert cleaner.feed(".") == "blue."


def join(written: str, piece: str, *, seed: int = 0) -> str:
    seam, chance, out = Seam(written), random.Random(seed), ""
    while piece:
        size = chance.randint(1, 5) if seed else len(piece)
        out += seam.feed(piece[:size])
        piece = piece[size:]
    return written + out + seam.finish()


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize(
    ("written", "piece", "whole"),
    [
        ("The reef is old and ", "large.", "The reef is old and large."),
        ("The reef is old and ", " large.", "The reef is old and large."),
        ("The reef is old and", "large.", "The reef is old and large."),
        ("The reef is old", ", and large.", "The reef is old, and large."),
        ("The reef is old and", "The reef is old and large.", "The reef is old and large."),
        (
            "It is. The reef is old and ",
            "reef is old and large.",
            "It is. The reef is old and large.",
        ),
        ("The reef is old and ", "...large.", "The reef is old and large."),
        ("It ends.\n\n", "\n\nIt starts.", "It ends.\n\nIt starts."),
        ("It ends.", "\n\nIt starts.", "It ends.\n\nIt starts."),
        ("珊瑚礁很", "美。", "珊瑚礁很美。"),
        ("", "All of it.", "All of it."),
        ("He knew that ", "that was so.", "He knew that that was so."),
    ],
)
def test_continuation_joins_without_repeating(
    written: str, piece: str, whole: str, seed: int
) -> None:
    assert join(written, piece, seed=seed) == whole
