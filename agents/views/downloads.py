from uuid import UUID

from django.http import StreamingHttpResponse
from django.utils.http import content_disposition_header
from django.views.decorators.http import require_GET

from agents.access import get_batch
from agents.archive import ZIP, archive_of, begin_archive
from writing.views.pages import Request


@require_GET
def download(request: Request, batch_id: UUID, suffix: str) -> StreamingHttpResponse:
    """All its documents as one archive, which is made while it is sent."""
    batch = get_batch(batch_id, request.user)
    name = begin_archive(batch, suffix, acting_user=request.user)
    disposition = content_disposition_header(as_attachment=True, filename=name)
    return StreamingHttpResponse(
        archive_of(batch, suffix, acting_user=request.user),
        content_type=ZIP,
        headers={"Content-Disposition": str(disposition), "X-Accel-Buffering": "no"},
    )
