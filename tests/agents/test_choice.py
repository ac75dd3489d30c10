"""Which model a step is given."""

from datetime import timedelta

import pytest
from django.contrib.auth.models import User
from django.db.models import F
from django.utils import timezone

from agents.actions.runs import start_draft
from agents.choice import choose_model, furnish
from agents.exceptions import NoModel
from agents.models import Model, Provider, Role, Stage, Step
from writing.models import Document

pytestmark = pytest.mark.django_db


@pytest.fixture
def step(document: Document, author: User) -> Step:
    """The writer's, whose model is the default one."""
    run = start_draft(document, acting_user=author)
    found = run.steps.filter(kind="write").first()
    assert found
    return found


def add_model(name: str) -> Model:
    provider = Provider.objects.create(slug=name, name=name, base_url="http://127.0.0.1:1/v1")
    return Model.objects.create(provider=provider, name=name)


def choice(step: Step) -> Model:
    fresh = Step.objects.get(pk=step.pk)
    return choose_model(fresh, furnish([fresh]))


def rest(model: Model) -> None:
    until = timezone.now() + timedelta(minutes=1)
    Provider.objects.filter(models=model).update(open_until=until)


def test_role_s_model_comes_before_the_default(step: Step) -> None:
    assert choice(step).is_default
    own = add_model("own")
    Role.objects.filter(pk=step.role_id).update(model=own)
    assert choice(step) == own


def test_stage_s_model_comes_before_the_role_s(step: Step) -> None:
    Role.objects.filter(pk=step.role_id).update(model=add_model("own"))
    small = add_model("small")
    stage = Stage.objects.filter(role=step.role_id)
    stage.update(model=small)
    Step.objects.filter(pk=step.pk).update(stage=stage.get(workflow=step.run.workflow))
    assert choice(step) == small


def test_fallback_works_where_the_other_model_failed_or_rests(step: Step) -> None:
    own, fallback = add_model("own"), add_model("fallback")
    Role.objects.filter(pk=step.role_id).update(model=own, fallback_model=fallback)
    assert choice(step) == own
    rest(own)
    assert choice(step) == fallback
    rest(fallback)
    assert choice(step) == own
    Step.objects.filter(pk=step.pk).update(fallback_number=1)
    assert choice(step) == fallback


def test_fallback_models_follow_one_another_in_their_order(step: Step) -> None:
    own, first, second = add_model("own"), add_model("first"), add_model("second")
    Role.objects.filter(pk=step.role_id).update(
        model=own, fallback_model=first, second_fallback_model=second
    )
    rest(own)
    rest(first)
    assert choice(step) == second
    Step.objects.filter(pk=step.pk).update(fallback_number=2)
    Provider.objects.update(open_until=None)
    assert choice(step) == second
    Role.objects.filter(pk=step.role_id).update(second_fallback_model=None)
    assert choice(step) == first


def test_without_a_fallback_the_model_stays(step: Step) -> None:
    own = add_model("own")
    Role.objects.filter(pk=step.role_id).update(model=own)
    Step.objects.filter(pk=step.pk).update(fallback_number=1)
    rest(own)
    assert choice(step) == own
    Provider.objects.filter(models=own).update(open_until=F("open_until") - timedelta(hours=1))
    assert choice(step) == own


def test_without_any_model_there_is_none(step: Step) -> None:
    Model.objects.update(is_default=False)
    with pytest.raises(NoModel, match="administrator"):
        choice(step)
