"""Roles and workflows as files: what is exported comes in again, and what is wrong stays out."""

import json
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command
from django.test import Client
from django.urls import reverse
from django.utils import translation

from agents import starters
from agents.actions.workflows import objections_to
from agents.exchange import Unusable, apply, export_of, plan_of, read
from agents.models import Model, Role, Run, Seeded, Stage, Workflow
from agents.prompts import plan_messages, shared_prefix, write_messages
from agents.suitable import usual_workflow, workflows_for
from writing.models import AuditEntry, Document, Kind, Language, Section

pytestmark = pytest.mark.django_db

FILES = sorted(starters.FOLDER.glob("*.json"))
IMPORT = "admin:agents_workflow_import_file"


def content(**changes: Any) -> dict[str, Any]:
    role = {"slug": "scribe", "name": "Scribe", "kind": "writer", "persona": "You are a scribe."}
    workflow = {"slug": "mine", "name": "Mine", "stages": [{"role": "scribe"}]}
    form = {"format": "scriptorium-workflows", "version": 1}
    return form | {"roles": [role], "workflows": [workflow]} | changes


def rows() -> list[list[Any]]:
    return [list(each.objects.order_by("pk").values()) for each in (Role, Workflow, Stage)]


def problems_of(found: Any) -> str:
    with pytest.raises(Unusable) as caught:
        plan_of(read(found if isinstance(found, str) else json.dumps(found)))
    return "\n".join(caught.value.problems)


def test_what_is_exported_comes_in_again(administrator: Client) -> None:
    model = Model.objects.get(is_default=True)
    Role.objects.filter(slug="critic").update(model=model, avatar="🧐", name_zh="评论家")
    Stage.objects.filter(workflow__slug="draft", kind="edit").update(
        escalation_model=model, threshold=6, output="suggest"
    )
    pks = list(Workflow.objects.values_list("pk", flat=True))
    form = {"action": "export_selected", "_selected_action": pks}
    answer = administrator.post(reverse("admin:agents_workflow_changelist"), form)
    assert "attachment" in answer["Content-Disposition"]
    text = answer.content.decode()
    assert "api_key" not in text
    assert plan_of(read(text)).is_empty
    named = [list(each.objects.values("slug", "name")) for each in (Role, Workflow)]
    columns = ("workflow__slug", "role__slug", "output", "threshold", "rounds")
    stages = list(Stage.objects.values(*columns))
    Workflow.objects.all().delete()
    Role.objects.all().delete()
    apply(plan_of(read(text)))
    assert [list(each.objects.values("slug", "name")) for each in (Role, Workflow)] == named
    found = Stage.objects.values(*columns)
    assert sorted(map(str, found)) == sorted(map(str, stages))
    critic = Role.objects.get(slug="critic")
    assert (critic.model, critic.avatar, critic.name_zh) == (model, "🧐", "评论家")
    assert critic.revision


def test_an_import_is_looked_through_and_then_done(administrator: Client) -> None:
    text = json.dumps(content())
    shown = administrator.post(reverse(IMPORT), {"text": text}).content.decode()
    assert shown.count("is created") == 2
    assert not Workflow.objects.filter(slug="mine").exists()
    answer = administrator.post(reverse(IMPORT), {"text": text, "confirm": "yes"}, follow=True)
    assert "2 entries of the file were taken over" in answer.content.decode()
    assert [stage.kind for stage in Workflow.objects.get(slug="mine").stages.all()] == ["write"]
    assert AuditEntry.objects.filter(event="role.created", target="Scribe").exists()

    changed = content()
    changed["roles"][0]["persona"] = "You are a pirate."
    shown = administrator.post(reverse(IMPORT), {"text": json.dumps(changed)}).content.decode()
    assert "is changed: persona" in shown
    assert "stays as it is" in shown
    administrator.post(reverse(IMPORT), {"text": json.dumps(changed), "confirm": "yes"})
    scribe = Role.objects.get(slug="scribe")
    assert list(scribe.revisions.values_list("number", flat=True)) == [2, 1]


def test_a_model_that_is_not_here_is_left_out_and_said(administrator: Client) -> None:
    found = content()
    found["roles"][0]["model"] = {"provider": "elsewhere", "name": "big"}
    shown = administrator.post(reverse(IMPORT), {"text": json.dumps(found)}).content.decode()
    assert "There is no model big of elsewhere here" in shown
    apply(plan_of(read(json.dumps(found))))
    assert Role.objects.get(slug="scribe").model is None


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"format": "else"}, "its “format” is another"),
        ({"version": 2}, "has version 2; this installation reads version 1"),
        ({"roles": [], "workflows": []}, "neither roles nor workflows"),
        ({"keys": {}}, "keys: is not known here"),
        ({"roles": [{"slug": "a", "name": "A"}]}, "roles 1 “a” › kind: is missing"),
        (
            {"roles": [{"slug": "a", "name": "A", "kind": "writer", "api_key": "sk"}]},
            "roles 1 “a” › api_key: is not known here",
        ),
        ({"roles": [{"slug": "a", "name": "A", "kind": "poet"}]}, "kind: must be one of"),
        (
            {"roles": [{"slug": "a", "name": "A", "kind": "writer", "temperature": 3}]},
            "temperature: must be at most 2",
        ),
        ({"roles": [{"slug": "a b", "name": "A", "kind": "writer"}]}, "may only hold letters"),
        ({"roles": "none"}, "roles: must be a list"),
        ({"roles": [{"slug": "a", "name": 7, "kind": "writer"}]}, "name: must be a text"),
        (
            {"workflows": [{"slug": "m", "name": "M", "stages": [{"role": "nobody"}]}]},
            "stage 1 names the role “nobody”",
        ),
        (
            {"workflows": [{"slug": "m", "name": "M", "stages": [{"role": "editor"}]}]},
            "m: A workflow needs exactly one stage that writes.",
        ),
        ({"roles": [{"slug": "writer", "name": "W", "kind": "critic"}]}, "its kind cannot change"),
    ],
)
def test_what_is_wrong_is_said_and_nothing_is_changed(
    administrator: Client, change: dict[str, Any], said: str
) -> None:
    before = rows()
    found = content(**change)
    assert said in problems_of(found)
    form = {"text": json.dumps(found), "confirm": "yes"}
    assert "Nothing was changed" in administrator.post(reverse(IMPORT), form).content.decode()
    assert rows() == before


