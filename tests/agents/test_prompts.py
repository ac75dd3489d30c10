import uuid
from itertools import takewhile
from types import SimpleNamespace
from typing import Any

import pytest

from agents import prompts
from agents.llm import clamp_max_tokens
from agents.models import Model, Provider, Role, Run
from agents.tokens import estimate_prompt_tokens, estimate_tokens
from writing.models import Document, Section
from writing.text.sentences import Sentence

ROLE = Role(name="Writer", persona="You write plainly.", instructions="Be exact.")
LARGE = Model(provider=Provider(), name="large", tier="large", context_tokens=32_768)
SMALL = Model(provider=Provider(is_bundled=True), name="s", tier="small", context_tokens=2048)
SENTENCES = [
    SimpleNamespace(number=n, text=f"Sentence {n} is here.", human=False) for n in range(1, 7)
]


def draft(count: int = 3, **fields: object) -> tuple[Run, list[Section]]:
    document = Document(**{"title": "Reefs", "brief": "About {{ reefs }} & seas.", **fields})
    sections = [
        Section(id=uuid.uuid4(), document=document, title=f"Part {n}", brief=f"Covers {n}.")
        for n in range(1, count + 1)
    ]
    prefix = prompts.shared_prefix(document, sections)
    return Run(document=document, shared_prefix=prefix), sections


def critique(run: Run, sections: list[Section], index: int, model: Model = LARGE) -> list[Any]:
    return prompts.critique_messages(run, ROLE, sections[index], sections, SENTENCES, model=model)


def common_start(one: str, other: str) -> str:
    same = takewhile(lambda pair: pair[0] == pair[1], zip(one, other, strict=False))
    return "".join(character for character, _ in same)


@pytest.mark.parametrize("model", [LARGE, SMALL])
@pytest.mark.parametrize("language", ["en", "zh-hans", "de"])
def test_every_prompt_of_a_run_begins_with_the_same_bytes(language: str, model: Model) -> None:
    run, sections = draft(language=language)
    asked: list[list[Any]] = []
    for index, section in enumerate(sections):
        critic = critique(run, sections, index, model)
        asked += [
            prompts.write_messages(run, ROLE, section, sections, model=model),
            prompts.write_messages(run, ROLE, section, sections, model=model, written="So far"),
            critic,
            prompts.edit_messages(
                run, ROLE, section, sections, SENTENCES[:2], critic, "{}", model=model
            ),
        ]
    assert len(asked) == 12
    start = {"role": "system", "content": run.shared_prefix}
    assert all(messages[0] == start for messages in asked)
    assert "Part 2: Covers 2." in run.shared_prefix
    assert "About {{ reefs }} & seas." in run.shared_prefix


def test_editor_s_prompt_extends_the_critic_s() -> None:
    run, sections = draft()
    critic = critique(run, sections, 0)
    editor = prompts.edit_messages(
        run, ROLE, sections[0], sections, SENTENCES[1:3], critic, '{"remarks": []}', model=LARGE
    )
    assert editor[: len(critic)] == critic
    assert "[2], [3]" in editor[-1]["content"]
    assert "[4]" not in editor[-1]["content"]


def test_agents_of_a_section_share_what_it_is_about_and_rounds_what_was_not_revised() -> None:
    run, sections = draft()
    sections[0].key_points = "Corals are animals\nAlgae feed them"
    writer = prompts.write_messages(run, ROLE, sections[0], sections, model=LARGE)[1]["content"]
    first = critique(run, sections, 0)[1]["content"]
    context = common_start(writer, first)
    assert "- Corals are animals\n- Algae feed them" in context
    revised = [*SENTENCES[:3], SimpleNamespace(number=4, text="It is new.", human=False)]
    again = prompts.critique_messages(run, ROLE, sections[0], sections, revised, model=LARGE)
    assert "[3] Sentence 3 is here." in common_start(first, again[1]["content"])


@pytest.mark.parametrize("language", ["en", "zh-hans"])
@pytest.mark.parametrize("model", [LARGE, SMALL])
def test_a_critic_reads_where_an_image_stands(language: str, model: Model) -> None:
    run, sections = draft(language=language)
    told = [Sentence(1, "One.", (0,), 0, 4, human=True, images="[image: A reef]")]
    asked = prompts.critique_messages(run, ROLE, sections[0], sections, told, model=model)
    assert "[image: A reef]\n[1] One.\n" in asked[1]["content"]
    assert "[image" not in critique(run, sections, 0, model)[1]["content"]


def test_rules_stand_in_the_shared_prefix_once_and_a_changed_role_is_told_its_own() -> None:
    run, sections = draft()
    run.shared_prefix = prompts.shared_prefix(
        run.document, sections, workers=[("write", ROLE), ("critique", ROLE)]
    )
    assert "As Writer: You write plainly. Be exact." in run.shared_prefix
    task = prompts.write_messages(run, ROLE, sections[0], sections, model=LARGE)[1]["content"]
    assert "You write plainly." not in task
    assert "Now, as Writer" in task
    changed = Role(name="Writer", persona="You write wildly.", instructions="")
    task = prompts.write_messages(run, changed, sections[0], sections, model=LARGE)[1]["content"]
    assert "You write wildly." in task
    small = prompts.shared_prefix(
        run.document, sections, workers=[("write", ROLE)], context_tokens=SMALL.context_tokens
    )
    assert "You write plainly." not in small


@pytest.mark.parametrize("count", [8, 100])
def test_writers_are_told_what_the_others_cover(count: int) -> None:
    run, sections = draft(count)
    for section in sections:
        section.key_points = f"Only {section.title} says this at such length as it takes"
    run.shared_prefix = prompts.shared_prefix(run.document, sections)
    asked = prompts.write_messages(run, ROLE, sections[3], sections, model=LARGE)
    for title in ("Part 3", "Part 4", "Part 5"):
        assert f"Only {title} says this" in "".join(message["content"] for message in asked)
    assert f"{count}. Part {count}" in run.shared_prefix
    assert estimate_tokens(run.shared_prefix) < 1500


