"""Prompt tokens of a run: all, and those that no earlier prompt begins with.

The workload is the peers' (research before the project began): one plan, then for each section
write, critique and edit, with the same titles, the same lengths of drafts and of what the critics
say, counted as the fake provider counts them. The prompts are the real ones in an order in which
they may be sent. Duplicate passages are looked for without a call, so there is no final one.
"""

import json
import os
import random
import subprocess
import sys
import tempfile
import uuid
from collections.abc import Iterator, Sequence
from types import SimpleNamespace
from typing import Any

from bench.fake_llm import PrefixCache
from bench.fake_text import VERBS, WORDS, count, prose, seed_of
from bench.stack import ROOT

SIZES = (8, 16, 32, 64)
PEER_SECTIONS, LEANEST_PEER, TARGET_SHARE = 32, 32_465, 0.8
MEAN_WORDS = 150
REMARKS, POINTS = 5, 3
BRIEF = "How coral reefs live, what threatens them and how people care for them, for divers."


def run() -> dict[str, Any]:
    """One JSON object. In a process of its own, which alone needs Django."""
    with tempfile.TemporaryDirectory() as directory:
        done = subprocess.run(
            [sys.executable, "-m", "bench.prompt_tokens"],
            cwd=ROOT,
            env={
                **os.environ,
                "DATA_DIR": directory,
                "DJANGO_SETTINGS_MODULE": "project.settings",
            },
            check=True,
            stdout=subprocess.PIPE,
            text=True,
        )
    result: dict[str, Any] = json.loads(done.stdout)
    return result


def measure() -> dict[str, Any]:
    """Tokens at each size, with and without key points in the outline, beside the peers'."""
    with_points = {size: count_tokens(size, has_points=True) for size in SIZES}
    titles_only = {size: count_tokens(size, has_points=False) for size in SIZES}
    uncached = with_points[PEER_SECTIONS]["uncached"]
    return {
        "benchmark": "prompt_tokens",
        "sections": with_points,
        "titles_alone": titles_only,
        "leanest_peer_uncached": LEANEST_PEER,
        "share_of_leanest_peer": round(uncached / LEANEST_PEER, 3),
        "target_share": TARGET_SHARE,
        "uncached_a_section": {
            size: round(n["uncached"] / size) for size, n in with_points.items()
        },
        "total_a_section": {size: round(n["total"] / size) for size, n in with_points.items()},
    }


def count_tokens(size: int, *, has_points: bool) -> dict[str, int]:
    cache, total, cached = PrefixCache(), 0, 0
    for messages in _prompts(size, has_points=has_points):
        prompt = "".join(f"<|{message['role']}|>{message['content']}" for message in messages)
        total += count(prompt)
        cached += count(prompt[: cache.common(prompt)])
    return {"total": total, "uncached": total - cached}


def _words(role: str, section: int) -> int:
    """As the fake provider chooses the length of what a role says."""
    return int(MEAN_WORDS * (0.5 + (seed_of("len", role, section) % 1000) / 1000))


def _sections(document: Any, size: int, *, has_points: bool) -> list[Any]:
    """The peers' titles; our planner also gives each a brief and key points."""
    from writing.models import Section

    chance = random.Random(seed_of("plan", size))
    sections = []
    for number in range(1, size + 1):
        first, second, third = (chance.choice(WORDS) for _ in range(3))
        section = Section(id=uuid.uuid4(), document=document)
        section.title = f"{first.capitalize()} and {second} {third}"
        section.target_words = _words("writer", number)
        if has_points:
            covers = random.Random(seed_of("covers", size, number))
            section.brief = f"How the {first} {covers.choice(VERBS)} the {second}."
            section.key_points = "\n".join(
                f"The {covers.choice(WORDS)} {covers.choice(VERBS)} the {covers.choice(WORDS)}"
                for _ in range(POINTS)
            )
        sections.append(section)
    return sections


def _prompts(size: int, *, has_points: bool) -> Iterator[Sequence[Any]]:
    from agents import prompts
    from agents.models import Model, Provider, Role, RoleKind, Run, StageKind
    from agents.seeds import ROLES
    from writing.models import Document
    from writing.text.sentences import spans

    model = Model(provider=Provider(), name="fake", tier=Model.Tier.MEDIUM)
    roles = {
        seed.kind: Role(
            name=seed.name, kind=seed.kind, persona=seed.persona, instructions=seed.instructions
        )
        for seed in ROLES
    }
    document = Document(title="Reefs", brief=BRIEF, target_words=size * MEAN_WORDS)
    run = Run(document=document)
    yield prompts.plan_messages(run, roles[RoleKind.PLANNER], size, model=model)
    sections = _sections(document, size, has_points=has_points)
    run.shared_prefix = prompts.shared_prefix(
        document,
        sections,
        workers=[
            (StageKind.WRITE, roles[RoleKind.WRITER]),
            (StageKind.CRITIQUE, roles[RoleKind.CRITIC]),
            (StageKind.EDIT, roles[RoleKind.EDITOR]),
        ],
        context_tokens=model.context_tokens,
    )
    for section in sections:
        yield prompts.write_messages(run, roles[RoleKind.WRITER], section, sections, model=model)
    for number, section in enumerate(sections, 1):
        draft = prose(seed_of("writer", number), section.target_words)
        sentences = [
            SimpleNamespace(number=n, text=draft[first:last], human=False)
            for n, (first, last) in enumerate(spans(draft), 1)
        ]
        critic = prompts.critique_messages(
            run, roles[RoleKind.CRITIC], section, sections, sentences, model=model
        )
        yield critic
        remarked = sentences[:REMARKS]
        share = _words("critic", number) // len(remarked)
        remarks = [
            {"sentence": s.number, "remark": prose(seed_of("critic", number, s.number), share)}
            for s in remarked
        ]
        answer = json.dumps({"remarks": remarks, "score": 7}, ensure_ascii=False)
        yield prompts.edit_messages(
            run,
            roles[RoleKind.EDITOR],
            section,
            sections,
            remarked,
            critic,
            answer,
            model=model,
        )


if __name__ == "__main__":
    import django

    django.setup()
    print(json.dumps(measure()))
