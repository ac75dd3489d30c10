"""Everything we say is said in Simplified Chinese too; no gettext is needed to know."""

import re
from collections.abc import Iterator
from pathlib import Path

import polib
import pytest
import unfold
from django.conf import settings
from django.test import Client
from django.urls import reverse
from django.utils import translation
from django.utils.formats import number_format

from tests.project.messages import Message, in_python, in_template, messages_in

ROOT: Path = settings.BASE_DIR
CATALOG = ROOT / "locale/zh_Hans/LC_MESSAGES/django.po"
THIRD_PARTY = ROOT / "locale/third_party/zh_Hans/LC_MESSAGES/django.po"
CHINESE = "[\u4e00-\u9fff]"
# What a translation must keep: placeholders and tags.
KEPT = re.compile(r"%\(\w+\)[a-z]|%%|%[ds]|\{\w*\}|</?\w+[^>]*>")
HALF_WIDTH = re.compile(rf"{CHINESE}[,;:!?.()]|[,;:!?(]{CHINESE}")


def entries(path: Path) -> Iterator[tuple[Message, polib.POEntry]]:
    for entry in polib.pofile(str(path)):
        yield Message(entry.msgid, entry.msgid_plural, entry.msgctxt or ""), entry


def translations(entry: polib.POEntry) -> list[str]:
    return list(entry.msgstr_plural.values()) if entry.msgid_plural else [entry.msgstr]


def said(message: Message) -> str:
    """What a reader sees, for two of what is counted."""
    if message.plural:
        return translation.ngettext(message.text, message.plural, 2)
    return translation.gettext(message.text)


def test_python_is_searched_as_makemessages_does() -> None:
    source = """
_("One" " and two"); gettext_lazy("Lazy"); pgettext("a key", "Key"); gettext(name)
ngettext("%(n)d note", "%(n)d notes", count)
"""
    assert set(in_python(source)) == {
        Message("One and two"),
        Message("Lazy"),
        Message("Key", context="a key"),
        Message("%(n)d note", "%(n)d notes"),
    }


def test_templates_are_searched_as_makemessages_does() -> None:
    source = """
{% translate "It's _('here'), 5 %" %}{{ title|default:_("Untitled") }}
{% blocktranslate count n=notes %}{{ n }} note, 5 %{% plural %}{{ n }} notes{% endblocktranslate %}
<p>gettext('not a call of ours')</p>
"""
    assert set(in_template(source)) == {
        Message("It's _('here'), 5 %%"),
        Message("Untitled"),
        Message("%(n)s note, 5 %%", "%(n)s notes"),
    }


def test_the_catalogue_holds_what_we_say_and_nothing_else() -> None:
    """`make messages` brings it up to date; then translate what is empty or fuzzy."""
    ours = {
        message
        for folder in ("agents", "project", "templates", "writing")
        for message in messages_in(ROOT / folder)
    }
    listed = {message for message, entry in entries(CATALOG) if not entry.obsolete}
    assert ours - listed == set(), "not in the catalogue"
    assert listed - ours == set(), "no longer said"
    assert polib.pofile(str(CATALOG)).obsolete_entries() == []


@pytest.mark.parametrize("catalog", [CATALOG, THIRD_PARTY])
def test_every_translation_is_complete(catalog: Path) -> None:
    for message, entry in entries(catalog):
        assert entry.translated(), message
        assert not entry.fuzzy, message
        kept = sorted(KEPT.findall(message.plural or message.text))
        for text in translations(entry):
            assert sorted(KEPT.findall(text)) == kept, message
            assert not HALF_WIDTH.search(KEPT.sub("", text)), text


def test_the_administration_leaves_nothing_in_english() -> None:
    package = Path(unfold.__file__).parent
    used = messages_in(package) - messages_in(package / "contrib")
    assert len(used) > 50
    with translation.override("zh-hans"):
        assert [m for m in used if said(m) in (m.text, m.plural)] == []


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("accepted", "tag", "words"),
    [("zh-CN,zh;q=0.9", "zh-hans", "登录"), ("en-GB", "en", "Sign in"), ("fi", "en", "Sign in")],
)
def test_a_visitor_is_greeted_in_their_language(accepted: str, tag: str, words: str) -> None:
    page = Client(headers={"accept-language": accepted}).get(reverse("account_login"))
    text = page.content.decode()
    assert f'<html lang="{tag}"' in text
    assert f"<h1>{words}</h1>" in text


@pytest.mark.django_db
def test_the_menu_switches_the_language() -> None:
    client = Client(headers={"accept-language": "en"})
    page = client.post(
        reverse("set_language"), {"language": "zh-hans"}, headers={"referer": "/"}, follow=True
    )
    assert '<html lang="zh-hans"' in page.content.decode()


def test_figures_are_grouped_in_thousands() -> None:
    with translation.override("zh-hans"):
        assert number_format(1_234_567, force_grouping=True) == "1,234,567"
