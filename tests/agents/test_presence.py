"""An agent's face in the open browsers, until its step ends."""

import asyncio
from typing import Any

import pytest
from django.contrib.auth.models import User

from agents.actions.runs import start_draft
from agents.claims import claim, find
from agents.flusher import join
from agents.models import Step
from agents.presence import Face, show
from agents.work import Work, load
from writing.announce import group_of, layer
from writing.models import Document, Section
from writing.text.frames import decode_awareness

pytestmark = pytest.mark.django_db


@pytest.fixture
def work(document: Document, sections: list[Section], author: User) -> Work:
    run = start_draft(document, acting_user=author, sections=sections[:1])
    step = Step.objects.get(run=run, kind="write")
    return load(claim(find([step.pk])))[step.pk]


async def heard(work: Work, *, times: int) -> list[tuple[str, dict[str, Any] | None]]:
    """(name, state) as the browsers hear them while a face shows itself as it leaves."""
    await layer().group_add(group_of(work.document.pk), "browser")
    face = Face(work)
    await show([(face, None)])
    writing: dict[str, Any] = {"anchor": 1}
    await asyncio.gather(show([(face, writing)]), face.leave(), show([(face, {"anchor": 2})]))
    await show([(face, writing)])
    states: list[tuple[str, dict[str, Any] | None]] = []
    while len(states) < times:
        message = await layer().receive("browser")
        for name, update in message["items"]:
            states += [(name, presence.state) for presence in decode_awareness(update)]
    with pytest.raises(TimeoutError):
        await asyncio.wait_for(layer().receive("browser"), 0.01)
    return states


def test_a_face_that_left_does_not_come_back(work: Work) -> None:
    place, document = str(work.section.pk), str(work.document.pk)
    states = asyncio.run(heard(work, times=4))
    assert [(name, bool(state)) for name, state in states] == [
        (document, True),
        (place, True),
        (place, False),
        (document, False),
    ]


async def heard_while_at_work(work: Work) -> dict[str, Any]:
    """What browsers' processes hear of a hand that has written nothing yet, by kind."""
    await layer().group_add(group_of(work.document.pk), "process")
    hand = join(work)
    messages: dict[str, Any] = {}
    while not {"presence.alive", "text.presence"} <= messages.keys():
        message = await layer().receive("process")
        messages[message["type"]] = message
    hand.close()
    return messages


def test_an_agent_at_work_says_where_it_is_and_that_its_worker_lives(work: Work) -> None:
    messages = asyncio.run(heard_while_at_work(work))
    shown = messages["text.presence"]
    [[name, update]] = shown["items"]
    [presence] = decode_awareness(update)
    assert name == str(work.document.pk)
    assert presence.state
    assert presence.state["section"] == str(work.section.pk)
    assert messages["presence.alive"]["sender"] == shown["sender"]


async def told_by_leaving(works: list[Work]) -> dict[str, int]:
    """How many are gone by the name of each frame of the one message that browsers hear when these
    leave at once."""
    await layer().group_add(group_of(works[0].document.pk), "colleague")
    await asyncio.gather(*(Face(work).leave() for work in works))
    message = await layer().receive("colleague")
    with pytest.raises(TimeoutError):
        await asyncio.wait_for(layer().receive("colleague"), 0.01)
    return {name: len(decode_awareness(update)) for name, update in message["items"]}


def test_who_leaves_together_says_so_in_one_message(
    document: Document, sections: list[Section], author: User
) -> None:
    run = start_draft(document, acting_user=author, sections=sections[:2])
    steps = Step.objects.filter(run=run, kind="write")
    works = list(load(claim(find([step.pk for step in steps]))).values())
    gone = asyncio.run(told_by_leaving(works))
    assert gone == {str(sections[0].pk): 1, str(sections[1].pk): 1, str(document.pk): 2}
