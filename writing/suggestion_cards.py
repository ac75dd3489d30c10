"""Suggestions as the Review panel shows them."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from writing.models import Document, Suggestion
from writing.open_suggestions import Open, open_suggestions
from writing.people import identity_of
from writing.text.marking import DELETION, INSERTION
from writing.text.suggestions import Piece

BLOCKS: dict[str, str | Promise] = {
    "paragraph": gettext_lazy("Paragraph"),
    "heading": gettext_lazy("Heading"),
    "blockquote": gettext_lazy("Quote"),
    "code_block": gettext_lazy("Code block"),
    "horizontal_rule": gettext_lazy("Rule"),
    "image": gettext_lazy("Image"),
    "bullet_list": gettext_lazy("Bulleted list"),
    "ordered_list": gettext_lazy("Numbered list"),
    "list_item": gettext_lazy("List item"),
    "table": gettext_lazy("Table"),
    "table_row": gettext_lazy("Table row"),
    "table_cell": gettext_lazy("Table cell"),
    "table_header": gettext_lazy("Table cell"),
    "hard_break": gettext_lazy("Line break"),
}
LOOKS: dict[str, str | Promise] = {
    "strong": gettext_lazy("Bold"),
    "em": gettext_lazy("Italic"),
    "code": gettext_lazy("Code"),
    "link": gettext_lazy("Link"),
}


@dataclass(frozen=True, slots=True)
class Card:
    row: Suggestion
    pieces: Sequence[Piece]
    changes: Sequence[str]


@dataclass(frozen=True, slots=True)
class Author:
    """Somebody who suggests: the `key` to choose them by, as the fields of a decision name them."""

    key: str
    name: str
    count: int = 0

    @property
    def user_id(self) -> str:
        return self.key.removeprefix("user:") if self.key.startswith("user:") else ""

    @property
    def agent(self) -> str:
        return self.key.removeprefix("agent:") if self.key.startswith("agent:") else ""


def cards_of(document: Document, by: str = "") -> dict[str, Any]:
    """What the template takes; `by` leaves out all but one author's."""
    found = open_suggestions(list(document.sections.present()))
    counts = Counter(_author(each.row) for each in found)
    authors = [Author(each.key, each.name, count) for each, count in counts.items()]
    chosen = next((author for author in authors if author.key == by), None)
    shown = [each for each in found if not chosen or _author(each.row).key == chosen.key]
    groups = [
        (section, [_card(each) for each in own])
        for section, own in groupby(shown, key=lambda each: each.row.section)
    ]
    return {
        "suggestion_groups": groups,
        "suggestion_count": len(found),
        "shown_count": len(shown),
        "authors": authors,
        "chosen_author": chosen,
    }


def _author(row: Suggestion) -> Author:
    if row.user:
        return Author(f"user:{row.user.pk}", identity_of(row.user)["name"])
    return Author(f"agent:{row.agent_name}", row.agent_name or _("An agent"))


def _card(found: Open) -> Card:
    changes = [_described(*change) for change in found.said.changes]
    return Card(found.row, found.said.pieces, list(dict.fromkeys(changes)))


def _described(kind: str, attrs: dict[str, Any], tag: str) -> str:
    """A change of a block, or of how characters look, in a few words."""
    if not tag:
        return _look(attrs)
    block = BLOCKS[tag]
    if kind == INSERTION:
        return _("%(block)s: new") % {"block": block}
    if kind == DELETION:
        return _("%(block)s: to be removed") % {"block": block}
    if attrs["type"] == "nodeType":
        old, new = BLOCKS.get(attrs["previousValue"]), BLOCKS.get(attrs["newValue"])
        return _("%(old)s becomes %(new)s") % {"old": old, "new": new}
    if attrs.get("attrName") == "level" and attrs.get("previousValue") and attrs.get("newValue"):
        return _("Heading: level %(old)s becomes %(new)s") % {
            "old": attrs["previousValue"],
            "new": attrs["newValue"],
        }
    return _("%(block)s: changed") % {"block": block}


def _look(attrs: dict[str, Any]) -> str:
    old, new = attrs.get("previousValue"), attrs.get("newValue")
    look = LOOKS[(new or old or {}).get("type", "strong")]
    if old and new:
        return _("%(block)s: changed") % {"block": look}
    message = _("%(block)s: new") if new else _("%(block)s: to be removed")
    return message % {"block": look}
