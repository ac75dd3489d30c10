"""Undoing an attempt from its step's page: what goes, what comes back, who may, and when."""

import asyncio
from collections.abc import Callable
from functools import partial
from typing import Any

import pytest
from asgiref.sync import sync_to_async
from django.contrib.auth.models import User
from django.db import transaction
from django.http import HttpResponse
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from agents.actions.undoing import undo_attempt
from agents.models import Attempt, Run, RunState, StepState, Undoing
from tests.agents.drafting import HTMX, ana, begin, client_of, document, end, end_run, run
from tests.writing.browser_double import BrowserDouble
from tests.writing.text.person import agent_client_id
from writing.actions.compaction import compact_log
from writing.actions.text import append_update, body_of, claim_new_clients, load_updates
from writing.models import Document, MemberRole, Section, SectionStatus, Update
from writing.text.changes import remove_agent_text, replace_sentence
from writing.text.markdown import append_markdown, to_markdown
from writing.text.peer import Peer
from writing.text.sentences import split
from writing.text.tree import runs, texts

__all__ = ["ana", "document", "run"]

pytestmark = pytest.mark.django_db

WRITTEN = "Walls are old. Nobody knows why."


@pytest.fixture
def attempt(run: Run) -> Attempt:
    """A writer's, in a section that was empty."""
    step = run.steps.filter(kind="write")[0]
    found = begin(step, WRITTEN)
    write(found, lambda peer, mark: append_markdown(peer.body, WRITTEN, {"agent": mark}))
    end(step, StepState.FINISHED)
    end_run(run, RunState.FINISHED)
    Section.objects.update(status=SectionStatus.DONE)
    return found


def section_of(attempt: Attempt) -> Section:
    assert attempt.step.section
    return attempt.step.section


def write(attempt: Attempt, change: Callable[[Peer, dict[str, Any]], object]) -> None:
    section = section_of(attempt)
    peer = Peer(agent_client_id(), load_updates(section.pk)[1])
    claim_new_clients([(section.pk, peer.client_id, attempt.pk)])
    change(peer, {"attempt": str(attempt.pk), "tone": 1})
    append(section, peer.take(), attempt=attempt.pk)


def append(section: Section, update: bytes | None, **whose: Any) -> None:
    assert update
    with transaction.atomic():
        append_update(section.pk, update, **whose)


def revise(attempt: Attempt, old: str, new: str) -> Attempt:
    """An editor's attempt after it."""
    step = attempt.step.run.steps.filter(kind="edit", section=attempt.step.section)[0]
    found = begin(step, new)
    end(step, StepState.FINISHED)
    Section.objects.update(status=SectionStatus.DONE)

    def change(peer: Peer, mark: dict[str, Any]) -> None:
        sentence = next(each for each in split(peer.body) if each.text == old)
        assert replace_sentence(peer, sentence, new, mark)

    write(found, change)
    return found


def text_of(attempt: Attempt) -> str:
    return to_markdown(body_of(section_of(attempt).pk)).strip()


def undo(client: Client, attempt: Attempt, **headers: str) -> Any:
    return client.post(reverse("agents:undo_attempt", args=[attempt.pk]), headers=headers)


def bring_back(client: Client, attempt: Attempt, **headers: str) -> Any:
    return client.post(reverse("agents:bring_back_attempt", args=[attempt.pk]), headers=headers)


def test_a_persons_words_in_its_paragraph_stay(
    ana: Client, attempt: Attempt, document: Document
) -> None:
    ben = User.objects.create_user("ben")
    peer = Peer(7, load_updates(section_of(attempt).pk)[1])
    _, _, text = next(texts(peer.body))
    text.insert(len("Walls"), ", here,", {"agent": None})
    append(section_of(attempt), peer.take(), user_id=ben.pk)
    address = reverse("agents:undo_attempt", args=[attempt.pk])
    asked = ana.get(address, headers=HTMX).content.decode()
    assert "6 words that it wrote go" in asked
    assert text_of(attempt) == "Walls, here, are old. Nobody knows why."
    answer = undo(ana, attempt)
    assert answer["Location"] == reverse("agents:step", args=[attempt.step_id])
    assert text_of(attempt) == ", here,"
    row = Update.objects.filter(section=section_of(attempt)).latest("seq")
    assert row.user == User.objects.get(username="ana")
    page = ana.get(answer["Location"]).content.decode()
    assert "Undone by ana" in page
    assert "Show what it wrote" not in page
    version = section_of(attempt).versions.latest("created_at")
    assert version.reason == "Before an attempt was undone"
    assert bring_back(ana, attempt).status_code == 302
    assert text_of(attempt) == "Walls, here, are old. Nobody knows why."
    assert "Brought back by ana" in ana.get(answer["Location"]).content.decode()
    assert undo(ana, attempt).status_code == 302
    assert text_of(attempt) == ", here,"


def test_what_an_editor_replaced_comes_back_as_its_writers(ana: Client, attempt: Attempt) -> None:
    editor = revise(attempt, "Walls are old.", "Walls are ancient.")
    assert text_of(attempt) == "Walls are ancient. Nobody knows why."
    asked = ana.get(reverse("agents:undo_attempt", args=[editor.pk])).content.decode()
    assert "1 word that it wrote goes" in asked
    assert "1 word that it deleted comes back" in asked
    undo(ana, editor)
    assert text_of(attempt) == WRITTEN
    [(_, _, text)] = texts(body_of(section_of(attempt).pk))
    assert [marks["agent"]["attempt"] for _, marks in runs(text)] == [str(attempt.pk)]


