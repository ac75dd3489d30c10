"""A little document for trying a role: what a step of its kind would be asked about it."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from agents import prompts
from agents.actions.workflows import STAGE_OF_ROLE
from agents.llm_types import Message
from agents.models import Model, Role, RoleKind, Run
from writing.models import Document, Section
from writing.text.markdown import append_markdown
from writing.text.peer import Peer
from writing.text.sentences import Sentence, split

WORDS = 150
SECTIONS_TO_PLAN = 3
MOST_SENTENCES = 12
CLIENT = 1


@dataclass(frozen=True)
class Sample:
    """`text` is what there is of the section, for who reads or revises; `remark` what a critic said
    of its first sentence, or another section's sentence that says the same."""

    title: str
    brief: str
    kind: str
    language: str
    text: str = ""
    remark: str = ""


# Which kinds of roles work on a text, and which of them from a remark.
READS = (RoleKind.CRITIC, RoleKind.EDITOR, RoleKind.HARMONISER)
REVISES = (RoleKind.EDITOR, RoleKind.HARMONISER)


def question_for(
    role: Role, model: Model, sample: Sample
) -> tuple[list[Message], Mapping[str, Any] | None]:
    """The messages and the schema of the answer, as in a run."""
    document = Document(
        title=sample.title,
        brief=sample.brief,
        kind=sample.kind,
        language=sample.language,
        target_words=WORDS * SECTIONS_TO_PLAN,
    )
    section = Section(title=sample.title, target_words=WORDS)
    run = Run(document=document)
    run.shared_prefix = prompts.shared_prefix(
        document,
        [] if role.kind == RoleKind.PLANNER else [section],
        workers=[] if role.kind == RoleKind.PLANNER else [(STAGE_OF_ROLE[role.kind], role)],
        context_tokens=model.context_tokens,
    )
    asked = (run, role, section, [section])
    if role.kind == RoleKind.PLANNER:
        schema = prompts.plan_schema(SECTIONS_TO_PLAN, document, model)
        return prompts.plan_messages(run, role, SECTIONS_TO_PLAN, model=model), schema
    if role.kind == RoleKind.WRITER:
        return prompts.write_messages(*asked, model=model), None
    sentences = prompts.fit_sentences(_sentences(sample.text), model.context_tokens)
    if role.kind == RoleKind.CRITIC:
        schema = prompts.critique_schema(len(sentences), document, model)
        return prompts.critique_messages(*asked, sentences, model=model), schema
    first = sentences[:1]
    schema = prompts.edit_schema([sentence.number for sentence in first], document, model)
    if role.kind == RoleKind.HARMONISER:
        repeats = [(sentence, sample.title, sample.remark) for sentence in first]
        return prompts.harmonise_messages(*asked, repeats, model=model), schema
    read = prompts.critique_messages(*asked, sentences, model=model)
    said = f'{{"remarks": [{{"sentence": 1, "remark": {_quoted(sample.remark)}}}]}}'
    return prompts.edit_messages(*asked, first, read, said, model=model), schema


def _sentences(text: str) -> list[Sentence]:
    peer = Peer(CLIENT)
    append_markdown(peer.body, text)
    return split(peer.body)[:MOST_SENTENCES]


def _quoted(text: str) -> str:
    return json.dumps(text, ensure_ascii=False)
