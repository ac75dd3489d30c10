"""Whether the site is well, in a word for programs; the administration says it in plain words."""

from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from agents.health import checks


@login_not_required
@never_cache
@require_safe
def readyz(request: HttpRequest) -> HttpResponse:
    """Which parts are well, and nothing else: anybody may ask. 503 unless all are."""
    parts = {check.name: check.is_well for check in checks()}
    is_ready = all(parts.values())
    answer = {"ready": is_ready, "parts": parts}
    return JsonResponse(answer, status=200 if is_ready else 503)
