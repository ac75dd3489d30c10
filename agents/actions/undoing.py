"""Undoing one attempt of an agent, and bringing it back."""

from collections.abc import Callable, Collection
from functools import partial

from django.contrib.auth.models import AbstractBaseUser
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from agents.exceptions import AlreadyUndone
from agents.models import Attempt, Undoing
from writing.actions.suggestions import take_back, withdraw
from writing.actions.undoing import (
    is_current,
    preview_undoing,
    save_undoing,
    work_out_undoing,
)
from writing.announce import announce
from writing.exceptions import InvalidInput
from writing.models import Section
from writing.text.undoing import Undone

# While somebody types, the text is another by the time it is worked out. The last try is saved even
# so: what was typed stays in any case.
TRIES = 3


def open_undoing(attempt: Attempt) -> Undoing | None:
    """By which the attempt is undone now."""
    return attempt.undoings.filter(brought_back_at=None).first()


def preview(attempt: Attempt) -> Undone:
    """What undoing the attempt would do. Raises InvalidInput."""
    if open_undoing(attempt):
        raise AlreadyUndone(_("This attempt is undone already."))
    section = _section_of(attempt)
    if section.is_worked_on:
        raise InvalidInput(_("Agents are writing here. Stop them first."))
    return preview_undoing(section, attempt=attempt.pk, seqs=_last_written(attempt))


def undo_attempt(attempt: Attempt, *, acting_user: AbstractBaseUser) -> Undoing:
    """Take what the attempt wrote out of its section and bring back what it deleted. Raises
    InvalidInput."""

    def record(seq: int, undone: Undone) -> Undoing:
        return Undoing.objects.create(
            attempt=attempt,
            seq=seq,
            removed_words=undone.removed,
            restored_words=undone.restored,
            undone_by_id=acting_user.pk,
        )

    def check() -> None:
        if open_undoing(attempt):
            raise AlreadyUndone(_("This attempt is undone already."))

    reason = _("Before an attempt was undone")
    seqs = _last_written(attempt)
    take = partial(withdraw, attempt=attempt.pk, acting_user=acting_user)
    return _undo(
        attempt, seqs, check, record, reason, by_mark=True, also=take, acting_user=acting_user
    )


def bring_back_attempt(attempt: Attempt, *, acting_user: AbstractBaseUser) -> Undoing:
    """Undo the undoing. Raises InvalidInput."""
    undoing = _require_open(attempt)

    def check() -> None:
        if open_undoing(attempt) != undoing:
            raise AlreadyUndone(_("This attempt is not undone."))

    def record(seq: int, undone: Undone) -> Undoing:
        undoing.brought_back_seq, undoing.brought_back_at = seq, timezone.now()
        undoing.brought_back_by_id = acting_user.pk
        undoing.save()
        return undoing

    def open_again(section: Section) -> int | None:
        decisions = list(section.decisions.filter(batch=attempt.pk))
        take_back(decisions, acting_user=acting_user)
        return section.last_seq + len(decisions) if decisions else None

    reason = _("Before an attempt was brought back")
    return _undo(
        attempt,
        [undoing.seq],
        check,
        record,
        reason,
        by_mark=False,
        also=open_again,
        acting_user=acting_user,
    )


def _require_open(attempt: Attempt) -> Undoing:
    if (undoing := open_undoing(attempt)) is None:
        raise AlreadyUndone(_("This attempt is not undone."))
    return undoing


def _section_of(attempt: Attempt) -> Section:
    """Raises InvalidInput if the attempt was not about a section."""
    if attempt.step.section is None:
        raise InvalidInput(_("This attempt wrote no text."))
    return attempt.step.section


def _last_written(attempt: Attempt) -> Collection[int]:
    """The update that brought it back last; none if it stands as the attempt wrote it."""
    last = attempt.undoings.exclude(brought_back_at=None).last()
    return [last.brought_back_seq] if last and last.brought_back_seq else []


def _undo(
    attempt: Attempt,
    seqs: Collection[int],
    check: Callable[[], None],
    record: Callable[[int, Undone], Undoing],
    reason: str,
    *,
    by_mark: bool,
    also: Callable[[Section], int | None],
    acting_user: AbstractBaseUser,
) -> Undoing:
    """`also` does what belongs to it for what the attempt only suggested, and gives the number of
    the update, None if there was nothing to do."""
    section = _section_of(attempt)
    marked = attempt.pk if by_mark else None
    for tries_left in reversed(range(TRIES)):
        undoing = work_out_undoing(section, acting_user=acting_user, attempt=marked, seqs=seqs)
        with transaction.atomic():
            Attempt.objects.select_for_update().get(pk=attempt.pk)
            check()
            if not is_current(section, undoing) and tries_left:
                continue
            section = Section.objects.get(pk=section.pk)
            suggestions = also(section)
            if undoing.update or suggestions is None:
                seq = save_undoing(section, undoing, reason, acting_user=acting_user)
            else:
                seq = suggestions
            announce(section.document_id, "run-changed")
            return record(seq, undoing.undone)
    raise RuntimeError("the last try is never put off")
