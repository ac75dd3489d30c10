"""The outline and the text of each of its sections."""

from typing import Any
from uuid import UUID

from django.db import transaction
from django.urls import reverse
from ninja import Path, Query, Router, Schema
from ninja.responses import Status
from pydantic import Field, StrictInt

from writing import access, limits
from writing.access import Right
from writing.actions import sections as actions
from writing.actions.text import body_of
from writing.api.auth import ApiRequest, Token
from writing.api.fields import Body, Brief, KeyPoints, SectionWords, Title
from writing.api.idempotency import creates
from writing.api.paging import Page, PageQuery, page_of
from writing.api.problems import answers
from writing.models import AgentPolicy, Section, SectionStatus, TokenScope
from writing.text.markdown import to_markdown

router = Router(tags=["Sections"])
READ, WRITE = Token(TokenScope.READ_DOCUMENTS), Token(TokenScope.WRITE_DOCUMENTS)


class SectionOut(Schema):
    id: UUID
    document_id: UUID
    position: int = Field(description="Its place in the outline, from 0.")
    title: str
    brief: str = Field(description="What the section covers.")
    key_points: str = Field(description="One a line.")
    target_words: int
    words: int
    status: SectionStatus
    problem: str = Field(description="What went wrong and what to do, where something did.")
    worker: str = Field(description="The agent who is at work on it.")
    agent_policy: AgentPolicy | None = Field(description="null: as in the whole document.")

    @classmethod
    def fields_of(cls, section: Section) -> dict[str, Any]:
        names = "id document_id position title brief key_points target_words status problem"
        return {name: getattr(section, name) for name in names.split()} | {
            "words": section.word_count,
            "worker": section.worker_name,
            "agent_policy": section.agent_policy or None,
        }

    @classmethod
    def of(cls, section: Section) -> "SectionOut":
        return cls(**cls.fields_of(section))


class SectionText(SectionOut):
    text: str = Field(description="As it is now, in Markdown, suggestions left out.")


class SectionPage(Page):
    items: list[SectionOut]


class SectionQuery(PageQuery):
    deleted: bool = Field(default=False, description="Those in the trash instead; for editors.")


class SectionIn(Body):
    title: Title = Field(min_length=1, examples=["How reefs grow"])
    brief: Brief = ""
    key_points: KeyPoints = ""
    target_words: SectionWords = 200


class NewSection(SectionIn):
    position: StrictInt | None = Field(
        default=None, ge=0, le=limits.SECTIONS, description="Left out: at the end."
    )


class SectionChange(Body):
    """What is left out, or null, stays as it is."""

    title: Title | None = None
    brief: Brief | None = None
    key_points: KeyPoints | None = None
    target_words: SectionWords | None = None
    agent_policy: AgentPolicy | None = None
    position: StrictInt | None = Field(
        default=None, ge=0, le=limits.SECTIONS, description="Moves it there."
    )


@router.get(
    "documents/{uuid:document_id}/sections",
    response=answers(SectionPage),
    auth=READ,
    summary="List sections",
    operation_id="list_sections",
)
def list_sections(
    request: ApiRequest, document_id: Path[UUID], asked: Query[SectionQuery]
) -> SectionPage:
    """The outline of a document, in order, without the text."""
    need = Right.EDIT if asked.deleted else Right.VIEW
    document = access.get_document(document_id, request.user, need)
    rows, page = page_of(document.sections.filter(deleted_at__isnull=not asked.deleted), asked)
    return SectionPage(items=[SectionOut.of(row) for row in rows], **page)


@router.post(
    "documents/{uuid:document_id}/sections",
    response=answers(SectionOut, 201),
    auth=WRITE,
    summary="Add a section",
    operation_id="create_section",
)
@creates
def create_section(request: ApiRequest, document_id: Path[UUID], body: NewSection) -> SectionOut:
    document = access.get_document(document_id, request.user, Right.EDIT)
    return SectionOut.of(
        actions.add_section(document, acting_user=request.user, **body.model_dump())
    )


@router.get(
    "sections/{uuid:section_id}",
    response=answers(SectionText),
    auth=READ,
    summary="Read a section",
    operation_id="read_section",
)
def read_section(request: ApiRequest, section_id: Path[UUID]) -> SectionText:
    """With its text as Markdown."""
    section = access.get_section(section_id, request.user)

    def image(image_id: str) -> str:
        return reverse("writing:image", args=[section.document_id, image_id])

    text = to_markdown(body_of(section.pk), image=image)
    return SectionText(**SectionOut.fields_of(section), text=text)


@router.patch(
    "sections/{uuid:section_id}",
    response=answers(SectionOut),
    auth=WRITE,
    summary="Change or move a section",
    operation_id="change_section",
)
def change_section(request: ApiRequest, section_id: Path[UUID], body: SectionChange) -> SectionOut:
    section = access.get_section(section_id, request.user, Right.EDIT)
    fields = body.model_dump(exclude={"position"})
    with transaction.atomic():
        actions.edit_section(section, acting_user=request.user, **fields)
        if body.position is not None:
            actions.move_section(section, body.position, acting_user=request.user)
    return SectionOut.of(section)


@router.delete(
    "sections/{uuid:section_id}",
    response=answers(None, 204),
    auth=WRITE,
    summary="Delete a section",
    operation_id="delete_section",
)
def delete_section(request: ApiRequest, section_id: Path[UUID]) -> Status[None]:
    """With its text; both can be restored."""
    section = access.get_section(section_id, request.user, Right.EDIT)
    actions.delete_section(section, acting_user=request.user)
    return Status(204, None)


@router.post(
    "sections/{uuid:section_id}/restore",
    response=answers(SectionOut),
    auth=WRITE,
    summary="Restore a section",
    operation_id="restore_section",
)
def restore_section(request: ApiRequest, section_id: Path[UUID]) -> SectionOut:
    section = access.get_section(section_id, request.user, Right.EDIT, deleted=True)
    actions.restore_section(section, acting_user=request.user)
    return SectionOut.of(section)
