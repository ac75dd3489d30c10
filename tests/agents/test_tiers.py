"""Which model a stage names, and what a smaller one saved."""

from decimal import Decimal

import pytest
from django.contrib.auth.models import User
from pytest_django import DjangoAssertNumQueries

from agents.actions.steps import add_section_steps
from agents.budget import cost_of
from agents.llm import Usage
from agents.models import (
    Attempt,
    Call,
    Model,
    Run,
    RunPurpose,
    Stage,
    StageKind,
    Step,
    StepState,
    Workflow,
)
from agents.steps.savings import Savings, saved_by_tiers
from agents.steps.tiers import tier_model
from writing.models import Document, Section

pytestmark = pytest.mark.django_db


@pytest.fixture
def run(document: Document, author: User) -> Run:
    workflow = Workflow.objects.get(slug="draft")
    return Run.objects.create(
        document=document, workflow=workflow, purpose=RunPurpose.DRAFT, created_by=author
    )


@pytest.fixture
def models(document: Document) -> tuple[Model, Model]:
    """A small and a large one."""
    provider = Model.objects.get(is_default=True).provider
    small = Model.objects.create(provider=provider, name="little", input_price=1, output_price=2)
    large = Model.objects.create(provider=provider, name="big", input_price=10, output_price=20)
    return small, large


def steps_of(run: Run, section: Section) -> dict[str, Step]:
    add_section_steps(run, [section])
    return {step.kind: step for step in run.steps.filter(section=section)}


def loaded(step: Step) -> Step:
    """As a claim has it."""
    return Step.objects.select_related(
        "stage__model__provider", "stage__escalation_model__provider", "after"
    ).get(pk=step.pk)


def set_stage(kind: StageKind, **fields: object) -> None:
    Stage.objects.filter(workflow__slug="draft", kind=kind).update(**fields)


def test_stage_without_a_model_leaves_it_to_the_role_and_asks_nothing(
    run: Run, sections: list[Section], django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    step = loaded(steps_of(run, sections[0])["edit"])
    with django_assert_num_queries(0):
        assert tier_model(step) is None


@pytest.mark.parametrize(("score", "expected"), [(4, "big"), (6, "little"), (None, "little")])
def test_editor_escalates_only_where_the_score_is_below_the_threshold(
    run: Run,
    sections: list[Section],
    models: tuple[Model, Model],
    score: int | None,
    expected: str,
    django_assert_num_queries: DjangoAssertNumQueries,
) -> None:
    small, large = models
    set_stage(StageKind.EDIT, model=small, escalation_model=large, threshold=6)
    steps = steps_of(run, sections[0])
    Step.objects.filter(pk=steps["critique"].pk).update(
        state=StepState.FINISHED, result={"score": score}
    )
    step = loaded(steps["edit"])
    with django_assert_num_queries(0):
        chosen = tier_model(step)
    assert chosen
    assert chosen.name == expected


def test_critic_of_a_later_round_goes_by_the_score_before(
    run: Run, sections: list[Section], models: tuple[Model, Model]
) -> None:
    small, large = models
    set_stage(StageKind.CRITIQUE, model=small, escalation_model=large, threshold=6)
    steps = steps_of(run, sections[0])
    assert tier_model(loaded(steps["critique"])) == small
    Step.objects.filter(pk=steps["critique"].pk).update(
        state=StepState.FINISHED, result={"score": 3}
    )
    again = Step.objects.create(
        run=run,
        section=sections[0],
        after=steps["edit"],
        stage=steps["critique"].stage,
        role=steps["critique"].role,
        position=steps["critique"].position,
        kind=StageKind.CRITIQUE,
        output="apply",
        round=2,
    )
    assert tier_model(loaded(again)) == large


def test_savings_are_the_small_model_s_calls_at_the_larger_one_s_prices(
    run: Run, sections: list[Section], models: tuple[Model, Model]
) -> None:
    small, large = models
    set_stage(StageKind.EDIT, model=small, escalation_model=large, threshold=6)
    assert saved_by_tiers(run) is None
    for number, (kind, model) in enumerate((("edit", small), ("edit", large), ("write", small))):
        section = sections[number]
        attempt = Attempt.objects.create(
            step=steps_of(run, section)[kind], number=1, client_id=number, model=model
        )
        usage = Usage(1_000_000, 0, 500_000)
        Call.objects.create(
            run=run,
            attempt=attempt,
            model=model,
            prompt_tokens=usage.prompt_tokens,
            completion_tokens=usage.completion_tokens,
            cost=cost_of(model, usage),
        )
    assert saved_by_tiers(run) == Savings(Decimal(18), 1_500_000)
