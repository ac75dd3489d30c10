"""Agents that suggest: over words of people, and wherever they may not write."""

import json
import re
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse

from agents.actions.runs import start_draft
from agents.actions.undoing import bring_back_attempt, undo_attempt
from agents.models import Model, Output, Run, RunState, Stage, StageKind
from tests.agents.conftest import finished, type_into
from tests.agents.drafting import HTMX
from tests.fake_provider import COUNTED_WORDS, FakeProvider, counting, fake_provider
from writing.actions.documents import edit_document
from writing.actions.export import export_html
from writing.actions.sections import edit_section
from writing.actions.suggestions import Choice, decide_suggestions, take_back
from writing.actions.text import body_of
from writing.models import (
    AgentPolicy,
    Comment,
    Decision,
    Document,
    Reading,
    Section,
    Suggestion,
    Thread,
)
from writing.provenance import provenance_of
from writing.text.content import contents_of
from writing.text.markdown import plain_text, to_markdown
from writing.text.schema import validate
from writing.text.suggestions import suggested_in
from writing.text.tree import runs, texts

__all__ = ["fake_provider"]

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("eager")]

TYPED = "A polyp lays down stone. It does so for years."
DRAFT = "Reefs grow in warm water. Many fish live there."
REMARK = "Say whose stone it is."


@pytest.fixture(autouse=True)
def provider(document: Document, fake_provider: FakeProvider) -> FakeProvider:
    model = Model.objects.select_related("provider").get(is_default=True)
    model.provider.base_url = fake_provider.base_url
    model.provider.is_bundled = False
    model.provider.save()
    model.context_tokens, model.tier = 32_768, Model.Tier.LARGE
    model.save()
    fake_provider.say(_reply)
    return fake_provider


def _reply(messages: list[Any], body: dict[str, Any]) -> str:
    """The critic remarks on every sentence, the editor puts a word into each."""
    wanted = str(body.get("response_format"))
    if "remarks" in wanted:
        numbers = range(1, len(_numbered(messages)) + 1)
        remarks = [{"sentence": n, "remark": f"{REMARK} ({n})"} for n in numbers]
        return json.dumps({"remarks": remarks})
    if "revisions" in wanted:
        revisions = [
            {"sentence": n, "text": re.sub(r"\b(\w+)\.$", r"lasting \1.", text)}
            for n, text in enumerate(_numbered(messages), 1)
        ]
        return json.dumps({"revisions": revisions})
    return DRAFT


def _numbered(messages: list[Any]) -> list[str]:
    told = "\n".join(str(message["content"]) for message in messages)
    return [text for _number, text in dict(re.findall(r"^\[(\d+)\] (.+)$", told, re.M)).items()]


def draft(document: Document, section: Section, author: User) -> Run:
    run = finished(start_draft(document, acting_user=author, sections=[section]))
    assert run.state == RunState.FINISHED
    return run


def text_of(section: Section) -> str:
    return plain_text(body_of(section.pk)).strip()


def decide(section: Section, accept: bool, author: User, **choice: Any) -> None:
    decide_suggestions([section], Choice(**choice), accept=accept, acting_user=author)


@pytest.fixture
def typed(sections: list[Section], author: User) -> Section:
    type_into(sections[0], TYPED, author)
    Stage.objects.filter(kind=StageKind.WRITE).delete()
    return sections[0]


@pytest.fixture
def suggested(typed: Section, document: Document, author: User) -> Run:
    return draft(document, typed, author)


def test_a_rewrite_of_a_persons_words_is_suggested_with_its_reason(
    typed: Section, suggested: Run, author: User, client: Client
) -> None:
    assert text_of(typed) == TYPED
    first, _second = suggested_in(body_of(typed.pk))
    assert (first.old, first.new) == ("", "lasting ")
    step = suggested.steps.get(kind="edit")
    rows = list(Suggestion.objects.order_by("pk"))
    assert [(row.reason, row.attempt) for row in rows] == [
        (f"{REMARK} ({n})", step.attempts.get().pk) for n in (1, 2)
    ]
    assert rows[0].agent_name == step.role.label
    assert "2 changes were suggested: see Review." in step.notice
    assert step.result["suggested"] == [1, 2]
    assert not Thread.objects.filter(resolved_at=None).exists()
    assert Comment.objects.filter(body="Suggested other words.").count() == 2
    client.force_login(author)
    page = client.get(
        reverse("writing:review", args=[typed.document_id]), headers=HTMX
    ).content.decode()
    assert "A polyp lays down <ins>lasting </ins>stone." in page
    explained = reverse("agents:attempt", args=[rows[0].attempt])
    assert explained in page
    assert (
        "2 changes were suggested"
        in client.get(reverse("agents:run", args=[suggested.pk])).content.decode()
    )
    assert REMARK in client.get(explained, follow=True).content.decode()


