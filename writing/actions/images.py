"""Images that people put into a document."""

from django.contrib.auth.models import AbstractBaseUser
from django.db import transaction
from django.db.models import Sum
from django.utils.translation import gettext as _

from writing.exceptions import InvalidInput, TooMany
from writing.limits import DOCUMENT_IMAGE_BYTES
from writing.models import Document, Image
from writing.reencoding import CONTENT_TYPE, PIXELS, Picture, Problem, Unusable, reencode
from writing.tries import count_try

UPLOADS = 60
UPLOADS_SECONDS = 600
MEGA = 1_000_000


def add_image(document: Document, *, acting_user: AbstractBaseUser, data: bytes) -> Image:
    """Keep an image for the document's text; raises InvalidInput and TooMany.

    It is nowhere in the text until its author's browser puts it there.
    """
    count_try(f"images {acting_user.pk}", most=UPLOADS, seconds=UPLOADS_SECONDS)
    try:
        picture = reencode(data)
    except Unusable as error:
        raise _refusal(error.problem) from error
    with transaction.atomic(durable=True):
        # One after another: two at once would both see the room that is left.
        Document.objects.select_for_update().get(pk=document.pk)
        _check_room(document, picture)
        return Image.objects.create(
            document=document,
            uploaded_by_id=acting_user.pk,
            data=picture.data,
            content_type=CONTENT_TYPE,
            width=picture.width,
            height=picture.height,
            size=len(picture.data),
        )


def _check_room(document: Document, picture: Picture) -> None:
    used = document.images.aggregate(total=Sum("size"))["total"] or 0
    if used + len(picture.data) > DOCUMENT_IMAGE_BYTES:
        raise InvalidInput(
            _(
                "The images of this document take %(used)s MB; at most %(limit)s MB fit. Those "
                "that were taken out of the text count too, since that can be undone."
            )
            % {"used": round(used / MEGA), "limit": round(DOCUMENT_IMAGE_BYTES / MEGA)}
        )


def _refusal(problem: Problem) -> InvalidInput | TooMany:
    match problem:
        case Problem.BUSY:
            return TooMany(_("Several images are being read just now. Try again in a moment."))
        case Problem.SVG:
            return InvalidInput(
                _("SVG drawings can hold programs, so they are not taken. Send it as PNG.")
            )
        case Problem.HEIC:
            return InvalidInput(_("HEIC photos are not shown by browsers. Send it as JPEG."))
        case Problem.PIXELS:
            return InvalidInput(
                _("The image has more than %(limit)s million pixels. Make it smaller.")
                % {"limit": round(PIXELS / MEGA)}
            )
        case Problem.UNKNOWN:
            return InvalidInput(
                _("This is no image that can be read. JPEG, PNG, GIF, WebP and AVIF can.")
            )
    return InvalidInput(_("The image is damaged, or takes too long to read. Save it anew."))
