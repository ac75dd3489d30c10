"""Whole runs: agents write into the text through the process's own loop and a fake provider."""

import json
from collections.abc import Callable
from itertools import pairwise
from typing import Any

import pytest
from django.contrib.auth.models import User

from agents.actions.runs import (
    progress,
    retry_section,
    start_draft,
    start_full,
    start_plan,
    stop_run,
    stop_section,
)
from agents.models import Attempt, Call, Chunk, Model, Run, RunState, Step, StepState, Workflow
from agents.tasks import run_steps
from agents.wakes import wake
from tests.agents.conftest import finished, type_into, until
from tests.fake_provider import COUNTED_WORDS, FakeProvider, counting, fake_provider
from writing.actions.text import body_of
from writing.models import Document, Section, SectionStatus, Thread, Update, Version
from writing.text.markdown import plain_text

__all__ = ["fake_provider"]

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("eager")]


@pytest.fixture(autouse=True)
def provider(document: Document, fake_provider: FakeProvider) -> FakeProvider:
    """The model that everybody works with answers from the fake provider."""
    model = Model.objects.select_related("provider").get(is_default=True)
    model.provider.base_url = fake_provider.base_url
    model.provider.concurrency, model.provider.is_bundled = 64, False
    model.provider.save()
    model.context_tokens = 32_768
    model.tier = Model.Tier.LARGE
    model.input_price, model.cached_price, model.output_price = 4, 1, 10
    model.save()
    return fake_provider


def words_of(text: str) -> list[str]:
    return text.split()


def text_of(section: Section) -> str:
    return plain_text(body_of(section.pk))


def step_of(run: Run, section: Section, kind: str) -> Step:
    return run.steps.get(section=section, kind=kind)


def only_writers(text: str) -> Callable[[list[Any], dict[str, Any]], str | None]:
    """This answer to whoever is not asked for JSON."""
    return lambda messages, body: None if body.get("response_format") else text


def test_draft_writes_reads_and_revises_every_section(
    document: Document, sections: list[Section], author: User
) -> None:
    run = finished(start_draft(document, acting_user=author))
    assert run.state == RunState.FINISHED
    for section in sections:
        section.refresh_from_db()
        assert section.status == SectionStatus.DONE
        assert section.word_count == len(words_of(text_of(section))) > 10
        assert Thread.objects.filter(section=section).exists()
        seqs = list(Update.objects.filter(section=section).values_list("seq", flat=True))
        assert seqs == list(range(1, section.last_seq + 1))
    assert Call.objects.filter(run=run).count() == 9
    assert progress(run).cost > 0
    assert not Attempt.objects.exclude(outcome=Attempt.Outcome.FINISHED).exists()


def test_every_word_of_the_answer_stands_in_the_text_once(
    document: Document, sections: list[Section], author: User
) -> None:
    finished(start_draft(document, acting_user=author, sections=sections[:1]))
    step = Step.objects.get(kind="write")
    answer = step.attempts.get().answer
    chunks = "".join(step.chunks.values_list("text", flat=True))
    assert words_of(chunks) == words_of(answer)
    revised = set(Step.objects.get(kind="edit").result["revised"])
    if not revised:
        assert words_of(text_of(sections[0])) == words_of(answer)


def test_full_run_outlines_and_drafts(document: Document, author: User) -> None:
    run = finished(start_full(document, acting_user=author, section_count=4))
    assert run.state == RunState.FINISHED
    sections = list(document.sections.present())
    assert len(sections) == 4
    for section in sections:
        assert section.title
        assert section.brief
        assert section.status == SectionStatus.DONE
    assert run.steps.count() == 1 + 4 * 3


