"""Sections whose logs are packed again and again while agents write in them."""

import pytest
from django.contrib.auth.models import User

from agents.actions.runs import retry_section, start_draft, stop_run
from agents.models import Chunk, Model, RunState, Workflow
from tests.agents.conftest import finished, type_into, until
from tests.fake_provider import COUNTED_WORDS, FakeProvider, counting, fake_provider
from writing.actions.compaction import compact_log
from writing.actions.text import body_of, entries_after
from writing.models import Document, Section, Segment
from writing.text.markdown import plain_text

__all__ = ["fake_provider"]

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("eager")]


def test_a_step_goes_on_in_a_log_that_is_packed_meanwhile_also_after_a_stop(
    document: Document,
    sections: list[Section],
    author: User,
    fake_provider: FakeProvider,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("writing.actions.compaction.SEGMENT_UPDATES", 3)
    model = Model.objects.select_related("provider").get(is_default=True)
    model.provider.base_url, model.provider.is_bundled = fake_provider.base_url, False
    model.provider.save()
    fake_provider.say(counting)
    fake_provider.set_pace(tokens_per_second=100)
    section, quick = sections[0], Workflow.objects.get(slug="quick")
    Section.objects.update(target_words=2 * COUNTED_WORDS)

    def pack(segments: int) -> bool:
        compact_log(section.pk)
        return Segment.objects.count() >= segments

    run = start_draft(document, acting_user=author, sections=[section], workflow=quick)
    until(lambda: pack(2))
    type_into(section, "A person was here.", author)
    until(lambda: pack(3))
    stop_run(run, acting_user=author)
    pack(4)
    retry_section(section, acting_user=author)
    until(lambda: pack(5))
    fake_provider.set_pace()
    run.refresh_from_db()
    assert finished(run).state == RunState.FINISHED
    pack(6)

    words = plain_text(body_of(section.pk)).split()
    numbered = [f"w{number}" for number in range(1, COUNTED_WORDS + 1)]
    assert [word for word in words if word in numbered] == numbered
    assert len(words) == COUNTED_WORDS + 4
    chunks = Chunk.objects.filter(seq__isnull=False).values_list("seq", "attempt")
    entries = entries_after(section.pk, 0)
    assert dict(chunks).items() <= {e.seq: e.attempt for e in entries}.items()
    assert [e.seq for e in entries] == list(range(1, len(entries) + 1))
    assert {e.user_id for e in entries if e.attempt is None} == {author.pk}
