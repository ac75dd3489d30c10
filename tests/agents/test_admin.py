"""The administration: keys stay inside, the default moves, workflows stay in order."""

from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse

from agents import breaker
from agents.models import Model, Provider, Role, Run, RunPurpose, Step, Workflow
from writing.models import Document

pytestmark = pytest.mark.django_db


def provider_form(**changes: Any) -> dict[str, Any]:
    return {
        "name": "Elsewhere",
        "slug": "elsewhere",
        "base_url": "https://models.example.com/v1",
        "api_key": "",
        "concurrency": "8",
        "models-TOTAL_FORMS": "0",
        "models-INITIAL_FORMS": "0",
    } | changes


def model_row(number: int, name: str, **changes: Any) -> dict[str, Any]:
    values = {
        "name": name,
        "tier": "large",
        "context_tokens": "128000",
        "input_price": "1",
        "cached_price": "0.1",
        "output_price": "4",
    } | changes
    return {f"models-{number}-{field}": value for field, value in values.items()}


def add_provider(client: Client, **changes: Any) -> Provider:
    answer = client.post(reverse("admin:agents_provider_add"), provider_form(**changes))
    assert answer.status_code == 302, answer.context["errors"]
    return Provider.objects.get(slug="elsewhere")


@pytest.mark.parametrize("name", ["provider", "model", "role", "workflow", "run"])
def test_every_list_and_its_form_open(administrator: Client, name: str) -> None:
    document = Document.objects.create(title="T", created_by=User.objects.get())
    Run.objects.create(
        document=document,
        workflow=Workflow.objects.get(slug="draft"),
        purpose=RunPurpose.DRAFT,
        created_by=User.objects.get(),
    )
    assert administrator.get(reverse(f"admin:agents_{name}_changelist")).status_code == 200
    of_name = {"provider": Provider, "model": Model, "role": Role, "workflow": Workflow, "run": Run}
    found = of_name[name]._default_manager.first()
    assert found is not None
    form = administrator.get(reverse(f"admin:agents_{name}_change", args=[found.pk]))
    assert form.status_code == 200


def test_people_without_staff_rights_stay_out(client: Client) -> None:
    client.force_login(User.objects.create_user("ana"))
    assert client.get(reverse("admin:agents_provider_changelist")).status_code == 302


def test_a_key_is_saved_and_never_shown(administrator: Client) -> None:
    provider = add_provider(administrator, api_key="sk-secret")
    assert provider.api_key == "sk-secret"
    page = administrator.get(reverse("admin:agents_provider_change", args=[provider.pk]))
    assert "sk-secret" not in page.content.decode()
    assert "A key is saved" in page.content.decode()


def test_a_refused_form_does_not_show_the_key_it_was_sent(administrator: Client) -> None:
    answer = administrator.post(
        reverse("admin:agents_provider_add"),
        provider_form(api_key="sk-secret", base_url="nonsense"),
    )
    assert answer.status_code == 200
    assert "sk-secret" not in answer.content.decode()
    assert not Provider.objects.filter(slug="elsewhere").exists()


def test_an_empty_key_keeps_the_saved_one(administrator: Client) -> None:
    provider = add_provider(administrator, api_key="sk-secret")
    url = reverse("admin:agents_provider_change", args=[provider.pk])
    assert administrator.post(url, provider_form(name="Renamed")).status_code == 302
    provider.refresh_from_db()
    assert (provider.name, provider.api_key) == ("Renamed", "sk-secret")


def test_a_key_is_removed_only_when_asked(administrator: Client) -> None:
    provider = add_provider(administrator, api_key="sk-secret")
    url = reverse("admin:agents_provider_change", args=[provider.pk])
    both = administrator.post(url, provider_form(remove_key="on", api_key="sk-other"))
    assert "Either type a key or remove the saved one." in both.content.decode()
    assert administrator.post(url, provider_form(remove_key="on")).status_code == 302
    provider.refresh_from_db()
    assert provider.api_key == ""


def test_limits_a_minute_are_saved_or_left_out(administrator: Client) -> None:
    provider = add_provider(administrator, requests_per_minute="60", tokens_per_minute="")
    assert (provider.requests_per_minute, provider.tokens_per_minute) == (60, None)


