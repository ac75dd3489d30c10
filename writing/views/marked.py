"""A section's text in which each passage shows who wrote it and whether it has been reviewed."""

from dataclasses import dataclass

from django.utils.html import conditional_escape
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _

from writing.provenance import Kind, Provenance, SectionParts, Voice
from writing.text.coloured import Stretch


@dataclass(slots=True)
class Marking:
    """`author` is a voice's key; what is not asked for stays plain."""

    found: Provenance
    author: str = ""
    only_unread: bool = False

    def html(self, section: SectionParts) -> SafeString:
        out: list[str] = []
        speaking: Voice | None = None
        for part in section.parts:
            if isinstance(part, str):
                out.append(part)
                continue
            voice = self.found.by_author[part.author]
            if self._is_asked_for(part, voice):
                out.append(self._passage(part, voice, is_new=voice is not speaking))
                speaking = voice
            else:
                out.append(f'<span class="passage other">{part.html}</span>')
                speaking = None
        # What people and agents wrote was escaped when it was drawn.
        return mark_safe("".join(out))  # noqa: S308

    def _is_asked_for(self, stretch: Stretch, voice: Voice) -> bool:
        if self.author and voice.key != self.author:
            return False
        is_open = voice.kind is not Kind.PERSON and not self.found.is_read(stretch)
        return is_open or not self.only_unread

    def _passage(self, stretch: Stretch, voice: Voice, *, is_new: bool) -> str:
        """Who it is is said where another voice begins."""
        head = ""
        if is_new:
            name = conditional_escape(voice.name)
            head = f'<sup aria-hidden="true">{voice.number}</sup>'
            head += f'<span class="visually-hidden">{name}: </span>'
        kinds = f"passage {voice.kind} tone-{voice.tone}"
        tail = ""
        if self.found.is_read(stretch) and voice.kind is not Kind.PERSON:
            kinds += " read"
            reviewed = conditional_escape(_("reviewed"))
            tail = f'<span class="visually-hidden"> ({reviewed})</span>'
        origin = self.found.origins.get(stretch.author.attempt) if stretch.author.attempt else None
        inner = f"{head}{stretch.html}{tail}"
        if origin is None:
            return f'<span class="{kinds}">{inner}</span>'
        return f'<a class="{kinds}" href="{conditional_escape(origin.address)}">{inner}</a>'
