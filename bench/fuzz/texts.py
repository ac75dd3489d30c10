"""Two implementations of one shared text, edited at random: pycrdt here, Yjs in one Node.js."""

import asyncio
import base64
import json
import random
from collections import deque
from typing import Any, Protocol, cast

from pycrdt import Doc, XmlElement, XmlFragment, XmlText

from bench.stack import ROOT
from bench.text.servers import node

MARKS = ("strong", "em", "code")
WORDS = ("reef", "polyp ", "stone, ", "海底的", "城市", "🐠", "👩‍🚀 ", "é", "\n")
LONGEST_BLOCK = 200
# One answer of Node.js in a line: a whole text.
LINE_BYTES = 1 << 26


class Text(Protocol):
    """A replica. Updates and state vectors are Yjs v1."""

    async def begin(self, client_id: int) -> None: ...

    async def edit(self, seed: int, operations: int, most_blocks: int) -> bytes | None:
        """So many random changes in one transaction; gives the update, None if nothing changed."""

    async def apply(self, update: bytes) -> None: ...

    async def state(self) -> bytes: ...

    async def diff(self, state: bytes) -> bytes: ...

    async def read(self) -> str:
        """The text with its marks as JSON, the same for equal texts whatever their history."""


class PycrdtText:
    async def begin(self, client_id: int) -> None:
        self.doc: Doc[XmlFragment] = Doc(client_id=client_id)
        self._body = self.doc.get("body", type=XmlFragment)
        self._made: list[bytes] = []
        self.doc.observe(lambda event: self._made.append(event.update))

    async def edit(self, seed: int, operations: int, most_blocks: int) -> bytes | None:
        chance = random.Random(seed)
        self._made.clear()
        with self.doc.transaction():
            for _ in range(operations):
                change(self._body, chance, most_blocks)
        return self._made[0] if self._made else None

    async def apply(self, update: bytes) -> None:
        self.doc.apply_update(update)

    async def state(self) -> bytes:
        return self.doc.get_state()

    async def diff(self, state: bytes) -> bytes:
        return self.doc.get_update(state)

    async def read(self) -> str:
        return canonical(self._body)


class Yjs:
    """The Node.js process with its texts. Use as a context manager."""

    async def __aenter__(self) -> "Yjs":
        self._process = await asyncio.create_subprocess_exec(
            node(),
            str(ROOT / "bench" / "fuzz" / "yjs.mjs"),
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            limit=LINE_BYTES,
        )
        self._waiting: deque[asyncio.Future[Any]] = deque()
        self._reading = asyncio.create_task(self._read())
        return self

    async def __aexit__(self, *error: object) -> None:
        self._reading.cancel()
        self._process.kill()
        await self._process.wait()

    async def ask(self, what: str, **command: Any) -> Any:
        """Raises RuntimeError if Node.js has ended."""
        assert self._process.stdin
        if self._reading.done():
            raise RuntimeError("Yjs has ended")
        answer: asyncio.Future[Any] = asyncio.get_running_loop().create_future()
        self._waiting.append(answer)
        self._process.stdin.write(json.dumps({"what": what, **command}).encode() + b"\n")
        return await answer

    async def _read(self) -> None:
        assert self._process.stdout
        while line := await self._process.stdout.readline():
            self._waiting.popleft().set_result(json.loads(line))
        for answer in self._waiting:
            answer.set_exception(RuntimeError("Yjs has ended"))


class YjsText:
    def __init__(self, yjs: Yjs, number: int) -> None:
        self._yjs, self._number = yjs, number

    async def begin(self, client_id: int) -> None:
        await self._yjs.ask("begin", text=self._number, client=client_id)

    async def edit(self, seed: int, operations: int, most_blocks: int) -> bytes | None:
        command = {"seed": seed, "operations": operations, "most": most_blocks}
        update = await self._yjs.ask("edit", text=self._number, **command)
        return None if update is None else base64.b64decode(update)

    async def apply(self, update: bytes) -> None:
        encoded = base64.b64encode(update).decode()
        await self._yjs.ask("apply", text=self._number, update=encoded)

    async def state(self) -> bytes:
        return await self._bytes("state")

    async def diff(self, state: bytes) -> bytes:
        return await self._bytes("diff", state=base64.b64encode(state).decode())

    async def read(self) -> str:
        # Both sides write JSON their own way.
        return dump(json.loads(await self._yjs.ask("read", text=self._number)))

    async def _bytes(self, what: str, **command: Any) -> bytes:
        return base64.b64decode(await self._yjs.ask(what, text=self._number, **command))


def block(words: str, *, heading: bool = False) -> XmlElement:
    attributes: dict[str, Any] = {"level": 2} if heading else {}
    return XmlElement("heading" if heading else "paragraph", attributes, [XmlText(words)])


def change(body: XmlFragment, chance: random.Random, most_blocks: int) -> None:
    """One random change, as yjs.mjs makes them."""
    roll, count = chance.random(), len(body.children)
    if not count or (roll < 0.06 and count < most_blocks):
        new = block(chance.choice(WORDS), heading=roll < 0.02)
        body.children.insert(chance.randint(0, count), new)
        return
    index = chance.randrange(count)
    if roll < 0.1:
        del body.children[index]
        return
    # What `block` made, and nobody else makes anything.
    element = cast("XmlElement", body.children[index])
    text = cast("XmlText", element.children[0])
    all_ = plain(text)
    begin = chance.randint(0, len(all_))
    end = min(len(all_), begin + chance.randint(1, 8))
    # Offsets are in bytes of UTF-8.
    first, last = len(all_[:begin].encode()), len(all_[:end].encode())
    if roll < 0.14:
        if begin < len(all_):
            del text[first : len(all_.encode())]
        body.children.insert(index + 1, block(all_[begin:]))
    elif roll < 0.17 and element.tag == "heading":
        element.attributes["level"] = chance.randint(1, 6)
    elif roll < 0.27:
        if first < last:
            mark: dict[str, str] | None = None if chance.random() < 0.3 else {}
            text.format(first, last, {chance.choice(MARKS): mark})
    elif roll < 0.5 or len(all_) > LONGEST_BLOCK:
        if first < last:
            del text[first:last]
    else:
        text.insert(first, chance.choice(WORDS))


def without_marks(text: str) -> str:
    """The words and blocks of what `read` gave."""
    tag, attributes, blocks = json.loads(text)
    bare = [
        [block_tag, of_block, ["".join(part for part, _marks in words) for words in texts]]
        for block_tag, of_block, texts in blocks
    ]
    return dump([tag, attributes, bare])


def plain(text: XmlText) -> str:
    return "".join(part for part, _marks in text.diff())


def canonical(body: XmlFragment) -> str:
    return dump(_canonical(body))


def _canonical(item: Any) -> Any:
    if not isinstance(item, XmlText):
        is_element = isinstance(item, XmlElement)
        attributes = _sorted(dict(item.attributes)) if is_element else []
        children = [_canonical(child) for child in item.children]
        return [item.tag if is_element else "", attributes, children]
    parts: list[list[Any]] = []
    for insert, formats in item.diff():
        marks = _sorted(formats or {})
        if parts and parts[-1][1] == marks:
            parts[-1][0] += insert
        else:
            parts.append([insert, marks])
    return parts


def _sorted(attributes: dict[str, Any]) -> list[list[Any]]:
    """Numbers are floats in pycrdt, and never broken ones here."""
    return [
        [name, int(value) if isinstance(value, float) else value]
        for name, value in sorted(attributes.items())
    ]


def dump(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))
