import uuid
from types import SimpleNamespace

import pytest

from agents import prompts
from agents.llm import clamp_max_tokens
from agents.models import Model, Provider, Role, Run
from agents.tokens import estimate_prompt_tokens, estimate_tokens
from writing.models import Document, Section

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


@pytest.mark.parametrize("model", [LARGE, SMALL])
@pytest.mark.parametrize("language", ["en", "zh-hans", "de"])
def test_every_role_begins_with_the_same_bytes(language: str, model: Model) -> None:
    run, sections = draft(language=language)
    prompts_of_run = [
        prompts.write_messages(run, ROLE, sections[0], sections, model=model),
        prompts.write_messages(run, ROLE, sections[2], sections, model=model, written="So far"),
        prompts.critique_messages(run, ROLE, sections[1], sections, SENTENCES, model=model),
    ]
    assert {messages[0]["content"] for messages in prompts_of_run} == {run.shared_prefix}
    assert "Part 2: Covers 2." in run.shared_prefix
    assert "About {{ reefs }} & seas." in run.shared_prefix


def test_editor_s_prompt_extends_the_critic_s() -> None:
    run, sections = draft()
    critic = prompts.critique_messages(run, ROLE, sections[0], sections, SENTENCES, model=LARGE)
    editor = prompts.edit_messages(
        run, ROLE, sections[0], sections, SENTENCES[1:3], critic, '{"remarks": []}', model=LARGE
    )
    assert editor[: len(critic)] == critic
    assert "[2], [3]" in editor[-1]["content"]
    assert "[4]" not in editor[-1]["content"]


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
    small_plan = prompts.plan_schema(30, document, SMALL)["properties"]["sections"]
    openings = [item["properties"]["title"]["pattern"] for item in small_plan["prefixItems"]]
    assert len(openings) == 30
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
