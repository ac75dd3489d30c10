"""How often something may be tried: counted in the database, so that it holds for all processes."""

from datetime import timedelta

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from writing.exceptions import TooMany
from writing.models import Try


def count_try(what: str, *, most: int, seconds: int) -> None:
    """Note one more try; raises TooMany when there were `most` within the last so many seconds."""
    since = timezone.now() - timedelta(seconds=seconds)
    with transaction.atomic():
        tries = Try.objects.filter(what=what)
        tries.filter(made_at__lte=since).delete()
        if tries.count() >= most:
            raise TooMany(_("That was tried too often. Wait a few minutes, then try again."))
        Try.objects.create(what=what)
