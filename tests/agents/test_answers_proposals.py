import pytest

from agents.answers import proposals_in, talk_of

ANSWER = "Do it so.\n\nSUGGEST [2] Reefs grow  slowly.\nSUGGEST [5]: 珊瑚生长缓慢。\nThat is all."


def test_lines_of_their_own_rewrite_sentences():
    assert proposals_in(ANSWER) == {2: "Reefs grow slowly.", 5: "珊瑚生长缓慢。"}
    assert talk_of(ANSWER) == "Do it so.\n\nThat is all."


@pytest.mark.parametrize(
    "said", ["I SUGGEST [2] of them.", "SUGGEST [two] Reefs.", "SUGGESTED [1] Reefs.", ""]
)
def test_whatever_else_is_said_is_talk(said: str):
    assert proposals_in(said) == {}
    assert talk_of(said) == said


def test_of_an_answer_that_is_still_coming_no_half_a_mark_is_shown():
    shown = [talk_of(ANSWER[:length], is_whole=False) for length in range(len(ANSWER) + 1)]
    assert all("SU" not in text and "[" not in text for text in shown)
    assert shown[len("Do it so.")] == "Do it so."
    assert shown[-1] == "Do it so.\n\nThat is all."


def test_the_first_text_of_a_sentence_counts_and_an_empty_one_does_not():
    assert proposals_in("SUGGEST [1]\nSUGGEST [1] A.\nSUGGEST [1] B.") == {1: "A."}
