"""Starting agents: the draft dialog, drafting again, planning again."""

import uuid
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse

from agents.actions.runs import start_plan
from agents.models import Model, Provider, Run, RunPurpose, Workflow
from agents.seeds import seed
from writing.actions.documents import create_document
from writing.actions.sections import add_section
from writing.models import Document, Member, MemberRole, Section, SectionStatus

pytestmark = pytest.mark.django_db
HTMX = {"HX-Request": "true", "HX-Target": "dialog"}


@pytest.fixture
def document() -> Document:
    seed()
    ana = User.objects.create_user("ana")
    document = create_document(ana, title="The quiet city", brief="How a reef lives.")
    for title in ("Walls", "Night", "Warm water"):
        add_section(document, title=title, target_words=250)
    return document


@pytest.fixture
def ana(client: Client, document: Document) -> Client:
    client.force_login(User.objects.get(username="ana"))
    return client


def as_member(document: Document, role: str | None) -> Client:
    person = User.objects.create_user(f"someone-{role}")
    if role:
        Member.objects.create(document=document, user=person, role=role)
    client = Client()
    client.force_login(person)
    return client


def url(document: Document) -> str:
    return reverse("agents:draft", args=[document.pk])


def order(*sections: Section, **changes: Any) -> dict[str, Any]:
    return {"workflow": "draft", "sections": [str(each.pk) for each in sections]} | changes


def test_the_dialog_offers_what_is_not_done(ana: Client, document: Document) -> None:
    done, *to_do = document.sections.all()
    Section.objects.filter(pk=done.pk).update(status=SectionStatus.DONE)
    answer = ana.get(url(document), headers=HTMX)
    page = answer.content.decode()
    assert page.lstrip().startswith("<form")
    assert f'value="{done.pk}">' in page
    for section in to_do:
        assert f'value="{section.pk}" checked>' in page
    assert 'value="draft" checked>' in page
    assert "250 words" in page
    assert "smollm2-135m-instruct" in page
    assert "How to use a larger model" in page


def test_without_htmx_the_dialog_is_a_page(ana: Client, document: Document) -> None:
    assert "<html" in ana.get(url(document)).content.decode()


def test_start_drafts_the_chosen_sections(ana: Client, document: Document) -> None:
    first, second, _third = document.sections.all()
    answer = ana.post(url(document), order(first, second, instruction="Short."), headers=HTMX)
    assert answer.status_code == 204
    for event in ("close-dialog", "run-changed", "outline-changed"):
        assert event in answer.headers["HX-Trigger"]
    run = Run.objects.get()
    assert run.workflow
    assert (run.purpose, run.instruction, run.workflow.slug) == ("draft", "Short.", "draft")
    assert {step.section for step in run.steps.all()} == {first, second}


def test_a_plain_form_leads_to_the_manuscript(ana: Client, document: Document) -> None:
    answer = ana.post(url(document), order(*document.sections.all(), workflow="quick"))
    assert answer.headers["Location"] == reverse("writing:manuscript", args=[document.pk])
    assert Run.objects.filter(workflow__slug="quick").count() == 1


def test_what_is_wrong_is_said_in_the_dialog(ana: Client, document: Document) -> None:
    section = document.sections.all()[0]
    other = create_document(User.objects.get(), title="Other", brief="B")
    foreign = add_section(other, title="Foreign")
    for wrong, said in (
        (order(), "Choose at least one section."),
        (order(section, workflow="nonsense"), "There is no such workflow."),
        (order(foreign), "A chosen section is no longer there."),
        ({"workflow": "draft", "sections": ["nonsense"]}, "is not a valid UUID"),
        (order(section, instruction="x" * 2001), "The instruction has 2001 characters"),
    ):
        answer = ana.post(url(document), wrong, headers=HTMX)
        assert answer.status_code == 422
        assert said in answer.content.decode()
    assert not Run.objects.exists()


def test_what_was_chosen_stays_chosen_when_something_is_wrong(
    ana: Client, document: Document
) -> None:
    first, second, _third = document.sections.all()
    answer = ana.post(url(document), order(second, workflow="quick", instruction="x" * 2001))
    page = answer.content.decode()
    assert f'value="{second.pk}" checked>' in page
    assert f'value="{first.pk}">' in page
    assert 'value="quick" checked>' in page
    assert "x" * 2001 in page


def test_more_than_two_hundred_sections_are_refused(ana: Client, document: Document) -> None:
    Section.objects.bulk_create(
        Section(document=document, position=number, title=f"S{number}") for number in range(3, 201)
    )
    answer = ana.post(url(document), order(*document.sections.all()), headers=HTMX)
    assert "at most 200 sections; 201 are chosen" in answer.content.decode()
    answer = ana.post(url(document), order(*document.sections.all()[:200]), headers=HTMX)
    assert answer.status_code == 204


