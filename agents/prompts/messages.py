"""The messages of each kind of step."""

from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import Any

from django.template import Context, Engine

from agents.llm import Message
from agents.models import Role, Run
from agents.prompts import fitting
from agents.prompts.fitting import Numbered, Planned
from agents.prompts.schemas import NARRATIVE_KINDS
from writing.models import Document, Kind, Language, Section

FOLDER = Path(__file__).parent
DEFAULT_CONTEXT = 32_768

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
def _engine(folder: str) -> Engine:
    return Engine(dirs=[FOLDER / folder], autoescape=False)


def _render(template: str, document: Document, **context: Any) -> str:
    is_chinese = document.language == Language.CHINESE
    kind = Kind(document.kind)
    context |= {
        "document": document,
        "kind": KINDS_IN_CHINESE[kind] if is_chinese else kind.value.replace("_", " "),
        "is_narrative": kind in NARRATIVE_KINDS,
        "language": LANGUAGES_IN_ENGLISH[Language(document.language)],
    }
    engine = _engine("zh-hans" if is_chinese else "en")
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
        outline=fitting.outline_lines(sections, room - fitting.estimate_tokens(brief)),
    )


def plan_messages(
    run: Run,
    role: Role,
    count: int,
    *,
    planned: Sequence[Planned] = (),
    context_tokens: int = DEFAULT_CONTEXT,
) -> list[Message]:
    """Ask for `count` more sections after those already `planned`."""
    prefix = run.shared_prefix or shared_prefix(run.document, [], context_tokens=context_tokens)
    task = _render(
        "plan.txt",
        run.document,
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
    written: str = "",
    context_tokens: int = DEFAULT_CONTEXT,
) -> list[Message]:
    """Ask for a section's text, or to go on from what is `written` of it."""
    index = _index(section, sections)
    task = _render(
        "write.txt",
        run.document,
        role=role,
        section=section,
        number=index + 1,
        brief=fitting.shorten(section.brief.strip(), context_tokens // 10),
        before=sections[index - 1].title if index else "",
        after=sections[index + 1].title if index + 1 < len(sections) else "",
        instruction=run.instruction,
    )
    messages: list[Message] = [
        {"role": "system", "content": run.shared_prefix},
        {"role": "user", "content": task},
    ]
    if written.strip():
        tokens = int(context_tokens * fitting.WRITTEN_SHARE)
        tail = fitting.shorten(written.rstrip(), tokens, keep="end")
        words = max(20, section.target_words - _words(written))
        request = _render(
            "continue.txt",
            run.document,
            role=role,
            number=index + 1,
            words=words,
            ending=tail[-120:],
        )
        messages += [
            {"role": "assistant", "content": tail},
            {"role": "user", "content": request},
        ]
    return messages


def critique_messages(
    run: Run,
    role: Role,
    section: Section,
    sections: Sequence[Section],
    sentences: Sequence[Numbered],
) -> list[Message]:
    """Ask for remarks on numbered sentences; see `fit_sentences`."""
    task = _render(
        "critique.txt",
        run.document,
        role=role,
        section=section,
        number=_index(section, sections) + 1,
        sentences=sentences,
        instruction=run.instruction,
    )
    return [{"role": "system", "content": run.shared_prefix}, {"role": "user", "content": task}]


def edit_messages(
    run: Run,
    role: Role,
    section: Section,
    sections: Sequence[Section],
    sentences: Sequence[Numbered],
    critique_messages: Sequence[Message],
    critique_answer: str,
) -> list[Message]:
    """Ask for revised sentences; the prompt is the critic's, its answer, and the editor's task."""
    task = _render(
        "edit.txt",
        run.document,
        role=role,
        section=section,
        number=_index(section, sections) + 1,
        human=[sentence.number for sentence in sentences if sentence.human],
    )
    return [
        *critique_messages,
        {"role": "assistant", "content": critique_answer},
        {"role": "user", "content": task},
    ]


def _index(section: Section, sections: Sequence[Section]) -> int:
    return next(index for index, other in enumerate(sections) if other.pk == section.pk)


def _words(text: str) -> int:
    wide = sum(character >= "\u2e80" for character in text)
    return len(text.split()) + wide