def test_accepted_it_is_the_rewrite_and_rejected_what_was_typed(
    typed: Section, suggested: Run, author: User
) -> None:
    one, other = suggested_in(body_of(typed.pk))
    decide(typed, True, author, ids=[Suggestion.objects.get(mark=one.id).mark])
    decide(typed, False, author, ids=[Suggestion.objects.get(mark=other.id).mark])
    assert text_of(typed) == "A polyp lays down lasting stone. It does so for years."
    attempt = str(suggested.steps.get(kind="edit").attempts.get().pk)
    [(_path, _tag, text)] = list(texts(body_of(typed.pk)))
    marked = [(run, marks["agent"]["attempt"]) for run, marks in runs(text) if "agent" in marks]
    assert marked == [("lasting ", attempt)]
    assert list(Suggestion.objects.order_by("pk").values_list("accepted", flat=True)) == [
        True,
        False,
    ]


def test_who_accepts_an_agents_words_has_read_them(
    typed: Section, suggested: Run, document: Document, author: User
) -> None:
    first, _second = (said.id for said in suggested_in(body_of(typed.pk)))
    decide(typed, True, author, ids=[Suggestion.objects.get(mark=first).mark])
    share = provenance_of(document).share
    assert (share.agents, share.unread) == (1, 0)
    [read] = provenance_of(document).sections[:1]
    assert read.last_reading is None, "the section as a whole was not read"
    take_back(Decision.objects.all(), acting_user=author)
    assert not Reading.objects.exists()
    decide(typed, False, author)
    assert provenance_of(document).share.unread == 0
    assert "reviewed" not in str(body_of(typed.pk))


def test_a_draft_that_is_accepted_block_by_block_is_read(
    document: Document, sections: list[Section], author: User
) -> None:
    edit_document(document, acting_user=author, agent_policy=AgentPolicy.SUGGEST)
    draft(document, sections[0], author)
    decide(sections[0], True, author)
    share = provenance_of(document).share
    assert share.agents == len(DRAFT.split())
    assert share.unread == 0


def test_what_is_only_suggested_is_nobodys_text_yet(
    typed: Section, suggested: Run, document: Document
) -> None:
    share = provenance_of(document).share
    assert (share.people, share.agents) == (len(TYPED.split()), 0)
    page = export_html(document)
    assert "lasting" not in page
    assert page.count('ai-disclosure="none"') == page.count("<p")


@pytest.mark.parametrize("accept", [True, False])
def test_an_export_discloses_block_by_block_whatever_blocks_are_suggested(
    document: Document, sections: list[Section], author: User, accept: bool
) -> None:
    type_into(sections[0], TYPED, author)
    edit_document(document, acting_user=author, agent_policy=AgentPolicy.SUGGEST)
    draft(document, sections[0], author)
    assert 'ai-disclosure="none"' in export_html(document)
    decide(sections[0], accept, author)
    assert ('ai-disclosure="ai-generated"' in export_html(document)) is accept


def test_no_prompt_and_no_later_step_takes_it_for_text(
    typed: Section, suggested: Run, document: Document, author: User, provider: FakeProvider
) -> None:
    asked = len(provider.bodies)
    run = draft(document, typed, author)
    assert len(provider.bodies) > asked
    assert "lasting" not in json.dumps(provider.bodies[asked:])
    assert "suggested already" in run.steps.get(kind="edit").notice
    assert Suggestion.objects.count() == 2


