"""The runs panel, and the orders given there."""

import json
import uuid
from datetime import timedelta

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from agents.actions.runs import start_draft, start_plan
from agents.models import Provider, Run, RunState, Step, StepState
from tests.agents.drafting import (
    HTMX,
    ana,
    begin,
    charge,
    client_of,
    document,
    end,
    end_run,
    panel,
    run,
)
from writing.models import Document, MemberRole

__all__ = ["ana", "document", "run"]

pytestmark = pytest.mark.django_db


def test_before_the_first_run_the_panel_offers_to_plan(ana: Client, document: Document) -> None:
    page = panel(ana, document)
    assert "Nothing has run yet" in page
    assert reverse("agents:plan", args=[document.pk]) in page


def test_a_running_draft_shows_who_writes_what(ana: Client, document: Document, run: Run) -> None:
    step = run.steps.filter(kind="write")[0]
    charge(begin(step, "The masons are smaller than a fingernail."), "0.03")
    page = panel(ana, document)
    assert "Drafting," in page
    assert "Writer is drafting" in page
    assert "The masons are smaller than a fingernail." in page
    assert "<b>9.2k</b> tokens" in page
    assert "$0.03" in page
    assert "data-since=" in page
    assert reverse("agents:stop_run", args=[run.pk]) in page
    assert reverse("agents:stop_section", args=[step.section_id]) in page
    assert reverse("agents:run", args=[run.pk]) in page


def test_free_models_show_no_money(ana: Client, document: Document, run: Run) -> None:
    charge(begin(run.steps.filter(kind="write")[0], "Words."), "0")
    assert "$" not in panel(ana, document)


def test_a_step_that_rests_says_when_it_goes_on(ana: Client, document: Document, run: Run) -> None:
    step = run.steps.filter(kind="write")[0]
    Step.objects.filter(pk=step.pk).update(
        not_before=timezone.now() + timedelta(seconds=60), retries=1
    )
    assert "tries again at" in panel(ana, document)


def test_planning_and_the_finished_outline_are_said(ana: Client, document: Document) -> None:
    run = start_plan(document, acting_user=User.objects.get())
    begin(run.steps.get())
    page = panel(ana, document)
    assert "Planning the outline" in page
    assert "Planner is outlining" in page
    assert "data-planning" in page
    end(run.steps.get(), StepState.FINISHED)
    end_run(run, RunState.FINISHED)
    page = panel(ana, document)
    assert "Outline ready: edit it, then press Draft" in page
    assert "data-planning" not in page


def test_a_failed_section_says_why_and_can_be_tried_again(
    ana: Client, document: Document, run: Run
) -> None:
    failed, other = run.steps.filter(kind="write")
    end(failed, StepState.FAILED, problem="The key was refused. Check it.")
    end(other, StepState.FINISHED, notice="Two revisions were dropped.")
    end_run(run, RunState.PARTLY_FINISHED)
    page = panel(ana, document)
    assert "Draft finished in part" in page
    assert "The key was refused. Check it." in page
    assert "Two revisions were dropped." in page
    again = reverse("agents:retry_section", args=[failed.section_id])
    assert again in page

    answer = ana.post(again, headers=HTMX)
    assert "Drafting," in answer.content.decode()
    assert "outline-changed" in answer.headers["HX-Trigger"]
    failed.refresh_from_db()
    assert (failed.state, failed.problem) == (StepState.READY, "")
    twice = ana.post(again, headers=HTMX)
    assert twice.status_code == 422


def test_a_newer_run_settles_the_troubles_of_an_older_one(
    ana: Client, document: Document, run: Run
) -> None:
    for step in run.steps.filter(kind="write"):
        end(step, StepState.FAILED, problem="The key was refused.")
    run.steps.exclude(kind="write").update(state=StepState.STOPPED)
    end_run(run, RunState.FAILED)
    assert "The key was refused." in panel(ana, document)
    start_draft(document, acting_user=User.objects.get())
    assert "The key was refused." not in panel(ana, document)


def test_stop_all_stops_and_what_was_stopped_goes_on_together(
    ana: Client, document: Document, run: Run
) -> None:
    answer = ana.post(reverse("agents:stop_run", args=[run.pk]), headers=HTMX)
    page = answer.content.decode()
    assert "Drafting was stopped" in page
    assert "2 sections were stopped" in page
    run.refresh_from_db()
    assert run.state == RunState.STOPPED
    go_on = reverse("agents:retry_run", args=[run.pk])
    assert go_on in page
    assert "Drafting," in ana.post(go_on, headers=HTMX).content.decode()


