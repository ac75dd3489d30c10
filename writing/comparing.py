"""How a document differs between two moments, section by section."""

import uuid
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from writing.models import Document, Section
from writing.models.versions import Place
from writing.past import pasts_of
from writing.text.difference import Op, Row, compare, words_changed
from writing.text.paragraphs import Paragraph, paragraphs_of

# Paragraphs that stay the same are shown beside what changed, and left out elsewhere.
CONTEXT = 1


@dataclass(frozen=True, slots=True)
class Fold:
    """Rows that follow one another; of those left out only how many they are is said."""

    rows: Sequence[Row] = ()
    left_out: int = 0


@dataclass(slots=True)
class SectionDifference:
    """`op` says what became of the section as a whole."""

    section: uuid.UUID
    op: Op
    title: str
    title_before: str
    folds: list[Fold] = field(default_factory=list)
    added: int = 0
    removed: int = 0


def places_now(document: Document) -> list[Place]:
    sections = Section.objects.present().filter(document=document)
    return [Place(s.pk, s.last_seq, s.title, s.word_count) for s in sections]


def differences(
    before: Sequence[Place], after: Sequence[Place], *, show_all: bool = False
) -> list[SectionDifference]:
    """The sections that differ, in the later order; those that are gone come last."""
    old = {place.section: place for place in before}
    new = {place.section: place for place in after}
    changed = {pk for pk in old.keys() | new.keys() if _seq(old, pk) != _seq(new, pk)}
    texts_before = _paragraphs({pk: old[pk].seq for pk in changed & old.keys()})
    texts_after = _paragraphs({pk: new[pk].seq for pk in changed & new.keys()})
    found = []
    for pk in [*new, *(pk for pk in old if pk not in new)]:
        one, other = old.get(pk), new.get(pk)
        is_renamed = one is not None and other is not None and one.title != other.title
        if pk not in changed and not is_renamed:
            continue
        rows = compare(texts_before.get(pk, []), texts_after.get(pk, []))
        titles = [place.title for place in (one, other) if place]
        difference = SectionDifference(pk, _op(one, other), titles[-1], titles[0])
        difference.added, difference.removed = words_changed(rows)
        difference.folds = [Fold(rows)] if show_all else list(_folded(rows))
        if is_renamed or one is None or other is None or any(r.op is not Op.SAME for r in rows):
            found.append(difference)
    return found


def _seq(places: dict[uuid.UUID, Place], pk: uuid.UUID) -> int | None:
    return places[pk].seq if pk in places else None


def _op(before: Place | None, after: Place | None) -> Op:
    if before is None:
        return Op.ADDED
    return Op.REMOVED if after is None else Op.CHANGED


def _paragraphs(seqs: dict[uuid.UUID, int]) -> dict[uuid.UUID, list[Paragraph]]:
    return {pk: paragraphs_of(past.text) for pk, past in pasts_of(seqs).items()}


def _folded(rows: Sequence[Row]) -> Iterable[Fold]:
    near = {
        beside
        for number, row in enumerate(rows)
        if row.op is not Op.SAME
        for beside in range(number - CONTEXT, number + CONTEXT + 1)
    }
    start = 0
    while start < len(rows):
        end = start
        while end < len(rows) and (end in near) == (start in near):
            end += 1
        yield Fold(rows[start:end]) if start in near else Fold(left_out=end - start)
        start = end
