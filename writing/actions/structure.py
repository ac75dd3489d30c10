"""Dividing a section and joining two, with their text: one transaction each.

Agents' marks, links and threads move along. Whose keys typed a person's words is known from the log
of the section they were typed in, which stays; in the other section the mover's peer holds them.
"""

import json
import uuid
from collections.abc import Iterable

from django.contrib.auth.models import AbstractBaseUser
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from writing.actions.sections import check_room, lock_outline, outline_changed, renumber
from writing.actions.suggestions import move_suggestions
from writing.actions.text import append_update, load_updates, new_client, set_word_counts
from writing.announce import announce, announce_update
from writing.exceptions import InvalidInput, NotFound, nothing_here
from writing.limits import SECTION_WORDS, TITLE_CHARACTERS
from writing.models import Section, SectionStatus, Thread
from writing.text.content import Content, contents_of, replace_body, threads_in
from writing.text.markdown import count_words
from writing.text.moving import append, delete_from, end_from, tidy
from writing.text.peer import Peer
from writing.text.places import Place, PlaceError, find_place
from writing.text.suggestions import ids_in

HEADING: tuple[str, dict[str, object]] = ("heading", {"level": 2})


def split_section(
    section: Section, position: str, *, acting_user: AbstractBaseUser
) -> tuple[Section, int]:
    """The text from `position` on, a Yjs relative position as JSON, becomes the next section.

    Gives that, and how many blocks inside each other were divided. The blocks that this leaves
    empty stay until `tidy_section`. Raises InvalidInput.
    """
    with transaction.atomic():
        order = lock_outline(section.document_id)
        section = _find(order, section.pk)
        _check_rest(section)
        check_room(order)
        source = _peer(section, acting_user)
        contents, divided = end_from(source, _place(source, position))
        share = section.target_words // 2
        part = Section(
            document=section.document,
            title=_continued(section.title),
            target_words=section.target_words - share,
            position=section.position + 1,
            status=SectionStatus.DONE if contents else SectionStatus.EMPTY,
        )
        part.save(force_insert=True)
        Section.objects.filter(pk=section.pk).update(target_words=share)
        order.insert(order.index(section) + 1, part)
        renumber(order)
        target = _peer(part, acting_user)
        append(target, contents)
        _save(part, target, acting_user)
        delete_from(source, _place(source, position))
        _save(section, source, acting_user)
        staying = threads_in(contents_of(source.body))
        _move_threads(section, part, threads_in(contents) - staying)
        move_suggestions(section, part, ids_in(target.body) - ids_in(source.body))
        outline_changed(section.document_id, acting_user)
    return part, divided


def tidy_section(section: Section, *, acting_user: AbstractBaseUser) -> Section:
    """Remove empty blocks at the end, when those who typed as it was divided have been heard."""
    with transaction.atomic():
        section = Section.objects.select_for_update().get(pk=section.pk)
        if not section.is_worked_on:
            peer = _peer(section, acting_user)
            tidy(peer)
            _save(section, peer, acting_user)
    return section


def merge_sections(
    section: Section, following: Section, *, acting_user: AbstractBaseUser
) -> tuple[Section, int]:
    """Append the text of the next section, which is put aside; its title becomes a heading.

    Gives the section, and the peer under whose client id the text was written, for
    `divide_merged`. Raises InvalidInput if `following` is not the next one, or agents are at work.
    """
    heading = [_heading(following.title)] if following.title else []
    with transaction.atomic():
        return _merge(section, following, heading, join=0, acting_user=acting_user)


def rejoin_sections(
    section: Section, part: Section, *, join: int, acting_user: AbstractBaseUser
) -> Section:
    """Undo `split_section`, with what was typed since; `join` is what it divided."""
    with transaction.atomic():
        return _merge(section, part, [], join=join, acting_user=acting_user)[0]