def test_section_drafted_alone_is_shown_how_its_neighbours_begin() -> None:
    run, sections = draft()
    prefix = prompts.shared_prefix(run.document, sections, written={2: "Reefs are old."})
    assert "Section 2 is written and stays. It begins: Reefs are old." in prefix


@pytest.mark.parametrize("model", [LARGE, SMALL])
def test_task_names_role_section_and_length(model: Model) -> None:
    run, sections = draft()
    task = prompts.write_messages(run, ROLE, sections[1], sections, model=model)[-1]["content"]
    for words in ("ROLE: writer", "SECTION: 2", "WORDS: 200", "You write plainly.", "Covers 2."):
        assert words in task
    plan = prompts.plan_messages(run, ROLE, 4, model=model)[-1]["content"]
    assert "ROLE: planner" in plan
    assert "SECTIONS: 4" in plan


def test_author_s_instruction_reaches_every_writer() -> None:
    run, sections = draft()
    run.instruction = "Mention turtles."
    for model in (LARGE, SMALL):
        task = prompts.write_messages(run, ROLE, sections[0], sections, model=model)
        assert "Mention turtles." in task[-1]["content"]


def test_chinese_is_asked_for_in_chinese_and_german_by_name() -> None:
    run, sections = draft(language="zh-hans")
    chinese = prompts.write_messages(run, ROLE, sections[0], sections, model=LARGE)
    assert "用简体中文" in chinese[-1]["content"]
    assert chinese[0]["content"].startswith("文章（简体中文）")
    run, sections = draft(language="de")
    german = prompts.write_messages(run, ROLE, sections[0], sections, model=SMALL)
    assert "in German" in german[-1]["content"]


def test_continuation_shows_what_is_written() -> None:
    run, sections = draft()
    asked = prompts.write_messages(
        run, ROLE, sections[0], sections, model=LARGE, written="The reef is "
    )
    assert asked[-2] == {"role": "assistant", "content": "The reef is"}
    assert "breaks off here: The reef is" in asked[-1]["content"]
    bundled = prompts.write_messages(
        run, ROLE, sections[0], sections, model=SMALL, written="The reef is "
    )
    assert bundled[-1] == {"role": "assistant", "content": "The reef is"}


def test_planner_goes_on_after_what_is_planned() -> None:
    run, sections = draft()
    asked = prompts.plan_messages(run, ROLE, 2, model=LARGE, planned=sections)
    assert "Already planned: Part 1; Part 2; Part 3." in asked[-1]["content"]


@pytest.mark.parametrize("size", [10, 100])
def test_long_document_leaves_a_small_model_room_to_answer(size: int) -> None:
    document = Document(title="Reefs", brief="All about reefs and seas. " * 2000)
    sections = [
        Section(id=uuid.uuid4(), document=document, title=f"A title of part {n}", brief="b " * 200)
        for n in range(size)
    ]
    prefix = prompts.shared_prefix(document, sections, context_tokens=SMALL.context_tokens)
    run = Run(document=document, shared_prefix=prefix)
    long = [
        SimpleNamespace(number=n, text="A sentence of the text. " * 3, human=False)
        for n in range(1, 200)
    ]
    fitting = prompts.fit_sentences(long, SMALL.context_tokens)
    assert 1 < len(fitting) < len(long)
    writer = prompts.write_messages(
        run, ROLE, sections[0], sections, model=SMALL, written="word " * 3000
    )
    critic = prompts.critique_messages(run, ROLE, sections[0], sections, fitting, model=SMALL)
    for messages in (writer, critic):
        assert SMALL.context_tokens - estimate_prompt_tokens(messages) > 250
    for number in (1, size):
        assert f"{number}. A" in prefix


def test_answer_is_cut_to_the_room_that_is_left() -> None:
    messages = [{"role": "user", "content": "word " * 1000}]
    room = clamp_max_tokens(messages, 4000, 2048)
    assert 0 < room < 2048 - 1000
    assert clamp_max_tokens(messages, 100, 2048) == 100
    assert clamp_max_tokens(messages, 4000, 500) > 0
    assert estimate_tokens("珊瑚礁") >= 3


def test_schemas_ask_for_the_numbers_that_exist() -> None:
    document = Document(language="en", kind="article")
    plan = prompts.plan_schema(30, document, LARGE)["properties"]["sections"]
    assert (plan["minItems"], plan["maxItems"]) == (30, 30)
    assert "points" in plan["items"]["properties"]
    small_plan = prompts.plan_schema(30, document, SMALL)["properties"]["sections"]
    openings = [item["properties"]["title"]["pattern"] for item in small_plan["prefixItems"]]
    assert len(openings) == 30
    assert set(small_plan["prefixItems"][0]["properties"]) == {"title", "brief"}
    assert len(set(openings[:12])) == 12
    edit = prompts.edit_schema([2, 5], document, LARGE)["properties"]["revisions"]
    assert edit["items"]["properties"]["sentence"]["enum"] == [2, 5]


@pytest.mark.parametrize("count", [1, 2, 3, 10])
def test_small_critic_is_led_through_all_sentences(count: int) -> None:
    schema = prompts.critique_schema(count, Document(language="en"), SMALL)
    items = schema["properties"]["remarks"]["prefixItems"]
    numbers = [number for item in items for number in item["properties"]["sentence"]["enum"]]
    assert numbers == list(range(1, count + 1))
    assert len(items) == min(count, 3)