def test_failing_provider_shows_since_when_and_why_and_is_tried_again(
    administrator: Client,
) -> None:
    provider = add_provider(administrator)
    for _ in range(breaker.FAILURES_TO_OPEN):
        breaker.failed(provider.pk, "Elsewhere cannot be reached.")
    listed = reverse("admin:agents_provider_changelist")
    page = administrator.get(listed).content.decode()
    assert "has been failing since" in page
    assert "Elsewhere cannot be reached." in page
    form = {"action": "try_again", "_selected_action": [str(provider.pk)]}
    answer = administrator.post(listed, form, follow=True)
    assert "1 provider is used again from now on." in answer.content.decode()
    assert "has been failing since" not in answer.content.decode()
    provider.refresh_from_db()
    assert provider.open_until is None


def test_a_role_has_a_fallback_model(administrator: Client) -> None:
    page = administrator.get(
        reverse("admin:agents_role_change", args=[Role.objects.get(kind="writer").pk])
    )
    assert "Works where the other one fails" in page.content.decode()


def test_a_model_ticked_in_its_provider_becomes_the_default(administrator: Client) -> None:
    before = Model.objects.get(is_default=True)
    rows = {"models-TOTAL_FORMS": "1"} | model_row(0, "big", is_default="on")
    add_provider(administrator, **rows)
    assert Model.objects.get(is_default=True).name == "big"
    before.refresh_from_db()
    assert not before.is_default


def test_two_new_defaults_at_once_are_refused(administrator: Client) -> None:
    rows = (
        {"models-TOTAL_FORMS": "2"}
        | model_row(0, "big", is_default="on")
        | model_row(1, "bigger", is_default="on")
    )
    answer = administrator.post(reverse("admin:agents_provider_add"), provider_form(**rows))
    assert "Only one model can be the default: tick one of them." in answer.content.decode()
    assert not Provider.objects.filter(slug="elsewhere").exists()


def test_the_default_moves_on_a_models_own_page(administrator: Client) -> None:
    provider = add_provider(administrator)
    other = Model.objects.create(provider=provider, name="big")
    form = {
        "provider": provider.pk,
        "name": "big",
        "tier": "large",
        "context_tokens": "128000",
        "input_price": "0",
        "cached_price": "0",
        "output_price": "0",
        "is_default": "on",
    }
    answer = administrator.post(reverse("admin:agents_model_change", args=[other.pk]), form)
    assert answer.status_code == 302
    assert Model.objects.get(is_default=True) == other


def test_a_model_name_twice_on_a_provider_is_said(administrator: Client) -> None:
    rows = {"models-TOTAL_FORMS": "2"} | model_row(0, "big") | model_row(1, "big")
    answer = administrator.post(reverse("admin:agents_provider_add"), provider_form(**rows))
    assert answer.status_code == 200
    assert not Model.objects.filter(name="big").exists()


def stage_rows(*kinds: str, ids: dict[int, int] | None = None) -> dict[str, Any]:
    rows: dict[str, Any] = {
        "stages-TOTAL_FORMS": str(len(kinds)),
        "stages-INITIAL_FORMS": str(len(ids or {})),
    }
    for number, kind in enumerate(kinds):
        rows[f"stages-{number}-position"] = str(number)
        rows[f"stages-{number}-role"] = str(Role.objects.get(kind=kind).pk)
        rows[f"stages-{number}-id"] = str((ids or {}).get(number, ""))
    return rows


def workflow_form(*kinds: str, **changes: Any) -> dict[str, Any]:
    form = {"name": "Mine", "slug": "mine", "description": "", "is_active": "on"}
    return form | stage_rows(*kinds) | changes


def test_a_workflow_takes_its_stages_in_the_order_given(administrator: Client) -> None:
    form = workflow_form("writer", "critic", "editor", is_default="on")
    form |= {"stages-0-position": "9", "stages-1-position": "20", "stages-2-position": "21"}
    assert administrator.post(reverse("admin:agents_workflow_add"), form).status_code == 302
    workflow = Workflow.objects.get(is_default=True)
    assert workflow.slug == "mine"
    assert list(workflow.stages.values_list("position", "kind", "scope")) == [
        (1, "write", "section"),
        (2, "critique", "section"),
        (3, "edit", "section"),
    ]


