from allauth.account.decorators import secure_admin_login
from django.conf import settings
from django.contrib import admin
from django.contrib.auth.decorators import login_not_required
from django.contrib.staticfiles.urls import staticfiles_urlpatterns
from django.db import connection
from django.http import HttpRequest, HttpResponse
from django.urls import URLPattern, URLResolver, include, path
from django.views.generic import RedirectView
from django.views.i18n import set_language

from agents.views.health import readyz
from agents.views.metrics import metrics
from project.api import urlpatterns as api_urlpatterns


@login_not_required
def healthz(request: HttpRequest) -> HttpResponse:
    """Whether this process answers and reaches its database; for supervisors and proxies."""
    connection.ensure_connection()
    return HttpResponse("ok", content_type="text/plain")


# The administration has no door of its own, past the second step of signing in.
admin.site.login = secure_admin_login(admin.site.login)  # type: ignore[method-assign]

urlpatterns: list[URLPattern | URLResolver] = [
    path("healthz/", healthz),
    path("readyz/", readyz, name="readyz"),
    path("metrics", metrics),
    path("admin/", admin.site.urls),
    path("accounts/sessions/", RedirectView.as_view(pattern_name="writing:account")),
    path("accounts/", include("allauth.urls")),
    path("i18n/setlang/", login_not_required(set_language), name="set_language"),
    *api_urlpatterns,
    path("", include("writing.urls")),
    path("", include("agents.urls")),
]
handler400 = "writing.views.errors.bad_request"
handler403 = "writing.views.errors.forbidden"
handler404 = "writing.views.errors.not_found"
handler500 = "writing.views.errors.failed"
if settings.DEBUG:
    urlpatterns += staticfiles_urlpatterns()
