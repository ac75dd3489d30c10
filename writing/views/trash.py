"""What was deleted and can be restored: a document's sections, a person's documents."""

from uuid import UUID

from django.http import HttpResponse
from django.views.decorators.http import require_GET

from writing import access
from writing.access import Right
from writing.views.pages import Request, render_part


@require_GET
def sections(request: Request, document_id: UUID) -> HttpResponse:
    document = access.get_document(document_id, request.user, Right.EDIT)
    deleted = document.sections.exclude(deleted_at=None).order_by("-deleted_at")
    context = {"document": document, "sections": deleted}
    return render_part(request, "writing/trash.html", "dialog", context)


@require_GET
def documents(request: Request) -> HttpResponse:
    deleted = access.deleted_documents_of(request.user).order_by("-deleted_at")
    return render_part(request, "writing/trash.html", "dialog", {"documents": deleted})