def test_planned_points_reach_their_section_and_its_writer(
    document: Document, author: User, provider: FakeProvider
) -> None:
    planned = [
        {"title": f"Part {n}", "brief": f"Covers {n}.", "points": [f"Point {n}a", f" - Point {n}b"]}
        for n in (1, 2, 3)
    ]

    def reply(messages: list[Any], body: dict[str, Any]) -> str | None:
        return json.dumps({"sections": planned}) if "points" in str(body) else None

    provider.say(reply)
    finished(start_full(document, acting_user=author, section_count=3))
    assert [section.points for section in document.sections.present()] == [
        [f"Point {n}a", f"Point {n}b"] for n in (1, 2, 3)
    ]
    asked = [body["messages"] for body in provider.bodies]
    writer = next(m for m in asked if m[-1]["content"].startswith("Section 1:"))
    assert all(f"Point {n}a" in writer[0]["content"] for n in (1, 2, 3))
    assert "- Point 1a" in writer[1]["content"]


def test_section_drafted_again_is_written_beside_what_stands(
    document: Document, sections: list[Section], author: User, provider: FakeProvider
) -> None:
    provider.say(only_writers("The neighbour begins like this. More."))
    quick = Workflow.objects.get(slug="quick")
    finished(start_draft(document, acting_user=author, workflow=quick, sections=[sections[0]]))
    finished(start_draft(document, acting_user=author, workflow=quick, sections=[sections[1]]))
    first, second = (body["messages"][0]["content"] for body in provider.bodies)
    assert "It begins" not in first
    assert "Section 1 is written and stays. It begins: The neighbour begins like this." in second


def test_outline_appears_while_it_is_being_planned(
    document: Document, author: User, provider: FakeProvider
) -> None:
    provider.set_pace(tokens_per_second=100)
    run = start_plan(document, acting_user=author, section_count=5)
    until(lambda: document.sections.present().count() == 2)
    run.refresh_from_db()
    assert run.state == RunState.RUNNING
    provider.set_pace()
    assert finished(run).state == RunState.FINISHED
    assert document.sections.present().count() == 5


def test_text_appears_while_it_is_being_written(
    document: Document, sections: list[Section], author: User, provider: FakeProvider
) -> None:
    provider.set_pace(tokens_per_second=30)
    run = start_draft(document, acting_user=author, sections=sections[:1])
    until(lambda: len(words_of(text_of(sections[0]))) > 3)
    sections[0].refresh_from_db()
    assert sections[0].status == SectionStatus.DRAFTING
    assert sections[0].worker_name == "Writer"
    figures = progress(run)
    assert figures.state == RunState.RUNNING
    assert next(step for step in figures.steps if step.kind == "write").excerpt
    stop_run(run, acting_user=author)


def test_duplicate_delivery_has_one_effect(
    document: Document, sections: list[Section], author: User, provider: FakeProvider
) -> None:
    run = start_draft(document, acting_user=author, sections=sections[:1])
    step = step_of(run, sections[0], "write")
    for _ in range(5):
        run_steps.delay([str(step.pk)])
    finished(run)
    run_steps.delay([str(step.pk)])
    assert [record.role for record in provider.records].count("writer") == 1
    assert step.attempts.count() == 1


def test_stopping_a_section_closes_its_stream_and_keeps_its_text(
    document: Document, sections: list[Section], author: User, provider: FakeProvider
) -> None:
    provider.set_pace(tokens_per_second=20)
    run = start_draft(document, acting_user=author, sections=sections[:2])
    until(lambda: len(words_of(text_of(sections[0]))) > 3)
    stop_section(sections[0], acting_user=author)
    provider.wait_for(lambda records: any(r.status == "client_gone" for r in records))
    kept = text_of(sections[0])
    assert kept
    provider.set_pace()
    assert finished(run, 60).state == RunState.PARTLY_FINISHED
    assert text_of(sections[0]) == kept
    sections[0].refresh_from_db()
    assert sections[0].status == SectionStatus.STOPPED
    assert step_of(run, sections[1], "edit").state == StepState.FINISHED


