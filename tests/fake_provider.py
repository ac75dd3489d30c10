"""The project's own fake provider, in this process on a free port."""

import asyncio
import json
import re
import threading
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from bench.fake_faults import Fault
from bench.fake_llm import Server, read_options, start
from bench.fake_stream import Record

FAST = ("--ttft", "0.01", "--tps", "2000")
WAIT_SECONDS = 10
COUNTED_WORDS = 120


class FakeProvider:
    """Runs on a thread and loop of its own, so that it also serves processes and other loops."""

    def __init__(self, *options: str) -> None:
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._thread.start()
        self.server = self._call(self._build(options))
        self._runner, self.port = self._call(start(self.server))
        self.base_url = f"http://127.0.0.1:{self.port}/v1"

    async def _build(self, options: tuple[str, ...]) -> Server:
        return Server(read_options([*FAST, "--port", "0", *options]))

    def _call(self, coroutine: Any) -> Any:
        return asyncio.run_coroutine_threadsafe(coroutine, self._loop).result(WAIT_SECONDS)

    @property
    def records(self) -> list[Record]:
        """The requests that have ended."""
        return list(self.server.records)

    @property
    def bodies(self) -> list[dict[str, Any]]:
        """What was asked, in order."""
        return list(self.server.bodies)

    def fail(self, *faults: str) -> None:
        """Replace the faults; written as for --fault of bench.fake_llm."""
        self.server.faults = [Fault.read(fault) for fault in faults]

    def say(self, reply: Callable[[list[Any], dict[str, Any]], str | None] | str | object) -> None:
        """Answer so: a text, something to write as JSON, or reply(messages, body)."""
        self.server.say(reply if callable(reply) else _constant(reply))

    def refuse_parameters(self, *names: str) -> None:
        """Answer 400 to a request that has one of these parameters, as some models do."""
        self.server.refused = names

    def require_key(self, key: str) -> None:
        """Answer 401, with the key that was sent in it, to who sends another one."""
        self.server.key = key

    def list_models(self, answer: object, *, status: int = 200) -> None:
        """Answer so to who asks for the models; of a redirect, the answer is its target."""
        self.server.listing = (status, answer)

    def set_pace(self, *, first_after: float = 0.01, tokens_per_second: float = 2000) -> None:
        """For the requests that come from now on."""
        self.server.options.ttft = first_after
        self.server.options.tps = tokens_per_second

    def hold(self, *roles: str) -> None:
        """Stop each answer before its last token, until `let_go`: nothing ends before a test has
        done what it wants to do meanwhile. Only the answers to these roles, if any."""
        self.server.hold(*roles)

    def let_go(self, *roles: str) -> None:
        """What is left of held answers comes at once. Without roles everything does, and what is
        asked for later comes quickly."""
        if not roles:
            self.set_pace()
        self._loop.call_soon_threadsafe(self.server.let_go, *roles)

    def wait_for(self, condition: Callable[[list[Record]], bool]) -> None:
        """Until what has ended fulfils the condition; raises TimeoutError."""
        deadline = time.monotonic() + WAIT_SECONDS
        while not condition(self.records):
            if time.monotonic() > deadline:
                raise TimeoutError(f"the provider saw {self.records}")
            time.sleep(0.005)

    def stop(self) -> None:
        self._call(self._runner.cleanup())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(WAIT_SECONDS)
        self._loop.close()


def _constant(reply: object) -> Callable[[list[Any], dict[str, Any]], str]:
    text = reply if isinstance(reply, str) else json.dumps(reply, ensure_ascii=False)
    return lambda messages, body: text


def counting(messages: list[Any], body: dict[str, Any]) -> str | None:
    """A writer whose words are numbered, and who goes on after the last one it wrote."""
    if body.get("response_format"):
        return None
    last = 0
    if messages[-2]["role"] == "assistant":
        last = int(re.findall(r"w(\d+)", messages[-2]["content"])[-1])
    return " ".join(f"w{number}" for number in range(last + 1, COUNTED_WORDS + 1))


@pytest.fixture
def fake_provider() -> Iterator[FakeProvider]:
    provider = FakeProvider()
    yield provider
    provider.stop()
