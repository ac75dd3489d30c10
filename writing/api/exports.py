"""A document as a file."""

from typing import Annotated
from uuid import UUID

from django.http import HttpResponse
from django.utils.http import content_disposition_header
from ninja import Path, Router
from pydantic import Field

from writing import access
from writing.actions import export
from writing.api.auth import ApiRequest, Token
from writing.api.problems import STATUSES, Problem
from writing.models import TokenScope

router = Router(tags=["Exports"])

FORMATS = sorted(export.FILES)
FILE = {"schema": {"type": "string", "format": "binary"}}
# Whatever a format may come as: Markdown with images is an archive.
TYPES = ("text/markdown", "text/html", "application/json", "application/zip", "*/*")

Format = Annotated[str, Field(json_schema_extra={"enum": FORMATS})]


@router.get(
    "documents/{uuid:document_id}/exports/{format}",
    response={STATUSES: Problem},
    auth=Token(TokenScope.READ_DOCUMENTS),
    summary="Export a document",
    operation_id="export_document",
    openapi_extra={
        "responses": {
            200: {"description": "The file.", "content": dict.fromkeys(TYPES, FILE)},
        }
    },
)
def export_document(
    request: ApiRequest,
    document_id: Path[UUID],
    format: Path[Format],  # noqa: A002 (its name in the address)
) -> HttpResponse:
    """As Markdown (`md`; with images as a ZIP archive), a web page (`html`), a list of where every
    passage came from (`json`), or whatever else there is."""
    document = access.get_document(document_id, request.user)
    file = export.export_document(document, format, acting_user=request.user)
    response = HttpResponse(file.data, content_type=file.content_type)
    response["Content-Disposition"] = content_disposition_header(
        as_attachment=True, filename=file.name
    )
    response["Content-Security-Policy"] = export.POLICY
    return response
