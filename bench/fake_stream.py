"""How the fake provider answers over HTTP: at which moment which token, and what breaks."""

import asyncio
import json
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from typing import Any

from aiohttp import web

from bench.fake_faults import Fault

MARK = "\u0001"
PING_SECONDS = 0.05
THINKING_SECONDS = 0.2
AT_ONCE = 1e6  # tokens a second


@dataclass
class Record:
    """One line of the log: a request, its times (epoch seconds), tokens and how it ended.

    status: ok, stalled, dropped, client_gone, or the refusing HTTP status.
    """

    n: int
    model: str
    role: str | None
    section: int | None
    stream: bool
    messages: int
    key: str
    t_start: float
    status: str = "ok"
    t_first: float | None = None
    t_end: float | None = None
    prompt_tokens: int = 0
    completion_tokens: int = 0
    cached_tokens: int = 0
    fault: str = ""

    @property
    def usage(self) -> dict[str, Any]:
        return {
            "prompt_tokens": self.prompt_tokens,
            "completion_tokens": self.completion_tokens,
            "total_tokens": self.prompt_tokens + self.completion_tokens,
            "prompt_tokens_details": {"cached_tokens": self.cached_tokens},
        }

    def line(self) -> str:
        return json.dumps(asdict(self))


@dataclass(eq=False)
class Reply:
    """An answer to give: its tokens, at `tokens_per_second` from `first_after` seconds on.

    One that is held stops before its last token, as a model that thinks, until it is let go.
    """

    record: Record
    tokens: list[str]
    finish: str
    fault: Fault | None
    first_after: float
    tokens_per_second: float
    is_held: bool = False

    def let_go(self) -> None:
        """What is left comes at once."""
        self.is_held = False
        self.tokens_per_second = AT_ONCE

    def due(self, start: float, index: int) -> float:
        """Absolute deadlines: a late loop does not add up."""
        return start + index / self.tokens_per_second

    def base(self, kind: str) -> dict[str, Any]:
        record = self.record
        return {
            "id": f"chatcmpl-{record.n:08d}",
            "created": int(record.t_start),
            "model": record.model,
            "object": kind,
        }

    def is_broken_by(self, kind: str) -> bool:
        return self.fault is not None and self.fault.kind == kind


async def _until(moment: float) -> None:
    delay = moment - asyncio.get_running_loop().time()
    if delay > 0:
        await asyncio.sleep(delay)


async def send_whole(request: web.Request, reply: Reply) -> web.StreamResponse:
    """The answer at once, for a client that does not stream."""
    record, count = reply.record, len(reply.tokens)
    start = asyncio.get_running_loop().time() + reply.first_after
    await _until(start)
    record.t_first = time.time()
    if reply.is_broken_by("drop"):
        record.status, record.completion_tokens = "dropped", count // 2
        _abort(request)
        return web.Response()
    await _until(reply.due(start, count))
    record.completion_tokens = count
    message = {"role": "assistant", "content": "".join(reply.tokens)}
    choice = {"index": 0, "message": message, "finish_reason": reply.finish}
    body = {**reply.base("chat.completion"), "choices": [choice], "usage": record.usage}
    return web.json_response(body)


async def send_stream(
    request: web.Request, reply: Reply, *, with_usage: bool
) -> web.StreamResponse:
    """The answer token by token, as server-sent events."""
    response = web.StreamResponse(
        headers={"Content-Type": "text/event-stream", "Cache-Control": "no-cache"}
    )
    base = reply.base("chat.completion.chunk")

    def event(delta: dict[str, str], finish: str | None = None) -> bytes:
        choice = {"index": 0, "delta": delta, "finish_reason": finish}
        return b"data: " + json.dumps({**base, "choices": [choice]}).encode() + b"\n\n"

    try:
        await response.prepare(request)
        await response.write(event({"role": "assistant", "content": ""}))
        if not await _send_tokens(request, response, reply, event):
            return response
        tail = event({}, reply.finish)
        if with_usage:
            usage = {**base, "choices": [], "usage": reply.record.usage}
            tail += b"data: " + json.dumps(usage).encode() + b"\n\n"
        await response.write(tail + b"data: [DONE]\n\n")
        await response.write_eof()
    except ConnectionError:
        reply.record.status = "client_gone"
    except asyncio.CancelledError:
        reply.record.status = "client_gone"
        raise
    return response


async def _send_tokens(
    request: web.Request,
    response: web.StreamResponse,
    reply: Reply,
    event: Callable[[dict[str, str]], bytes],
) -> bool:
    """False if the connection was cut on purpose."""
    # The constant part of each token's event is built once.
    before, after = event({"content": MARK}).split(json.dumps(MARK).encode())
    record, fault = reply.record, reply.fault
    start = asyncio.get_running_loop().time() + reply.first_after
    cut = len(reply.tokens) // 2 if fault and fault.kind in ("drop", "stall", "pings") else None
    endless = reply.is_broken_by("endless")
    sent = 0
    while endless or sent < len(reply.tokens):
        await _until(reply.due(start, sent))
        if sent == 0:
            record.t_first = time.time()
        elapsed = asyncio.get_running_loop().time() - start
        due = max(sent + 1, int(elapsed * reply.tokens_per_second) + 1)
        due = due if endless else min(due, len(reply.tokens) - reply.is_held)
        if fault and cut is not None and due > cut:
            if fault.kind == "drop":
                record.status, record.completion_tokens = "dropped", sent
                _abort(request)
                return False
            while fault.kind == "pings":
                await response.write(b": still here\n\n")
                await asyncio.sleep(PING_SECONDS)
            start += fault.seconds
            record.status, cut = "stalled", None
            continue
        if due == sent:  # held
            await response.write(event({}))
            await asyncio.sleep(THINKING_SECONDS)
            continue
        due_tokens = (reply.tokens[n % len(reply.tokens)] for n in range(sent, due))
        await response.write(b"".join(before + json.dumps(t).encode() + after for t in due_tokens))
        sent = record.completion_tokens = due
    await _until(reply.due(start, len(reply.tokens)))
    return True


def _abort(request: web.Request) -> None:
    if isinstance(request.transport, asyncio.Transport):
        request.transport.abort()