def test_an_earlier_draft_comes_back_from_segments_too(
    ana: Client, attempt: Attempt, monkeypatch: pytest.MonkeyPatch
) -> None:
    step = attempt.step
    again = Attempt.objects.create(step=step, number=2, client_id=2, answer="Other.")
    write(again, lambda peer, mark: remove_agent_text(peer))
    write(again, lambda peer, mark: append_markdown(peer.body, "Other.", {"agent": mark}))
    monkeypatch.setattr("writing.actions.compaction.SEGMENT_UPDATES", 3)
    compact_log(section_of(attempt).pk)
    assert not Update.objects.filter(section=step.section).exists()
    assert text_of(attempt) == "Other."
    undo(ana, again)
    assert text_of(attempt) == WRITTEN
    assert Section.objects.get(pk=section_of(attempt).pk).word_count == 6


def test_htmx_gets_a_message_that_takes_it_back(ana: Client, attempt: Attempt) -> None:
    answer = undo(ana, attempt, **HTMX | {"HX-Target": "dialog"})
    assert reverse("agents:bring_back_attempt", args=[attempt.pk]) in answer.content.decode()
    assert "attempts-changed" in answer["HX-Trigger"]
    assert "close-dialog" in answer["HX-Trigger-After-Swap"]
    answer = bring_back(ana, attempt, **HTMX)
    assert reverse("agents:undo_attempt", args=[attempt.pk]) in answer.content.decode()


def test_the_record_and_the_page_of_the_run_tell_of_it(ana: Client, attempt: Attempt) -> None:
    page = reverse("agents:run", args=[attempt.step.run_id])
    assert ">Undone<" not in ana.get(page).content.decode()
    undo(ana, attempt)
    assert ">Undone<" in ana.get(page).content.decode()
    steps = ana.get(reverse("agents:record", args=[attempt.step.run_id])).json()["steps"]
    [told] = [u for step in steps for a in step["attempts"] for u in a["undoings"]]
    assert told["undone_by_id"] == User.objects.get(username="ana").pk
    assert told["removed_words"] == 6


@pytest.mark.parametrize("order", [undo, bring_back])
def test_only_who_may_edit_may_undo(
    attempt: Attempt, document: Document, order: Callable[..., HttpResponse]
) -> None:
    for role, status in (("commenter", 403), ("viewer", 403), (None, 404)):
        assert order(client_of(document, role), attempt).status_code == status
    assert text_of(attempt) == WRITTEN


def test_a_viewer_is_offered_nothing(ana: Client, attempt: Attempt, document: Document) -> None:
    step = reverse("agents:step", args=[attempt.step_id])
    address = reverse("agents:undo_attempt", args=[attempt.pk])
    assert address in ana.get(step).content.decode()
    viewer = client_of(document, MemberRole.VIEWER)
    assert address not in viewer.get(step).content.decode()


def test_what_cannot_be_undone_is_refused(ana: Client, attempt: Attempt) -> None:
    critique = attempt.step.run.steps.filter(kind="critique")[0]
    critic = Attempt.objects.create(step=critique, number=1, client_id=3)
    answer = undo(ana, critic, **HTMX)
    assert (answer.status_code, "wrote no text" in answer.content.decode()) == (422, True)
    assert bring_back(ana, attempt, **HTMX).status_code == 409
    Section.objects.update(status=SectionStatus.DRAFTING)
    for answer in (
        undo(ana, attempt, **HTMX),
        ana.get(reverse("agents:undo_attempt", args=[attempt.pk]), headers=HTMX),
    ):
        assert answer.status_code == 422
        assert "Agents are writing here" in answer.content.decode()
    Section.objects.update(status=SectionStatus.DONE)
    undo(ana, attempt)
    answer = undo(ana, attempt, **HTMX)
    assert (answer.status_code, "undone already" in answer.content.decode()) == (409, True)
    assert Undoing.objects.count() == 1


def test_nothing_left_is_said_and_changes_nothing(ana: Client, attempt: Attempt) -> None:
    peer = Peer(7, load_updates(section_of(attempt).pk)[1])
    del peer.body.children[0]
    append(section_of(attempt), peer.take(), user_id=User.objects.get(username="ana").pk)
    answer = undo(ana, attempt, **HTMX)
    assert answer.status_code == 422
    assert "Nothing of it is left" in answer.content.decode()
    assert not Undoing.objects.exists()


def test_the_attempt_of_a_deleted_section_is_not_there(ana: Client, attempt: Attempt) -> None:
    Section.objects.filter(pk=section_of(attempt).pk).update(deleted_at=timezone.now())
    assert undo(ana, attempt).status_code == 404


@pytest.mark.django_db(transaction=True)
async def test_who_types_meanwhile_loses_nothing(attempt: Attempt) -> None:
    ana = await sync_to_async(User.objects.get)(username="ana")
    section = section_of(attempt)
    browser = BrowserDouble(section.document_id, ana)
    await browser.connect()
    await browser.open(section.pk)
    undoing = asyncio.create_task(
        sync_to_async(undo_attempt, thread_sensitive=False)(attempt, acting_user=ana)
    )

    def saved(count: int) -> bool:
        return len(browser.saved) >= count

    for number in range(10):
        await browser.type(f"typed{number}")
        await browser.until(partial(saved, number + 1))
    await undoing
    await browser.until(lambda: "Walls" not in browser.read())
    for number in range(10):
        assert browser.read().count(f"typed{number}<") == 1
    text = await sync_to_async(text_of)(attempt)
    assert text.split() == [f"typed{number}" for number in range(10)]
    await browser.socket.disconnect()
