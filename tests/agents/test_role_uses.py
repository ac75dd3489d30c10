"""What is used is not deleted but taken out of use, and is offered nowhere from then on."""

import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from agents.actions.answers import OurCrew
from agents.actions.workflows import set_stages
from agents.forms import workflows_that_draft
from agents.models import Role, Run, RunPurpose, Stage, Step, Workflow
from writing.models import Document, Section

pytestmark = pytest.mark.django_db


@pytest.fixture
def spare() -> Role:
    return Role.objects.create(slug="spare", name="Spare", kind="writer", persona="You are spare.")


def run_by(role: Role) -> Run:
    document = Document.objects.create(title="T", created_by=User.objects.get())
    run = Run.objects.create(
        document=document,
        workflow=Workflow.objects.get(slug="draft"),
        purpose=RunPurpose.PLAN,
        created_by=User.objects.get(),
    )
    Step.objects.create(run=run, position=1, kind="write", output="apply", role=role)
    return run


def delete(client: Client, role: Role) -> str:
    page = reverse("admin:agents_role_delete", args=[role.pk])
    said = client.get(page).content.decode()
    client.post(page, {"post": "yes"})
    return said


def test_a_role_that_nothing_uses_is_deleted(administrator: Client, spare: Role) -> None:
    delete(administrator, spare)
    assert not Role.objects.filter(pk=spare.pk).exists()


def test_the_page_of_a_role_says_who_uses_it(administrator: Client) -> None:
    writer = Role.objects.get(slug="writer")
    run_by(writer)
    page = administrator.get(reverse("admin:agents_role_change", args=[writer.pk]))
    text = page.content.decode()
    draft = Workflow.objects.get(slug="draft")
    assert reverse("admin:agents_workflow_change", args=[draft.pk]) in text
    assert "1 run" in text


def test_deleting_a_role_in_use_is_refused_with_the_reasons(
    administrator: Client, spare: Role
) -> None:
    writer = Role.objects.get(slug="writer")
    assert "Draft, Quick draft, Thorough draft" in delete(administrator, writer)
    run_by(spare)
    said = delete(administrator, spare)
    assert "1 run names it" in said
    assert "Take it out of use instead" in said
    assert Role.objects.filter(pk__in=[writer.pk, spare.pk]).count() == 2
    listed = reverse("admin:agents_role_changelist")
    form = {"action": "delete_selected", "_selected_action": [str(spare.pk)], "post": "yes"}
    assert "1 run names it" in administrator.post(listed, form).content.decode()
    assert Role.objects.filter(pk=spare.pk).exists()


def test_a_workflow_that_ran_stays(administrator: Client) -> None:
    run_by(Role.objects.get(slug="writer"))
    page = reverse("admin:agents_workflow_delete", args=[Workflow.objects.get(slug="draft").pk])
    assert "1 run names it" in administrator.get(page).content.decode()
    administrator.post(page, {"post": "yes"})
    assert Workflow.objects.filter(slug="draft").exists()


def test_out_of_use_a_role_is_offered_nowhere(administrator: Client, spare: Role) -> None:
    document = Document.objects.create(title="T", created_by=User.objects.get())
    section = Section.objects.create(document=document, title="S", position=1)
    listed = reverse("admin:agents_role_changelist")
    writer = Role.objects.get(slug="writer")
    form = {"action": "take_out_of_use", "_selected_action": [str(spare.pk), str(writer.pk)]}
    said = administrator.post(listed, form, follow=True).content.decode()
    assert "1 is out of use" in said
    assert "Writer works in Draft, Quick draft, Thorough draft" in said
    spare.refresh_from_db()
    assert not spare.is_active
    called = {agent.role for agent in OurCrew().agents_for(section)}
    assert "writer" in called
    assert "spare" not in called
    page = administrator.get(reverse("admin:agents_workflow_add")).content.decode()
    assert ">Writer<" in page
    assert ">Spare<" not in page


def test_the_default_workflow_stays_in_use_and_another_goes(administrator: Client) -> None:
    listed = reverse("admin:agents_workflow_changelist")
    pks = [str(workflow.pk) for workflow in Workflow.objects.filter(slug__in=["draft", "quick"])]
    form = {"action": "take_out_of_use", "_selected_action": pks}
    assert (
        "is the default workflow" in administrator.post(listed, form, follow=True).content.decode()
    )
    document = Document(title="T", kind="article")
    assert set(workflows_that_draft(document).values_list("slug", flat=True)) == {
        "draft",
        "thorough",
    }


def test_a_workflow_says_what_is_wrong_with_it(administrator: Client, spare: Role) -> None:
    workflow = Workflow.objects.create(slug="mine", name="Mine")
    set_stages(workflow, [Stage(role=spare)])
    Role.objects.filter(pk=spare.pk).update(is_active=False)
    listed = administrator.get(reverse("admin:agents_workflow_changelist")).content.decode()
    assert "Cannot run" in listed
    page = administrator.get(reverse("admin:agents_workflow_change", args=[workflow.pk]))
    assert "Spare is not in use any more" in page.content.decode()


def test_the_list_of_workflows_takes_as_many_queries_for_many(
    administrator: Client,
) -> None:
    def queries() -> int:
        with CaptureQueriesContext(connection) as found:
            administrator.get(reverse("admin:agents_workflow_changelist"))
        return len(found)

    queries()  # the first page of a session asks for more
    before = queries()
    roles = list(Role.objects.exclude(kind="harmoniser").order_by("pk"))
    for number in range(4):
        workflow = Workflow.objects.create(slug=f"w{number}", name=f"W{number}")
        set_stages(workflow, [Stage(role=role) for role in roles])
    assert queries() == before
