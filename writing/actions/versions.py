"""Keeping versions of documents and sections: on demand, before risks, and by themselves."""

import uuid
from collections.abc import Iterable
from dataclasses import asdict
from datetime import datetime, timedelta

from django.contrib.auth.models import AbstractBaseUser
from django.db import transaction
from django.db.models import Exists, Max, OuterRef, Q
from django.utils import timezone

from writing.announce import announce
from writing.limits import clean_version_name
from writing.models import Document, Section, Version, VersionKind
from writing.models.sections import WORKED_ON
from writing.models.versions import AUTOMATIC, Place

INTERVAL = timedelta(minutes=10)
# Whoever is looked for again and again has changed lately.
LATELY = timedelta(days=1)
# Of older automatic versions one an hour stays, then one a day.
KEEP_ALL = timedelta(days=1)
KEEP_HOURLY = timedelta(days=14)


def take_version(
    section: Section, reason: str, *, acting_user: AbstractBaseUser | None = None
) -> Version:
    """Keep one section as it is now, before something replaces its text."""
    found = Section.objects.get(pk=section.pk)
    version = Version.objects.create(
        document_id=found.document_id,
        section=found,
        reason=reason,
        contents=_contents([found]),
        created_by_id=acting_user.pk if acting_user else None,
    )
    announce(found.document_id, "history-changed")
    return version


def keep_version(
    document: Document,
    kind: VersionKind,
    *,
    reason: str = "",
    acting_user: AbstractBaseUser | None = None,
) -> Version | None:
    """Keep the whole document as it is now; None if it is as it was in the last version, or
    empty."""
    contents = _contents(Section.objects.present().filter(document=document))
    last = Version.objects.whole().filter(document=document).first()
    if (last and _is_same(last.contents, contents)) or not any(each["seq"] for each in contents):
        return None
    return _keep(document, kind, contents, reason=reason, acting_user=acting_user)


def keep_before(document: Document, reason: str, *, acting_user: AbstractBaseUser) -> Version:
    """Keep the whole document before something replaces its text, whatever was kept already."""
    contents = _contents(Section.objects.present().filter(document=document))
    return _keep(document, VersionKind.SAFETY, contents, reason=reason, acting_user=acting_user)


def name_version(document: Document, *, name: str, acting_user: AbstractBaseUser) -> Version:
    """Keep the document as it is now under a name; raises InvalidInput without one.

    Where nothing has changed since a version that has none, that one gets it.
    """
    name = clean_version_name(name)
    with transaction.atomic():
        Document.objects.select_for_update().only("pk").get(pk=document.pk)
        contents = _contents(Section.objects.present().filter(document=document))
        last = Version.objects.whole().filter(document=document).first()
        if last is None or last.name or not _is_same(last.contents, contents):
            kind = VersionKind.NAMED
            last = _keep(document, kind, contents, name=name, acting_user=acting_user)
        else:
            last.created_by_id = acting_user.pk
            rename_version(last, name=name, acting_user=acting_user)
    return last


def rename_version(version: Version, *, name: str, acting_user: AbstractBaseUser) -> Version:
    """Named versions stay for ever; raises InvalidInput without a name."""
    version.name, version.kind = clean_version_name(name), VersionKind.NAMED
    version.save(update_fields=["name", "kind", "created_by"])
    announce(version.document_id, "history-changed", by=acting_user.pk)
    return version


def documents_due(now: datetime) -> list[Document]:
    """Those that were edited since their last version was kept, if that is a while ago. While
    agents write in one, the versions at both ends of their run are enough."""
    sections = Section.objects.present().filter(document=OuterRef("pk"))
    written = sections.filter(last_seq__gt=0)
    worked_on = sections.filter(status__in=WORKED_ON)
    kept = Max("versions__created_at", filter=Q(versions__section=None))
    edited = Document.objects.present().filter(
        Exists(written), ~Exists(worked_on), updated_at__gt=now - LATELY
    )
    due = Q(kept=None) | Q(kept__lt=now - INTERVAL)
    return list(edited.annotate(kept=kept).filter(due).order_by("pk"))


def keep_due_versions() -> list[Version]:
    """An automatic version of each document that was edited; old ones are thinned out."""
    taken = []
    for document in documents_due(timezone.now()):
        with transaction.atomic():
            # Of several workers that look at once, one keeps it.
            held = Document.objects.select_for_update().only("pk").filter(pk=document.pk).first()
            version = keep_version(held, VersionKind.INTERVAL) if held else None
        if version:
            taken.append(version)
            thin_versions(document, timezone.now())
    return taken


def thin_versions(document: Document, now: datetime) -> int:
    """Delete automatic versions that others stand close to; gives how many. What is named, and
    what was kept before text was replaced, stays."""
    versions = list(
        Version.objects.whole()
        .filter(document=document)
        .order_by("-created_at", "-pk")
        .only("kind", "created_at")
    )
    slots: set[str] = set()
    thinned: list[int] = []
    recount: list[int] = []
    follower: int | None = None
    for version in versions:
        slot = _slot(version.created_at, now)
        if version.kind in AUTOMATIC and slot in slots:
            thinned.append(version.pk)
            recount += [follower] if follower else []
            continue
        slots.add(slot)
        follower = version.pk
    if thinned:
        with transaction.atomic():
            Version.objects.filter(pk__in=thinned).delete()
            # What these were counted against is gone.
            Version.objects.filter(pk__in=recount).update(changes=None)
    return len(thinned)


def _slot(at: datetime, now: datetime) -> str:
    age = now - at
    if age < KEEP_ALL:
        return at.isoformat()
    return f"{at:%Y-%m-%d %H}" if age < KEEP_HOURLY else f"{at:%Y-%m-%d}"


def _keep(
    document: Document,
    kind: VersionKind,
    contents: list[dict[str, object]],
    *,
    name: str = "",
    reason: str = "",
    acting_user: AbstractBaseUser | None = None,
) -> Version:
    version = Version.objects.create(
        document=document,
        kind=kind,
        name=name,
        reason=reason,
        contents=contents,
        created_by_id=acting_user.pk if acting_user else None,
    )
    announce(document.pk, "history-changed")
    return version


def _contents(sections: Iterable[Section]) -> list[dict[str, object]]:
    places = (Place(s.pk, s.last_seq, s.title, s.word_count) for s in sections)
    return [asdict(place) | {"section": str(place.section)} for place in places]


def _is_same(one: list[dict[str, object]], other: list[dict[str, object]]) -> bool:
    """Words are counted a little later than they are saved."""

    def key(contents: list[dict[str, object]]) -> list[tuple[object, ...]]:
        return [(each["section"], each["seq"], each["title"]) for each in contents]

    return key(one) == key(other)


def newest_version_of(section_id: uuid.UUID) -> Version | None:
    """The last that was kept of this section alone."""
    return Version.objects.filter(section=section_id).first()
