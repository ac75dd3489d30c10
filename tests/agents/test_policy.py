"""What people allow agents in a section: nothing there is changed against it."""

from itertools import product

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse

from agents import policy
from agents.actions.runs import retry_section, start_draft, start_plan
from agents.exceptions import NothingToDo
from agents.models import Model, Run, RunState, StageKind, Step, StepState
from tests.agents.conftest import finished, type_into, until
from tests.agents.drafting import HTMX
from tests.fake_provider import FakeProvider, counting, fake_provider
from writing.actions.documents import edit_document
from writing.actions.sections import edit_section
from writing.actions.text import body_of
from writing.models import AgentPolicy, Document, Section, SectionStatus, Suggestion, Thread
from writing.text.markdown import plain_text

__all__ = ["fake_provider"]

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("eager")]


@pytest.fixture(autouse=True)
def provider(document: Document, fake_provider: FakeProvider) -> FakeProvider:
    model = Model.objects.select_related("provider").get(is_default=True)
    model.provider.base_url = fake_provider.base_url
    model.provider.concurrency, model.provider.is_bundled = 64, False
    model.provider.save()
    model.context_tokens, model.tier = 32_768, Model.Tier.LARGE
    model.save()
    return fake_provider


def allow(section: Section, policy: AgentPolicy, author: User) -> None:
    edit_section(section, acting_user=author, agent_policy=policy)


def text_of(section: Section) -> str:
    return plain_text(body_of(section.pk))


def states(run: Run, section: Section) -> dict[str, str]:
    return dict(run.steps.filter(section=section).values_list("kind", "state"))


def test_where_agents_are_off_a_draft_leaves_out(document, sections, author):
    allow(sections[0], AgentPolicy.OFF, author)
    run = finished(start_draft(document, acting_user=author))
    assert run.state == RunState.FINISHED
    assert states(run, sections[0]) == {}
    assert text_of(sections[1])
    with pytest.raises(NothingToDo, match="may do nothing in “Where they grow”"):
        start_draft(document, acting_user=author, sections=[sections[0]])


def test_a_section_says_otherwise_than_its_document(document, sections, author):
    edit_document(document, acting_user=author, agent_policy=AgentPolicy.OFF)
    allow(sections[0], AgentPolicy.FREE, author)
    run = finished(start_draft(document, acting_user=author))
    assert set(run.steps.values_list("section", flat=True)) - {None} == {sections[0].pk}
    with pytest.raises(NothingToDo, match="nothing in this document"):
        start_plan(document, acting_user=author)


def test_where_they_only_suggest_the_text_stays_and_the_run_says_so(document, sections, author):
    type_into(sections[0], "A polyp lays down stone. It does so for years.", author)
    allow(sections[0], AgentPolicy.SUGGEST, author)
    run = finished(start_draft(document, acting_user=author, sections=[sections[0]]))
    assert run.state == RunState.FINISHED
    assert text_of(sections[0]) == "A polyp lays down stone. It does so for years."
    assert Thread.objects.filter(section=sections[0]).exists()
    assert Suggestion.objects.filter(section=sections[0], accepted=None).exists()
    for kind in ("write", "edit"):
        step = run.steps.get(section=sections[0], kind=kind)
        assert "in Review" in step.notice or "see Review" in step.notice


@pytest.mark.parametrize("policy", [AgentPolicy.OFF, AgentPolicy.SUGGEST])
def test_a_step_at_work_stops_when_its_section_is_closed(
    document, sections, author, provider, policy
):
    provider.say(counting)
    provider.set_pace(tokens_per_second=200)
    run = start_draft(document, acting_user=author, sections=sections[:2])
    until(lambda: all(len(text_of(section)) > 20 for section in sections[:2]))
    allow(sections[0], policy, author)
    after = text_of(sections[0])
    until(lambda: states(run, sections[0])["write"] == StepState.STOPPED, 5)
    assert text_of(sections[0]) == after
    assert set(states(run, sections[0]).values()) == {StepState.STOPPED}
    section = Section.objects.get(pk=sections[0].pk)
    assert section.status == SectionStatus.STOPPED
    assert "was changed; they stopped" in section.problem
    provider.set_pace(tokens_per_second=2000)
    assert finished(run).state == RunState.PARTLY_FINISHED
    assert set(states(run, sections[1]).values()) == {StepState.FINISHED}
    if policy == AgentPolicy.OFF:
        with pytest.raises(NothingToDo):
            retry_section(section, acting_user=author)
    allow(sections[0], AgentPolicy.FREE, author)
    retry_section(section, acting_user=author)
    assert finished(run).state == RunState.FINISHED


def test_what_waits_where_agents_were_switched_off_is_stopped(document, sections, author, provider):
    provider.set_pace(tokens_per_second=100)
    Model.objects.get(is_default=True).provider.__class__.objects.update(concurrency=1)
    run = start_draft(document, acting_user=author, sections=sections[:2])
    until(lambda: any(text_of(section) for section in sections[:2]))
    [waiting] = [section for section in sections[:2] if not text_of(section)]
    allow(waiting, AgentPolicy.OFF, author)
    provider.set_pace(tokens_per_second=2000)
    assert finished(run).state == RunState.PARTLY_FINISHED
    assert set(states(run, waiting).values()) == {StepState.STOPPED}
    assert not text_of(waiting)
    assert not Step.objects.filter(section=waiting, attempts__isnull=False).exists()


def test_the_dialogs_set_it_and_show_it(document, sections, author):
    client = Client()
    client.force_login(author)
    address = reverse("writing:edit_section", args=[sections[0].pk])
    assert "As in the whole document" in client.get(address).content.decode()
    page = client.post(address, {"agent_policy": "off"}, headers=HTMX).content.decode()
    assert "no agents" in page
    assert client.post(address, {"agent_policy": "king"}, headers=HTMX).status_code == 422
    client.post(reverse("writing:edit_document", args=[document.pk]), {"agent_policy": "suggest"})
    outline = client.get(reverse("writing:outline", args=[document.pk])).content.decode()
    assert "agents suggest only" in outline
    draft = client.get(reverse("agents:draft", args=[document.pk])).content.decode()
    assert draft.count("agents only suggest here") == 2
    assert draft.count("left out: agents may do nothing here") == 1


def test_a_flush_judges_as_the_queries_do(document, sections, author):
    run = finished(start_draft(document, acting_user=author))
    role = run.steps.all()[0].role
    planned = Step.objects.create(run=run, kind=StageKind.PLAN, role=role, position=99)
    steps = Step.objects.filter(run=run)
    assert {step.kind for step in steps} >= {"plan", "write", "critique", "edit"}
    ids = [step.pk for step in steps]
    for of_document, of_section in product(AgentPolicy.values, ["", *AgentPolicy.values]):
        Document.objects.filter(pk=document.pk).update(agent_policy=of_document)
        Section.objects.filter(document=document).update(agent_policy=of_section)
        for changing in ([], ids):
            going_on = {
                pk
                for pk, *said in steps.values_list("pk", *policy.SAID)
                if policy.allows(*said, changing=bool(changing))
            }
            closed = policy.closed() | policy.closed_to_changes(changing)
            assert going_on == set(steps.exclude(closed).values_list("pk", flat=True))
            assert (planned.pk in going_on) == (of_document != AgentPolicy.OFF)
