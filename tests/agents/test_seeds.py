import pytest
from django.core.management import call_command

from agents.actions.workflows import objections_to
from agents.models import Model, Provider, Role, Stage, Workflow
from agents.seeds import ROLES

pytestmark = pytest.mark.django_db


def default_model() -> Model:
    return Model.objects.select_related("provider").get(is_default=True)


def test_seed_makes_the_bundled_model_the_default(settings) -> None:
    settings.LOCAL_MODEL_PORT = 8123
    call_command("seed")
    model = default_model()
    assert model.provider.is_bundled
    assert model.provider.base_url == "http://127.0.0.1:8123/v1"
    assert (model.context_tokens, model.tier) == (2048, Model.Tier.SMALL)


def test_seed_makes_one_role_of_each_kind_and_workflows_that_make_sense() -> None:
    call_command("seed")
    kinds = [seed.kind for seed in ROLES]
    assert set(Role.objects.filter(slug__in=kinds).values_list("kind", flat=True)) == set(kinds)
    draft = Workflow.objects.get(is_default=True)
    assert draft.slug == "draft"
    assert [stage.kind for stage in draft.stages.all()] == ["plan", "write", "critique", "edit"]
    assert [stage.position for stage in draft.stages.all()] == [1, 2, 3, 4]
    quick = Workflow.objects.get(slug="quick")
    assert [stage.kind for stage in quick.stages.all()] == ["plan", "write"]
    thorough = Workflow.objects.get(slug="thorough")
    assert [(stage.kind, stage.threshold, stage.rounds) for stage in thorough.stages.all()] == [
        ("plan", None, 1),
        ("write", None, 1),
        ("critique", 8, 3),
        ("edit", None, 1),
        ("harmonise", None, 1),
    ]
    for workflow in (draft, quick, thorough):
        assert objections_to(list(workflow.stages.all())) == []


def test_seed_again_changes_nothing() -> None:
    call_command("seed")
    before = [list(m.objects.values()) for m in (Provider, Model, Role, Workflow, Stage)]
    call_command("seed")
    assert [list(m.objects.values()) for m in (Provider, Model, Role, Workflow, Stage)] == before


def test_seed_keeps_what_an_administrator_changed() -> None:
    call_command("seed")
    Role.objects.filter(slug="writer").update(persona="A pirate.")
    Stage.objects.filter(workflow__slug="draft", kind="edit").delete()
    mine = Provider.objects.create(slug="mine", name="Mine", base_url="https://example.com/v1")
    Model.objects.update(is_default=False)
    chosen = Model.objects.create(provider=mine, name="big", is_default=True)
    call_command("seed")
    assert Role.objects.get(slug="writer").persona == "A pirate."
    assert Stage.objects.filter(workflow__slug="draft").count() == 3
    assert default_model() == chosen


def test_port_of_the_bundled_model_follows_the_settings(settings) -> None:
    call_command("seed")
    settings.LOCAL_MODEL_PORT = 9001
    call_command("seed")
    assert Provider.objects.get(slug="local").base_url == "http://127.0.0.1:9001/v1"


def test_replaced_weights_are_a_model_of_their_own(settings) -> None:
    call_command("seed")
    settings.LOCAL_MODEL = "/models/Better-3B.Q4_K_M.gguf"
    call_command("seed")
    assert default_model().name == "Better-3B.Q4_K_M"
    settings.LOCAL_MODEL = None
    call_command("seed")
    assert default_model().name == "smollm2-135m-instruct"


def test_environment_names_the_default_provider(settings) -> None:
    settings.OPENAI_BASE_URL = "https://models.example.com/v1"
    settings.OPENAI_API_KEY = "secret"
    settings.OPENAI_MODEL = "large"
    call_command("seed")
    model = default_model()
    assert (model.name, model.provider.slug) == ("large", "environment")
    assert model.provider.base_url == "https://models.example.com/v1"
    assert model.provider.api_key == "secret"
    settings.OPENAI_API_KEY, settings.OPENAI_MODEL = "changed", "larger"
    call_command("seed")
    model = default_model()
    assert (model.name, model.provider.api_key) == ("larger", "changed")


def test_without_the_environment_the_bundled_model_is_the_default_again(settings) -> None:
    settings.OPENAI_MODEL = "large"
    call_command("seed")
    settings.OPENAI_MODEL = None
    call_command("seed")
    assert default_model().provider.slug == "local"


def test_a_key_alone_spends_no_money(settings) -> None:
    settings.OPENAI_API_KEY = "secret"
    call_command("seed")
    assert default_model().provider.slug == "local"
    assert not Provider.objects.filter(slug="environment").exists()
