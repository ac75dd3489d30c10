"""How large a form with files may be: said before any of it is read."""

from typing import Any

from django.core.exceptions import RequestDataTooBig
from django.core.files.uploadhandler import FileUploadHandler
from django.utils.translation import gettext as _

from writing.limits import IMAGE_BYTES

# What stands around the file in the form.
AROUND_BYTES = 10_000


class UploadTooLarge(RequestDataTooBig):
    """The message is fit for the reader."""


class UploadLimit(FileUploadHandler):
    """Refuses what is too large; what is not, the handlers after it take."""

    def handle_raw_input(
        self,
        input_data: Any,
        META: dict[str, Any],  # noqa: N803 (Django's name)
        content_length: int,
        boundary: Any,
        encoding: Any = None,
    ) -> None:
        if content_length > IMAGE_BYTES + AROUND_BYTES:
            raise UploadTooLarge(
                _("The file has %(size)s MB; at most %(limit)s MB fit. Make it smaller.")
                % {"size": round(content_length / 1_000_000), "limit": IMAGE_BYTES // 1_000_000}
            )

    def receive_data_chunk(self, raw_data: bytes, start: int) -> bytes:
        return raw_data

    def file_complete(self, file_size: int) -> None:
        return None
