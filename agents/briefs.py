"""What one document of a batch is made from."""

from dataclasses import dataclass, replace

from django.utils.translation import gettext as _

from writing.exceptions import InvalidInput
from writing.limits import check_document_words, clean_brief, clean_title
from writing.models import Kind, Language


@dataclass(frozen=True, slots=True)
class Brief:
    title: str
    brief: str
    kind: str = Kind.ARTICLE
    language: str = Language.ENGLISH
    target_words: int = 1000

    def checked(self) -> "Brief":
        """Without outer space; raises InvalidInput."""
        brief = clean_brief(self.brief)
        if not brief:
            raise InvalidInput(_("The brief is empty. Say what the document is about."))
        if self.kind not in Kind.values:
            raise InvalidInput(
                _("There is no kind “%(kind)s”. Choose one of these: %(kinds)s.")
                % {"kind": self.kind, "kinds": ", ".join(Kind.values)}
            )
        if self.language not in Language.values:
            raise InvalidInput(
                _("There is no language “%(language)s”. Choose one of these: %(languages)s.")
                % {"language": self.language, "languages": ", ".join(Language.values)}
            )
        return replace(
            self,
            title=clean_title(self.title),
            brief=brief,
            target_words=check_document_words(self.target_words),
        )
