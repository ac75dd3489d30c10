"""Going back to a version, of a document or of one section, as an edit that can be undone."""

import uuid
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from django.contrib.auth.models import AbstractBaseUser
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from writing.actions.sections import lock_outline, outline_changed
from writing.actions.text import (
    append_update,
    load_updates,
    new_client,
    set_word_counts,
)
from writing.actions.undoing import is_current, save_undoing, work_out_undoing
from writing.actions.versions import keep_before, take_version
from writing.announce import announce, announce_update
from writing.exceptions import InvalidInput
from writing.models import Document, Reversion, Section, Version
from writing.models.versions import Place
from writing.past import pasts_of
from writing.text.markdown import count_words
from writing.text.peer import Peer
from writing.text.versions import restore_body

# As for undoing an attempt: somebody may type while it is worked out.
TRIES = 3


@dataclass(frozen=True, slots=True)
class Return:
    """What brings a section's text back (Yjs v1), worked out for the text up to `seq`; None if it
    stands as it did. `words` is what it comes to."""

    update: bytes | None
    seq: int
    words: int


def revert_document(version: Version, *, acting_user: AbstractBaseUser) -> Reversion:
    """Texts, titles and order as they were. Sections that came since are put aside, those that were
    deleted since come back. Raises InvalidInput while agents write in the document."""
    if not version.is_whole:
        raise InvalidInput(_("This version is of one section. Bring back that section."))
    document, places = version.document, version.places
    rows = {row.pk: row for row in document.sections.all()}
    places = [place for place in places if place.section in rows]
    returns = _work_out([p for p in places if rows[p.section].last_seq != p.seq], acting_user)
    with transaction.atomic():
        order = lock_outline(document.pk)
        wanted = {place.section for place in places}
        _refuse_worked_on(order)
        before = keep_before(document, _("Before going back"), acting_user=acting_user)
        seqs = _save(document, places, returns, acting_user)
        titles = {place.section: place.title for place in places}
        _arrange(document, titles, {row.pk for row in order} - wanted)
        return _record(document, before, version, seqs, acting_user)


def revert_section(
    version: Version, section: Section, *, acting_user: AbstractBaseUser
) -> Reversion:
    """One section's text as it was, with the title that it has now. Raises InvalidInput while
    agents write in it, or if the version is not of it."""
    places = [place for place in version.places if place.section == section.pk]
    if not places:
        raise InvalidInput(_("This section was not there then."))
    returns = _work_out(places, acting_user)
    with transaction.atomic():
        lock_outline(section.document_id)
        _refuse_worked_on([Section.objects.select_for_update().get(pk=section.pk)])
        before = take_version(section, _("Before going back"), acting_user=acting_user)
        seqs = _save(section.document, places, returns, acting_user)
        return _record(section.document, before, version, seqs, acting_user)


def undo_reversion(reversion: Reversion, *, acting_user: AbstractBaseUser) -> Reversion:
    """Take just that edit back: what was written since stays. Raises InvalidInput if it is undone
    already, and while agents write there."""
    seqs = {uuid.UUID(pk): seq for pk, seq in reversion.seqs.items()}
    sections = list(Section.objects.filter(pk__in=seqs).order_by("pk"))
    for tries_left in reversed(range(TRIES)):
        undoings = [
            work_out_undoing(section, acting_user=acting_user, seqs=[seqs[section.pk]])
            for section in sections
        ]
        with transaction.atomic():
            lock_outline(reversion.document_id)
            found = Reversion.objects.select_for_update().get(pk=reversion.pk)
            if found.undone_at:
                raise InvalidInput(_("This is undone already."))
            pairs = list(zip(sections, undoings, strict=True))
            # Of all of them, so that every row is held.
            current = [is_current(*pair) for pair in pairs]
            if not all(current) and tries_left:
                continue
            for section, undoing in pairs:
                if undoing.update:
                    reason = _("Before going back was undone")
                    save_undoing(section, undoing, reason, acting_user=acting_user)
            if found.before.is_whole:
                _arrange_as_before(found)
            found.undone_at = timezone.now()
            found.save(update_fields=["undone_at"])
            outline_changed(found.document_id, acting_user)
            return found
    raise RuntimeError("the last try is never put off")


