"""The last look at the document: what two sections say alike is said once."""

import json
import re
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse

from agents import reaper
from agents.actions.runs import retry_run, start_draft, start_full, stop_run
from agents.models import Model, Output, Run, RunState, Stage, StageKind, Step, StepState, Workflow
from agents.views.cards import card_of
from agents.views.ledger import steps_with_figures
from tests.agents.conftest import finished, type_into, until
from tests.fake_provider import FakeProvider, fake_provider
from writing.actions.text import body_of
from writing.models import Document, Section, SectionStatus, Suggestion, Thread
from writing.text.markdown import plain_text

__all__ = ["fake_provider"]

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("eager")]

REPEATED = "Corals are small animals that live together in warm and shallow water."
ANOTHER = "Where the animals of a reef live together, the water is warm enough for their algae."
OWN = {
    1: "Most reefs grow near the equator.",
    2: "Fish hide among the branches by day.",
    3: "Storms break what took decades to grow.",
}


@pytest.fixture(autouse=True)
def provider(document: Document, fake_provider: FakeProvider) -> FakeProvider:
    model = Model.objects.select_related("provider").get(is_default=True)
    model.provider.base_url = fake_provider.base_url
    model.provider.is_bundled = False
    model.provider.save()
    model.context_tokens, model.tier = 32_768, Model.Tier.LARGE
    model.save()
    fake_provider.say(Author())
    return fake_provider


class Author:
    """Sections 1 and 3 begin alike; the critic likes section 1 less."""

    def __init__(self, rewritten: str = ANOTHER, scores: dict[int, int] | None = None) -> None:
        self.rewritten = rewritten
        self.scores = scores or {1: 8, 2: 9, 3: 10}

    def __call__(self, messages: list[Any], body: dict[str, Any]) -> str | None:
        asked = messages[-1]["content"]
        section = int(re.findall(r"SECTION: (\d)", asked)[-1])
        if "ROLE: harmoniser" in asked:
            number = int(re.findall(r"^\[(\d+)\]", asked, re.MULTILINE)[0])
            return json.dumps({"revisions": [{"sentence": number, "text": self.rewritten}]})
        if "ROLE: critic" in asked:
            return json.dumps({"remarks": [], "score": self.scores[section]})
        return OWN[section] if section == 2 else f"{OWN[section]} {REPEATED}"


@pytest.fixture
def thorough(document: Document) -> Workflow:
    return Workflow.objects.get(slug="thorough")


def text_of(section: Section) -> str:
    return plain_text(body_of(section.pk)).strip()


def last_steps(run: Run) -> list[Step]:
    return list(run.steps.filter(kind=StageKind.HARMONISE, section__isnull=False))


def test_a_harmoniser_who_comments_leaves_the_text_and_opens_a_thread(
    document: Document, sections: list[Section], author: User, thorough: Workflow
) -> None:
    thorough.stages.filter(kind=StageKind.HARMONISE).update(output=Output.COMMENT)
    run = finished(start_draft(document, acting_user=author, workflow=thorough))
    assert text_of(sections[0]) == f"{OWN[1]} {REPEATED}"
    (step,) = last_steps(run)
    assert (step.result["revised"], step.result["commented"]) == ([], [2])
    thread = Thread.objects.get(section=sections[0], resolved_at=None)
    assert thread.quote == REPEATED
    comment = thread.comments.get()
    assert comment.body.endswith(f"Better so: {ANOTHER}")
    assert comment.agent_role == "harmoniser"


def test_weaker_of_two_like_passages_is_rewritten(
    document: Document,
    sections: list[Section],
    author: User,
    thorough: Workflow,
    provider: FakeProvider,
    client: Client,
) -> None:
    run = finished(start_draft(document, acting_user=author, workflow=thorough))
    assert run.state == RunState.FINISHED
    first, second, third = map(text_of, sections)
    assert first == f"{OWN[1]} {ANOTHER}"
    assert (second, third) == (OWN[2], f"{OWN[3]} {REPEATED}")
    found = run.steps.get(kind=StageKind.HARMONISE, section=None)
    assert found.result["found"] == [
        {
            "section": str(sections[0].pk),
            "text": REPEATED,
            "other_section": str(sections[2].pk),
            "other_title": "What harms them",
            "other_text": REPEATED,
            "likeness": 1.0,
            "is_rewritten": True,
        }
    ]
    assert found.notice == "1 sentence says what another section says too."
    client.force_login(author)
    page = client.get(reverse("agents:step", args=[found.pk])).content.decode()
    assert page.count(REPEATED) == 2
    assert "The first was given to be rewritten." in page
    (step,) = last_steps(run)
    assert (step.section_id, step.result) == (sections[0].pk, {"revised": [2], "dropped": []})
    assert "As Harmoniser" in run.shared_prefix
    starts = {body["messages"][0]["content"] for body in provider.bodies}
    assert (len(provider.bodies), starts) == (7, {run.shared_prefix})
    sections[0].refresh_from_db()
    assert sections[0].status == SectionStatus.DONE


