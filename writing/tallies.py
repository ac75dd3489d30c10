"""Who changed how much from one version to the next, counted once and kept with the version."""

import uuid
from collections import Counter
from dataclasses import dataclass
from typing import Any

from writing.actions.text import entries_after
from writing.bylines import Byline, bylines_of
from writing.models import Version
from writing.past import past_of
from writing.text.checkpoints import Author
from writing.text.tally import tally


@dataclass(slots=True)
class Contribution:
    """Words that somebody added and removed."""

    byline: Byline
    added: int = 0
    removed: int = 0


def count_changes(version: Version) -> Version:
    """Count what was changed since each of its sections was kept in a version before."""
    before = _seqs_before(version)
    added, removed = Counter[Author](), Counter[Author]()
    for place in version.places:
        since = before.get(place.section, 0)
        if place.seq > since:
            log = entries_after(place.section, since, place.seq)
            found = tally(past_of(place.section, since), log)
            added += found.added
            removed += found.removed
    authors = sorted(added.keys() | removed.keys(), key=lambda a: -added[a] - removed[a])
    version.changes = [
        {
            "user": author.user_id,
            "attempt": str(author.attempt) if author.attempt else None,
            "added": added[author],
            "removed": removed[author],
        }
        for author in authors
    ]
    Version.objects.filter(pk=version.pk).update(changes=version.changes)
    return version


def contributions(versions: list[Version]) -> dict[int, list[Contribution]]:
    """What was counted, by version; agents of one role are one."""
    authors = {_author(row) for version in versions for row in version.changes or ()}
    names = bylines_of(authors)
    found: dict[int, list[Contribution]] = {}
    for version in versions:
        by_name: dict[Byline, Contribution] = {}
        for row in version.changes or ():
            byline = names[_author(row)]
            own = by_name.setdefault(byline, Contribution(byline))
            own.added += row["added"]
            own.removed += row["removed"]
        found[version.pk] = list(by_name.values())
    return found


def _author(row: dict[str, Any]) -> Author:
    attempt = row["attempt"]
    return Author(row["user"], uuid.UUID(attempt) if attempt else None)


def _seqs_before(version: Version) -> dict[uuid.UUID, int]:
    """How far each section had come in the version of it that was kept last before this one."""
    earlier = Version.objects.filter(
        document=version.document_id, created_at__lte=version.created_at
    ).exclude(pk=version.pk)
    if not version.is_whole:
        earlier = earlier.filter(section=version.section_id) | earlier.whole()
    else:
        earlier = earlier.whole()
    wanted = {place.section for place in version.places}
    found: dict[uuid.UUID, int] = {}
    for other in earlier[:1] if version.is_whole else earlier[:2]:
        for place in other.places:
            if place.section in wanted:
                found.setdefault(place.section, place.seq)
    return found
