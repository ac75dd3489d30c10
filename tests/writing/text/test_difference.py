import random

import pytest

from writing.text.difference import Op, Row, compare, words_changed
from writing.text.paragraphs import Paragraph


def paragraphs(*texts: str) -> list[Paragraph]:
    return [Paragraph("paragraph", text) for text in texts]


def shown(rows: list[Row]) -> list[str]:
    signs = {Op.SAME: "", Op.ADDED: "+", Op.REMOVED: "-"}
    return ["".join(f"[{signs[p.op]}{p.text}]" for p in row.pieces) for row in rows]


def test_words_that_changed_are_found_within_their_paragraph() -> None:
    rows = compare(
        paragraphs("The reef sleeps.", "Fish eat by day."),
        paragraphs("The reef sleeps.", "Fish hunt by night."),
    )
    assert [row.op for row in rows] == [Op.SAME, Op.CHANGED]
    assert shown(rows)[1] == "[Fish ][-eat][+hunt][ by ][-day][+night][.]"
    assert words_changed(rows) == (2, 2)


def test_a_paragraph_between_others_is_new_and_not_another_one_changed() -> None:
    rows = compare(
        paragraphs("One about fish in the sea.", "Two about corals and light."),
        paragraphs("Something else entirely.", "Two about corals and more light.", "One more."),
    )
    assert [row.op for row in rows] == [Op.REMOVED, Op.ADDED, Op.CHANGED, Op.ADDED]


def test_words_next_to_each_other_are_replaced_together() -> None:
    [row] = compare(paragraphs("a quiet old city sleeps"), paragraphs("a loud new town sleeps"))
    assert shown([row]) == ["[a ][-quiet old city][+loud new town][ sleeps]"]


def test_chinese_is_compared_by_character() -> None:
    [row] = compare(paragraphs("珊瑚礁在夜里醒来。"), paragraphs("珊瑚礁在白天醒来。"))
    assert shown([row]) == ["[珊瑚礁在][-夜里][+白天][醒来。]"]
    assert words_changed([row]) == (2, 2)


def test_a_paragraph_that_becomes_a_heading_is_another() -> None:
    before, after = Paragraph("paragraph", "Reefs"), Paragraph("heading", "Reefs", 2)
    [row] = compare([before], [after])
    assert row.op is Op.CHANGED
    assert words_changed([row]) == (0, 0)


@pytest.mark.parametrize("count", [3, 40, 300])
def test_both_texts_can_be_read_from_the_rows(count: int) -> None:
    dice = random.Random(count)
    words = [f"w{n}" for n in range(30)]

    def text() -> list[Paragraph]:
        return paragraphs(*(" ".join(dice.choices(words, k=12)) for _ in range(count)))

    before = text()
    after = [p if dice.random() < 0.6 else q for p, q in zip(before, text(), strict=True)]
    rows = compare(before, after)
    assert [row.before for row in rows if row.before] == before
    assert [row.after for row in rows if row.after] == after
    for row in rows:
        for paragraph, gone in ((row.before, Op.ADDED), (row.after, Op.REMOVED)):
            if paragraph:
                kept = [piece for piece in row.pieces if piece.op is not gone]
                assert "".join(piece.text for piece in kept) == paragraph.text


def test_a_paragraph_without_end_is_compared_all_the_same() -> None:
    one, other = "word " * 9_000, "word " * 4_000 + "other " + "word " * 5_000
    [row] = compare(paragraphs(one), paragraphs(other))
    assert words_changed([row]) == (1, 0)
