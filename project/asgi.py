"""HTTP goes to Django, WebSockets to the manuscript's consumer."""

import os
import threading

from channels.auth import AuthMiddlewareStack
from channels.routing import ProtocolTypeRouter, URLRouter
from channels.security.websocket import AllowedHostsOriginValidator
from django.conf import settings
from django.core.asgi import get_asgi_application
from django.template.loader import get_template
from django.urls import get_resolver

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "project.settings")
get_asgi_application()

from agents.wakes import warm_up  # noqa: E402 (needs the apps loaded)
from project.http import OneThreadHandler  # noqa: E402 (needs the apps loaded)
from writing.memory import settle  # noqa: E402
from writing.routing import websocket_urlpatterns  # noqa: E402 (needs the apps loaded)


def prepare() -> None:
    """Load what the first page needs, before anybody waits for that page."""
    get_resolver().url_patterns  # noqa: B018 (imports every view)
    templates = settings.BASE_DIR / "templates"
    for path in templates.rglob("*.html"):
        get_template(str(path.relative_to(templates)))
    warm_up()
    settle()


threading.Thread(target=prepare, name="prepare", daemon=True).start()
application = ProtocolTypeRouter(
    {
        "http": OneThreadHandler(),
        "websocket": AllowedHostsOriginValidator(
            AuthMiddlewareStack(URLRouter(websocket_urlpatterns))
        ),
    }
)
