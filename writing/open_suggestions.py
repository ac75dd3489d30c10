"""What is suggested in a document's sections now: the text says what, rows say who and why."""

import uuid
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from pycrdt import Doc, XmlFragment

from writing.actions.text import entries_after, load_logs
from writing.models import Peer, Section, Suggestion
from writing.text.marking import ATTRIBUTE, DELETION, INSERTION, MODIFICATION, kind_of
from writing.text.peer import ROOT
from writing.text.structs import Kind, Struct, parse
from writing.text.suggestions import Suggested, suggested_in

# Sections whose suggestions are remembered, for as long as nothing is written in them.
MOST_REMEMBERED = 512
_SIGNS = [name.encode() for name in (INSERTION, DELETION, MODIFICATION, ATTRIBUTE)]


@dataclass(frozen=True, slots=True)
class Open:
    """A suggestion on which nobody has decided yet."""

    row: Suggestion
    said: Suggested


def open_suggestions(sections: Sequence[Section]) -> list[Open]:
    """In the order of the sections and of their texts. As many queries for many as for one, but
    where the text has suggestions of which there are no rows yet: these are made now."""
    said = _read(sections)
    rows = {
        (row.section_id, str(row.mark)): row
        for row in Suggestion.objects.filter(section__in=[pk for pk, own in said.items() if own])
        .select_related("user")
        .order_by()
    }
    found = []
    for section in sections:
        own = said[section.pk]
        if missing := [each for each in own if (section.pk, each.id) not in rows]:
            for row in note_suggestions(section, missing):
                rows[section.pk, str(row.mark)] = row
        for each in own:
            row = rows[section.pk, each.id]
            row.section = section
            found.append(Open(row, each))
    return found


def note_suggestions(section: Section, said: Iterable[Suggested]) -> list[Suggestion]:
    """Rows for suggestions of which only the text tells: who owns the client id under which a mark
    came into the log first, wrote it. So nobody can put words into somebody else's mouth."""
    wanted = {each.id: each for each in said}
    first = _first_writers(section.pk, wanted)
    peers = {
        peer.client_id: peer
        for peer in Peer.objects.filter(
            section=section, client_id__in={client for client, _saved_at in first.values()}
        )
    }
    rows = []
    for mark, (client, saved_at) in first.items():
        peer = peers.get(client)
        rows.append(
            Suggestion(
                section=section,
                mark=mark,
                user_id=peer.user_id if peer else None,
                attempt=peer.attempt if peer else None,
                old=wanted[mark].old,
                new=wanted[mark].new,
                created_at=saved_at,
            )
        )
    # Whoever reads at the same moment makes the same rows.
    Suggestion.objects.bulk_create(rows, ignore_conflicts=True)
    return list(Suggestion.objects.filter(section=section, mark__in=wanted).select_related("user"))


def _first_writers(
    section_id: uuid.UUID, marks: Collection[str]
) -> dict[str, tuple[int, datetime]]:
    found: dict[str, tuple[int, datetime]] = {}
    left = {mark.encode(): mark for mark in marks}
    for entry in entries_after(section_id, 0):
        here = {sign for sign in left if sign in entry.data}
        if not here:
            continue
        for struct in parse(entry.data).structs:
            said = "".join(filter(None, struct.values)) if _is_mark(struct) else ""
            for sign in [sign for sign in here & left.keys() if left[sign] in said]:
                found[left.pop(sign)] = struct.client, entry.saved_at
        if not left:
            break
    return found


def _is_mark(struct: Struct) -> bool:
    """Only these suggest something; a text may name the same id."""
    if struct.kind is Kind.FORMAT:
        return kind_of(struct.name) is not None
    return struct.kind is Kind.ANY


def _read(sections: Sequence[Section]) -> dict[uuid.UUID, Sequence[Suggested]]:
    """What each section's text suggests; only what was written in since is read again."""
    keys = {section.pk: (section.pk, section.last_seq) for section in sections}
    fresh = [pk for pk, key in keys.items() if key not in _remembered and key[1]]
    logs = load_logs(fresh) if fresh else {}
    found: dict[uuid.UUID, Sequence[Suggested]] = {}
    for pk, key in keys.items():
        if pk in logs:
            seq, updates = logs[pk]
            found[pk] = _suggested(updates)
            _remembered[pk, seq] = found[pk]
        else:
            found[pk] = _remembered.get(key, ())
    for key in list(_remembered)[: len(_remembered) - MOST_REMEMBERED]:
        _remembered.pop(key, None)
    return found


_remembered: dict[tuple[uuid.UUID, int], Sequence[Suggested]] = {}


def _suggested(updates: Sequence[bytes]) -> Sequence[Suggested]:
    if not any(sign in update for update in updates for sign in _SIGNS):
        return ()
    doc: Doc[XmlFragment] = Doc()
    with doc.transaction():
        for update in updates:
            doc.apply_update(update)
    return suggested_in(doc.get(ROOT, type=XmlFragment))
