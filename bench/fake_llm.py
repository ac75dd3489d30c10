"""A deterministic OpenAI-compatible provider for benchmarks and tests.

  POST /v1/chat/completions   streamed or not, usage, max_tokens, response_format json_schema
  GET  /v1/models, /healthz, /stats;  POST /admin/reset (forget cache, faults and counters)

Timing: a request that starts at t sends token i at t + ttft + i/tps, plus
uncached_prompt_tokens/prefill_tps when --prefill-tps is given.
Prefix cache: cached_tokens is the longest common prefix, in tokens, with any prompt that came
before on that model. --cache-block 128 --cache-min 1024 rounds as OpenAI does, --cache-block 16
as vLLM does.

What it says: the last 'ROLE: x' and 'SECTION: n' in the prompt pick text and length (words * a
factor of 0.5..1.5 from a hash of the two); without them the hash of the prompt does. 'WORDS: n'
overrides the length, 'SECTIONS: n' the number of items. --script FILE may define
reply(messages, body) -> str | None.

Faults, repeatable:  --fault KIND@WHERE[xN][+SECS]
  KIND: 400, 401, 403, 404, 500, 429 (with Retry-After SECS, default 1; 429date: as an HTTP date),
        drop (connection cut after half of the tokens), stall (silence of SECS after half of them),
        pings (after half of them comments without end),
        empty (no text), badjson (text that is no JSON), endless (never stops, whatever max_tokens
        says), html (a web page instead of an answer)
  WHERE: role:section, role, #n (n-th request, from 1) or *
  xN: how often (default 1; x0 = always)

Log (--log): one JSON line for each request when it ends, see bench.fake_stream.Record.
"""

import argparse
import asyncio
import bisect
import contextlib
import hashlib
import importlib.util
import signal
import time
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

from aiohttp import web

from bench import fake_text
from bench.fake_faults import Fault, Trouble
from bench.fake_stream import Record, Reply, send_stream, send_whole

# From the messages and the request's body to the answer; None: the usual one.
Say = Callable[[list[Any], dict[str, Any]], str | None]


ALL = "*"


class PrefixCache:
    """Sorted prompts; the nearest neighbours hold the longest common prefix."""

    def __init__(self) -> None:
        self._prompts: list[str] = []

    def common(self, prompt: str) -> int:
        """Characters this prompt shares with one that came before; remembers the prompt."""
        index = bisect.bisect_left(self._prompts, prompt)
        near = self._prompts[max(0, index - 1) : index + 1]
        if prompt not in near:
            self._prompts.insert(index, prompt)
        return max((_common_length(prompt, other) for other in near), default=0)


def _common_length(one: str, other: str) -> int:
    low, high = 0, min(len(one), len(other))
    while low < high:
        middle = (low + high + 1) // 2
        if one.startswith(other[low:middle], low):
            low = middle
        else:
            high = middle - 1
    return low


