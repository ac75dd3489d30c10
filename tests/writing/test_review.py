import uuid

import pytest
from django.urls import reverse

from tests.writing.conftest import HTMX, Desk
from writing.actions.review import open_thread, reply, resolve_thread
from writing.exceptions import InvalidInput
from writing.models import Comment, Thread


def shown(desk: Desk, person: str = "commenter") -> str:
    address = reverse("writing:review", args=[desk.document.pk])
    return desk.client(person).get(address, headers=HTMX).content.decode()


def post(desk: Desk, name: str, person: str = "commenter", **data: str):
    address = reverse(f"writing:{name}", args=[desk.thread.pk])
    return desk.client(person).post(address, data, headers=HTMX)


def test_open_threads_are_grouped_by_section_in_its_order(desk: Desk):
    open_thread(
        desk.sections[0],
        thread_id=uuid.uuid4(),
        quote="a change of colour",
        body="Nice.",
        user=desk.people["editor"],
    )
    page = shown(desk)
    threads = page[page.index('class="threads"') :]
    texts = ("Streets", "Nice.", "Walls", "every inhabitant", "Say")
    order = [threads.index(text) for text in texts]
    assert order == sorted(order)
    assert f'data-thread="{desk.thread.pk}"' in page
    assert "face small agent tone-2" in page
    assert "<html" not in page
    card = f'data-thread-card="{desk.thread.pk}"'
    assert f"{card} data-open" in page
    resolve_thread(desk.thread, acting_user=desk.people["editor"])
    page = shown(desk)
    assert card in page
    assert f"{card} data-open" not in page


def test_a_viewer_reads_but_gets_no_forms(desk: Desk):
    page = shown(desk, "viewer")
    assert "Say how." in page
    assert 'method="post"' not in page
    assert post(desk, "reply", "viewer", body="Hm").status_code == 403
    assert post(desk, "resolve_thread", "viewer").status_code == 403


def test_a_reply_is_shown_with_its_author(desk: Desk):
    page = post(desk, "reply", body="By growing.\r\nSlowly.").content.decode()
    assert "By growing." in page
    assert "<b>commenter</b>" in page
    assert (
        Comment.objects.filter(user=desk.people["commenter"]).get().body == "By growing.\nSlowly."
    )


@pytest.mark.parametrize(("body", "message"), [("  ", "first"), ("x" * 5001, "at most 5,000")])
def test_a_bad_reply_is_told_in_a_toast_which_leaves_the_form_alone(desk: Desk, body, message):
    response = post(desk, "reply", body=body)
    assert response.status_code == 422
    assert response["HX-Retarget"] == "global #toasts"
    assert message in response.content.decode()
    assert desk.thread.comments.count() == 1


def test_resolving_folds_the_thread_and_reopening_brings_it_back(desk: Desk):
    page = post(desk, "resolve_thread").content.decode()
    assert 'data-open-threads="0"' in page
    assert "1 resolved" in page
    assert "All settled" in page
    thread = Thread.objects.get(pk=desk.thread.pk)
    assert thread.resolved_by == desk.people["commenter"]
    assert 'data-open-threads="1"' in post(desk, "reopen_thread").content.decode()
    thread.refresh_from_db()
    assert thread.resolved_at is None
    assert thread.resolved_by is None


def test_a_reply_opens_a_resolved_thread_again(desk: Desk):
    resolve_thread(desk.thread, acting_user=desk.people["owner"])
    reply(desk.thread, acting_user=desk.people["owner"], body="One more thing.")
    desk.thread.refresh_from_db()
    assert desk.thread.resolved_at is None


def test_a_thread_says_something(desk: Desk):
    with pytest.raises(InvalidInput):
        open_thread(desk.sections[0], thread_id=uuid.uuid4(), quote="x", body=" \n")
    assert Thread.objects.count() == 1


def test_comments_are_text_not_markup(desk: Desk):
    reply(desk.thread, acting_user=desk.people["owner"], body="<img src=x onerror=alert(1)>")
    assert "<img" not in shown(desk)


def test_nothing_to_review(desk: Desk):
    desk.thread.delete()
    assert "Nothing to review" in shown(desk)
