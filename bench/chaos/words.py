"""What the fake provider says in a chaos run: each word only once, so that it can be found again.

The writer's word 17 of section 3 is c3x17. The editor adds the word r3x2 to sentence 2.
"""

import json
import re
from collections import Counter
from typing import Any

from bench.fake_text import NUMBERED_SENTENCE, ROLE, SECTION, last

WORDS = 60
WORDS_PER_SENTENCE = 6
WORD = re.compile(r"[cr]\d+x\d+")


def reply(messages: list[Any], body: dict[str, Any]) -> str | None:
    prompt = "\n".join(str(message["content"]) for message in messages)
    role, section = last(ROLE, prompt), int(last(SECTION, prompt) or 0)
    if role == "writer":
        so_far = messages[-2]["content"] if messages[-2]["role"] == "assistant" else ""
        return _write(section, after=int(last(re.compile(rf"c{section}x(\d+)", re.I), so_far) or 0))
    if role == "editor":
        return _revise(section, dict(NUMBERED_SENTENCE.findall(prompt)), body)
    return None


def _write(section: int, *, after: int) -> str:
    words = []
    for number in range(after + 1, WORDS + 1):
        is_first, is_last = (number % WORDS_PER_SENTENCE == end for end in (1, 0))
        words.append(f"{'C' if is_first else 'c'}{section}x{number}{'.' if is_last else ''}")
    return " ".join(words)


def _revise(section: int, sentences: dict[str, str], body: dict[str, Any]) -> str:
    schema = body["response_format"]["json_schema"]["schema"]
    number = schema["properties"]["revisions"]["items"]["properties"]["sentence"]
    numbers = number.get("enum") or range(number["minimum"], number["maximum"] + 1)
    revisions = [
        {"sentence": n, "text": f"{sentences[str(n)].rstrip('.')} r{section}x{n}."}
        for n in numbers
        if str(n) in sentences
    ]
    return json.dumps({"revisions": revisions})


def count(text: str) -> Counter[str]:
    return Counter(WORD.findall(text.casefold()))


def written(section: int) -> Counter[str]:
    """What a finished section's writer was paid for."""
    return count(_write(section, after=0))
