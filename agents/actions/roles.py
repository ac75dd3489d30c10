"""Saving a role: what shapes its answers is kept as a revision, and can be gone back to."""

from typing import Any

from django.contrib.auth.models import AbstractBaseUser
from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from agents.models import Model, Role, RoleRevision
from agents.uses import uses_of_role

VALUES = (
    *("persona", "instructions", "persona_zh", "instructions_zh"),
    *("temperature", "max_tokens"),
)
MODELS = ("model", "fallback_model", "second_fallback_model")


def snapshot_of(role: Role) -> dict[str, Any]:
    snapshot: dict[str, Any] = {name: getattr(role, name) for name in VALUES}
    for name in MODELS:
        model: Model | None = getattr(role, name)
        snapshot[name] = model.pk if model else None
        # Not its label, which is another in each language.
        snapshot[f"{name}_name"] = f"{model.name} ({model.provider.name})" if model else ""
    return snapshot


def save_role(role: Role, *, acting_user: AbstractBaseUser | None = None) -> Role:
    """Saves the role; what shapes its answers becomes a new revision if it has changed."""
    with transaction.atomic():
        role.save()
        keep_revision(role, acting_user=acting_user)
    return role


def objection_to_retiring(role: Role) -> str | None:
    """Why the role has to stay in use; None if it need not."""
    workflows = [each.label for each in uses_of_role(role).workflows if each.is_active]
    if not workflows:
        return None
    return _("%(role)s works in %(workflows)s: take the role out of there first.") % {
        "role": role.label,
        "workflows": pgettext("between names", ", ").join(workflows),
    }


def keep_revision(role: Role, *, acting_user: AbstractBaseUser | None = None) -> None:
    """In a transaction."""
    snapshot = snapshot_of(role)
    if role.revision and role.revision.snapshot == snapshot:
        return
    newest = role.revisions.first()
    role.revision = RoleRevision.objects.create(
        role=role,
        number=newest.number + 1 if newest else 1,
        snapshot=snapshot,
        created_by_id=acting_user.pk if acting_user else None,
    )
    role.save(update_fields=["revision"])


def go_back(
    role: Role, revision: RoleRevision, *, acting_user: AbstractBaseUser | None = None
) -> Role:
    """Makes the role what it was; a new revision says so. A model that is gone since becomes the
    default model."""
    return save_role(put_on(role, revision), acting_user=acting_user)


def put_on(role: Role, revision: RoleRevision) -> Role:
    """Gives the role the revision's values, unsaved."""
    for name in VALUES:
        setattr(role, name, revision.snapshot[name])
    models = Model.objects.select_related("provider").in_bulk(
        [revision.snapshot[name] for name in MODELS if revision.snapshot[name]]
    )
    for name in MODELS:
        setattr(role, name, models.get(revision.snapshot[name]))
    return role
