"""Mutations of legal updates: `python -m bench.fuzz.malformed` reads a text and the updates that
came next, and prints counts.

A process of its own, since what is looked for is its death. Each mutant meets the text that its
legal form was made for; what the hub would admit is applied, and the text read.
"""

import json
import random
import sys
from collections import Counter

import psutil
from pycrdt import Doc, XmlFragment

from writing.text import strays
from writing.text.gate import GateError, check
from writing.text.known import Known
from writing.text.output import plain_text
from writing.text.peer import ROOT
from writing.text.structs import parse

# A mutant that was let in may change what the next one meets; not for ever.
APPLIED_TO_ONE = 50
TRIED_ON_ONE = 1_000
# Mutants are made of so many updates that follow one another: who sends them has all before.
NEXT = 8
WARM = 0.1
BORDERS = (b"\x00", b"\x7f", b"\x80\x01", b"\xff\xff\xff\xff\x0f", b"\xff" * 8 + b"\x0f")


def mutate(legal: list[bytes], chance: random.Random) -> bytes:
    update = bytearray(chance.choice(legal))
    for _ in range(chance.randint(1, 4)):
        at = chance.randrange(len(update) + 1)
        match chance.randrange(6):
            case 0 if at < len(update):
                update[at] ^= 1 << chance.randrange(8)
            case 1 if at < len(update):
                update[at] = chance.randrange(256)
            case 2:
                del update[at:]
            case 3:
                update[at:at] = chance.choice(BORDERS)
            case 4:
                del update[at : at + chance.randint(1, 8)]
            case _:
                other = chance.choice(legal)
                update[at:] = other[chance.randrange(len(other)) :]
    return bytes(update)


class Text:
    """A text as the hub keeps it, here from a state (Yjs update v1) and the updates after it."""

    def __init__(self, state: bytes, updates: list[bytes]) -> None:
        self._document: Doc[XmlFragment] = Doc()
        for update in (state, *updates):
            self._document.apply_update(update)
        self._known = Known(parse(self._document.get_update()))

    def admit(self, update: bytes) -> None:
        """Raises GateError."""
        summary = check(update)
        if self._known.lacks(summary):
            raise GateError("it goes on from text that is not here")
        self._known.check(summary)
        self._known.add(summary.structs)

    def apply(self, update: bytes) -> None:
        strays.apply(self._known, parse(update))
        self._document.apply_update(update)

    def read(self) -> None:
        """As who opens it, and who exports it."""
        self._document.get_update()
        plain_text(self._document.get(ROOT, type=XmlFragment))


def play(state: bytes, legal: list[bytes], count: int, seed: int) -> dict[str, int]:
    chance, own = random.Random(seed), psutil.Process()
    outcomes: Counter[str] = Counter()
    before, tried = 0, 0
    while tried < count:
        known = chance.randrange(len(legal))
        text = Text(state, legal[:known])
        passed = 0
        for _ in range(min(TRIED_ON_ONE, count - tried)):
            if tried == int(count * WARM):
                before = own.memory_info().rss
            tried += 1
            update = mutate(legal[known : known + NEXT], chance)
            try:
                text.admit(update)
            except GateError:
                outcomes["refused"] += 1
                continue
            passed += 1
            try:
                text.apply(update)
            except (ValueError, RuntimeError):  # what pycrdt raises for bytes it cannot read
                outcomes["passed_but_not_applied"] += 1
            if passed == APPLIED_TO_ONE:
                break
        outcomes["passed"] += passed
        outcomes["texts"] += 1
        text.read()
    return {
        "updates": tried,
        "texts": outcomes["texts"],
        "refused": outcomes["refused"],
        "passed": outcomes["passed"],
        "passed_but_not_applied": outcomes["passed_but_not_applied"],
        "memory_grew_mb": round((own.memory_info().rss - before) / 1e6),
    }


if __name__ == "__main__":
    order = json.load(sys.stdin)
    legal = [*map(bytes.fromhex, order["legal"])]
    print(json.dumps(play(bytes.fromhex(order["state"]), legal, order["count"], order["seed"])))
