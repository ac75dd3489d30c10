from django.urls import path

from writing.consumers import ManuscriptConsumer

websocket_urlpatterns = [path("ws/documents/<uuid:document_id>/", ManuscriptConsumer.as_asgi())]
