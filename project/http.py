"""How a request reaches the views: whole, in one thread.

Django's own handler runs every middleware as a coroutine and sends each half of it to a thread of
its own; with views that are plain functions that is twenty changes of thread for one page.
"""

from concurrent.futures import ThreadPoolExecutor

from asgiref.sync import sync_to_async
from django.core.handlers.asgi import ASGIHandler
from django.db import close_old_connections
from django.http import HttpRequest
from django.http.response import HttpResponseBase

# Apart from the threads that save text: a slow page must not hold those up.
_threads = ThreadPoolExecutor(max_workers=8, thread_name_prefix="http")


class OneThreadHandler(ASGIHandler):
    """Middleware and view as one call in a thread of the pool, which keeps its connection."""

    def load_middleware(self, is_async: bool = False) -> None:
        super().load_middleware(is_async=False)

    async def get_response_async(self, request: HttpRequest) -> HttpResponseBase:
        respond = sync_to_async(self._respond, thread_sensitive=False, executor=_threads)
        return await respond(request)

    def _respond(self, request: HttpRequest) -> HttpResponseBase:
        close_old_connections()
        try:
            return self.get_response(request)
        finally:
            close_old_connections()
