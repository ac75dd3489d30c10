import json
import random

import pytest

from agents.answers import (
    Mismatch,
    PartialItems,
    complaint_about,
    planned_section,
    read_critique,
    read_plan,
    read_revisions,
)

PLAN = {
    "sections": [{"title": "A {b} [c]", "brief": 'say "x", \\ y'}, {"title": "二", "brief": ""}]
}


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize("indent", [None, 2])
def test_items_come_when_they_are_complete(seed: int, indent: int | None) -> None:
    text, chance, found = json.dumps(PLAN, indent=indent), random.Random(seed), []
    items = PartialItems("sections")
    while text:
        size = chance.randint(1, 7)
        found += items.feed(text[:size])
        text = text[size:]
    assert found == PLAN["sections"]
    assert items.partial is None


def test_item_is_given_without_waiting_for_the_next() -> None:
    items = PartialItems("sections")
    assert items.feed('{"sections": [{"title": "A", "bri') == []
    assert items.partial == {"title": "A"}
    assert items.feed('ef": "about') == []
    assert items.partial == {"title": "A", "brief": "about"}
    assert items.feed(' a"}') == [{"title": "A", "brief": "about a"}]


def test_what_is_no_json_gives_no_items() -> None:
    assert PartialItems("sections").feed("Here is a plan: sections [ {oops} ]") == []
    assert PartialItems("sections").feed('{"sections": [{"title": }, {"title": "B"}]}') == []


def test_plan_is_read_with_each_title_once() -> None:
    answer = json.dumps(
        {"sections": [{"title": "1. Reefs", "brief": "a"}, {"title": "reefs"}, {"title": " "}, 3]}
    )
    assert [section.title for section in read_plan(f"Sure: {answer}")] == ["Reefs"]


def test_plan_that_was_cut_off_gives_what_is_whole() -> None:
    sections = read_plan('{"sections": [{"title": "A", "brief": "a"}, {"title": "B", "bri')
    assert [section.title for section in sections] == ["A", "B"]


@pytest.mark.parametrize("answer", ["", "no", "[]", "{}", '{"sections": 3}', '{"sections": []}'])
def test_answer_without_a_plan_is_refused(answer: str) -> None:
    with pytest.raises(Mismatch):
        read_plan(answer)


def test_remarks_mean_sentences_that_exist_once_each() -> None:
    remarks = [(1, "Vague."), (9, "Where?"), (1, "Again."), (2, "vague."), (3, "..."), (True, "x")]
    answer = {"remarks": [{"sentence": n, "remark": r} for n, r in remarks], "score": 11}
    critique = read_critique(json.dumps(answer), {1, 2, 3})
    assert [(remark.sentence, remark.text) for remark in critique.remarks] == [(1, "Vague.")]
    assert critique.score is None


def test_critique_without_remarks_is_one() -> None:
    critique = read_critique('{"remarks": [], "score": 8}', {1})
    assert (critique.remarks, critique.score) == ([], 8)


def test_revisions_of_other_sentences_are_left_out() -> None:
    answer = {"revisions": [{"sentence": 2, "text": "Two."}, {"sentence": 5, "text": "Five."}]}
    revisions = read_revisions(json.dumps(answer), {1, 2})
    assert [(revision.sentence, revision.text) for revision in revisions] == [(2, "Two.")]


@pytest.mark.parametrize(
    ("said", "kept"),
    [
        (
            "What makes the quiet city under the sea so unbelieva",
            "What makes the quiet city under the sea",
        ),
        ("How the city lives, and the", "How the city lives"),
        ("Who builds the walls", "Who builds the walls"),
    ],
)
def test_a_title_that_was_cut_off_ends_with_a_whole_word(said: str, kept: str) -> None:
    planned = planned_section({"title": said}, cut_at=52)
    assert planned is not None
    assert planned.title == kept
    untouched = planned_section({"title": said})
    assert untouched is not None
    assert untouched.title == said


@pytest.mark.parametrize(
    ("answer", "complaint"),
    [
        ('Sure! {"remarks": [], "score": 3} Done.', None),
        ('{"remarks": [{"sentence": 1}, {"sen', None),
        ("No.", "it holds no JSON object"),
        ('{"remarks": [{"a": "b "c""}], "score": 3}', "it is not valid JSON: Expecting"),
        ('{"notes": []}', 'the list "remarks" is missing'),
        ('{"remarks": []}', '"score" is missing'),
    ],
)
def test_complaint_says_what_is_wrong(answer: str, complaint: str | None) -> None:
    found = complaint_about(answer, "remarks", needs=["score"], may_break_off=True)
    assert found is None if complaint is None else found and found.startswith(complaint)


def test_answer_that_breaks_off_before_it_gave_anything_is_no_answer() -> None:
    assert complaint_about('{"remarks": [{"sen', "remarks")
