"""What a person's library shows of each document."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from uuid import UUID

from django.core.paginator import Page, Paginator
from django.db.models import Count, Q, Sum

from writing.access import Right, Visitor, documents_visible_to, rights_on
from writing.models import Document, Member, Section, SectionStatus
from writing.people import identity_of

DOCUMENTS_ON_A_PAGE = 40


@dataclass(frozen=True, slots=True)
class Worker:
    """An agent at work on a document."""

    name: str
    tone: int


@dataclass(frozen=True, slots=True)
class Progress:
    sections: int = 0
    sections_done: int = 0
    words: int = 0
    target_words: int = 0


@dataclass(frozen=True, slots=True)
class Entry:
    document: Document
    right: Right
    progress: Progress
    shared_by: str = ""
    workers: list[Worker] = field(default_factory=list)

    @property
    def target_words(self) -> int:
        return self.progress.target_words or self.document.target_words

    @property
    def words_shown(self) -> int:
        """For a bar that ends where the target is."""
        return min(self.progress.words, self.target_words)

    @property
    def can_edit(self) -> bool:
        return self.right >= Right.EDIT

    @property
    def is_owner(self) -> bool:
        return self.right >= Right.OWN


def entries_for(user: Visitor, search: str, page_number: str) -> tuple[Page[Document], list[Entry]]:
    """A page of the documents shared with `user` whose title contains `search`, newest first."""
    documents = documents_visible_to(user)
    if search:
        documents = documents.filter(title__icontains=search)
    page = Paginator(documents, DOCUMENTS_ON_A_PAGE).get_page(page_number)
    return page, entries_of(page, user)


def entries_of(documents: Iterable[Document], user: Visitor) -> list[Entry]:
    """What is shown of these documents, by a constant number of queries."""
    documents = list(documents)
    ids = [document.pk for document in documents]
    rights, progress, workers = rights_on(ids, user), progress_of(ids), _workers_on(ids)
    sharers = _sharers_of(ids, user)
    return [
        Entry(
            document,
            rights.get(document.pk, Right.VIEW),
            progress.get(document.pk, Progress()),
            sharers.get(document.pk, ""),
            workers.get(document.pk, []),
        )
        for document in documents
    ]


def _sharers_of(document_ids: Collection[UUID], user: Visitor) -> dict[UUID, str]:
    """By whom each of these was shared with the user."""
    if not user.is_authenticated:
        return {}
    members = Member.objects.filter(user_id=user.pk, document_id__in=document_ids)
    return {
        member.document_id: identity_of(member.added_by)["name"]
        for member in members.select_related("added_by")
        if member.added_by
    }


def progress_of(document_ids: Collection[UUID]) -> dict[UUID, Progress]:
    """How far each of these is; without the ones that have no sections."""
    rows = (
        Section.objects.present()
        .filter(document_id__in=document_ids)
        .order_by()
        .values_list("document_id")
        .annotate(
            total=Count("pk"),
            done=Count("pk", filter=Q(status=SectionStatus.DONE)),
            words=Sum("word_count"),
            wanted=Sum("target_words"),
        )
    )
    return {document_id: Progress(*figures) for document_id, *figures in rows}


def _workers_on(document_ids: Collection[UUID]) -> dict[UUID, list[Worker]]:
    rows = (
        Section.objects.present()
        .filter(document_id__in=document_ids)
        .exclude(worker_name="")
        .order_by("worker_name")
        .values_list("document_id", "worker_name", "worker_tone")
        .distinct()
    )
    workers: dict[UUID, list[Worker]] = {}
    for document_id, name, tone in rows:
        workers.setdefault(document_id, []).append(Worker(name, tone))
    return workers
