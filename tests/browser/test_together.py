"""Two people and three agents in one section, in everything that a text goes through."""

import random
from collections.abc import Callable
from typing import Any

import pytest

from bench.stack import Stack
from tests.browser.desk import (
    CUTTABLE,
    Database,
    agent_writes,
    back,
    cut_off,
    is_saved,
    new_document,
    open_document,
    painted,
    ready,
    run_ends,
    share_with,
    stand_in_agent_text,
    start_draft,
    texts_of,
    until,
    words_of,
)
from tests.fake_provider import FakeProvider

pytestmark = pytest.mark.browser

SEED = 4
DRAFT = """\
The reef wakes before the light does, and the first to move are the small ones at the edge.

| Zone | Depth | Who lives there |
| --- | --- | --- |
| Crest | two metres down | parrotfish and wrasse in the surf |
| Slope | twenty metres down | groupers that wait in the shade |

Then the others follow, each along a way of its own, and nobody is ever seen to hurry there.

- Corals that build for those who come after them 🪸
- Sponges that drink the sea and give it back

By noon the city is loud, and at dusk it falls silent once more, as if somebody had asked for it.
"""
# The text with its structure: what marks it, but neither cursors nor who is writing.
STRUCTURE = """
() => [...document.querySelectorAll('.section .ProseMirror')].map((editor) => {
  const of = (node) => {
    if (node.nodeType === Node.TEXT_NODE) return node.data;
    if (node.matches('.cursor, .ProseMirror-widget, .ProseMirror-trailingBreak')) return '';
    const inner = [...node.childNodes].map(of).join('');
    const isMark = node.matches('span, .agent, .selection, .comment, colgroup, .tableWrapper');
    return isMark ? inner : `<${node.localName}>${inner}</${node.localName}>`;
  };
  return of(editor);
})
"""


def write(messages: list[Any], body: dict[str, Any]) -> str | None:
    """The writer's draft; critics and editors answer as they always do."""
    return None if body.get("response_format") else DRAFT


def letters(text: str) -> str:
    """What stands in it, however blocks and cells are set apart."""
    return "".join(words_of(text))


def compose(page: Any, spelling: str, words: str) -> None:
    """Types as with an input method: letters that are replaced by what they stand for."""
    keyboard = page.context.new_cdp_session(page)
    for end in range(1, len(spelling) + 1):
        keyboard.send(
            "Input.imeSetComposition",
            {"text": spelling[:end], "selectionStart": end, "selectionEnd": end},
        )
    keyboard.send("Input.insertText", {"text": words})
    keyboard.detach()


def shown_in(page: Any, tokens: list[str]) -> bool:
    shown = "".join(texts_of(page))
    return all(token in shown for token in tokens)


class Person:
    """Does things at random places of the agents' text; `kept` is what must stand at the end."""

    def __init__(self, page: Any, name: str, chance: random.Random) -> None:
        self.page, self.name, self.chance = page, name, chance
        self.kept: list[str] = []

    def _stand(self) -> None:
        stand_in_agent_text(self.page, after=self.chance.randrange(4, 24))

    def _token(self) -> str:
        self.kept.append(f"{self.name}{len(self.kept)}")
        return self.kept[-1]

    def types(self) -> None:
        self._stand()
        self.page.keyboard.type(f"{self._token()} ")

    def types_emoji(self) -> None:
        self._stand()
        self.page.keyboard.insert_text(f"{self._token()}👩‍🚀🪸 ")

    def types_chinese(self) -> None:
        self._stand()
        words = f"海底很安静{self._token()}"
        compose(self.page, "haidihenanjing", words)
        self.kept[-1] = words

    def splits(self) -> None:
        self._stand()
        self.page.keyboard.press("Enter")
        self.page.keyboard.type(f"{self._token()} ")

    def changes_type(self) -> None:
        self._stand()
        self.page.keyboard.press("Control+Alt+2")

    def makes_list(self) -> None:
        self._stand()
        self.page.keyboard.press("Control+Shift+8")

    def writes_in_table(self) -> None:
        self.page.wait_for_selector("td .agent")
        cell = self.page.locator("td").filter(has_text="metres").first

        def is_in_it() -> bool:
            cell.click()
            painted(self.page)
            return bool(cell.evaluate("(cell) => cell.contains(getSelection().focusNode)"))

        until(is_in_it)
        self.page.keyboard.press("Home")
        self.page.keyboard.type(f"{self._token()} ")

    def takes_back(self) -> None:
        """Undoes their own words, whatever others wrote meanwhile."""
        self._stand()
        self.page.keyboard.type(f"zzzzzz{self.name} ")

        def is_taken_back() -> bool:
            # Typed slowly, it is several steps.
            if "z" in texts_of(self.page)[0]:
                self.page.keyboard.press("Control+z")
            return "z" not in texts_of(self.page)[0]

        until(is_taken_back)


def test_two_people_and_three_agents_in_one_section_end_with_the_same_text(
    stack: Stack,
    provider: FakeProvider,
    database: Database,
    open_page: Callable[..., Any],
    another: str,
    another_signed_in: Any,
) -> None:
    chance = random.Random(SEED)
    provider.say(write)
    provider.set_pace(first_after=0.05, tokens_per_second=120)
    page, other = open_page(), open_page(storage_state=another_signed_in)
    other.context.add_init_script(CUTTABLE)
    document = new_document(page, stack, "The reef", "Who else is there")
    share_with(database, document, another)
    open_document(other, stack, document, 2)
    ana, ben = Person(page, "ana", chance), Person(other, "ben", chance)

    start_draft(page)
    agent_writes(page, 60)
    agent_writes(other, 60)
    # First of all, so that there is nothing of theirs before it that would be undone with it.
    ben.takes_back()
    ana.takes_back()
    deeds = [
        deed
        for person in (ana, ben)
        for deed in (
            person.types,
            person.types_emoji,
            person.types_chinese,
            person.splits,
            person.changes_type,
        )
    ]
    chance.shuffle(deeds)
    for deed in deeds:
        deed()
        # People take turns, agents do not: y-prosemirror loses what one person types into a block
        # that another splits at the same moment.
        until(lambda: shown_in(page, ana.kept + ben.kept) and shown_in(other, ana.kept + ben.kept))
        until(lambda: page.evaluate(STRUCTURE) == other.evaluate(STRUCTURE))
    cut_off(other)
    for deed in (ben.splits, ben.types_chinese, ben.makes_list):
        deed()
    ana.writes_in_table()
    until(lambda: all(token in database.texts(document)[0] for token in ana.kept))
    page.reload()
    ready(page, 2)
    back(other)
    run_ends(page)
    is_saved(other)

    until(lambda: page.evaluate(STRUCTURE) == other.evaluate(STRUCTURE))
    texts = database.texts(document)
    assert [letters(text) for text in texts_of(page)] == [letters(text) for text in texts]
    text = texts[0]
    for token in ana.kept + ben.kept:
        assert text.count(token) == 1, token
    assert "zz" not in text
    kinds = database.rows(
        "select distinct s.kind, s.state from agents_step s join writing_section w "
        "on w.id = s.section_id where w.document_id = ? and w.position = 0",
        document.hex,
    )
    assert sorted(kinds) == [(kind, "finished") for kind in ("critique", "edit", "write")]