class Server:
    """The provider. `records` holds the requests that have ended."""

    def __init__(self, options: argparse.Namespace) -> None:
        self.options = options
        self._held: set[str] = set()
        self._under_way: set[Reply] = set()
        self._say: Say | None = _load(options.script).reply if options.script else None
        self._slots = (
            asyncio.Semaphore(options.max_concurrency)
            if options.max_concurrency
            else contextlib.nullcontext()
        )
        self.reset()

    def reset(self) -> None:
        self._caches: dict[str, PrefixCache] = {}
        self._number = self.active = self.peak = 0
        self.let_go()
        self.records: list[Record] = []
        self.bodies: list[dict[str, Any]] = []
        self.refused: tuple[str, ...] = ()
        # If any, the key that must be sent; and what to answer who asks for the models.
        self.key = ""
        self.listing: tuple[int, object] | None = None
        self.faults = [Fault.read(text) for text in self.options.fault]
        self.trouble = Trouble(self.options.trouble, self.options.seed)

    def say(self, reply: Say) -> None:
        """Ask this function first what to answer; None leaves it to us."""
        self._say = reply

    def hold(self, *roles: str) -> None:
        """Give answers but for their last token; only those to these roles, if any are named."""
        self._held |= set(roles or (ALL,))

    def let_go(self, *roles: str) -> None:
        """Hold them no longer, or nobody: what is left of the answers under way comes at once."""
        self._held = self._held - set(roles) if roles else set()
        for reply in tuple(self._under_way):
            if not self._is_held(reply):
                reply.let_go()

    def _is_held(self, reply: Reply) -> bool:
        return not self._held.isdisjoint({ALL, reply.record.role})

    def _locked(self, request: web.Request) -> web.Response | None:
        if not self.key or request.headers.get("Authorization") == f"Bearer {self.key}":
            return None
        given = request.headers.get("Authorization", "")
        error = {"message": f"Incorrect API key provided: {given}", "code": "invalid_api_key"}
        return web.json_response({"error": error}, status=401)

    async def chat(self, request: web.Request) -> web.StreamResponse:
        if locked := self._locked(request):
            return locked
        body = await request.json()
        prompt = "".join(f"<|{m['role']}|>{_text(m['content'])}" for m in body["messages"])
        self.bodies.append(body)
        self._number += 1
        role, section = (
            fake_text.last(pattern, prompt) for pattern in (fake_text.ROLE, fake_text.SECTION)
        )
        record = Record(
            n=self._number,
            model=body.get("model", "fake"),
            role=role,
            section=int(section) if section else None,
            stream=bool(body.get("stream")),
            messages=len(body["messages"]),
            key=hashlib.sha256(prompt.encode()).hexdigest()[:16],
            t_start=time.time(),
        )
        taken = (fault for fault in self.faults if fault.take(record.n, role, section))
        fault = next(taken, None) or self.trouble.take(body)
        record.fault = fault.kind if fault else ""
        try:
            if fault and fault.status:
                record.status = str(fault.status)
                return web.json_response(fault.body, status=fault.status, headers=fault.headers)
            if name := next((name for name in self.refused if name in body), None):
                record.status = "400"
                error = {"message": f"Unsupported parameter: '{name}'", "param": name}
                return web.json_response({"error": error}, status=400)
            if fault and fault.kind == "html":
                return web.Response(text="<html>Welcome</html>", content_type="text/html")
            self._count_prompt(record, prompt)
            return await self._send(request, body, self._reply(record, body, prompt, fault))
        finally:
            record.t_end = time.time()
            self._write(record)

    async def _send(
        self, request: web.Request, body: dict[str, Any], reply: Reply
    ) -> web.StreamResponse:
        async with self._slots:
            self.active += 1
            self.peak = max(self.peak, self.active)
            self._under_way.add(reply)
            reply.is_held = self._is_held(reply)
            try:
                if not body.get("stream"):
                    return await send_whole(request, reply)
                with_usage = (body.get("stream_options") or {}).get("include_usage", False)
                return await send_stream(request, reply, with_usage=with_usage)
            finally:
                self.active -= 1
                self._under_way.remove(reply)

    def _count_prompt(self, record: Record, prompt: str) -> None:
        common = self._caches.setdefault(record.model, PrefixCache()).common(prompt)
        record.prompt_tokens = fake_text.count(prompt)
        is_same = common == len(prompt)
        cached = record.prompt_tokens if is_same else fake_text.count(prompt[:common])
        cached -= cached % self.options.cache_block
        record.cached_tokens = cached if cached >= self.options.cache_min else 0

    def _reply(
        self, record: Record, body: dict[str, Any], prompt: str, fault: Fault | None
    ) -> Reply:
        options = self.options
        text = self._say(body["messages"], body) if self._say else None
        if text is None:
            text = fake_text.answer(
                body, prompt, words=options.words, flat=options.flat, items=options.items
            )
        if fault and fault.kind in ("empty", "badjson"):
            text = "" if fault.kind == "empty" else "I would rather not answer with JSON."
        tokens, finish = fake_text.tokens(text), "stop"
        limit = body.get("max_completion_tokens") or body.get("max_tokens")
        if limit and len(tokens) > limit:
            tokens, finish = tokens[:limit], "length"
        first_after = options.ttft
        if options.prefill_tps:
            first_after += (record.prompt_tokens - record.cached_tokens) / options.prefill_tps
        return Reply(record, tokens, finish, fault, first_after, options.tps)

    def _write(self, record: Record) -> None:
        self.records.append(record)
        if self.options.log:
            with Path(self.options.log).open("a") as log:
                log.write(record.line() + "\n")

    async def models(self, request: web.Request) -> web.Response:
        if locked := self._locked(request):
            return locked
        if self.listing:
            status, answer = self.listing
            headers = {"Location": str(answer)} if 300 <= status < 400 else None
            return web.json_response(answer, status=status, headers=headers)
        names = self.options.models.split(",")
        data = [{"id": name, "object": "model", "owned_by": "fake"} for name in names]
        return web.json_response({"object": "list", "data": data})

    async def stats(self, request: web.Request) -> web.Response:
        names = ("prompt_tokens", "cached_tokens", "completion_tokens")
        sums = {name: sum(getattr(r, name) for r in self.records) for name in names}
        ok = sum(record.status in ("ok", "stalled") for record in self.records)
        counts = {"requests": len(self.records), "ok": ok, **sums}
        return web.json_response({**counts, "active": self.active, "peak_active": self.peak})

    async def admin_reset(self, request: web.Request) -> web.Response:
        self.reset()
        return web.json_response({"ok": True})

    async def health(self, request: web.Request) -> web.Response:
        return web.Response(text="ok")