def test_without_sections_the_dialog_offers_to_plan(ana: Client, document: Document) -> None:
    document.sections.all().delete()
    page = ana.get(url(document), headers=HTMX).content.decode()
    assert "There are no sections to draft yet." in page
    assert reverse("agents:plan", args=[document.pk]) in page
    answer = ana.post(reverse("agents:plan", args=[document.pk]), headers=HTMX)
    assert "close-dialog" in answer.headers["HX-Trigger"]
    assert Run.objects.get().purpose == RunPurpose.PLAN


def test_without_a_model_the_dialog_says_where_to_add_one(ana: Client, document: Document) -> None:
    Model.objects.all().delete()
    page = ana.get(url(document), headers=HTMX).content.decode()
    assert "Ask an administrator to add one." in page
    answer = ana.post(url(document), order(*document.sections.all()), headers=HTMX)
    assert (answer.status_code, Run.objects.count()) == (422, 0)
    User.objects.update(is_staff=True)
    page = ana.get(url(document), headers=HTMX).content.decode()
    assert reverse("admin:agents_provider_changelist") in page


def test_while_the_outline_is_planned_the_dialog_offers_no_second_plan(
    ana: Client, document: Document
) -> None:
    document.sections.all().delete()
    plan = reverse("agents:plan", args=[document.pk])
    assert plan in ana.get(url(document), headers=HTMX).content.decode()
    start_plan(document, acting_user=User.objects.get(username="ana"))
    page = ana.get(url(document), headers=HTMX).content.decode()
    assert "The outline is being planned." in page
    assert plan not in page


def test_a_larger_model_needs_no_excuse(ana: Client, document: Document) -> None:
    provider = Provider.objects.create(slug="big", name="Big", base_url="https://m.example.com/v1")
    Model.objects.update(is_default=False)
    Model.objects.create(provider=provider, name="large", is_default=True)
    page = ana.get(url(document), headers=HTMX).content.decode()
    assert "large" in page
    assert "How to use a larger model" not in page


def test_a_workflow_without_writing_is_not_offered(ana: Client, document: Document) -> None:
    Workflow.objects.create(slug="empty", name="Nothing at all")
    assert "Nothing at all" not in ana.get(url(document), headers=HTMX).content.decode()


def test_drafting_where_agents_work_is_refused_in_the_dialog(
    ana: Client, document: Document
) -> None:
    section = document.sections.all()[0]
    ana.post(url(document), order(section), headers=HTMX)
    answer = ana.post(url(document), order(section), headers=HTMX)
    assert answer.status_code == 422
    assert "Agents are at work on" in answer.content.decode()
    assert Run.objects.count() == 1


def test_a_section_is_drafted_again_with_an_instruction(ana: Client, document: Document) -> None:
    section = document.sections.all()[0]
    again = reverse("agents:redraft", args=[section.pk])
    assert "Draft “Walls” again" in ana.get(again, headers=HTMX).content.decode()
    too_long = ana.post(again, {"instruction": "x" * 2001}, headers=HTMX)
    assert "The instruction has 2001 characters" in too_long.content.decode()
    answer = ana.post(again, {"instruction": "With an example."}, headers=HTMX)
    assert "close-dialog" in answer.headers["HX-Trigger"]
    run = Run.objects.get()
    assert run.instruction == "With an example."
    assert {step.section for step in run.steps.all()} == {section}
    answer = ana.post(again, {"instruction": ""}, headers=HTMX)
    assert "Agents are at work on" in answer.content.decode()


@pytest.mark.parametrize(
    ("role", "status"),
    [(None, 404), (MemberRole.VIEWER, 403), (MemberRole.COMMENTER, 403), (MemberRole.EDITOR, 204)],
)
def test_only_who_may_edit_starts_agents(document: Document, role: str | None, status: int) -> None:
    client = as_member(document, role)
    section = document.sections.all()[0]
    answer = client.post(url(document), order(section), headers=HTMX)
    assert answer.status_code == status
    assert Run.objects.exists() == (status == 204)
    if status != 204:
        for name, subject in (("plan", document), ("redraft", section)):
            path = reverse(f"agents:{name}", args=[subject.pk])
            assert client.post(path, headers=HTMX).status_code == status


def test_an_unknown_document_is_not_found(ana: Client) -> None:
    for name in ("draft", "plan", "redraft"):
        path = reverse(f"agents:{name}", args=[uuid.uuid4()])
        assert ana.post(path, headers=HTMX).status_code == 404


def test_sections_where_agents_work_are_not_offered(ana: Client, document: Document) -> None:
    busy, free, _third = document.sections.all()
    ana.post(url(document), order(busy), headers=HTMX)
    page = ana.get(url(document), headers=HTMX).content.decode()
    assert f'value="{busy.pk}" disabled>' in page
    assert f'value="{free.pk}" checked>' in page
