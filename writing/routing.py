from typing import Any, cast

from django.urls import path

from writing.consumers import ManuscriptConsumer

# Channels routes by Django's path(), whose types know views only.
_manuscript = cast(Any, ManuscriptConsumer.as_asgi())
websocket_urlpatterns: list[Any] = [path("ws/documents/<uuid:document_id>/", _manuscript)]
