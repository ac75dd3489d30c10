"""The page of a run and of a step."""

import re

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from agents.actions.runs import start_draft
from agents.models import Attempt, Model, Provider, Run, RunState, StepState
from tests.agents.drafting import (
    HTMX,
    ana,
    begin,
    charge,
    client_of,
    document,
    end,
    end_run,
    run,
)
from writing.models import Document, MemberRole, Section

__all__ = ["ana", "document", "run"]

pytestmark = pytest.mark.django_db


def test_the_page_of_a_run_follows_it_to_its_end(ana: Client, run: Run) -> None:
    address = reverse("agents:run", args=[run.pk])
    step = run.steps.filter(kind="write")[0]
    address_of_step = reverse("agents:step", args=[step.pk])
    again = 'hx-trigger="every 2s"'
    part = ana.get(address, headers=HTMX).content.decode()
    assert f'hx-get="{address}" {again}' in part
    assert "<html" not in part
    begin(step)
    assert f'hx-get="{address_of_step}" {again}' in ana.get(address_of_step).content.decode()
    end(step, StepState.FINISHED)
    end_run(run, RunState.FINISHED)
    assert again not in ana.get(address).content.decode()
    assert again not in ana.get(address_of_step).content.decode()


def test_the_page_of_a_run_lists_what_each_agent_did(
    ana: Client, document: Document, run: Run
) -> None:
    step = run.steps.filter(kind="write")[1]
    charge(begin(step, "Words."), "0.004")
    page = ana.get(reverse("agents:run", args=[run.pk])).content.decode()
    assert page.count("<summary>") >= run.steps.count()
    assert page.index(f"step-{step.pk}") < page.index(f"step-{run.steps.all()[0].pk}")
    assert "$0.0040" in page
    assert "9.2k" in page


def test_a_step_shows_prompt_answer_and_figures_of_each_attempt(
    ana: Client, document: Document, run: Run
) -> None:
    step = run.steps.filter(kind="write")[0]
    attempt = begin(step, "Walls & <script>alert(1)</script>")
    Attempt.objects.filter(pk=attempt.pk).update(revision=step.role.revision)
    charge(attempt, "0.5")
    Attempt.objects.create(step=step, number=2, client_id=2, outcome="failed", error="Cut off.")
    url = reverse("agents:step", args=[step.pk])
    part = ana.get(url, headers=HTMX).content.decode()
    assert "<html" not in part
    assert "Write &lt;b&gt;about walls&lt;/b&gt;." in part
    assert "Walls &amp; &lt;script&gt;" in part
    assert "8,000" in part
    assert "6,000 cached, 2,000 not" in part
    assert "revision 1" in part
    assert f"#attempt-{attempt.pk}" in part
    assert "$0.50" in part
    assert "Cut off." in part
    assert "<html" in ana.get(url).content.decode()


def test_the_page_of_a_running_run_says_which_provider_fails(ana: Client, run: Run) -> None:
    address = reverse("agents:run", args=[run.pk])
    other = Provider.objects.create(
        slug="other",
        name="Other",
        base_url="http://o/v1",
        open_since=timezone.now(),
        last_problem="No answer came.",
    )
    assert "No answer came." not in ana.get(address).content.decode()
    run.steps.update(provider=other)
    assert "Other has been failing since" in ana.get(address).content.decode()
    end_run(run, RunState.STOPPED)
    assert "No answer came." not in ana.get(address).content.decode()


def test_the_page_of_a_run_says_what_smaller_models_saved(ana: Client, run: Run) -> None:
    step = run.steps.filter(kind="write")[0]
    charge(begin(step, "Words."), "0.004")
    small = Model.objects.get(is_default=True)
    large = Model.objects.create(
        provider=small.provider, name="large", input_price=4, cached_price=1, output_price=10
    )
    assert step.stage
    step.stage.escalation_model = large
    step.stage.save()
    page = ana.get(reverse("agents:run", args=[run.pk])).content.decode()
    assert "Smaller models did what larger ones stood by for: $0.02 saved." in page


def test_the_page_of_an_ended_run_compares_it_with_its_estimate(ana: Client, run: Run) -> None:
    address = reverse("agents:run", args=[run.pk])
    charge(begin(run.steps.filter(kind="write")[0], "Words."), "0.004")
    assert "Expected and actual" not in ana.get(address).content.decode()
    end_run(run, RunState.FINISHED)
    page = ana.get(address).content.decode()
    assert "Expected and actual" in page
    assert re.search(r"<td>9.2k <small[^>]*>\S+–\S+</small>", page)


def test_the_page_of_a_run_takes_orders_too(ana: Client, document: Document, run: Run) -> None:
    address = reverse("agents:run", args=[run.pk])
    assert reverse("agents:stop_run", args=[run.pk]) in ana.get(address).content.decode()
    failed, other = run.steps.filter(kind="write")
    end(failed, StepState.FAILED, problem="The key was refused.")
    end(other, StepState.FINISHED)
    end_run(run, RunState.PARTLY_FINISHED)
    again = reverse("agents:retry_section", args=[failed.section_id])
    assert again in ana.get(address).content.decode()
    viewer = client_of(document, MemberRole.VIEWER)
    assert again not in viewer.get(address).content.decode()
    newer = start_draft(document, acting_user=User.objects.get(username="ana"))
    assert newer.steps.filter(section=failed.section_id).exists()
    page = ana.get(address).content.decode()
    assert "The key was refused." in page
    assert again not in page


def test_the_text_of_a_deleted_section_is_not_linked(ana: Client, run: Run) -> None:
    step = run.steps.filter(kind="write")[0]
    begin(step, "Words.")
    Section.objects.filter(steps=step).update(deleted_at=timezone.now())
    part = ana.get(reverse("agents:step", args=[step.pk])).content.decode()
    assert "#attempt-" not in part
