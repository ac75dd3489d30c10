"""How much of an exported text agents wrote, element by element, in the words of a proposal to the
Web Incubator Community Group, "AI Content Disclosure" (https://github.com/WICG/proposals/issues/261,
explainer https://github.com/dweekly/ai-content-disclosure):

`ai-disclosure` is `none` (no AI involvement), `ai-assisted` (a person's, edited by AI),
`ai-generated` (AI's, prompted or reviewed by a person) or `autonomous` (without human oversight);
`ai-model` and `ai-provider` name what wrote it. An element without the attribute says nothing, so
it is left out where nobody knows the author and no agent has written, and no element that holds
others has one, since they would inherit it. `<meta name="ai-disclosure">` says the same of the
page, or `mixed`.
"""

import uuid
from collections.abc import Collection, Iterable, Mapping, Sequence
from html import escape

from writing.origins import Origin
from writing.provenance import Kind
from writing.text.coloured import Stretch

MIXED = "mixed"


def level_of(stretches: Sequence[Stretch], readings: Collection[str]) -> str | None:
    """Of one element; None: not known. What a person has at least reviewed was not autonomous."""
    sizes = dict.fromkeys(Kind, 0)
    for stretch in stretches:
        sizes[Kind.of(stretch.author)] += len(stretch.text.strip())
    if sizes[Kind.AGENT]:
        if sizes[Kind.PERSON]:
            others = sizes[Kind.AGENT] + sizes[Kind.UNKNOWN]
            return "ai-assisted" if sizes[Kind.PERSON] >= others else "ai-generated"
        is_read = all(
            stretch.reading in readings
            for stretch in stretches
            if Kind.of(stretch.author) is Kind.AGENT and stretch.text.strip()
        )
        return "ai-generated" if is_read else "autonomous"
    return "none" if sizes[Kind.PERSON] and not sizes[Kind.UNKNOWN] else None


def level_of_page(levels: Iterable[str | None]) -> str | None:
    found = set(levels)
    return found.pop() if len(found) == 1 else MIXED if found else None


def attributes_of(
    level: str | None, stretches: Sequence[Stretch], origins: Mapping[uuid.UUID, Origin]
) -> str:
    """HTML, with a blank before each attribute. Model and provider only where there is one."""
    if level is None:
        return ""
    written = {stretch.author.attempt for stretch in stretches if stretch.author.attempt}
    known = {(origins[pk].model, origins[pk].provider) if pk in origins else None for pk in written}
    values = {"ai-disclosure": level}
    if len(known) == 1 and (only := known.pop()):
        values |= {"ai-model": only[0], "ai-provider": only[1]}
    return "".join(f' {name}="{escape(value)}"' for name, value in values.items() if value)
