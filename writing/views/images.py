"""Sending an image, and getting it."""

from http import HTTPStatus
from uuid import UUID

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.utils.translation import gettext as _
from django.views.decorators.http import conditional_page, require_GET, require_POST

from writing import access
from writing.access import Right
from writing.actions import images
from writing.exceptions import InvalidInput
from writing.views.pages import Request, open_to_guests

# Bytes that somebody sent: never a page, whatever a browser takes them for.
HEADERS = {
    "Content-Security-Policy": "default-src 'none'; sandbox",
    "X-Content-Type-Options": "nosniff",
    "Cross-Origin-Resource-Policy": "same-origin",
    # What it shows never changes. Not for longer: whose right was taken keeps what they have seen.
    "Cache-Control": "private, max-age=86400, immutable",
}


@require_POST
def add_image(request: Request, document_id: UUID) -> JsonResponse:
    document = access.get_document(document_id, request.user, Right.EDIT)
    sent = request.FILES.get("image")
    if sent is None:
        raise InvalidInput(_("Choose an image first."))
    image = images.add_image(document, acting_user=request.user, data=sent.read())
    shown = {"id": str(image.pk), "width": image.width, "height": image.height}
    return JsonResponse(shown, status=HTTPStatus.CREATED)


@open_to_guests
@require_GET
@conditional_page
def image(request: HttpRequest, document_id: UUID, image_id: UUID) -> HttpResponse:
    found = access.get_image(document_id, image_id, request.user)
    headers = {**HEADERS, "ETag": f'"{found.pk}"'}
    return HttpResponse(bytes(found.data), content_type=found.content_type, headers=headers)