def divide_merged(
    section: Section, merged: Section, *, client_id: int, acting_user: AbstractBaseUser
) -> Section:
    """Undo `merge_sections`: the section comes back with its words as they were changed since.

    Once the place where the two met is gone, or somebody typed into the section after it was put
    aside, it comes back as it was left, and the other stays as it is: nothing typed is lost.
    """
    with transaction.atomic():
        order = lock_outline(section.document_id)
        section = _find(order, section.pk)
        _check_rest(section)
        merged = Section.objects.select_for_update().get(pk=merged.pk)
        if merged.document_id != section.document_id:
            raise nothing_here()
        if merged.deleted_at is None:
            raise InvalidInput(_("This section is there again already."))
        check_room(order)
        # Somebody's last words there came after its text was taken: it comes back with them.
        has_more = merged.updates.filter(created_at__gt=merged.deleted_at).exists()
        merged.deleted_at = None
        merged.position = section.position + 1
        merged.save(update_fields=["deleted_at", "position"])
        order.insert(order.index(section) + 1, merged)
        renumber(order)
        section_words = max(0, section.target_words - merged.target_words)
        Section.objects.filter(pk=section.pk).update(target_words=section_words)
        source = _peer(section, acting_user)
        seam = _place_of_first(source, client_id)
        if seam is not None and not has_more:
            contents, _divided = end_from(source, seam)
            delete_from(source, seam)
            _save(section, source, acting_user)
            if merged.title and contents[:1] == [_heading(merged.title)]:
                contents = contents[1:]
            target = _peer(merged, acting_user)
            replace_body(target, contents)
            _save(merged, target, acting_user)
            _move_threads(section, merged, threads_in(contents))
            move_suggestions(section, merged, ids_in(target.body) - ids_in(source.body))
        outline_changed(section.document_id, acting_user)
    return merged


def _merge(
    section: Section,
    following: Section,
    heading: list[Content],
    *,
    join: int,
    acting_user: AbstractBaseUser,
) -> tuple[Section, int]:
    order = lock_outline(section.document_id)
    section, following = _find(order, section.pk), _find(order, following.pk)
    if order.index(following) != order.index(section) + 1:
        raise InvalidInput(_("The sections do not follow each other any more."))
    _check_rest(section, following)
    target = _peer(section, acting_user)
    source = Peer(1, load_updates(following.pk)[1])
    tidy(source)
    append(target, [*heading, *contents_of(source.body)], join=join)
    _save(section, target, acting_user)
    Thread.objects.filter(section=following).update(section=section)
    move_suggestions(following, section, ids_in(target.body))
    announce(section.document_id, "review-changed")
    words = min(SECTION_WORDS, section.target_words + following.target_words)
    status = section.status if section.status != SectionStatus.EMPTY else following.status
    Section.objects.filter(pk=section.pk).update(target_words=words, status=status)
    Section.objects.filter(pk=following.pk).update(deleted_at=timezone.now())
    order.remove(following)
    renumber(order)
    outline_changed(section.document_id, acting_user)
    return section, target.client_id


def _find(order: list[Section], section_id: uuid.UUID) -> Section:
    found = next((row for row in order if row.pk == section_id), None)
    if found is None:
        raise NotFound(_("This section was deleted meanwhile."))
    return found


def _check_rest(*sections: Section) -> None:
    """Agents write into the text they were given: it must not move from under their pen."""
    # Locked, as whoever saves into these texts does.
    ids = [section.pk for section in sections]
    locked = Section.objects.select_for_update().filter(pk__in=ids).order_by("pk")
    if any(row.is_worked_on for row in locked):
        raise InvalidInput(_("Agents are writing here. Stop them first."))


def _peer(section: Section, user: AbstractBaseUser) -> Peer:
    return Peer(new_client(section.pk, user.pk), load_updates(section.pk)[1])


def _place(peer: Peer, position: str) -> Place:
    try:
        place = find_place(peer, position)
    except PlaceError as error:
        raise InvalidInput(_("Put the cursor into the text first.")) from error
    if place is None:
        raise InvalidInput(_("The text at the cursor has changed. Put the cursor there again."))
    return place


def _place_of_first(peer: Peer, client_id: int) -> Place | None:
    """Where the first thing stands that was written under this client id."""
    return find_place(peer, json.dumps({"item": {"client": client_id, "clock": 0}}))


def _save(section: Section, peer: Peer, user: AbstractBaseUser) -> None:
    if update := peer.take():
        seq = append_update(section.pk, update, user_id=user.pk)
        announce_update(section, seq, update)
        set_word_counts({section.pk: count_words(peer.body)})


def _move_threads(source: Section, target: Section, ids: Iterable[str]) -> None:
    known = {str(pk) for pk in source.threads.values_list("pk", flat=True)} & set(ids)
    if known:
        Thread.objects.filter(pk__in=known).update(section=target)
        announce(source.document_id, "review-changed")


def _heading(title: str) -> Content:
    tag, values = HEADING
    return tag, dict(values), [[(title, {})]]


def _continued(title: str) -> str:
    return str(_("%(title)s, continued") % {"title": title or _("Untitled section")})[
        :TITLE_CHARACTERS
    ]
