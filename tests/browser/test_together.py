"""Two people and three agents in one section, in everything that a text goes through."""

import random
from collections.abc import Callable
from typing import Any

import pytest

from bench.stack import Stack, sign_in
from tests.browser.desk import (
    CUTTABLE,
    Database,
    agent_writes,
    back,
    cut_off,
    is_saved,
    new_document,
    open_document,
    ready,
    run_ends,
    share_with,
    start_draft,
    texts_of,
    until,
)
from tests.browser.person import STRUCTURE, Person, letters, shown_in
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


def write(messages: list[Any], body: dict[str, Any]) -> str | None:
    """The writer's draft; critics and editors answer as they always do."""
    return None if body.get("response_format") else DRAFT


@pytest.fixture(
    params=[pytest.param("browser", id="Chromium"), pytest.param("firefox", id="Firefox")]
)
def another_browser(request: pytest.FixtureRequest) -> Any:
    """That of the second person."""
    return request.getfixturevalue(request.param)


def test_two_people_and_three_agents_in_one_section_end_with_the_same_text(
    stack: Stack,
    provider: FakeProvider,
    database: Database,
    another_browser: Any,
    open_page: Callable[..., Any],
    another: str,
) -> None:
    chance = random.Random(SEED)
    provider.say(write)
    provider.set_pace(first_after=0.05, tokens_per_second=120)
    page, other = open_page(), sign_in(another_browser, stack.url, another)
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
    other.context.close()