def _text(content: Any) -> str:
    if isinstance(content, list):
        return "".join(part.get("text", "") for part in content)
    return content or ""


def _load(path: str) -> ModuleType:
    spec = importlib.util.spec_from_file_location("fake_script", path)
    if spec is None or spec.loader is None:
        raise SystemExit(f"fake_llm: cannot load {path}")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def read_options(arguments: list[str] | None = None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    add = parser.add_argument
    add("--host", default="127.0.0.1")
    add("--port", type=int, default=8099, help="0 = any free port; the port is printed")
    add("--ttft", type=float, default=0.3)
    add("--tps", type=float, default=100)
    add("--words", type=int, default=150)
    add("--items", type=int, default=8, help="in arrays, unless the prompt says SECTIONS: n")
    add("--flat", action="store_true", help="all replies have --words words")
    add("--prefill-tps", type=float, default=0, help="uncached prompt tokens a second; 0 = free")
    add("--max-concurrency", type=int, default=0)
    add("--cache-block", type=int, default=1)
    add("--cache-min", type=int, default=0)
    add("--models", default="fake,gpt-4o-mini")
    add("--fault", action="append", default=[])
    add("--trouble", type=float, default=0, help="share of requests that fail in random ways")
    add("--seed", type=int, default=0)
    add("--script")
    add("--log", default="")
    return parser.parse_args(arguments)


async def start(server: Server) -> tuple[web.AppRunner, int]:
    """Listen; gives the runner, for its cleanup(), and the port."""
    app = web.Application(client_max_size=1 << 28)
    app.add_routes(
        [
            web.post("/v1/chat/completions", server.chat),
            web.get("/v1/models", server.models),
            web.get("/stats", server.stats),
            web.post("/admin/reset", server.admin_reset),
            web.get("/healthz", server.health),
        ]
    )
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.2, handler_cancellation=True)
    await runner.setup()
    options = server.options
    await web.TCPSite(runner, options.host, options.port, backlog=1024).start()
    return runner, runner.addresses[0][1]


async def main() -> None:
    server = Server(read_options())
    runner, port = await start(server)
    print(f"fake_llm http://{server.options.host}:{port}/v1", flush=True)
    stop = asyncio.Event()
    for name in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(name, stop.set)
    await stop.wait()
    await runner.cleanup()


if __name__ == "__main__":
    asyncio.run(main())
