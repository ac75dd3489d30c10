"""The messages of each kind of step."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from django.template import Context, Engine

from agents.llm_types import Message
from agents.models import Model, Role, Run, StageKind
from agents.prompts import fitting
from agents.prompts.fitting import Numbered, Planned
from agents.prompts.schemas import NARRATIVE_KINDS, has_points, is_guided
from agents.tokens import estimate_tokens
from writing.models import Document, Kind, Language, Section

FOLDER = Path(__file__).parent
DEFAULT_CONTEXT = 32_768
ROOMY_CONTEXT = 8192
FEWEST_WORDS = 20  # to bring a section that is nearly long enough to its end
ENDING_CHARACTERS = 120
WORDS_OF_A_PARAGRAPH = 80

KINDS_IN_ENGLISH = {Kind.TUTORIAL: "programming tutorial"}
KINDS_IN_CHINESE = {
    Kind.ARTICLE: "文章",
    Kind.REPORT: "报告",
    Kind.BLOG_POST: "博客文章",
    Kind.STORY: "故事",
    Kind.SCREENPLAY: "剧本",
    Kind.SOCIAL_THREAD: "社交媒体连帖",
    Kind.TUTORIAL: "编程教程",
    Kind.TRANSLATION: "译文",
}
LANGUAGES_IN_ENGLISH = {
    Language.ENGLISH: "English",
    Language.CHINESE: "Simplified Chinese",
    Language.GERMAN: "German",
    Language.SPANISH: "Spanish",
    Language.FRENCH: "French",
    Language.ITALIAN: "Italian",
    Language.PORTUGUESE: "Portuguese",
    Language.JAPANESE: "Japanese",
}


@dataclass(frozen=True)
class Voice:
    """What prompts say of a role."""

    name: str
    persona: str
    instructions: str


def _voice_of(role: Role, document: Document) -> Voice:
    """In Chinese for a document in Chinese, where the role has words for it."""
    if document.language != Language.CHINESE:
        return Voice(role.name, role.persona, role.instructions)
    return Voice(
        role.name_zh or role.name,
        role.persona_zh or role.persona,
        role.instructions_zh or role.instructions,
    )


@cache
def _engine(*folders: str) -> Engine:
    return Engine(dirs=[str(FOLDER / folder) for folder in folders], autoescape=False)


def _render(template: str, document: Document, model: Model | None = None, **context: Any) -> str:
    kind = Kind(document.kind)
    if "role" in context:
        context["role"] = _voice_of(context["role"], document)
    context |= {
        "document": document,
        "kind": KINDS_IN_ENGLISH.get(kind, kind.value.replace("_", " ")),
        "is_narrative": kind in NARRATIVE_KINDS,
        "language": LANGUAGES_IN_ENGLISH[Language(document.language)],
    }
    if document.language == Language.CHINESE:
        context["kind"] = KINDS_IN_CHINESE[kind]
        engine = _engine("zh-hans")
    elif model and is_guided(document, model):
        engine = _engine("en-small", "en")
    else:
        engine = _engine("en")
    text = engine.get_template(template).render(Context(context, autoescape=False))
    lines = (line.rstrip() for line in text.splitlines())
    return "\n".join(line for line in lines if line)


def shared_prefix(
    document: Document,
    sections: Sequence[Planned],
    *,
    workers: Sequence[tuple[str, Role]] = (),
    written: Mapping[int, str] | None = None,
    context_tokens: int = DEFAULT_CONTEXT,
) -> str:
    """Brief, rules and outline; `context_tokens` is that of the smallest model that will read it.

    `workers` are the kinds of steps and the roles that do them: what they are told is the same for
    each section, so it stands here where the models have the room. `written` holds the beginnings
    of sections by their numbers: neighbours of what is drafted again, which stay as they are.
    """
    room = int(context_tokens * fitting.PREFIX_SHARE)
    most = room // 2
    if document.kind == Kind.TRANSLATION:
        most = int(context_tokens * fitting.SOURCE_SHARE)
    brief = fitting.shorten(document.brief.strip(), most)
    all_rules = [_rules(kind, role, document) for kind, role in workers]
    if context_tokens < ROOMY_CONTEXT:
        all_rules = []
    room -= min(estimate_tokens(brief), room // 2) + sum(map(estimate_tokens, all_rules))
    beginnings = [
        (number, fitting.shorten(text, min(fitting.BEGINNING_TOKENS, room // 8)))
        for number, text in list((written or {}).items())[: fitting.MOST_BEGINNINGS]
    ]
    room -= sum(estimate_tokens(text) for _number, text in beginnings)
    return _render(
        "shared.txt",
        document,
        brief=brief,
        all_rules=all_rules,
        outline=fitting.outline_lines(sections, min(room, fitting.OUTLINE_TOKENS)),
        beginnings=beginnings,
    )


def plan_messages(
    run: Run,
    role: Role,
    count: int,
    *,
    model: Model,
    planned: Sequence[Planned] = (),
) -> list[Message]:
    """Ask for `count` more sections after those already `planned`."""
    context_tokens = model.context_tokens
    prefix = run.shared_prefix or shared_prefix(run.document, [], context_tokens=context_tokens)
    task = _render(
        "plan.txt",
        run.document,
        model,
        role=role,
        count=count,
        has_points=has_points(model),
        planned=[section.title for section in planned],
        instruction=run.instruction,
    )
    return [{"role": "system", "content": prefix}, {"role": "user", "content": task}]


def write_messages(
    run: Run,
    role: Role,
    section: Section,
    sections: Sequence[Section],
    *,
    model: Model,
    written: str = "",
) -> list[Message]:
    """Ask for a section's text, or to go on from what is `written` of it."""
    index = _index(section, sections)
    task = _render(
        "write.txt",
        run.document,
        model,
        role=role,
        rules=_rules_left(run, StageKind.WRITE, role),
        section=section,
        number=index + 1,
        brief=_brief(section, model),
        paragraphs=max(2, section.target_words // WORDS_OF_A_PARAGRAPH),
        instruction=run.instruction,
    )
    messages = _messages(run, section, sections, task, model)
    if not written.strip():
        return messages
    tokens = int(model.context_tokens * fitting.WRITTEN_SHARE)
    tail = fitting.shorten(written.rstrip(), tokens, keep="end")
    messages.append({"role": "assistant", "content": tail})
    if model.provider.is_bundled:
        return messages  # its server goes on with the last message where that is an assistant's
    request = _render(
        "continue.txt",
        run.document,
        role=role,
        number=index + 1,
        words=max(FEWEST_WORDS, section.target_words - _words(written)),
        ending=tail[-ENDING_CHARACTERS:],
    )
    return [*messages, {"role": "user", "content": request}]


def critique_messages(
    run: Run,
    role: Role,
    section: Section,
    sections: Sequence[Section],
    sentences: Sequence[Numbered],
    *,
    model: Model,
) -> list[Message]:
    """Ask for remarks on numbered sentences; see `fit_sentences`."""
    task = _render(
        "critique.txt",
        run.document,
        model,
        role=role,
        rules=_rules_left(run, StageKind.CRITIQUE, role),
        section=section,
        number=_index(section, sections) + 1,
        sentences=sentences,
        instruction=run.instruction,
    )
    return _messages(run, section, sections, task, model)


@dataclass(frozen=True)
class Conversation:
    """A thread: the words it is about, and who said what; the last of it is the question."""

    quote: str
    said: Sequence[tuple[str, str]]


def answer_messages(
    run: Run,
    role: Role,
    section: Section,
    sections: Sequence[Section],
    sentences: Sequence[Numbered],
    conversation: Conversation,
    *,
    model: Model,
    written: str = "",
) -> list[Message]:
    """Ask for an answer in a thread, or to go on from what is `written` of it."""
    room = int(model.context_tokens * fitting.CONVERSATION_SHARE)
    said = fitting.newest(conversation.said, room)
    task = _render(
        "answer.txt",
        run.document,
        model,
        role=role,
        number=_index(section, sections) + 1,
        sentences=sentences,
        quote=fitting.shorten(" ".join(conversation.quote.split()), fitting.QUOTE_TOKENS),
        said=said,
        asker=said[-1][0] if said else "",
    )
    messages = _messages(run, section, sections, task, model)
    if not written.strip():
        return messages
    messages.append({"role": "assistant", "content": written.rstrip()})
    if model.provider.is_bundled:
        return messages  # as in `write_messages`
    request = _render("answer_on.txt", run.document, ending=written.rstrip()[-ENDING_CHARACTERS:])
    return [*messages, {"role": "user", "content": request}]


def edit_messages(
    run: Run,
    role: Role,
    section: Section,
    sections: Sequence[Section],
    remarked: Sequence[Numbered],
    critique_messages: Sequence[Message],
    critique_answer: str,
    *,
    model: Model,
) -> list[Message]:
    """Ask for the `remarked` sentences, revised; the prompt is the critic's, its answer, and the
    editor's task. What a person wrote is not among them."""
    task = _render(
        "edit.txt",
        run.document,
        model,
        role=role,
        rules=_rules_left(run, StageKind.EDIT, role),
        section=section,
        number=_index(section, sections) + 1,
        remarked=remarked,
    )
    return [
        *critique_messages,
        {"role": "assistant", "content": critique_answer},
        {"role": "user", "content": task},
    ]


def harmonise_messages(
    run: Run,
    role: Role,
    section: Section,
    sections: Sequence[Section],
    repeats: Sequence[tuple[Numbered, str, str]],
    *,
    model: Model,
) -> list[Message]:
    """Ask for sentences that repeat another section's; that section's title and sentence are given
    with each."""
    task = _render(
        "harmonise.txt",
        run.document,
        model,
        role=role,
        rules=_rules_left(run, StageKind.HARMONISE, role),
        number=_index(section, sections) + 1,
        repeats=repeats,
    )
    return _messages(run, section, sections, task, model)


def repair_messages(
    asked: Sequence[Message], answer: str, complaint: str, run: Run, model: Model
) -> list[Message]:
    """Ask again for an answer that could not be read, and show the model why."""
    shown = fitting.shorten(answer, int(model.context_tokens * fitting.UNREADABLE_SHARE))
    task = _render("repair.txt", run.document, complaint=complaint)
    return [
        *asked,
        {"role": "assistant", "content": shown},
        {"role": "user", "content": task},
    ]


def _rules(kind: str, role: Role, document: Document) -> str:
    return _render(f"rules_{kind}.txt", document, role=role)


def _rules_left(run: Run, kind: str, role: Role) -> str:
    """What the role must be told because the shared prefix does not say it, e.g. since an
    administrator changed the role meanwhile."""
    rules = _rules(kind, role, run.document)
    return "" if rules in run.shared_prefix else rules


def _messages(
    run: Run, section: Section, sections: Sequence[Section], task: str, model: Model
) -> list[Message]:
    """What all agents of the run read first, then what all of the section do, then the task."""
    index = _index(section, sections)
    context = _render(
        "section.txt",
        run.document,
        model,
        number=index + 1,
        section=section,
        brief=_brief(section, model),
        points=section.points,
        before=_neighbour(run, sections[index - 1 : index]),
        after=_neighbour(run, sections[index + 1 : index + 2]),
    )
    return [
        {"role": "system", "content": run.shared_prefix},
        {"role": "user", "content": f"{context}\n{task}" if context else task},
    ]


def _neighbour(run: Run, found: Sequence[Section]) -> dict[str, str] | None:
    """What a neighbour covers, where a long outline in the shared prefix leaves that out."""
    for section in found:
        least = fitting.covers(section, fitting.FEWEST_COVERS_TOKENS)
        if least.rstrip(fitting.ELLIPSIS) not in run.shared_prefix:
            said = fitting.covers(section, fitting.COVERS_TOKENS)
            return {"title": section.title, "covers": said.rstrip(".。")}
    return None


def _brief(section: Section, model: Model) -> str:
    return fitting.shorten(section.brief.strip(), model.context_tokens // 10)


def _index(section: Section, sections: Sequence[Section]) -> int:
    return next(index for index, other in enumerate(sections) if other.pk == section.pk)


def _words(text: str) -> int:
    wide = sum(character >= "\u2e80" for character in text)
    return len(text.split()) + wide