def test_nothing_is_asked_where_nothing_is_repeated(
    document: Document,
    sections: list[Section],
    author: User,
    thorough: Workflow,
    provider: FakeProvider,
) -> None:
    run = finished(
        start_draft(document, acting_user=author, workflow=thorough, sections=sections[:2])
    )
    assert run.state == RunState.FINISHED
    found = run.steps.get(kind=StageKind.HARMONISE)
    assert found.notice == "No section repeats what another one says."
    assert len(provider.bodies) == 4


def test_rewriting_that_repeats_again_is_dropped(
    document: Document,
    sections: list[Section],
    author: User,
    thorough: Workflow,
    provider: FakeProvider,
) -> None:
    provider.say(Author(REPEATED.replace("small", "tiny")))
    run = finished(start_draft(document, acting_user=author, workflow=thorough))
    assert run.state == RunState.FINISHED
    assert text_of(sections[0]).endswith(REPEATED)
    (step,) = last_steps(run)
    assert "it still said the same as the other section" in step.notice


def test_other_runs_sections_are_left_alone_and_words_of_a_person_to_them(
    document: Document, sections: list[Section], author: User, thorough: Workflow
) -> None:
    quick = Workflow.objects.get(slug="quick")
    finished(start_draft(document, acting_user=author, workflow=quick, sections=[sections[0]]))
    type_into(sections[1], REPEATED, author)
    run = finished(
        start_draft(document, acting_user=author, workflow=thorough, sections=sections[1:])
    )
    assert run.state == RunState.FINISHED
    assert text_of(sections[0]).endswith(REPEATED)
    assert REPEATED in text_of(sections[1])
    assert text_of(sections[2]) == f"{OWN[3]} {ANOTHER}"
    rewritten = {step.section_id: step.result for step in last_steps(run)}
    assert rewritten.keys() == {sections[1].pk, sections[2].pk}
    assert rewritten[sections[1].pk]["revised"] == []
    suggestion = Suggestion.objects.get()
    assert (suggestion.section, suggestion.old) == (sections[1], REPEATED)
    assert suggestion.reason == f"“Where they grow” says the same: {REPEATED}"


def test_last_stage_waits_for_what_failed_and_goes_on_after_it(
    document: Document,
    sections: list[Section],
    author: User,
    thorough: Workflow,
    provider: FakeProvider,
) -> None:
    provider.set_pace(tokens_per_second=20)
    run = start_draft(document, acting_user=author, workflow=thorough)
    until(lambda: run.steps.filter(state=StepState.RUNNING).exists())
    assert run.steps.get(kind=StageKind.HARMONISE).state == StepState.WAITING
    stop_run(run, acting_user=author)
    assert run.steps.get(kind=StageKind.HARMONISE).state == StepState.STOPPED
    card = card_of(run, list(steps_with_figures(run)), is_newest=True, settled=set())
    assert (card.troubles, card.stopped_sections) == ([], 3)
    provider.set_pace()
    retry_run(run, acting_user=author)
    assert finished(run).state == RunState.FINISHED
    assert len(last_steps(run)) == 1


def test_release_that_a_killed_worker_forgot_is_made_up_for(
    document: Document, sections: list[Section], author: User, thorough: Workflow
) -> None:
    run = finished(start_draft(document, acting_user=author, workflow=thorough))
    last_steps(run)[0].delete()
    run.steps.filter(kind=StageKind.HARMONISE).update(state=StepState.WAITING)
    Run.objects.filter(pk=run.pk).update(state=RunState.RUNNING, finished_at=None)
    reaper.reap()
    assert finished(run).state == RunState.FINISHED


def test_without_any_text_there_is_nothing_to_look_at(
    document: Document,
    sections: list[Section],
    author: User,
    thorough: Workflow,
    provider: FakeProvider,
) -> None:
    provider.fail("401@writer:1x0")
    run = finished(
        start_draft(document, acting_user=author, workflow=thorough, sections=sections[:1])
    )
    assert run.state == RunState.FAILED
    assert run.steps.get(kind=StageKind.HARMONISE).state == StepState.STOPPED


def test_full_run_ends_with_it(
    document: Document, author: User, thorough: Workflow, provider: FakeProvider
) -> None:
    provider.say(lambda messages, body: None)
    Stage.objects.filter(workflow=thorough).update(rounds=1, threshold=None)
    run = finished(start_full(document, acting_user=author, workflow=thorough, section_count=3))
    assert run.state == RunState.FINISHED
    assert run.steps.filter(kind=StageKind.HARMONISE, section=None).count() == 1
    assert run.steps.count() == 1 + 3 * 3 + 1 + len(last_steps(run))
