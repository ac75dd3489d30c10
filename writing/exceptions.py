"""What can go wrong in a manuscript, with its HTTP status and WebSocket close code."""

from django.utils.translation import gettext as _


class WritingError(Exception):
    """Base of this app's errors; `str()` of one is fit for the reader."""

    status = 400
    close_code = 4400


class NotFound(WritingError):
    """Unknown, or not yours: the two look the same from outside."""

    status = 404
    close_code = 4404


def nothing_here() -> NotFound:
    """The one answer to what is unknown and to what is not shared, whatever was asked for."""
    return NotFound(_("There is nothing here, or it is not shared with you."))


class Forbidden(WritingError):
    """Yours to see, but not to do this with."""

    status = 403
    close_code = 4403


class InvalidInput(WritingError):
    """Bad input; the message says what to do."""

    status = 422


class TooMany(WritingError):
    """Tried too often."""

    status = 429


class Refused(WritingError):
    """An update that could crash, corrupt or impersonate."""

    close_code = 4409
