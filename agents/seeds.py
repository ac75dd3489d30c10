"""The providers, roles and workflows every installation starts with."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, fields
from pathlib import Path

from django.conf import settings
from django.db import transaction
from django.utils.translation import gettext_noop

from agents.actions.models import make_default
from agents.actions.roles import keep_revision
from agents.actions.workflows import OF_THE_DOCUMENT, OUTPUT_OF_KIND
from agents.models import (
    LocalModel,
    Model,
    Output,
    Provider,
    Role,
    RoleKind,
    Scope,
    Seeded,
    Stage,
    StageKind,
    Workflow,
)

LOCAL_MODEL_NAME = "smollm2-135m-instruct"
LOCAL_CONTEXT_TOKENS = 2048  # of each of its slots
OTHER_LOCAL_CONTEXT_TOKENS = 4096  # when LOCAL_MODEL replaces the weights
LOCAL_CONCURRENCY = 4
OPENAI_URL = "https://api.openai.com/v1"


@dataclass(frozen=True)
class RoleSeed:
    kind: RoleKind
    name: str
    tone: int
    temperature: float
    max_tokens: int
    persona: str
    instructions: str


@dataclass(frozen=True)
class WorkflowSeed:
    slug: str
    name: str
    description: str
    kinds: tuple[StageKind, ...]
    is_default: bool = False
    # Of the critic.
    threshold: int | None = None
    rounds: int = 1


ROLES = (
    RoleSeed(
        RoleKind.PLANNER,
        gettext_noop("Planner"),
        6,
        0.4,
        6000,
        "You plan documents that are a pleasure to read.",
        "Each section has a subject of its own; together they keep what the brief promises.",
    ),
    RoleSeed(
        RoleKind.WRITER,
        gettext_noop("Writer"),
        1,
        0.7,
        6000,
        "You write clear, vivid and exact prose.",
        "Use concrete nouns and active verbs. State only what you know.",
    ),
    RoleSeed(
        RoleKind.CRITIC,
        gettext_noop("Critic"),
        2,
        0.3,
        1500,
        "You are a careful and kind first reader.",
        "Each remark is one sentence and can be acted upon.",
    ),
    RoleSeed(
        RoleKind.EDITOR,
        gettext_noop("Editor"),
        3,
        0.3,
        4000,
        "You are an editor with a light hand.",
        "Keep the writer's voice. Cut what is not needed.",
    ),
    RoleSeed(
        RoleKind.HARMONISER,
        gettext_noop("Harmoniser"),
        4,
        0.3,
        4000,
        "You make the work of many hands read as the work of one.",
        "What another section has said already is not said again: say what follows from it here.",
    ),
)

WORKFLOWS = (
    WorkflowSeed(
        "draft",
        gettext_noop("Draft"),
        gettext_noop(
            "Plans the outline, writes every section, has it read by a critic and revised."
        ),
        (StageKind.PLAN, StageKind.WRITE, StageKind.CRITIQUE, StageKind.EDIT),
        is_default=True,
    ),
    WorkflowSeed(
        "thorough",
        gettext_noop("Thorough draft"),
        gettext_noop(
            "As a draft, but critic and editor repeat until the critic is content, and what "
            "sections say twice is rewritten at the end."
        ),
        (
            StageKind.PLAN,
            StageKind.WRITE,
            StageKind.CRITIQUE,
            StageKind.EDIT,
            StageKind.HARMONISE,
        ),
        threshold=8,
        rounds=3,
    ),
    WorkflowSeed(
        "quick",
        gettext_noop("Quick draft"),
        gettext_noop("Plans the outline and writes every section, without a second look."),
        (StageKind.PLAN, StageKind.WRITE),
    ),
)
ROLE_OF_STAGE = {
    StageKind.PLAN: RoleKind.PLANNER,
    StageKind.WRITE: RoleKind.WRITER,
    StageKind.CRITIQUE: RoleKind.CRITIC,
    StageKind.EDIT: RoleKind.EDITOR,
    StageKind.HARMONISE: RoleKind.HARMONISER,
}


@transaction.atomic
def seed() -> None:
    """Add what is missing; leave alone what an administrator changed or deleted.

    What the environment decides (the bundled model and its port, the provider that the openai
    package's own variables name) follows it at each start.
    """
    local = _seed_local_model()
    named = _seed_environment_model()
    _choose_default(local, named)
    seen = set(Seeded.objects.values_list("name", flat=True))
    roles = {seed.kind: role for seed in ROLES if (role := _seed_role(seed, seen))}
    for workflow in WORKFLOWS:
        _seed_workflow(workflow, roles, seen)
    given = [*(f"role:{seed.kind.value}" for seed in ROLES)]
    given += [f"workflow:{seed.slug}" for seed in WORKFLOWS]
    Seeded.objects.bulk_create(Seeded(name=name) for name in given if name not in seen)


def _seed_local_model() -> Model:
    """The row of what the model server runs with."""
    provider = _seed_local_provider()
    path = Path(settings.LOCAL_MODEL or "")
    used = LocalModel.objects.filter(is_used=True).first()
    name = ""
    if path.suffix == ".gguf":
        name = path.stem
    elif used and used.path.exists():
        name = used.name
    if not name:
        return seed_bundled_model()
    defaults = {"tier": Model.Tier.MEDIUM, "context_tokens": OTHER_LOCAL_CONTEXT_TOKENS}
    return Model.objects.get_or_create(provider=provider, name=name, defaults=defaults)[0]


def seed_bundled_model() -> Model:
    """The weights that come with Scriptorium."""
    provider = _seed_local_provider()
    defaults = {"tier": Model.Tier.SMALL, "context_tokens": LOCAL_CONTEXT_TOKENS}
    return Model.objects.get_or_create(provider=provider, name=LOCAL_MODEL_NAME, defaults=defaults)[
        0
    ]


def _seed_local_provider() -> Provider:
    base_url = f"http://127.0.0.1:{settings.LOCAL_MODEL_PORT}/v1"
    provider, _ = Provider.objects.get_or_create(
        slug="local",
        defaults={
            "name": gettext_noop("Bundled model"),
            "base_url": base_url,
            "concurrency": LOCAL_CONCURRENCY,
            "is_bundled": True,
        },
    )
    if provider.base_url != base_url:
        provider.base_url = base_url
        provider.save(update_fields=["base_url"])
    return provider


def _seed_environment_model() -> Model | None:
    """The model that OPENAI_MODEL names. A key alone, which may lie around in any shell, is not
    taken as the wish to spend money with it."""
    if not settings.OPENAI_MODEL:
        return None
    provider, _ = Provider.objects.update_or_create(
        slug="environment",
        defaults={
            "base_url": settings.OPENAI_BASE_URL or OPENAI_URL,
            "api_key": settings.OPENAI_API_KEY or "",
        },
        create_defaults={
            "name": gettext_noop("Provider of the environment"),
            "base_url": settings.OPENAI_BASE_URL or OPENAI_URL,
            "api_key": settings.OPENAI_API_KEY or "",
        },
    )
    return Model.objects.get_or_create(provider=provider, name=settings.OPENAI_MODEL)[0]


def _choose_default(local: Model, named: Model | None) -> None:
    """The environment's model while it names one, else the local one; another provider's model
    that an administrator made the default stays so unless the environment names a model."""
    current = Model.objects.filter(is_default=True).select_related("provider").first()
    if current and not named and current.provider.slug not in {"local", "environment"}:
        return
    default = named or local
    if current != default:
        make_default(default)


def _seed_role(seed: RoleSeed, seen: Collection[str]) -> Role | None:
    """None where it was deleted."""
    role = Role.objects.filter(slug=seed.kind.value).first()
    if role is None:
        if f"role:{seed.kind.value}" in seen:
            return None
        values = {field.name: getattr(seed, field.name) for field in fields(seed)}
        role = Role.objects.create(slug=seed.kind.value, **values)
    keep_revision(role)
    return role


def _seed_workflow(
    seed: WorkflowSeed, roles: Mapping[RoleKind, Role], seen: Collection[str]
) -> None:
    if f"workflow:{seed.slug}" in seen or not all(ROLE_OF_STAGE[k] in roles for k in seed.kinds):
        return
    is_default = seed.is_default and not Workflow.objects.filter(is_default=True).exists()
    workflow, is_new = Workflow.objects.get_or_create(
        slug=seed.slug,
        defaults={"name": seed.name, "description": seed.description, "is_default": is_default},
    )
    if not is_new:
        return
    Stage.objects.bulk_create(
        Stage(
            workflow=workflow,
            position=position,
            role=roles[ROLE_OF_STAGE[kind]],
            kind=kind,
            scope=Scope.DOCUMENT if kind in OF_THE_DOCUMENT else Scope.SECTION,
            output=OUTPUT_OF_KIND.get(kind, Output.APPLY),
            threshold=seed.threshold if kind == StageKind.CRITIQUE else None,
            rounds=seed.rounds if kind == StageKind.CRITIQUE else 1,
        )
        for position, kind in enumerate(seed.kinds, start=1)
    )
