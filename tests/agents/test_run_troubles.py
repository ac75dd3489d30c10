"""Runs that meet trouble: what it does to the section it is in, and to the others."""

from typing import Any

import pytest
from django.contrib.auth.models import User

from agents.actions.runs import retry_section, start_draft
from agents.models import Attempt, Model, RunState
from tests.agents.conftest import finished
from tests.agents.test_runs import only_writers, provider, step_of, text_of, words_of
from tests.fake_provider import COUNTED_WORDS, FakeProvider, counting, fake_provider
from writing.models import Document, Section, SectionStatus

__all__ = ["fake_provider", "provider"]

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("eager")]


@pytest.mark.parametrize(
    ("fault", "message"),
    [
        ("401@writer:2x0", "does not accept the API key"),
        ("404@writer:2x0", "has no model"),
        ("429@writer:2x0+0", "limiting how often"),
        ("500@writer:2x0", "has a problem of its own"),
        ("drop@writer:2x0", "broke while"),
        ("empty@writer:2x0", "empty answer"),
        ("badjson@critic:2x0", "did not answer in the form"),
    ],
)
def test_trouble_in_one_section_is_explained_and_the_others_go_on(
    document: Document,
    sections: list[Section],
    author: User,
    provider: FakeProvider,
    settings: Any,
    fault: str,
    message: str,
) -> None:
    settings.STEP_SECONDS = 1
    provider.fail(fault)
    run = finished(start_draft(document, acting_user=author))
    assert run.state == RunState.PARTLY_FINISHED
    sections[1].refresh_from_db()
    assert sections[1].status == SectionStatus.FAILED
    assert message in sections[1].problem
    for section in (sections[0], sections[2]):
        section.refresh_from_db()
        assert section.status == SectionStatus.DONE
    provider.fail()
    retry_section(sections[1], acting_user=author)
    assert finished(run).state == RunState.FINISHED
    sections[1].refresh_from_db()
    assert (sections[1].status, sections[1].problem) == (SectionStatus.DONE, "")


def test_a_small_model_is_stopped_where_a_sentence_ends_beyond_the_target(
    document: Document, sections: list[Section], author: User, provider: FakeProvider
) -> None:
    Model.objects.filter(is_default=True).update(tier=Model.Tier.SMALL)
    provider.say(only_writers("One two three four five six seven eight nine ten. " * 40))
    run = finished(start_draft(document, acting_user=author, sections=sections[:1]))
    assert run.state == RunState.FINISHED
    assert len(words_of(text_of(sections[0]))) == 50
    assert text_of(sections[0]).endswith("nine ten.")
    provider.wait_for(lambda records: any(record.status == "client_gone" for record in records))


def test_endless_answer_is_cut_off(
    document: Document, sections: list[Section], author: User, provider: FakeProvider, settings: Any
) -> None:
    settings.ANSWER_SECONDS = 1
    provider.fail("endless@writer:1x0")
    run = finished(start_draft(document, acting_user=author))
    assert run.state == RunState.PARTLY_FINISHED
    sections[0].refresh_from_db()
    assert "did not come to an end" in sections[0].problem
    assert text_of(sections[0])


@pytest.mark.parametrize(
    "fault", ["429@writer:1+0", "500@writer:1x3", "drop@critic:1", "500@editor:1"]
)
def test_passing_trouble_is_sat_out(
    document: Document, author: User, provider: FakeProvider, fault: str
) -> None:
    provider.fail(fault)
    assert finished(start_draft(document, acting_user=author)).state == RunState.FINISHED
    assert Attempt.objects.filter(outcome=Attempt.Outcome.FAILED).exists()


def test_broken_stream_goes_on_without_losing_or_repeating(
    document: Document, sections: list[Section], author: User, provider: FakeProvider
) -> None:
    provider.say(counting)
    provider.fail("drop@writer:1")
    run = finished(start_draft(document, acting_user=author, sections=sections[:1]))
    assert run.state == RunState.FINISHED
    step = step_of(run, sections[0], "write")
    first, second = step.attempts.all()
    assert step.chunks.filter(attempt=first).exists()
    assert second.messages[-2]["role"] == "assistant"
    chunks = "".join(step.chunks.values_list("text", flat=True))
    assert words_of(chunks) == [f"w{number}" for number in range(1, COUNTED_WORDS + 1)]
    sections[0].refresh_from_db()
    assert sections[0].word_count == COUNTED_WORDS
