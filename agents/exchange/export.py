"""Rows as entries of a file."""

from collections.abc import Iterable
from typing import Any

from agents.exchange.entries import (
    FORMAT,
    VERSION,
    Bundle,
    ChineseRole,
    ChineseWorkflow,
    ModelEntry,
    RoleEntry,
    StageEntry,
    WorkflowEntry,
)
from agents.models import Model, Output, Role, RoleKind, Stage, Workflow
from writing.models import Kind


def export_of(roles: Iterable[Role], workflows: Iterable[Workflow]) -> dict[str, Any]:
    """The roles and workflows, and the roles that those workflows work with, for JSON."""
    flows = list(workflows)
    needed = {stage.role.slug: stage.role for flow in flows for stage in flow.stages.all()}
    needed = {role.slug: role for role in roles} | needed
    bundle = Bundle(
        roles=[role_entry(needed[slug]) for slug in sorted(needed)],
        workflows=[workflow_entry(flow, list(flow.stages.all())) for flow in flows],
    )
    said = bundle.model_dump(mode="json", exclude_defaults=True)
    return {"format": FORMAT, "version": VERSION, **said}


def role_entry(role: Role) -> RoleEntry:
    return RoleEntry(
        slug=role.slug,
        name=role.name,
        kind=RoleKind(role.kind),
        colour=role.tone,
        avatar=role.avatar,
        persona=role.persona,
        instructions=role.instructions,
        chinese=ChineseRole(
            name=role.name_zh, persona=role.persona_zh, instructions=role.instructions_zh
        ),
        temperature=role.temperature,
        max_tokens=role.max_tokens,
        model=_model_entry(role.model),
        fallbacks=[_entry_of(model) for model in role.fallbacks],
    )


def workflow_entry(workflow: Workflow, stages: Iterable[Stage]) -> WorkflowEntry:
    return WorkflowEntry(
        slug=workflow.slug,
        name=workflow.name,
        description=workflow.description,
        chinese=ChineseWorkflow(name=workflow.name_zh, description=workflow.description_zh),
        for_kind=Kind(workflow.document_kind) if workflow.document_kind else None,
        stages=[
            StageEntry(
                role=stage.role.slug,
                output=Output(stage.output),
                model=_model_entry(stage.model),
                larger_model=_model_entry(stage.escalation_model),
                threshold=stage.threshold,
                rounds=stage.rounds,
            )
            for stage in stages
        ],
    )


def _model_entry(model: Model | None) -> ModelEntry | None:
    return _entry_of(model) if model else None


def _entry_of(model: Model) -> ModelEntry:
    return ModelEntry(provider=model.provider.slug, name=model.name)
