"""Saving a role: what shapes its answers is kept as a revision, and can be gone back to."""

from typing import Any

from django.db import transaction

from agents.models import Model, Role, RoleRevision

VALUES = ("persona", "instructions", "temperature", "max_tokens")
MODELS = ("model", "fallback_model")


def snapshot_of(role: Role) -> dict[str, Any]:
    snapshot: dict[str, Any] = {name: getattr(role, name) for name in VALUES}
    for name in MODELS:
        model: Model | None = getattr(role, name)
        snapshot[name] = model.pk if model else None
        # Not its label, which is another in each language.
        snapshot[f"{name}_name"] = f"{model.name} ({model.provider.name})" if model else ""
    return snapshot


def save_role(role: Role) -> Role:
    """Saves the role; what shapes its answers becomes a new revision if it has changed."""
    with transaction.atomic():
        role.save()
        keep_revision(role)
    return role


def keep_revision(role: Role) -> None:
    """In a transaction."""
    snapshot = snapshot_of(role)
    if role.revision and role.revision.snapshot == snapshot:
        return
    newest = role.revisions.first()
    role.revision = RoleRevision.objects.create(
        role=role, number=newest.number + 1 if newest else 1, snapshot=snapshot
    )
    role.save(update_fields=["revision"])


def go_back(role: Role, revision: RoleRevision) -> Role:
    """Makes the role what it was; a new revision says so. A model that is gone since becomes the
    default model."""
    for name in VALUES:
        setattr(role, name, revision.snapshot[name])
    for name in MODELS:
        setattr(role, name, Model.objects.filter(pk=revision.snapshot[name]).first())
    return save_role(role)
