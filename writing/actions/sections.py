"""The outline: which sections there are, in which order, and what is happening to each."""

import uuid
from collections.abc import Collection, Mapping, Sequence
from typing import Any

from django.contrib.auth.models import AbstractBaseUser
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from writing.announce import announce
from writing.exceptions import InvalidInput, NotFound
from writing.limits import (
    BRIEF_CHARACTERS,
    SECTION_WORDS,
    SECTIONS,
    TITLE_CHARACTERS,
    check_target_words,
    clean_brief,
    clean_key_points,
    clean_title,
    fit,
    fit_key_points,
)
from writing.models import AgentPolicy, Document, Section, SectionStatus

NO_CHANGE = dict.fromkeys(("title", "brief", "key_points", "target_words"))


def add_section(
    document: Document,
    *,
    acting_user: AbstractBaseUser | None = None,
    title: str,
    brief: str = "",
    key_points: str = "",
    target_words: int = 200,
    agent_policy: str = "",
    position: int | None = None,
) -> Section:
    """A new section at `position`, or at the end; raises InvalidInput. Agents have no user."""
    changes = _clean(
        acting_user, title=title, brief=brief, key_points=key_points, target_words=target_words
    )
    section = Section(document=document, agent_policy=agent_policy, **changes)
    with transaction.atomic():
        order = lock_outline(document.pk)
        check_room(order)
        section.position = _clamp(position, len(order))
        section.save(force_insert=True)
        order.insert(section.position, section)
        renumber(order)
        outline_changed(document.pk, acting_user)
    return section


def add_sections(
    document: Document, *, acting_user: AbstractBaseUser, outline: Sequence[Mapping[str, Any]]
) -> list[Section]:
    """New sections at the end, each with the fields that `add_section` takes, in one go; raises
    InvalidInput and then adds none."""
    fields = [_clean(acting_user, **(NO_CHANGE | dict(each))) for each in outline]
    with transaction.atomic():
        order = lock_outline(document.pk)
        check_room(order, len(fields))
        added = [
            Section(document=document, position=position, **each)
            for position, each in enumerate(fields, start=len(order))
        ]
        Section.objects.bulk_create(added)
        outline_changed(document.pk, acting_user)
    return added


def edit_section(
    section: Section,
    *,
    acting_user: AbstractBaseUser | None = None,
    title: str | None = None,
    brief: str | None = None,
    key_points: str | None = None,
    target_words: int | None = None,
    agent_policy: str | None = None,
) -> Section:
    """Change what is given; raises InvalidInput and then changes nothing."""
    changes = _clean(
        acting_user, title=title, brief=brief, key_points=key_points, target_words=target_words
    )
    if agent_policy is not None:
        changes["agent_policy"] = agent_policy and AgentPolicy(agent_policy)
    for name, value in changes.items():
        setattr(section, name, value)
    with transaction.atomic():
        section.save(update_fields=list(changes))
        outline_changed(section.document_id, acting_user)
    return section


def move_section(section: Section, position: int, *, acting_user: AbstractBaseUser) -> Section:
    """Put the section at `position` among the present ones; raises NotFound if it is gone."""
    with transaction.atomic():
        order = lock_outline(section.document_id)
        current = next((row for row in order if row.pk == section.pk), None)
        if current is None:
            raise NotFound(_("This section was deleted meanwhile."))
        order.remove(current)
        section.position = _clamp(position, len(order))
        order.insert(section.position, current)
        renumber(order)
        outline_changed(section.document_id, acting_user)
    return section


def delete_section(section: Section, *, acting_user: AbstractBaseUser) -> Section:
    """Put it aside with its text; `restore_section` brings it back where it was."""
    with transaction.atomic():
        order = lock_outline(section.document_id)
        section.deleted_at = timezone.now()
        section.save(update_fields=["deleted_at"])
        renumber([row for row in order if row.pk != section.pk])
        outline_changed(section.document_id, acting_user)
    return section


def restore_section(section: Section, *, acting_user: AbstractBaseUser) -> Section:
    """Back to its place; raises InvalidInput when the document has filled up meanwhile."""
    with transaction.atomic():
        order = [row for row in lock_outline(section.document_id) if row.pk != section.pk]
        check_room(order)
        section.deleted_at = None
        section.position = _clamp(section.position, len(order))
        section.save(update_fields=["deleted_at", "position"])
        order.insert(section.position, section)
        renumber(order)
        outline_changed(section.document_id, acting_user)
    return section


def set_status(
    section_ids: Collection[uuid.UUID],
    status: SectionStatus,
    *,
    worker_name: str = "",
    worker_tone: int = 1,
    problem: str = "",
    document_id: uuid.UUID | None = None,
) -> None:
    """Say what is happening to these sections, and who is at it.

    Who names the document they are all in spares a query.
    """
    with transaction.atomic(savepoint=False):
        sections = Section.objects.filter(pk__in=section_ids)
        sections.update(
            status=status, worker_name=worker_name, worker_tone=worker_tone, problem=problem
        )
        found = sections.order_by().values_list("document_id", flat=True).distinct()
        for pk in [document_id] if document_id else found:
            announce(pk, "outline-changed")


def _clean(
    acting_user: AbstractBaseUser | None,
    *,
    title: str | None,
    brief: str | None,
    key_points: str | None,
    target_words: int | None,
) -> dict[str, Any]:
    """The given fields, checked for a person; what an agent answers is made to fit."""
    changes: dict[str, Any] = {}
    if title is not None:
        changes["title"] = clean_title(title) if acting_user else fit(title, TITLE_CHARACTERS)
    if brief is not None:
        changes["brief"] = clean_brief(brief) if acting_user else fit(brief, BRIEF_CHARACTERS)
    if key_points is not None:
        clean = clean_key_points if acting_user else fit_key_points
        changes["key_points"] = clean(key_points)
    if target_words is not None:
        changes["target_words"] = (
            check_target_words(target_words)
            if acting_user
            else max(0, min(target_words, SECTION_WORDS))
        )
    return changes


def lock_outline(document_id: uuid.UUID) -> list[Section]:
    """The present sections in order; the document's row stays locked until the transaction ends."""
    Document.objects.select_for_update().only("pk").get(pk=document_id)
    return list(Section.objects.present().filter(document_id=document_id))


def check_room(order: Sequence[Section], more: int = 1) -> None:
    if len(order) + more > SECTIONS:
        raise InvalidInput(
            _("A document holds at most %(limit)s sections. Delete one first.")
            % {"limit": SECTIONS}
        )


def _clamp(position: int | None, last: int) -> int:
    return last if position is None else max(0, min(position, last))


def renumber(order: Sequence[Section]) -> None:
    moved = [row for number, row in enumerate(order) if row.position != number]
    for number, row in enumerate(order):
        row.position = number
    Section.objects.bulk_update(moved, ["position"])


def outline_changed(document_id: uuid.UUID, acting_user: AbstractBaseUser | None) -> None:
    Document.objects.filter(pk=document_id).update(updated_at=timezone.now())
    announce(document_id, "outline-changed", by=acting_user.pk if acting_user else None)
