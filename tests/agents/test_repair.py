"""Structured answers that cannot be read, and models that mend them."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from django.contrib.auth.models import User

from agents.actions.runs import start_draft, start_plan
from agents.models import Call, Model, RunState
from tests.agents.conftest import finished
from tests.fake_provider import FakeProvider, fake_provider
from writing.models import Document, Section, Thread

__all__ = ["fake_provider"]

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("eager")]

DRAFT = "Reefs grow slowly in warm shallow water. Many fish live there all year round."


@pytest.fixture(autouse=True)
def provider(document: Document, fake_provider: FakeProvider) -> FakeProvider:
    model = Model.objects.select_related("provider").get(is_default=True)
    model.provider.base_url = fake_provider.base_url
    model.provider.is_bundled = False
    model.provider.save()
    model.context_tokens, model.tier = 32_768, Model.Tier.LARGE
    model.save()
    return fake_provider


def once_broken(key: str, broken: str, mended: object) -> Callable[[list[Any], Any], str | None]:
    """To who is asked for `key`: this first, and that once the error is shown."""

    def reply(messages: list[Any], body: dict[str, Any]) -> str | None:
        wanted = body.get("response_format")
        if not wanted:
            return DRAFT
        if key not in wanted["json_schema"]["schema"]["properties"]:
            return None
        return json.dumps(mended) if "cannot be read" in messages[-1]["content"] else broken

    return reply


def remarks(*numbers: int) -> dict[str, Any]:
    return {"remarks": [{"sentence": n, "remark": f"Why {n}?"} for n in numbers], "score": 4}


def test_critic_is_shown_its_error_and_repeats_no_remark(
    document: Document, sections: list[Section], author: User, provider: FakeProvider
) -> None:
    broken = (
        '{"remarks": [{"sentence": 1, "remark": "Why 1?"}, {"sentence": 2, "remark": "a "b""}]}'
    )
    provider.say(once_broken("remarks", broken, remarks(1, 2)))
    run = finished(start_draft(document, acting_user=author, sections=sections[:1]))
    assert run.state == RunState.FINISHED
    critique = run.steps.get(kind="critique")
    assert [remark["sentence"] for remark in critique.result["remarks"]] == [1, 2]
    assert critique.result["score"] == 4
    assert Thread.objects.count() == 2
    attempt = critique.attempts.get()
    assert attempt.messages[-2]["content"] == broken
    assert "not valid JSON" in attempt.messages[-1]["content"]
    assert Call.objects.filter(attempt=attempt).count() == 2
    critic, editor = provider.bodies[1]["messages"], provider.bodies[3]["messages"]
    assert editor[: len(critic)] == critic
    assert all("cannot be read" not in message["content"] for message in editor)


def test_editor_mends_what_is_left_of_its_answer(
    document: Document, sections: list[Section], author: User, provider: FakeProvider
) -> None:
    first = {"sentence": 1, "text": "Reefs grow very slowly in warm and shallow water."}
    second = {"sentence": 2, "text": "Very many fish live there all year round."}
    broken = '{"revisions": [' + json.dumps(first) + ', {"sentence": 2, "text": oops}]}'
    mend = once_broken("revisions", broken, {"revisions": [first, second]})
    critic = json.dumps(remarks(1, 2))
    provider.say(
        lambda messages, body: (
            critic if "remarks" in str(body.get("response_format")) else mend(messages, body)
        )
    )
    run = finished(start_draft(document, acting_user=author, sections=sections[:1]))
    edit = run.steps.get(kind="edit")
    assert edit.result == {"revised": [1, 2], "dropped": []}
    assert Call.objects.filter(attempt__step=edit).count() == 2


def test_plan_is_mended_without_repeating_a_section(
    document: Document, author: User, provider: FakeProvider
) -> None:
    planned = [{"title": f"Part {n}", "brief": f"Covers {n}."} for n in (1, 2, 3)]
    broken = json.dumps({"sections": planned})[:-40] + '"}, oops]}'
    provider.say(once_broken("sections", broken, {"sections": planned}))
    run = finished(start_plan(document, acting_user=author, section_count=3))
    assert run.state == RunState.FINISHED
    made = list(document.sections.present().values_list("title", "brief"))
    assert made == [(f"Part {n}", f"Covers {n}.") for n in (1, 2, 3)]


@pytest.mark.parametrize(("key", "kind"), [("sections", "plan"), ("remarks", "critique")])
def test_second_useless_answer_is_a_clear_failure(
    document: Document,
    sections: list[Section],
    author: User,
    provider: FakeProvider,
    key: str,
    kind: str,
) -> None:
    provider.say(once_broken(key, "I would rather talk.", "Let us talk."))
    if kind == "plan":
        run = finished(start_plan(document, acting_user=author, section_count=3))
    else:
        run = finished(start_draft(document, acting_user=author, sections=sections[:1]))
    step = run.steps.get(kind=kind)
    assert "did not answer in the form" in step.problem
    assert step.attempts.count() == 1
    assert Call.objects.filter(attempt__step=step).count() == 2
