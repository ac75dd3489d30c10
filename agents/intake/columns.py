"""Which column of a file holds what: told by its heading, in English or Chinese."""

import re
import unicodedata
from collections.abc import Iterable
from functools import cache

from django.conf import settings
from django.utils import translation
from django.utils.translation import get_language_info

from writing.models import Kind, Language

FIELDS = ("title", "brief", "kind", "language", "target_words")
HEADINGS = {
    "title": ("title", "name", "heading", "标题", "题目", "名称", "文档标题"),
    "brief": (
        "brief", "briefing", "description", "prompt", "简介", "要求", "说明", "描述", "写作要求",
        "任务说明", "摘要",
    ),
    "kind": ("kind", "type", "genre", "类型", "种类", "体裁", "文体"),
    "language": ("language", "lang", "locale", "语言", "语种"),
    "target_words": (
        "target words", "words", "length", "word count", "length in words", "words to aim for",
        "字数", "词数", "目标字数", "目标词数", "长度", "篇幅",
    ),
}  # fmt: skip
# Beside what Django knows of each language.
MORE_NAMES = {
    Language.ENGLISH: ("英语", "英文", "en-us", "en-gb"),
    Language.CHINESE: ("chinese", "zh", "zh-cn", "中文", "汉语", "简体", "simplified chinese"),
    Language.GERMAN: ("德语", "德文"),
    Language.SPANISH: ("西班牙语", "西班牙文"),
    Language.FRENCH: ("法语", "法文"),
    Language.ITALIAN: ("意大利语", "意大利文"),
    Language.PORTUGUESE: ("葡萄牙语", "葡萄牙文"),
    Language.JAPANESE: ("日语", "日文"),
}


def plain(text: str) -> str:
    """Without case, width, accents of punctuation and outer space: how names are compared."""
    text = unicodedata.normalize("NFKC", text).casefold()
    return re.sub(r"[\s_\-–:*()]+", " ", text).strip()


FIELD_OF_HEADING = {plain(name): field for field, names in HEADINGS.items() for name in names}


def field_of(heading: str) -> str | None:
    return FIELD_OF_HEADING.get(plain(heading))


def twice(headings: Iterable[str]) -> str:
    """The first heading that names what another has named before it, or ""."""
    seen: set[str] = set()
    for heading in headings:
        field = field_of(heading)
        if field in seen:
            return heading
        if field:
            seen.add(field)
    return ""


@cache
def _kinds() -> dict[str, str]:
    names = {plain(kind): str(kind) for kind in Kind.values}
    for code, _name in settings.LANGUAGES:
        with translation.override(code):
            names |= {plain(str(kind.label)): kind.value for kind in Kind}
    return names


@cache
def _languages() -> dict[str, str]:
    names: dict[str, str] = {}
    for language in Language:
        info = get_language_info(language.value)
        more = (*MORE_NAMES[language], language.label, info["name"], info["name_local"])
        names |= {plain(name): language.value for name in (language.value, *more)}
    return names


def kind_of(text: str) -> str:
    """The value of `Kind`; what names none stays as it is, for the form to refuse."""
    return _kinds().get(plain(text), text)


def language_of(text: str) -> str:
    """The tag of `Language`; what names none stays as it is, for the form to refuse."""
    return _languages().get(plain(text), text)


def words_of(text: str) -> str:
    """The number without separators of thousands."""
    text = unicodedata.normalize("NFKC", text).strip()
    return re.sub(r"(?<=\d)[,  _'](?=\d{3}\b)", "", text)
