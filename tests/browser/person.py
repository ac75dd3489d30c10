"""A person who writes among agents, and what must stand of it at the end."""

import random
from typing import Any

from tests.browser.desk import painted, stand_in_agent_text, texts_of, until, words_of
from tests.browser.input_methods import compose

# The text with its structure: what marks it, but neither cursors nor who is writing.
STRUCTURE = """
() => [...document.querySelectorAll('.section .ProseMirror')].map((editor) => {
  const of = (node) => {
    if (node.nodeType === Node.TEXT_NODE) return node.data;
    const helpers = 'img.ProseMirror-separator, br.ProseMirror-trailingBreak';
    if (node.matches(`.cursor, .ProseMirror-widget, ${helpers}`)) return '';
    const inner = [...node.childNodes].map(of).join('');
    const isMark = node.matches('span, .agent, .selection, .comment, colgroup, .tableWrapper');
    return isMark ? inner : `<${node.localName}>${inner}</${node.localName}>`;
  };
  return of(editor);
})
"""


def letters(text: str) -> str:
    """What stands in it, however blocks and cells are set apart."""
    return "".join(words_of(text))


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