def _work_out(places: Sequence[Place], user: AbstractBaseUser) -> dict[uuid.UUID, Return]:
    """Beside the transaction: nobody waits for it."""
    pasts = pasts_of({place.section: place.seq for place in places})
    returns = {}
    for section_id, past in pasts.items():
        seq, updates = load_updates(section_id)
        peer = Peer(new_client(section_id, user.pk), updates)
        restore_body(peer, past.text.body)
        returns[section_id] = Return(peer.take(), seq, count_words(peer.body))
    return returns


def _save(
    document: Document,
    places: Sequence[Place],
    returns: dict[uuid.UUID, Return],
    user: AbstractBaseUser,
) -> dict[str, int]:
    """Append what was worked out, and work out anew what was typed into meanwhile."""
    locked = Section.objects.select_for_update().filter(pk__in=[p.section for p in places])
    rows = {row.pk: row for row in locked.order_by("pk")}
    stale = [p for p in places if p.seq != rows[p.section].last_seq]
    stale = [p for p in stale if _seq_of(returns, p) != rows[p.section].last_seq]
    returns |= _work_out(stale, user)
    seqs, counts = {}, {}
    for place in places:
        found = returns.get(place.section)
        if found and found.update:
            section = rows[place.section]
            seqs[str(section.pk)] = append_update(section.pk, found.update, user_id=user.pk)
            announce_update(section, seqs[str(section.pk)], found.update)
            counts[section.pk] = found.words
    set_word_counts(counts)
    return seqs


def _seq_of(returns: Mapping[uuid.UUID, Return], place: Place) -> int | None:
    found = returns.get(place.section)
    return found.seq if found else None


def _record(
    document: Document,
    before: Version,
    target: Version,
    seqs: dict[str, int],
    user: AbstractBaseUser,
) -> Reversion:
    outline_changed(document.pk, user)
    announce(document.pk, "history-changed", by=user.pk)
    return Reversion.objects.create(
        document=document, before=before, target=target, seqs=seqs, created_by_id=user.pk
    )


def _refuse_worked_on(sections: Collection[Section]) -> None:
    for section in sections:
        if section.is_worked_on:
            raise InvalidInput(
                _("Agents are writing in “%(title)s”. Stop them first.")
                % {"title": section.title or _("Untitled section")}
            )


def _arrange(
    document: Document, titles: Mapping[uuid.UUID, str], aside: Collection[uuid.UUID]
) -> None:
    """The sections of `titles` in that order, then whichever others there are; `aside` goes. The
    outline is locked."""
    rows = {row.pk: row for row in document.sections.all()}
    others = [pk for pk, row in rows.items() if row.deleted_at is None and pk not in titles]
    for position, pk in enumerate([*titles, *(pk for pk in others if pk not in aside)]):
        rows[pk].position, rows[pk].deleted_at = position, None
        rows[pk].title = titles.get(pk, rows[pk].title)
    for pk in aside:
        rows[pk].deleted_at = timezone.now()
    Section.objects.bulk_update(rows.values(), ["position", "title", "deleted_at"])


def _arrange_as_before(reversion: Reversion) -> None:
    """The outline from before, with the titles that were changed since. It is locked."""
    before = {place.section: place.title for place in reversion.before.places}
    target = {place.section: place.title for place in reversion.target.places}
    now = dict(reversion.document.sections.values_list("pk", "title"))
    titles = {
        pk: title if now[pk] == target.get(pk, title) else now[pk] for pk, title in before.items()
    }
    _arrange(reversion.document, titles, target.keys() - before.keys())
