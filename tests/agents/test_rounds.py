"""Critique and edit that repeat until the critic is content."""

import json
from collections.abc import Iterator
from typing import Any

import pytest
from django.contrib.auth.models import User

from agents.actions.runs import progress, retry_section, start_draft
from agents.models import Model, Run, RunState, Stage, StageKind
from agents.steps.savings import saved_by_tiers
from tests.agents.conftest import finished
from tests.fake_provider import FakeProvider, fake_provider
from writing.models import Document, Section, SectionStatus

__all__ = ["fake_provider"]

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("eager")]

DRAFT = "Reefs grow in warm shallow water. Many fish live there all year round."


@pytest.fixture(autouse=True)
def provider(document: Document, fake_provider: FakeProvider) -> FakeProvider:
    model = Model.objects.select_related("provider").get(is_default=True)
    model.provider.base_url = fake_provider.base_url
    model.provider.is_bundled = False
    model.provider.save()
    model.context_tokens, model.tier = 32_768, Model.Tier.LARGE
    model.save()
    return fake_provider


def set_rounds(threshold: int, rounds: int) -> None:
    stage = Stage.objects.filter(workflow__slug="draft", kind=StageKind.CRITIQUE)
    stage.update(threshold=threshold, rounds=rounds)


def scoring(provider: FakeProvider, *scores: int) -> None:
    """The critic gives these scores in turn, the editor always adds a word to the sentence."""
    left: Iterator[int] = iter(scores)

    def reply(messages: list[Any], body: dict[str, Any]) -> str:
        wanted = str(body.get("response_format"))
        if "remarks" in wanted:
            remark = {"sentence": 1, "remark": "Say more."}
            return json.dumps({"remarks": [remark], "score": next(left)})
        if "revisions" in wanted:
            sentence = messages[1]["content"].split("[1] ")[1].splitlines()[0]
            revised = {"sentence": 1, "text": sentence.replace(" in ", " in very ", 1)}
            return json.dumps({"revisions": [revised]})
        return DRAFT

    provider.say(reply)


def rounds_of(run: Run) -> list[tuple[str, int, str]]:
    return list(run.steps.values_list("kind", "round", "state"))


def draft(document: Document, section: Section, author: User) -> Run:
    return finished(start_draft(document, acting_user=author, sections=[section]))


def test_rounds_repeat_until_the_score_is_reached(
    document: Document, sections: list[Section], author: User, provider: FakeProvider
) -> None:
    set_rounds(threshold=8, rounds=4)
    scoring(provider, 4, 8)
    run = draft(document, sections[0], author)
    assert run.state == RunState.FINISHED
    assert rounds_of(run) == [
        ("write", 1, "finished"),
        ("critique", 1, "finished"),
        ("edit", 1, "finished"),
        ("critique", 2, "finished"),
        ("edit", 2, "finished"),
    ]
    last = run.steps.get(kind="edit", round=2)
    assert "8 of 10, which is good enough" in last.notice
    assert not last.attempts.get().messages  # no call was paid
    assert len(provider.bodies) == 4
    assert progress(run).steps_done == 5
    sections[0].refresh_from_db()
    assert sections[0].status == SectionStatus.DONE


def test_rounds_end_when_they_are_used_up(
    document: Document, sections: list[Section], author: User, provider: FakeProvider
) -> None:
    set_rounds(threshold=9, rounds=2)
    scoring(provider, 4, 5)
    run = draft(document, sections[0], author)
    assert [kind for kind, _round, _state in rounds_of(run)].count("edit") == 2
    assert run.steps.get(kind="edit", round=2).result["revised"] == [1]


def test_good_score_at_once_pays_no_editor(
    document: Document, sections: list[Section], author: User, provider: FakeProvider
) -> None:
    set_rounds(threshold=7, rounds=3)
    scoring(provider, 9)
    run = draft(document, sections[0], author)
    assert run.state == RunState.FINISHED
    assert run.steps.count() == 3
    assert len(provider.bodies) == 2


def test_edit_that_failed_goes_on_to_its_next_round_when_tried_again(
    document: Document, sections: list[Section], author: User, provider: FakeProvider
) -> None:
    set_rounds(threshold=8, rounds=2)
    provider.fail("401@editor:1")
    scoring(provider, 4, 9)
    run = draft(document, sections[0], author)
    assert run.state == RunState.PARTLY_FINISHED
    retry_section(sections[0], acting_user=author)
    assert finished(run).state == RunState.FINISHED
    assert [row for row in rounds_of(run) if row[1] == 2] == [
        ("critique", 2, "finished"),
        ("edit", 2, "finished"),
    ]


def test_larger_model_revises_only_where_the_score_is_low(
    document: Document, sections: list[Section], author: User, provider: FakeProvider
) -> None:
    small = Model.objects.select_related("provider").get(is_default=True)
    large = Model.objects.create(provider=small.provider, name="big", context_tokens=32_768)
    Stage.objects.filter(workflow__slug="draft", kind=StageKind.EDIT).update(
        escalation_model=large, threshold=6
    )
    scoring(provider, 4, 7)
    low, high = draft(document, sections[0], author), draft(document, sections[1], author)
    chosen = [run.steps.get(kind="edit").attempts.get().model for run in (low, high)]
    assert chosen == [large, small]
    assert [body["model"] for body in provider.bodies][2::3] == ["big", small.name]
    assert saved_by_tiers(low) is None
    saved = saved_by_tiers(high)
    assert saved
    assert saved.tokens > 0
