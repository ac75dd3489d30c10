"""The runs panel, the run's page, and the orders given there."""

import re
import uuid
from datetime import timedelta
from decimal import Decimal

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from agents.actions.runs import start_draft, start_plan
from agents.models import Attempt, Call, Chunk, Model, Provider, Run, RunState, Step, StepState
from agents.seeds import seed
from writing.actions.documents import create_document
from writing.actions.sections import add_section
from writing.models import Document, Member, MemberRole, Section, SectionStatus

pytestmark = pytest.mark.django_db
HTMX = {"HX-Request": "true", "HX-Target": "runs"}


@pytest.fixture
def document() -> Document:
    seed()
    ana = User.objects.create_user("ana")
    document = create_document(ana, title="The quiet city", brief="How a reef lives.")
    for title in ("Walls", "Night"):
        add_section(document, title=title)
    return document


@pytest.fixture
def run(document: Document) -> Run:
    return start_draft(document, acting_user=User.objects.get(username="ana"))


@pytest.fixture
def ana(client: Client, document: Document) -> Client:
    client.force_login(User.objects.get(username="ana"))
    return client


def client_of(document: Document, role: str | None) -> Client:
    person = User.objects.create_user(f"someone-{role}")
    if role:
        Member.objects.create(document=document, user=person, role=role)
    client = Client()
    client.force_login(person)
    return client


def panel(client: Client, document: Document) -> str:
    answer = client.get(reverse("agents:runs", args=[document.pk]), headers=HTMX)
    assert answer.status_code == 200
    return answer.content.decode()


def begin(step: Step, text: str = "") -> Attempt:
    """What the rows look like while an agent writes."""
    step.state, step.started_at, step.attempt_number = StepState.RUNNING, timezone.now(), 1
    step.save()
    if step.section:
        status = SectionStatus.DRAFTING
        Section.objects.filter(pk=step.section.pk).update(status=status, worker_name="Writer")
    attempt = Attempt.objects.create(
        step=step,
        number=1,
        client_id=1,
        model=Model.objects.get(is_default=True),
        messages=[{"role": "user", "content": "Write <b>about walls</b>."}],
        answer=text,
    )
    Chunk.objects.create(step=step, attempt=attempt, number=1, text=text)
    return attempt


def end(step: Step, state: StepState, problem: str = "", notice: str = "") -> None:
    Step.objects.filter(pk=step.pk).update(
        state=state, problem=problem, notice=notice, finished_at=timezone.now()
    )
    if step.section_id and state in (StepState.FAILED, StepState.STOPPED):
        step.run.steps.filter(section=step.section_id, state=StepState.WAITING).update(
            state=StepState.STOPPED
        )
        Section.objects.filter(pk=step.section_id).update(status=str(state), problem=problem)


def end_run(run: Run, state: RunState) -> None:
    Run.objects.filter(pk=run.pk).update(state=state, finished_at=timezone.now())


def charge(attempt: Attempt, cost: str) -> None:
    Call.objects.create(
        run=attempt.step.run,
        attempt=attempt,
        model=attempt.model,
        prompt_tokens=8000,
        cached_tokens=6000,
        completion_tokens=1200,
        cost=Decimal(cost),
    )


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