@pytest.mark.parametrize(
    ("kinds", "objection"),
    [
        (("writer", "harmoniser", "critic"), "Harmonising comes last"),
        ((), "needs exactly one stage that writes"),
        (("planner",), "needs exactly one stage that writes"),
        (("writer", "writer"), "needs exactly one stage that writes"),
        (("writer", "planner"), "Planning comes first"),
        (("critic", "writer"), "Writing comes before"),
        (("writer", "editor"), "An editor comes right after a critic"),
        (("harmoniser", "writer"), "Harmonising comes last"),
    ],
)
def test_a_senseless_order_is_refused(
    administrator: Client, kinds: tuple[str, ...], objection: str
) -> None:
    answer = administrator.post(reverse("admin:agents_workflow_add"), workflow_form(*kinds))
    assert objection in answer.content.decode()
    assert not Workflow.objects.filter(slug="mine").exists()


@pytest.mark.parametrize(
    ("changes", "objection"),
    [
        ({"stages-2-output": "comment"}, None),
        ({"stages-0-output": "comment"}, "Writer: a draft is written or suggested"),
        (
            {"stages-1-rounds": "2", "stages-1-threshold": "8", "stages-2-output": "suggest"},
            "Critic: more than one round needs an editor whose words are applied",
        ),
        ({"stages-0-rounds": "2"}, "Writer: rounds belong to a critic"),
        ({"stages-1-rounds": "2"}, "Critic: more than one round needs a threshold"),
        ({"stages-1-threshold": "11"}, "less than or equal to 10"),
        ({"stages-1-rounds": "2", "stages-1-threshold": "8"}, None),
        ({"stages-2-threshold": "6"}, "Editor: a threshold needs a larger model"),
        ({"stages-2-escalation_model": "big"}, "Editor: a larger model needs a threshold"),
        ({"stages-2-escalation_model": "big", "stages-2-threshold": "6"}, None),
        (
            {"stages-0-escalation_model": "big", "stages-0-threshold": "6"},
            "Writer: a larger model needs a critic before it",
        ),
    ],
)
def test_tiers_and_rounds_are_kept_or_refused_with_a_reason(
    administrator: Client, changes: dict[str, str], objection: str | None
) -> None:
    big = str(Model.objects.get(is_default=True).pk)
    changes = {name: big if value == "big" else value for name, value in changes.items()}
    form = workflow_form("writer", "critic", "editor", **changes)
    answer = administrator.post(reverse("admin:agents_workflow_add"), form)
    if objection:
        assert objection in answer.content.decode()
        assert not Workflow.objects.filter(slug="mine").exists()
        return
    assert answer.status_code == 302
    for name, value in changes.items():
        _prefix, number, field = name.split("-")
        stage = Workflow.objects.get(slug="mine").stages.all()[int(number)]
        assert str(getattr(stage, f"{field}_id" if value == big else field)) == value


def test_all_that_is_wrong_is_said_at_once(administrator: Client) -> None:
    Model.objects.update(is_default=False)
    form = workflow_form("critic", "writer", "editor", "planner")
    answer = administrator.post(reverse("admin:agents_workflow_add"), form)
    said = answer.content.decode()
    for objection in (
        "Planning comes first",
        "Writing comes before critique",
        "An editor comes right after a critic",
        "Writer has no model to work with",
        "Planner has no model to work with",
    ):
        assert objection in said


def test_a_workflows_page_draws_what_will_run(administrator: Client) -> None:
    workflow = Workflow.objects.get(slug="thorough")
    url = reverse("admin:agents_workflow_change", args=[workflow.pk])
    page = administrator.get(url).content.decode()
    drawn = page[page.index('class="flow"') :]
    assert drawn.count('class="flow-stage') == 5
    assert drawn.count('class="flow-box ') == 2 + 3 * 3
    assert "up to 3 rounds, until the score is 8" in drawn
    assert drawn.count(Model.objects.get(is_default=True).name) == 2 + 3 * 3
    assert "Section 3" in drawn


