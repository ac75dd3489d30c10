"""The messages of each kind of step."""

from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import Any

from django.template import Context, Engine

from agents.llm import Message
from agents.models import Model, Role, Run
from agents.prompts import fitting
from agents.prompts.fitting import Numbered, Planned
from agents.prompts.schemas import NARRATIVE_KINDS, is_guided
from agents.tokens import estimate_tokens
from writing.models import Document, Kind, Language, Section

FOLDER = Path(__file__).parent
DEFAULT_CONTEXT = 32_768
FEWEST_WORDS = 20  # to bring a section that is nearly long enough to its end
ENDING_CHARACTERS = 120
WORDS_OF_A_PARAGRAPH = 80

KINDS_IN_CHINESE = {
    Kind.ARTICLE: "文章",
    Kind.REPORT: "报告",
    Kind.BLOG_POST: "博客文章",
    Kind.STORY: "故事",
    Kind.SCREENPLAY: "剧本",
    Kind.SOCIAL_THREAD: "社交媒体连帖",
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


@cache
def _engine(*folders: str) -> Engine:
    return Engine(dirs=[str(FOLDER / folder) for folder in folders], autoescape=False)


def _render(template: str, document: Document, model: Model | None = None, **context: Any) -> str:
    kind = Kind(document.kind)
    context |= {
        "document": document,
        "kind": kind.value.replace("_", " "),
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
    document: Document, sections: Sequence[Planned], *, context_tokens: int = DEFAULT_CONTEXT
) -> str:
    """Brief and outline; `context_tokens` is that of the smallest model that will read it."""
    room = int(context_tokens * fitting.PREFIX_SHARE)
    brief = fitting.shorten(document.brief.strip(), room // 2)
    return _render(
        "shared.txt",
        document,
        brief=brief,
        outline=fitting.outline_lines(sections, room - estimate_tokens(brief)),
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
        section=section,
        number=index + 1,
        brief=fitting.shorten(section.brief.strip(), model.context_tokens // 10),
        paragraphs=max(2, section.target_words // WORDS_OF_A_PARAGRAPH),
        before=sections[index - 1].title if index else "",
        after=sections[index + 1].title if index + 1 < len(sections) else "",
        instruction=run.instruction,
    )
    messages = _messages(run, task)
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
        section=section,
        number=_index(section, sections) + 1,
        sentences=sentences,
        instruction=run.instruction,
    )
    return _messages(run, task)


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
        section=section,
        number=_index(section, sections) + 1,
        remarked=remarked,
    )
    return [
        *critique_messages,
        {"role": "assistant", "content": critique_answer},
        {"role": "user", "content": task},
    ]


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


def _messages(run: Run, task: str) -> list[Message]:
    return [{"role": "system", "content": run.shared_prefix}, {"role": "user", "content": task}]


def _index(section: Section, sections: Sequence[Section]) -> int:
    return next(index for index, other in enumerate(sections) if other.pk == section.pk)


def _words(text: str) -> int:
    wide = sum(character >= "\u2e80" for character in text)
    return len(text.split()) + wide
