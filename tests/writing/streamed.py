"""What a view sends piece by piece."""

from typing import Any

from asgiref.sync import async_to_sync


def streamed(answer: Any) -> bytes:
    """All of it, read as the web server does."""

    async def read() -> bytes:
        return b"".join([piece async for piece in answer.streaming_content])

    return async_to_sync(read)()