@pytest.mark.parametrize(
    ("chosen", "objection"),
    [
        (("own", "own", ""), "own model: choose another"),
        (("own", "", "other"), "Choose the first fallback model first"),
        (("own", "other", "other"), "This model is tried before"),
        (("", "own", "other"), None),
    ],
)
def test_fallback_models_are_in_order_and_differ(
    administrator: Client, chosen: tuple[str, ...], objection: str | None
) -> None:
    own = Model.objects.get(is_default=True)
    other = Model.objects.create(provider=own.provider, name="other")
    pks = {"own": own.pk, "other": other.pk, "": ""}
    names = ("model", "fallback_model", "second_fallback_model")
    form = {
        "name": "Scribe",
        "slug": "scribe",
        "kind": "writer",
        "temperature": "0.2",
        "max_tokens": "500",
        "tone": "2",
        "avatar": "🖋️",
        "is_active": "on",
    } | {name: pks[value] for name, value in zip(names, chosen, strict=True)}
    answer = administrator.post(reverse("admin:agents_role_add"), form)
    if objection:
        assert objection in answer.content.decode()
        return
    role = Role.objects.get(slug="scribe")
    assert role.fallbacks == [own, other]
    assert role.face == "🖋️"
    assert role.revision
    assert role.revision.created_by == User.objects.get()


def test_stages_change_places_and_leave(administrator: Client) -> None:
    workflow = Workflow.objects.get(slug="draft")
    plan, write, critique, edit = workflow.stages.all()
    url = reverse("admin:agents_workflow_change", args=[workflow.pk])
    ids = {0: plan.pk, 1: write.pk, 2: critique.pk, 3: edit.pk}
    form = workflow_form() | stage_rows("planner", "writer", "critic", "editor", ids=ids)

    answer = administrator.post(url, form | {"stages-0-position": "9"})
    assert "Planning comes first" in answer.content.decode()

    form |= {"stages-0-DELETE": "on", "stages-2-DELETE": "on", "stages-3-DELETE": "on"}
    assert administrator.post(url, form).status_code == 302
    assert [stage.pk for stage in workflow.stages.all()] == [write.pk]


def test_the_roles_of_two_stages_swap(administrator: Client) -> None:
    workflow = Workflow.objects.get(slug="draft")
    ids = {number: stage.pk for number, stage in enumerate(workflow.stages.all())}
    form = workflow_form() | stage_rows("planner", "writer", "critic", "editor", ids=ids)
    form |= {"stages-2-position": "3", "stages-3-position": "2"}
    form |= {"stages-2-role": form["stages-3-role"], "stages-3-role": form["stages-2-role"]}
    url = reverse("admin:agents_workflow_change", args=[workflow.pk])
    assert administrator.post(url, form).status_code == 302
    kinds = list(workflow.stages.values_list("kind", flat=True))
    assert kinds == ["plan", "write", "critique", "edit"]
    assert [stage.pk for stage in workflow.stages.all()] == [ids[0], ids[1], ids[3], ids[2]]


def test_a_role_in_use_keeps_its_kind(administrator: Client) -> None:
    critic = Role.objects.get(kind="critic")
    form = {
        "name": "Strict critic",
        "slug": critic.slug,
        "kind": "writer",
        "persona": "You are strict.",
        "instructions": "",
        "temperature": "0.2",
        "max_tokens": "500",
        "tone": "2",
        "is_active": "on",
    }
    url = reverse("admin:agents_role_change", args=[critic.pk])
    assert administrator.post(url, form).status_code == 302
    critic.refresh_from_db()
    assert (critic.kind, critic.persona) == ("critic", "You are strict.")
    answer = administrator.post(url, form | {"tone": "9"})
    assert answer.status_code == 200


def test_runs_are_read_only(administrator: Client) -> None:
    document = Document.objects.create(title="T", created_by=User.objects.get())
    run = Run.objects.create(
        document=document,
        workflow=Workflow.objects.get(slug="draft"),
        purpose=RunPurpose.PLAN,
        created_by=User.objects.get(),
    )
    Step.objects.create(
        run=run, position=1, kind="plan", output="apply", role=Role.objects.get(kind="planner")
    )
    url = reverse("admin:agents_run_change", args=[run.pk])
    assert "Planner" in administrator.get(url).content.decode()
    assert administrator.post(url, {"state": "failed"}).status_code == 403
    assert administrator.get(reverse("admin:agents_run_add")).status_code == 403
