"""What stands in a file, see docs/workflows.md; reading one says all that is wrong with it."""

import json
from collections.abc import Mapping, Sequence
from typing import Annotated, Any, Literal

from django.utils.translation import gettext as _
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from agents.models import Output, RoleKind
from writing.models import Kind

FORMAT = "scriptorium-workflows"
VERSION = 1
MOST_CHARACTERS = 1_000_000
MOST_PROBLEMS = 20

Slug = Annotated[str, Field(pattern=r"^[-a-zA-Z0-9_]+$", max_length=50)]
Name = Annotated[str, Field(min_length=1, max_length=80)]
Text = Annotated[str, Field(max_length=20_000)]


class Unusable(Exception):
    """`problems` say what is wrong and where, for people to read."""

    def __init__(self, problems: Sequence[str]) -> None:
        super().__init__("\n".join(problems))
        self.problems = list(problems)


class Entry(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)


class ModelEntry(Entry):
    """A model, by the short name of its provider and its own name."""

    provider: Slug
    name: Annotated[str, Field(min_length=1, max_length=200)]


class ChineseRole(Entry):
    name: Annotated[str, Field(max_length=80)] = ""
    persona: Text = ""
    instructions: Text = ""


class RoleEntry(Entry):
    slug: Slug
    name: Name
    kind: Annotated[RoleKind, Field(strict=False)]
    colour: Annotated[int, Field(ge=1, le=8)] = 1
    avatar: Annotated[str, Field(max_length=8)] = ""
    persona: Text = ""
    instructions: Text = ""
    chinese: ChineseRole = ChineseRole()
    temperature: Annotated[float, Field(ge=0, le=2, strict=False)] = 0.7
    max_tokens: Annotated[int, Field(ge=16, le=1_000_000)] = 4000
    model: ModelEntry | None = None
    fallbacks: Annotated[list[ModelEntry], Field(max_length=2)] = []


class StageEntry(Entry):
    """`role` is the short name of a role in the same file, or of one that is there already."""

    role: Slug
    output: Annotated[Output, Field(strict=False)] = Output.APPLY
    model: ModelEntry | None = None
    larger_model: ModelEntry | None = None
    threshold: Annotated[int, Field(ge=1, le=10)] | None = None
    rounds: Annotated[int, Field(ge=1, le=5)] = 1


class ChineseWorkflow(Entry):
    name: Annotated[str, Field(max_length=80)] = ""
    description: Text = ""


class WorkflowEntry(Entry):
    slug: Slug
    name: Name
    description: Text = ""
    chinese: ChineseWorkflow = ChineseWorkflow()
    for_kind: Annotated[Kind, Field(strict=False)] | None = None
    stages: Annotated[list[StageEntry], Field(max_length=20)]


class Bundle(Entry):
    format: Literal["scriptorium-workflows"] = "scriptorium-workflows"
    version: Literal[1] = 1
    roles: Annotated[list[RoleEntry], Field(max_length=200)] = []
    workflows: Annotated[list[WorkflowEntry], Field(max_length=100)] = []


def read(text: str) -> Bundle:
    """Raises Unusable."""
    if len(text) > MOST_CHARACTERS:
        raise Unusable([_("The file is too large: at most 1 MB is read.")])
    try:
        content = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise Unusable([_("This is not a JSON file: %(error)s.") % {"error": error}]) from error
    if not isinstance(content, dict) or content.get("format") != FORMAT:
        raise Unusable([_("This is no file of roles and workflows: its “format” is another.")])
    if content.get("version") != VERSION:
        raise Unusable(
            [
                _("The file has version %(version)s; this installation reads version %(ours)s.")
                % {"version": content.get("version"), "ours": VERSION}
            ]
        )
    try:
        bundle = Bundle.model_validate(content)
    except ValidationError as error:
        found = error.errors(include_url=False)[:MOST_PROBLEMS]
        raise Unusable([_problem(each, content) for each in found]) from error
    if problems := [*_twice(bundle.roles, _("role")), *_twice(bundle.workflows, _("workflow"))]:
        raise Unusable(problems)
    if not bundle.roles and not bundle.workflows:
        raise Unusable([_("The file holds neither roles nor workflows.")])
    return bundle


def _twice(entries: Sequence[RoleEntry | WorkflowEntry], what: str) -> list[str]:
    slugs = [entry.slug for entry in entries]
    return [
        _("The %(what)s “%(slug)s” is in the file twice.") % {"what": what, "slug": slug}
        for slug in dict.fromkeys(slugs)
        if slugs.count(slug) > 1
    ]


def _problem(error: Mapping[str, Any], content: Any) -> str:
    kind, context = error["type"], error.get("ctx", {})
    match kind:
        case "missing":
            said = _("is missing")
        case "extra_forbidden":
            said = _("is not known here: remove it")
        case "enum" | "literal_error":
            said = _("must be one of %(values)s") % {"values": context["expected"]}
        case "string_type":
            said = _("must be a text")
        case "int_type" | "int_from_float" | "float_type" | "float_parsing":
            said = _("must be a number")
        case "list_type":
            said = _("must be a list")
        case "model_type" | "model_attributes_type":
            said = _("must be an object")
        case "string_pattern_mismatch":
            said = _("may only hold letters, digits, hyphens and underscores")
        case "string_too_long" | "too_long":
            said = _("is too long: at most %(most)s") % {"most": context["max_length"]}
        case "string_too_short" | "too_short":
            said = _("must not be empty")
        case "greater_than_equal":
            said = _("must be at least %(least)s") % {"least": context["ge"]}
        case "less_than_equal":
            said = _("must be at most %(most)s") % {"most": context["le"]}
        case _:
            said = str(error["msg"])
    return f"{_place(error['loc'], content)}: {said}."


def _place(path: Sequence[int | str], content: Any) -> str:
    """Where in the file, as `roles 3 “critic” › temperature`."""
    said: list[str] = []
    for step in path:
        try:
            content = content[step]
        except (KeyError, IndexError, TypeError):
            content = None
        if isinstance(step, int) and said:
            slug = content.get("slug") if isinstance(content, dict) else None
            said[-1] += f" {step + 1}" + (f" “{slug}”" if isinstance(slug, str) else "")
        else:
            said.append(str(step))
    return " › ".join(said)
