"""Mutations of legal updates: `python -m bench.fuzz.malformed` reads legal ones, and prints counts.

A process of its own, since what is looked for is its death. What the gate lets pass is applied, as
the server would.
"""

import json
import random
import sys
from collections import Counter

import psutil
from pycrdt import Doc, XmlFragment

from writing.text.gate import GateError, check

# A mutant that was let in may change what the next one meets; not for ever.
APPLIED_TO_ONE = 50
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


def play(legal: list[bytes], count: int, seed: int) -> dict[str, int]:
    chance, own = random.Random(seed), psutil.Process()
    outcomes: Counter[str] = Counter()
    before = 0
    document: Doc[XmlFragment] = Doc()
    for number in range(count):
        if number == int(count * WARM):
            before = own.memory_info().rss
        update = mutate(legal, chance)
        try:
            check(update)
        except GateError:
            outcomes["refused"] += 1
            continue
        if outcomes["passed"] % APPLIED_TO_ONE == 0:
            document = Doc()
        outcomes["passed"] += 1
        try:
            document.apply_update(update)
        except (ValueError, RuntimeError):  # what pycrdt raises for bytes it cannot read
            outcomes["passed_but_not_applied"] += 1
    return {
        "updates": count,
        "refused": outcomes["refused"],
        "passed": outcomes["passed"],
        "passed_but_not_applied": outcomes["passed_but_not_applied"],
        "memory_grew_mb": round((own.memory_info().rss - before) / 1e6),
    }


if __name__ == "__main__":
    order = json.load(sys.stdin)
    print(json.dumps(play([*map(bytes.fromhex, order["legal"])], order["count"], order["seed"])))