def test_what_is_no_json_at_all_is_said(administrator: Client) -> None:
    assert "not a JSON file" in problems_of("{")
    assert "not a JSON file" in problems_of("[" * 100_000)
    assert "its “format” is another" in problems_of("[]")
    twice = content()
    twice["roles"] *= 2
    assert "The role “scribe” is in the file twice." in problems_of(twice)
    assert "Choose a file" in administrator.post(reverse(IMPORT), {}).content.decode()


def test_only_who_may_add_and_change_imports(client: Client, django_user_model: Any) -> None:
    client.force_login(django_user_model.objects.create_user("eve", is_staff=True))
    assert client.get(reverse(IMPORT)).status_code == 403
    assert client.post(reverse(IMPORT), {"text": "{}"}).status_code == 403


def test_every_installation_gets_the_starters_once() -> None:
    call_command("seed")
    slugs = set(Workflow.objects.values_list("slug", flat=True))
    assert {"article", "report", "story", "screenplay", "tutorial", "translation"} < slugs
    assert "social-thread" in slugs
    for flow in Workflow.objects.prefetch_related("stages__role"):
        assert objections_to(list(flow.stages.all())) == []
    Workflow.objects.filter(slug__in=["story", "thorough"]).delete()
    Role.objects.filter(stages=None).delete()
    Role.objects.filter(slug="screenwriter").update(persona="You are a pirate.")
    roles = set(Role.objects.values_list("slug", flat=True))
    call_command("seed")
    assert Workflow.objects.filter(slug__in=["story", "thorough"]).count() == 0
    assert set(Role.objects.values_list("slug", flat=True)) == roles
    assert Role.objects.get(slug="screenwriter").persona == "You are a pirate."


def test_what_is_there_under_a_starters_name_stays() -> None:
    mine = Workflow.objects.create(slug="story", name="My story")
    call_command("seed")
    mine.refresh_from_db()
    assert (mine.name, mine.stages.count()) == ("My story", 0)
    assert Seeded.objects.filter(name="starters:story").exists()


@pytest.mark.parametrize("path", FILES, ids=[path.stem for path in FILES])
def test_a_starter_speaks_both_languages(path: Path) -> None:
    bundle = read(path.read_text())
    assert len(bundle.workflows) == 1
    for role in bundle.roles:
        for words in (role.chinese.name, role.chinese.persona, role.chinese.instructions):
            assert any("\u4e00" <= character <= "\u9fff" for character in words)
        assert role.persona
        assert role.instructions
    assert len({role.colour for role in bundle.roles}) >= len(bundle.roles) - 1


def test_a_document_in_chinese_is_asked_for_in_the_chinese_words_of_its_role() -> None:
    call_command("seed")
    role, model = Role.objects.get(slug="scene-planner"), Model.objects.get(is_default=True)
    model.tier = Model.Tier.LARGE
    for language, persona in (("zh-hans", role.persona_zh), ("en", role.persona)):
        document = Document(title="T", brief="B", kind="screenplay", language=language)
        asked = plan_messages(Run(document=document), role, 3, model=model)
        assert persona in asked[-1]["content"]
    with translation.override("zh-hans"):
        assert role.label == "分场策划"
    with translation.override("en"):
        assert role.label == "Scene planner"


def test_a_kind_of_document_has_its_workflow_and_not_those_of_others() -> None:
    call_command("seed")
    for kind, slug in (("article", "draft"), ("blog_post", "draft"), ("screenplay", "screenplay")):
        usual = usual_workflow(kind)
        assert usual
        assert usual.slug == slug
    offered = set(workflows_for("translation").values_list("slug", flat=True))
    assert offered == {"draft", "thorough", "quick", "translation"}
    Workflow.objects.filter(slug="screenplay").update(is_active=False)
    usual = usual_workflow("screenplay")
    assert usual
    assert usual.slug == "draft"


def test_every_kind_and_language_has_words_in_prompts() -> None:
    call_command("seed")
    model, role = Model.objects.get(is_default=True), Role.objects.get(slug="writer")
    for kind in Kind.values:
        for language in (Language.ENGLISH, Language.CHINESE, Language.GERMAN):
            document = Document(title="T", brief="Z" * 3000, kind=kind, language=language)
            section = Section(title="S", document=document)
            run = Run(document=document, shared_prefix=shared_prefix(document, [section]))
            assert write_messages(run, role, section, [section], model=model)
    source = Document(title="T", brief="word " * 6000, kind="translation")
    other = Document(title="T", brief="word " * 6000, kind="article")
    assert len(shared_prefix(source, [])) > 2 * len(shared_prefix(other, []))


def test_an_export_names_the_roles_its_workflows_need() -> None:
    call_command("seed")
    said = export_of([], [Workflow.objects.get(slug="quick")])
    assert [role["slug"] for role in said["roles"]] == ["planner", "writer"]
    assert said["workflows"][0]["stages"] == [{"role": "planner"}, {"role": "writer"}]
