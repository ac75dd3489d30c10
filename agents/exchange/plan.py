"""What reading a file would create and change, before anything is; then all of it, or nothing."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Literal

from django.contrib.auth.models import AbstractBaseUser
from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _

from agents.actions.roles import save_role
from agents.actions.workflows import (
    OUTPUT_OF_KIND,
    STAGE_OF_ROLE,
    objections_to,
    set_stages,
)
from agents.exchange.entries import (
    Bundle,
    Entry,
    ModelEntry,
    RoleEntry,
    StageEntry,
    Unusable,
    WorkflowEntry,
)
from agents.exchange.export import role_entry, workflow_entry
from agents.models import Model, Output, Role, Stage, Workflow

Act = Literal["create", "change", "keep"]


@dataclass
class Change:
    """What becomes of one role or workflow: `fields` are the names, in the file, of what differs;
    `notes` what is left out of it."""

    row: Role | Workflow
    act: Act
    fields: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    stages: list[Stage] = field(default_factory=list)

    @property
    def is_role(self) -> bool:
        return isinstance(self.row, Role)


@dataclass
class Plan:
    """In the order of the file, roles first."""

    changes: list[Change]

    @property
    def is_empty(self) -> bool:
        return all(change.act == "keep" for change in self.changes)


def plan_of(bundle: Bundle) -> Plan:
    """Raises Unusable where the result would not work."""
    planning = _Planning(bundle)
    changes = [planning.role(entry) for entry in bundle.roles]
    changes += [planning.workflow(entry) for entry in bundle.workflows]
    if planning.problems:
        raise Unusable(planning.problems)
    return Plan(changes)


def apply(plan: Plan, *, acting_user: AbstractBaseUser | None = None) -> None:
    """All of it in one transaction."""
    with transaction.atomic():
        for change in plan.changes:
            if change.act == "keep":
                continue
            if isinstance(change.row, Role):
                save_role(change.row, acting_user=acting_user)
            else:
                change.row.save()
                set_stages(change.row, change.stages)


class _Planning:
    """The rows there are, and those there will be."""

    def __init__(self, bundle: Bundle) -> None:
        self.problems: list[str] = []
        self._models = {
            (model.provider.slug, model.name): model
            for model in Model.objects.select_related("provider")
        }
        related = ("model__provider", "fallback_model__provider", "second_fallback_model__provider")
        self._roles = {role.slug: role for role in Role.objects.select_related(*related)}
        slugs = [entry.slug for entry in bundle.workflows]
        stages = ("stages__role", "stages__model__provider", "stages__escalation_model__provider")
        self._workflows = {
            flow.slug: flow
            for flow in Workflow.objects.filter(slug__in=slugs).prefetch_related(*stages)
        }
        self._has_default_model = any(model.is_default for model in self._models.values())

    def role(self, entry: RoleEntry) -> Change:
        role = self._roles.get(entry.slug)
        before = role_entry(role) if role else None
        role = role or Role(slug=entry.slug)
        if role.pk and role.kind != entry.kind and role.stages.exists():
            self.problems.append(
                _("The role “%(slug)s” works in a workflow here, so its kind cannot change.")
                % {"slug": entry.slug}
            )
        notes: list[str] = []
        fallbacks = [self._model(each, notes) for each in entry.fallbacks]
        fallbacks = [model for model in fallbacks if model]
        role.name, role.kind = entry.name, entry.kind
        role.tone, role.avatar = entry.colour, entry.avatar
        role.persona, role.instructions = entry.persona, entry.instructions
        role.name_zh, role.persona_zh = entry.chinese.name, entry.chinese.persona
        role.instructions_zh = entry.chinese.instructions
        role.temperature, role.max_tokens = entry.temperature, entry.max_tokens
        role.model = self._model(entry.model, notes)
        role.fallback_model, role.second_fallback_model = [*fallbacks, None, None][:2]
        self._check(role)
        self._roles[role.slug] = role
        return _change(role, before, role_entry(role), notes)

    def workflow(self, entry: WorkflowEntry) -> Change:
        flow = self._workflows.get(entry.slug)
        before = workflow_entry(flow, flow.stages.all()) if flow else None
        flow = flow or Workflow(slug=entry.slug)
        flow.name, flow.description = entry.name, entry.description
        flow.name_zh, flow.description_zh = entry.chinese.name, entry.chinese.description
        flow.document_kind = entry.for_kind or ""
        self._check(flow)
        notes: list[str] = []
        stages = list(self._stages(entry, notes))
        if len(stages) == len(entry.stages):
            said = objections_to(stages, has_default_model=self._has_default_model)
            self.problems += [f"{entry.slug}: {objection}" for objection in said]
        change = _change(flow, before, workflow_entry(flow, stages), notes)
        change.stages = stages
        return change

    def _stages(self, entry: WorkflowEntry, notes: list[str]) -> Iterator[Stage]:
        for number, each in enumerate(entry.stages, 1):
            role = self._roles.get(each.role)
            if role is None:
                self.problems.append(
                    _(
                        "%(workflow)s: stage %(number)s names the role “%(role)s”, which is "
                        "neither in the file nor here."
                    )
                    % {"workflow": entry.slug, "number": number, "role": each.role}
                )
                continue
            yield self._stage(each, role, notes)

    def _stage(self, entry: StageEntry, role: Role, notes: list[str]) -> Stage:
        return Stage(
            role=role,
            output=OUTPUT_OF_KIND.get(STAGE_OF_ROLE[role.kind], Output(entry.output)),
            model=self._model(entry.model, notes),
            escalation_model=self._model(entry.larger_model, notes),
            threshold=entry.threshold,
            rounds=entry.rounds,
        )

    def _model(self, entry: ModelEntry | None, notes: list[str]) -> Model | None:
        if entry is None:
            return None
        model = self._models.get((entry.provider, entry.name))
        if model is None:
            note = _("There is no model %(model)s of %(provider)s here: it is left out.")
            notes.append(note % {"model": entry.name, "provider": entry.provider})
        return model

    def _check(self, row: Role | Workflow) -> None:
        try:
            row.clean_fields(exclude=["revision"])
        except ValidationError as error:
            said = [
                f"{row.slug}: {name}: {' '.join(each)}" for name, each in error.message_dict.items()
            ]
            self.problems += said


def _change(
    row: Role | Workflow, before: Entry | None, after: Entry, notes: Sequence[str]
) -> Change:
    if before is None:
        return Change(row, "create", notes=list(notes))
    fields = type(after).model_fields
    names = [name for name in fields if getattr(before, name) != getattr(after, name)]
    return Change(row, "change" if names else "keep", names, list(notes))
