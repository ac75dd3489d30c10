"""For Prometheus: administrators and whoever has the token; nobody else learns that it is there."""

import secrets

from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.http import HttpResponse
from django.views.decorators.http import require_safe
from prometheus_client import CONTENT_TYPE_LATEST

from agents.metrics import report
from writing.exceptions import nothing_here
from writing.views.pages import Request


@login_not_required
@require_safe
def metrics(request: Request) -> HttpResponse:
    if not (_has_token(request) or request.user.is_superuser):
        raise nothing_here()
    return HttpResponse(report(), content_type=CONTENT_TYPE_LATEST)


def _has_token(request: Request) -> bool:
    wanted: str = settings.METRICS_TOKEN
    given = request.headers.get("Authorization", "")
    return bool(wanted) and secrets.compare_digest(given.encode(), f"Bearer {wanted}".encode())
