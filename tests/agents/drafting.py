"""A draft of two sections and who looks at it; and what the rows look like as it goes on."""

from decimal import Decimal

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from agents.actions.runs import start_draft
from agents.models import Attempt, Call, Chunk, Model, Run, RunState, Step, StepState
from agents.seeds import seed
from writing.actions.documents import create_document
from writing.actions.sections import add_section
from writing.models import Document, Member, Section, SectionStatus

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