def test_stopped_section_goes_on_where_it_was_left(
    document: Document, sections: list[Section], author: User, provider: FakeProvider
) -> None:
    provider.set_pace(tokens_per_second=20)
    run = start_draft(document, acting_user=author, sections=sections[:1])
    until(lambda: len(words_of(text_of(sections[0]))) > 3)
    stop_run(run, acting_user=author)
    kept = text_of(sections[0])
    provider.set_pace()
    provider.say(
        lambda messages, body: None if body.get("response_format") else "and so it went on."
    )
    retry_section(sections[0], acting_user=author)
    assert finished(run).state == RunState.FINISHED
    messages = provider.bodies[1]["messages"]
    assert messages[-2]["role"] == "assistant"
    assert words_of(messages[-2]["content"])[:3] == words_of(kept)[:3]
    chunks = "".join(Chunk.objects.filter(step__kind="write").values_list("text", flat=True))
    assert chunks.endswith("and so it went on.")
    assert words_of(chunks)[:3] == words_of(kept)[:3]


@pytest.mark.parametrize(
    ("words", "state"), [(40, RunState.FINISHED), (20, RunState.FAILED)], ids=["whole", "half"]
)
def test_text_whose_worker_died_before_its_step_ended_is_complete_if_it_is_whole(
    document: Document,
    sections: list[Section],
    author: User,
    provider: FakeProvider,
    words: int,
    state: RunState,
) -> None:
    provider.say(only_writers("One two three four five six seven eight nine ten. " * (words // 10)))
    quick = Workflow.objects.get(slug="quick")
    run = finished(start_draft(document, acting_user=author, sections=sections[:1], workflow=quick))
    step = step_of(run, sections[0], "write")
    kept = text_of(sections[0])
    # As if it had been killed between its last word and its end.
    Step.objects.filter(pk=step.pk).update(state=StepState.READY)
    Run.objects.filter(pk=run.pk).update(state=RunState.RUNNING)
    provider.say(only_writers(""))
    wake([step.pk], run.priority)
    run.refresh_from_db()
    assert finished(run).state == state
    assert text_of(sections[0]) == kept


def test_worse_revisions_are_left_out_and_said_so(
    document: Document, sections: list[Section], author: User, provider: FakeProvider
) -> None:
    def reply(messages: list[Any], body: dict[str, Any]) -> str | None:
        name = str(body.get("response_format"))
        if "remarks" in name:
            remarks = [{"sentence": n, "remark": f"Say more, {n}."} for n in (1, 2, 99, 2)]
            return json.dumps({"remarks": remarks, "score": 5})
        if "revisions" in name:
            revisions = [{"sentence": 1, "text": "No."}, {"sentence": 2, "text": ""}]
            return json.dumps({"revisions": revisions})
        return None

    provider.say(reply)
    run = finished(start_draft(document, acting_user=author, sections=sections[:1]))
    assert run.state == RunState.FINISHED
    assert Thread.objects.count() == 2
    edit = step_of(run, sections[0], "edit")
    assert edit.notice.startswith("2 revisions were left out")
    assert words_of(text_of(sections[0])) == words_of(
        step_of(run, sections[0], "write").attempts.get().answer
    )


def test_good_revision_replaces_its_sentence_and_answers_its_remark(
    document: Document, sections: list[Section], author: User, provider: FakeProvider
) -> None:
    draft = "Reefs grow slowly in warm shallow water. Many fish live there all year round."
    better = "Reefs grow very slowly in warm and shallow water."

    def reply(messages: list[Any], body: dict[str, Any]) -> str:
        name = str(body.get("response_format"))
        if "remarks" in name:
            return json.dumps({"remarks": [{"sentence": 1, "remark": "How slowly?"}], "score": 6})
        if "revisions" in name:
            return json.dumps({"revisions": [{"sentence": 1, "text": better}]})
        return draft

    provider.say(reply)
    run = finished(start_draft(document, acting_user=author, sections=sections[:1]))
    assert text_of(sections[0]).strip() == f"{better} Many fish live there all year round."
    thread = Thread.objects.get()
    assert thread.quote == "Reefs grow slowly in warm shallow water."
    assert thread.resolved_at
    assert [comment.agent_name for comment in thread.comments.all()] == ["Critic", "Editor"]
    assert step_of(run, sections[0], "edit").notice == ""
    critic, editor = provider.bodies[1]["messages"], provider.bodies[2]["messages"]
    assert editor[: len(critic)] == critic


def test_useless_editor_fails_its_step_and_leaves_the_text(
    document: Document, sections: list[Section], author: User, provider: FakeProvider
) -> None:
    provider.fail("badjson@editor:1x0")
    run = finished(start_draft(document, acting_user=author, sections=sections[:1]))
    assert run.state == RunState.PARTLY_FINISHED
    assert "did not answer in the form" in step_of(run, sections[0], "edit").problem
    assert words_of(text_of(sections[0])) == words_of(
        step_of(run, sections[0], "write").attempts.get().answer
    )


def test_drafting_again_keeps_what_people_wrote(
    document: Document, sections: list[Section], author: User, provider: FakeProvider
) -> None:
    provider.say(only_writers("Old agent text."))
    finished(start_draft(document, acting_user=author, sections=sections[:1]))
    type_into(sections[0], "What a person typed.", author)
    provider.say(only_writers("New agent text."))
    run = start_draft(
        document, acting_user=author, sections=sections[:1], instruction="Make it shorter."
    )
    assert finished(run).state == RunState.FINISHED
    text = text_of(sections[0])
    assert "What a person typed." in text
    assert "New" in text
    assert "Old agent text." not in text
    assert Version.objects.filter(section=sections[0]).count() == 1
    writers = [b for b in provider.bodies if not b.get("response_format")]
    assert "Make it shorter." in writers[-1]["messages"][-1]["content"]


def test_provider_is_asked_no_more_at_once_than_it_allows(
    document: Document, author: User, provider: FakeProvider
) -> None:
    model = Model.objects.select_related("provider").get(is_default=True)
    model.provider.concurrency = 1
    model.provider.save()
    provider.set_pace(first_after=0.05)
    run = finished(start_draft(document, acting_user=author))
    assert run.state == RunState.FINISHED
    spans = sorted((record.t_start, record.t_end) for record in provider.records)
    assert all((end or 0) <= start + 0.01 for (_, end), (start, _) in pairwise(spans))


def test_fenced_attempt_writes_nothing_more(
    document: Document, sections: list[Section], author: User, provider: FakeProvider
) -> None:
    provider.set_pace(tokens_per_second=30)
    run = start_draft(document, acting_user=author, sections=sections[:1])
    until(lambda: Chunk.objects.count() > 1)
    step = step_of(run, sections[0], "write")
    Step.objects.filter(pk=step.pk).update(attempt_number=step.attempt_number + 1)
    provider.wait_for(lambda records: any(r.status == "client_gone" for r in records))
    count = step.chunks.count()
    provider.set_pace()
    Step.objects.filter(pk=step.pk).update(state=StepState.READY)
    wake([step.pk], run.priority)
    assert finished(run).state == RunState.FINISHED
    assert step.chunks.filter(attempt__number=1).count() == count


def test_person_who_types_meanwhile_loses_nothing_and_neither_does_the_agent(
    document: Document, sections: list[Section], author: User, provider: FakeProvider
) -> None:
    provider.say(counting)
    provider.set_pace(tokens_per_second=60)
    quick = Workflow.objects.get(slug="quick")
    run = start_draft(document, acting_user=author, workflow=quick, sections=sections[:1])
    until(lambda: Chunk.objects.count() > 2)
    typed = [f"typed{number}" for number in range(5)]
    for word in typed:
        type_into(sections[0], word, author)
    assert finished(run).state == RunState.FINISHED
    words = words_of(text_of(sections[0]))
    assert sorted(word for word in words if word.startswith("typed")) == typed
    expected = [f"w{number}" for number in range(1, COUNTED_WORDS + 1)]
    assert [word for word in words if not word.startswith("typed")] == expected