def test_what_a_newer_run_drafted_is_not_drafted_again_by_an_older_one(
    ana: Client, document: Document, run: Run
) -> None:
    first, second = document.sections.all()
    ana.post(reverse("agents:stop_run", args=[run.pk]), headers=HTMX)
    newer = start_draft(document, acting_user=User.objects.get(), sections=[first])
    newer.steps.update(state=StepState.FINISHED)
    end_run(newer, RunState.FINISHED)
    ana.post(reverse("agents:retry_run", args=[run.pk]), headers=HTMX)
    assert set(run.steps.filter(section=first).values_list("state", flat=True)) == {"stopped"}
    assert run.steps.get(section=second, kind="write").state == StepState.READY


def test_one_section_is_stopped_and_the_others_go_on(
    ana: Client, document: Document, run: Run
) -> None:
    first, second = document.sections.all()
    answer = ana.post(reverse("agents:stop_section", args=[first.pk]), headers=HTMX)
    assert "What is written stays." in answer.content.decode()
    states = set(run.steps.filter(section=first).values_list("state", flat=True))
    assert states == {StepState.STOPPED}
    assert run.steps.get(section=second, kind="write").state == StepState.READY


def test_an_order_from_the_outline_is_not_answered_with_the_panel(
    ana: Client, document: Document, run: Run
) -> None:
    """The outline may have changed under the button by the time the answer is there."""
    section = document.sections.all()[0]
    headers = HTMX | {"HX-Target": "outline"}
    for order in ("stop_section", "retry_section"):
        answer = ana.post(reverse(f"agents:{order}", args=[section.pk]), headers=headers)
        assert (answer.status_code, answer.content) == (204, b"")
        assert set(json.loads(answer.headers["HX-Trigger"])) == {"run-changed", "outline-changed"}


def test_plain_orders_lead_back_to_the_manuscript(
    ana: Client, document: Document, run: Run
) -> None:
    answer = ana.post(reverse("agents:stop_run", args=[run.pk]))
    assert answer.headers["Location"] == reverse("writing:manuscript", args=[document.pk])


def test_orders_are_posts(ana: Client, document: Document, run: Run) -> None:
    for name in ("stop_run", "retry_run"):
        assert ana.get(reverse(f"agents:{name}", args=[run.pk])).status_code == 405
    for name in ("stop_section", "retry_section"):
        section = document.sections.all()[0]
        assert ana.get(reverse(f"agents:{name}", args=[section.pk])).status_code == 405


def test_the_hint_about_larger_models_appears_until_dismissed(
    ana: Client, document: Document, run: Run
) -> None:
    hint = "How to use a larger model"
    assert hint not in panel(ana, document)
    begin(run.steps.filter(kind="write")[0])
    assert hint in panel(ana, document)
    answer = ana.post(reverse("agents:dismiss_hint", args=[document.pk]), headers=HTMX)
    assert hint not in answer.content.decode()
    assert hint not in panel(ana, document)


def test_larger_models_need_no_hint(ana: Client, document: Document, run: Run) -> None:
    Provider.objects.update(is_bundled=False)
    begin(run.steps.filter(kind="write")[0])
    assert "How to use a larger model" not in panel(ana, document)


@pytest.mark.parametrize("role", [MemberRole.VIEWER, MemberRole.COMMENTER])
def test_who_may_only_read_sees_runs_and_orders_nothing(
    document: Document, run: Run, role: str
) -> None:
    client = client_of(document, role)
    step = run.steps.filter(kind="write")[0]
    begin(step, "Words.")
    page = panel(client, document)
    assert "Writer is drafting" in page
    assert "Stop all" not in page
    assert client.get(reverse("agents:run", args=[run.pk])).status_code == 200
    assert client.get(reverse("agents:step", args=[step.pk])).status_code == 200
    for name, pk in (
        ("stop_run", run.pk),
        ("retry_run", run.pk),
        ("stop_section", step.section_id),
        ("retry_section", step.section_id),
    ):
        assert client.post(reverse(f"agents:{name}", args=[pk]), headers=HTMX).status_code == 403
    run.refresh_from_db()
    assert run.state == RunState.RUNNING


def test_strangers_find_nothing(document: Document, run: Run) -> None:
    stranger = client_of(document, None)
    step = run.steps.all()[0]
    pages = {"runs": document.pk, "run": run.pk, "step": step.pk}
    for name, pk in pages.items():
        assert stranger.get(reverse(f"agents:{name}", args=[pk])).status_code == 404
    for order, subject in (
        ("stop_run", run.pk),
        ("retry_run", run.pk),
        ("stop_section", step.section_id),
        ("retry_section", step.section_id),
        ("dismiss_hint", document.pk),
    ):
        assert stranger.post(reverse(f"agents:{order}", args=[subject])).status_code == 404


def test_what_does_not_exist_is_not_found(ana: Client, document: Document) -> None:
    for name in ("runs", "run", "step"):
        assert ana.get(reverse(f"agents:{name}", args=[uuid.uuid4()])).status_code == 404
    for name in ("stop_run", "retry_run", "stop_section", "retry_section"):
        assert ana.post(reverse(f"agents:{name}", args=[uuid.uuid4()])).status_code == 404