def test_where_agents_may_only_suggest_the_draft_is_suggested(
    document: Document, sections: list[Section], author: User
) -> None:
    section = sections[0]
    type_into(section, TYPED, author)
    edit_section(section, acting_user=author, agent_policy=AgentPolicy.SUGGEST)
    Stage.objects.filter(kind=StageKind.EDIT).delete()
    run = draft(document, section, author)
    assert text_of(section) == TYPED
    validate(body_of(section.pk))
    assert "the draft waits in Review" in run.steps.get(kind="write").notice
    found = suggested_in(body_of(section.pk))
    assert {each.id for each in found} == {str(row.mark) for row in Suggestion.objects.all()}
    assert set(Suggestion.objects.values_list("reason", flat=True)) == {"A draft of this section."}
    decide(section, True, author)
    assert to_markdown(body_of(section.pk)).endswith(DRAFT)
    assert TYPED in text_of(section)


def test_a_draft_that_broke_off_is_suggested_once_and_whole(
    document: Document, sections: list[Section], author: User, provider: FakeProvider
) -> None:
    Stage.objects.exclude(kind=StageKind.WRITE).delete()
    edit_section(sections[0], acting_user=author, agent_policy=AgentPolicy.SUGGEST)
    provider.say(counting)
    provider.fail("drop@writer:1x1")
    run = draft(document, sections[0], author)
    assert run.steps.get(kind="write").attempts.count() == 2
    assert text_of(sections[0]) == ""
    decide(sections[0], True, author)
    words = text_of(sections[0]).split()
    assert words == [f"w{number}" for number in range(1, len(words) + 1)]
    assert len(words) == COUNTED_WORDS


def test_a_stage_may_suggest_what_it_could_write(
    document: Document, sections: list[Section], author: User
) -> None:
    Stage.objects.filter(kind=StageKind.EDIT).update(output=Output.SUGGEST)
    run = draft(document, sections[0], author)
    assert text_of(sections[0]).endswith("Many fish live there.")
    step = run.steps.get(kind="edit")
    assert not step.result["revised"]
    assert step.result["suggested"]
    decide(sections[0], True, author)
    assert text_of(sections[0]).endswith("Many fish live lasting there.")


def test_a_stage_that_comments_leaves_the_text_and_says_its_words_in_the_thread(
    document: Document, sections: list[Section], author: User
) -> None:
    Stage.objects.filter(kind=StageKind.EDIT).update(output=Output.COMMENT)
    run = draft(document, sections[0], author)
    assert text_of(sections[0]).endswith("Many fish live there.")
    step = run.steps.get(kind="edit")
    assert (step.result["revised"], step.result["commented"]) == ([], [1, 2])
    assert "2 changes were proposed in comments" in step.notice
    assert not Suggestion.objects.exists()
    threads = Thread.objects.filter(section=sections[0], resolved_at=None)
    assert threads.count() == 2
    said = list(Comment.objects.filter(thread__in=threads, attempt__in=step.attempts.values("pk")))
    assert len(said) == 2
    assert {comment.body for comment in said} == {
        "Better so: Reefs grow in warm lasting water.",
        "Better so: Many fish live lasting there.",
    }


def test_undoing_an_attempt_takes_its_open_suggestions_back(
    typed: Section, suggested: Run, author: User
) -> None:
    before = contents_of(body_of(typed.pk))
    one, _other = suggested_in(body_of(typed.pk))
    attempt = suggested.steps.get(kind="edit").attempts.get()
    undo_attempt(attempt, acting_user=author)
    assert not suggested_in(body_of(typed.pk))
    assert text_of(typed) == TYPED
    assert not Suggestion.objects.exclude(accepted=False).exists()
    bring_back_attempt(attempt, acting_user=author)
    assert contents_of(body_of(typed.pk)) == before
    assert text_of(typed) == TYPED
    decide(typed, True, author, ids=[Suggestion.objects.get(mark=one.id).mark])
    assert text_of(typed).startswith("A polyp lays down lasting stone. It")


def test_undoing_an_attempt_brings_back_what_an_accepted_suggestion_replaced(
    typed: Section, suggested: Run, author: User
) -> None:
    decide(typed, True, author)
    assert text_of(typed) == TYPED.replace("stone", "lasting stone").replace(
        "years", "lasting years"
    )
    attempt = suggested.steps.get(kind="edit").attempts.get()
    undo_attempt(attempt, acting_user=author)
    assert text_of(typed) == TYPED
    assert not suggested_in(body_of(typed.pk))
    bring_back_attempt(attempt, acting_user=author)
    assert len(suggested_in(body_of(typed.pk))) == 2
    assert text_of(typed) == TYPED
