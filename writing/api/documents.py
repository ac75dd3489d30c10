"""Documents: found, made from a brief, changed, put into the trash."""

from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import transaction
from django.urls import reverse
from ninja import Path, Query, Router, Schema
from ninja.responses import Status
from pydantic import Field

from writing import access, limits
from writing.access import Right
from writing.actions import documents as actions
from writing.actions.sections import add_sections
from writing.api.auth import ApiRequest, Token
from writing.api.fields import Body, Brief, DocumentWords, Text, Title
from writing.api.idempotency import creates
from writing.api.paging import Page, PageQuery, page_of
from writing.api.problems import answers
from writing.api.sections import SectionIn
from writing.library import Entry, entries_of
from writing.models import AgentPolicy, Document, Kind, Language, TokenScope

router = Router(tags=["Documents"])
READ, WRITE = Token(TokenScope.READ_DOCUMENTS), Token(TokenScope.WRITE_DOCUMENTS)


class DocumentSummary(Schema):
    id: UUID
    title: str
    kind: Kind
    language: Language
    target_words: int = Field(description="0: not said.")
    words: int
    sections: int
    sections_done: int
    right: str = Field(description="What you may do: `view`, `comment`, `edit` or `own`.")
    created_at: datetime
    updated_at: datetime
    deleted_at: datetime | None
    page: str = Field(description="Where people find it, on this server.")

    @classmethod
    def fields_of(cls, entry: Entry) -> dict[str, Any]:
        document, progress = entry.document, entry.progress
        names = "id title kind language target_words created_at updated_at deleted_at"
        return {name: getattr(document, name) for name in names.split()} | {
            "words": progress.words or 0,
            "sections": progress.sections,
            "sections_done": progress.sections_done,
            "right": entry.right.name.lower(),
            "page": reverse("writing:manuscript", args=[document.pk]),
        }


class DocumentOut(DocumentSummary):
    brief: str
    agent_policy: AgentPolicy = Field(description="What agents may do with its text.")

    @classmethod
    def of(cls, document: Document, request: ApiRequest) -> "DocumentOut":
        [entry] = entries_of([document], request.user)
        fields = cls.fields_of(entry)
        return cls(**fields, brief=document.brief, agent_policy=AgentPolicy(document.agent_policy))


class DocumentPage(Page):
    items: list[DocumentSummary]


class DocumentQuery(PageQuery):
    search: Text = Field(default="", max_length=200, description="A piece of the title.")
    deleted: bool = Field(default=False, description="Your own that are in the trash instead.")


class DocumentIn(Body):
    title: Title = Field(min_length=1, examples=["Coral reefs"])
    brief: Brief = Field(
        default="",
        description="What the document is about, for whom, and what must be in it.",
        examples=["How coral reefs are built and what harms them, for divers. Calm, with numbers."],
    )
    kind: Kind = Kind.ARTICLE
    language: Language = Language.ENGLISH
    target_words: DocumentWords = 1000
    outline: list[SectionIn] = Field(
        default=[],
        max_length=limits.SECTIONS,
        description="Sections to begin with. Without them agents outline the brief in a run.",
    )


class DocumentChange(Body):
    """What is left out, or null, stays as it is."""

    title: Title | None = None
    brief: Brief | None = None
    kind: Kind | None = None
    language: Language | None = None
    target_words: DocumentWords | None = None
    agent_policy: AgentPolicy | None = None


@router.get(
    "documents",
    response=answers(DocumentPage),
    auth=READ,
    summary="List documents",
    operation_id="list_documents",
)
def list_documents(request: ApiRequest, asked: Query[DocumentQuery]) -> DocumentPage:
    """Those shared with you, the last changed first."""
    visible = access.deleted_documents_of if asked.deleted else access.documents_visible_to
    found = visible(request.user).filter(title__icontains=asked.search)
    rows, page = page_of(found.order_by("-updated_at", "pk"), asked)
    entries = entries_of(rows, request.user)
    items = [DocumentSummary(**DocumentSummary.fields_of(entry)) for entry in entries]
    return DocumentPage(items=items, **page)


@router.post(
    "documents",
    response=answers(DocumentOut, 201),
    auth=WRITE,
    summary="Create a document",
    operation_id="create_document",
)
@creates
def create_document(request: ApiRequest, body: DocumentIn) -> DocumentOut:
    """From a brief, and an outline if you have one. You own it."""
    fields = body.model_dump(exclude={"outline"})
    with transaction.atomic():
        document = actions.create_document(request.user, **fields)
        if body.outline:
            outline = [each.model_dump() for each in body.outline]
            add_sections(document, acting_user=request.user, outline=outline)
            document.refresh_from_db()
    return DocumentOut.of(document, request)


@router.get(
    "documents/{uuid:document_id}",
    response=answers(DocumentOut),
    auth=READ,
    summary="Read a document",
    operation_id="read_document",
)
def read_document(request: ApiRequest, document_id: Path[UUID]) -> DocumentOut:
    """What it is about and how far it is. Its text is in its sections and exports."""
    return DocumentOut.of(access.get_document(document_id, request.user), request)


@router.patch(
    "documents/{uuid:document_id}",
    response=answers(DocumentOut),
    auth=WRITE,
    summary="Change a document",
    operation_id="change_document",
)
def change_document(
    request: ApiRequest, document_id: Path[UUID], body: DocumentChange
) -> DocumentOut:
    document = access.get_document(document_id, request.user, Right.EDIT)
    actions.edit_document(document, acting_user=request.user, **body.model_dump())
    return DocumentOut.of(document, request)


@router.delete(
    "documents/{uuid:document_id}",
    response=answers(None, 204),
    auth=WRITE,
    summary="Put a document into the trash",
    operation_id="delete_document",
)
def delete_document(request: ApiRequest, document_id: Path[UUID]) -> Status[None]:
    """It can be restored. Only for its owners."""
    document = access.get_document(document_id, request.user, Right.OWN)
    actions.delete_document(document, acting_user=request.user)
    return Status(204, None)


@router.post(
    "documents/{uuid:document_id}/restore",
    response=answers(DocumentOut),
    auth=WRITE,
    summary="Restore a document",
    operation_id="restore_document",
)
def restore_document(request: ApiRequest, document_id: Path[UUID]) -> DocumentOut:
    """From the trash. Only for its owners."""
    document = access.get_document(document_id, request.user, Right.OWN, deleted=True)
    actions.restore_document(document, acting_user=request.user)
    return DocumentOut.of(document, request)
