"""How often something may be tried: counted in the database, so that it holds for all processes."""

from datetime import timedelta

from django.utils import timezone
from django.utils.translation import gettext as _

from writing.exceptions import TooMany
from writing.models import Try


def count_try(what: str, *, most: int, seconds: int) -> None:
    """Note one more try; raises TooMany when there were `most` within the last so many seconds.

    Not in a transaction: a try is noted before the others are counted, so that of many at once
    none sees room that another one takes. One that is refused is not held against anybody.
    """
    since = timezone.now() - timedelta(seconds=seconds)
    tries = Try.objects.filter(what=what)
    tries.filter(made_at__lte=since).delete()
    this = Try.objects.create(what=what)
    if tries.count() > most:
        this.delete()
        raise TooMany(_("That was tried too often. Wait a few minutes, then try again."))
