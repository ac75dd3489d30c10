"""What the fake provider says: deterministic words, prose and structured answers."""

import hashlib
import json
import random
import re
from typing import Any

TOKEN = re.compile(r"\s?[A-Za-z]{1,6}|\s?\d{1,3}|\s?[^\sA-Za-z\d]|\s")
WORDS = """coral reef polyp colony algae symbiosis lagoon atoll current nutrient bleaching recovery
larvae spawning moonlight calcium carbonate skeleton fish parrotfish grazing predator shark turtle
sponge mangrove seagrass storm temperature warming acid ocean depth light plankton diver fisher
island community science survey monitoring restoration nursery fragment resilience protection
tourism livelihood season tropical shallow slope crest terrace cavity shelter diversity species
balance sediment runoff pollution policy reserve boundary evidence observation measure decade
century history culture knowledge future""".split()  # noqa: SIM905 (a list of a hundred strings)
SMALL = ("the", "a", "of", "in", "and", "with", "for", "by", "from", "near", "across", "along")
VERBS = ("shapes", "feeds", "shelters", "follows", "limits", "crosses", "renews", "changes")


ROLE = re.compile(r"ROLE:\s*(\w+)")
SECTION = re.compile(r"SECTION:\s*(\d+)")
SECTIONS = re.compile(r"SECTIONS:\s*(\d+)")
LENGTH = re.compile(r"WORDS:\s*(\d+)")
NUMBERED_SENTENCE = re.compile(r"^\[(\d+)\] (.+)$", re.MULTILINE)


def tokens(text: str) -> list[str]:
    return TOKEN.findall(text)


def count(text: str) -> int:
    return len(TOKEN.findall(text))


def last(pattern: re.Pattern[str], text: str) -> str | None:
    """What the pattern's group holds where it matches for the last time."""
    found = pattern.findall(text)
    return found[-1] if found else None


def seed_of(*parts: object) -> int:
    digest = hashlib.sha256("|".join(map(str, parts)).encode()).digest()
    return int.from_bytes(digest[:8], "big")


def prose(seed: int, words: int) -> str:
    """Paragraphs of five sentences, `words` words in all."""
    chance, out, number, left = random.Random(seed), [], 0, words
    while left > 0:
        length = min(left, chance.randint(8, 16))
        sentence = [chance.choice(SMALL if n % 3 == 1 else WORDS) for n in range(length)]
        out.append(" ".join([sentence[0].capitalize(), *sentence[1:]]) + ".")
        left -= length
        number += 1
        out.append("\n\n" if number % 5 == 0 else " ")
    return "".join(out).strip()


def _title(chance: random.Random) -> str:
    first, second, third = chance.sample(WORDS, 3)
    return f"{first.capitalize()} and {second} {third}"


def _brief(chance: random.Random) -> str:
    first, second = chance.sample(WORDS, 2)
    return f"How the {first} {chance.choice(VERBS)} the {second}, and what follows from it."


def _remark(chance: random.Random, sentence: str) -> str:
    word = chance.choice(sentence.split() or ["it"]).strip(".,")
    return chance.choice(
        (
            f"Say what “{word}” means here.",
            f"Name an example of “{word}”.",
            f"“{word}” is vague; use a more exact word.",
        )
    )


def revised(sentence: str, chance: random.Random) -> str:
    """The sentence with one word exchanged, so that most of it stays."""
    words = sentence.split()
    place = chance.randrange(len(words))
    core = words[place].strip(".,;:!?")
    other = chance.choice([word for word in WORDS if word not in sentence.casefold()])
    if core[:1].isupper():
        other = other.capitalize()
    words[place] = words[place].replace(core, other, 1) if core else other
    return " ".join(words)


class Filler:
    """A deterministic instance of a JSON schema, plausible for what our agents ask.

    Arrays get `items` elements within minItems and maxItems. Objects with a `sentence` mean
    distinct numbered sentences of the prompt: their `text` is that sentence, slightly changed.
    """

    def __init__(self, prompt: str, items: int, seed: int) -> None:
        self._items = items
        self._chance = random.Random(seed)
        self._sentences = {int(n): text for n, text in NUMBERED_SENTENCE.findall(prompt)}

    def fill(self, schema: dict[str, Any], name: str = "") -> Any:
        if "enum" in schema:
            return schema["enum"][0]
        match schema.get("type"):
            case "array":
                return self._array(schema)
            case "object":
                return self._object(schema["properties"])
            case "integer":
                low = schema.get("minimum", 1)
                return self._chance.randint(low, max(low, schema.get("maximum", low)))
            case "number":
                return 0.5
            case "boolean":
                return True
        return _brief(self._chance) if name == "brief" else _title(self._chance)

    def _array(self, schema: dict[str, Any]) -> list[Any]:
        length = max(self._items, schema.get("minItems", 0))
        length = min(length, schema.get("maxItems", length))
        item = schema.get("items", {})
        number = item.get("properties", {}).get("sentence")
        if number is None:
            return [self.fill(item) for _ in range(length)]
        numbers = number.get("enum") or range(number["minimum"], number["maximum"] + 1)
        chosen = sorted(self._chance.sample(list(numbers), min(length, len(numbers))))
        return [self._object(item["properties"], sentence=number) for number in chosen]

    def _object(self, properties: dict[str, Any], sentence: int | None = None) -> dict[str, Any]:
        filled: dict[str, Any] = {}
        for name, schema in properties.items():
            text = self._sentences.get(sentence or 0, "")
            if name == "sentence" and sentence is not None:
                filled[name] = sentence
            elif name == "remark":
                filled[name] = _remark(self._chance, text)
            elif name == "text" and text:
                filled[name] = revised(text, self._chance)
            else:
                filled[name] = self.fill(schema, name)
        return filled


def answer(body: dict[str, Any], prompt: str, *, words: int, flat: bool, items: int) -> str:
    """The answer to a prompt. The last ROLE and SECTION in it pick text and length."""
    role, section = last(ROLE, prompt), last(SECTION, prompt)
    count_asked = int(last(SECTIONS, prompt) or items)
    wanted = body.get("response_format") or {}
    if wanted.get("type") == "json_schema":
        filler = Filler(prompt, count_asked, seed_of("json", role, section, count_asked))
        return json.dumps(filler.fill(wanted["json_schema"]["schema"]))
    if role and not flat:
        words = int(words * (0.5 + (seed_of("len", role, section) % 1000) / 1000))
    words = int(last(LENGTH, prompt) or words)
    seed = seed_of(role, section) if role else seed_of(prompt)
    return prose(seed, max(words, 1))
