"""HTTP goes to Django, WebSockets to the manuscript's consumer."""

import os
import threading

from channels.auth import AuthMiddlewareStack
from channels.routing import ProtocolTypeRouter, URLRouter
from channels.security.websocket import AllowedHostsOriginValidator
from django.core.asgi import get_asgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "project.settings")
get_asgi_application()

from agents.wakes import warm_up  # noqa: E402 (needs the apps loaded)
from project.http import OneThreadHandler  # noqa: E402 (needs the apps loaded)
from writing.routing import websocket_urlpatterns  # noqa: E402 (needs the apps loaded)

threading.Thread(target=warm_up, name="warm-up", daemon=True).start()
application = ProtocolTypeRouter(
    {
        "http": OneThreadHandler(),
        "websocket": AllowedHostsOriginValidator(
            AuthMiddlewareStack(URLRouter(websocket_urlpatterns))
        ),
    }
)
