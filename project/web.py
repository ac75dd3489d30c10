"""A web process: Daphne on uvloop.

python -m project.web [Daphne's options] project.asgi:application
"""

import asyncio

import uvloop

# Daphne makes its event loop when it is imported.
asyncio.set_event_loop_policy(uvloop.EventLoopPolicy())

from daphne.cli import CommandLineInterface  # noqa: E402
from daphne.server import WebSocketFactory  # noqa: E402

from project.websocket import PromptProtocol, PromptServer  # noqa: E402

if __name__ == "__main__":
    WebSocketFactory.protocol = PromptProtocol
    CommandLineInterface.server_class = PromptServer
    CommandLineInterface.entrypoint()
