"""Choosing among threads, and critics side by side."""

import uuid

import pytest
from django.urls import reverse

from tests.writing.conftest import HTMX, Desk
from writing.actions.review import open_thread, reply, resolve_thread
from writing.models import Severity, Thread


def remark(desk: Desk, quote: str, body: str, role: str, severity=Severity.MINOR, model="m", n=0):
    return open_thread(
        desk.sections[n],
        thread_id=uuid.uuid4(),
        quote=quote,
        body=body,
        attempt=uuid.uuid4(),
        agent_name=role.title(),
        agent_role=role,
        agent_model=model,
        severity=severity,
    )


def shown(desk: Desk, **query: str) -> str:
    address = reverse("writing:review", args=[desk.document.pk])
    return desk.client("commenter").get(address, query, headers=HTMX).content.decode()


@pytest.fixture
def review(desk: Desk) -> Desk:
    remark(desk, "A long sentence.", "Grave one.", "sceptic", Severity.CRITICAL)
    settled = remark(desk, "Another sentence.", "Settled one.", "critic", n=2)
    resolve_thread(settled, acting_user=desk.people["owner"])
    gone = remark(desk, "Gone sentence.", "Gone one.", "critic", Severity.MAJOR, n=2)
    Thread.objects.filter(pk=gone.pk).update(words_gone_at=gone.created_at)
    reply(desk.thread, acting_user=desk.people["editor"], body="By growing.")
    return desk


@pytest.mark.parametrize(
    ("query", "bodies"),
    [
        ({}, {"Grave", "Settled", "Gone", "Say how"}),
        ({"author": "asceptic"}, {"Grave"}),
        ({"author": "acritic"}, {"Settled", "Gone"}),
        ({"state": "open"}, {"Grave", "Gone", "Say how"}),
        ({"state": "resolved"}, {"Settled"}),
        ({"state": "gone"}, {"Gone"}),
        ({"severity": "2"}, {"Gone"}),
        ({"severity": "2", "author": "asceptic"}, set()),
        ({"state": "nonsense", "order": "nonsense"}, {"Grave", "Settled", "Gone", "Say how"}),
    ],
)
def test_each_filter_shows_its_own(review: Desk, query, bodies):
    page = shown(review, **query)
    remarks = {"Grave one.", "Settled one.", "Gone one.", "Say how."}
    found = {body.removesuffix(".").removesuffix(" one") for body in remarks if body in page}
    assert found == bodies
    assert 'data-open-threads="3"' in page, "the tab counts all"


def test_by_person_and_by_section(review: Desk):
    editor, walls = review.people["editor"], review.sections[1]
    for query in ({"author": f"u{editor.pk}"}, {"section": str(walls.pk)}):
        page = shown(review, **query)
        assert "By growing." in page
        assert "Grave one." not in page


def test_the_gravest_comes_first(review: Desk):
    page = shown(review, order="severity")
    order = [page.index(body) for body in ("Grave one.", "Gone one.", "Say how.")]
    assert order == sorted(order)
    headings = [page.index(f">{name}</h3>") for name in ("Critical", "Major", "Without severity")]
    assert headings == sorted(headings)


def test_an_answer_to_an_order_keeps_the_filters(review: Desk):
    address = reverse("writing:resolve_thread", args=[review.thread.pk])
    query = {"author": "asceptic"}
    page = review.client("commenter").post(address, query, headers=HTMX).content.decode()
    assert "Grave one." in page
    assert "Gone one." not in page
    assert '<option value="asceptic" selected>' in page


def test_without_script_it_is_a_form_on_a_page(review: Desk):
    address = reverse("writing:review", args=[review.document.pk])
    page = review.client("viewer").get(address, {"severity": "3"}).content.decode()
    assert f'<form id="review-filters" method="get" action="{address}"' in page
    assert "Grave one." in page
    assert "Gone one." not in page
    assert f'href="{address}"' in page


def test_words_that_are_gone_are_said_to_be(review: Desk):
    page = shown(review, state="gone")
    assert "have been deleted" in page
    assert "Gone sentence." in page
    thread = Thread.objects.get(quote="Gone sentence.")
    assert f'data-thread="{thread.pk}"' not in page


def test_critics_on_the_same_words_stand_side_by_side(desk: Desk):
    remark(desk, "Pays rent, all of it.", "Why?", "critic", Severity.MAJOR)
    remark(desk, "Elsewhere it says so.", "Alone.", "critic")
    remark(desk, "Pays rent, all of it.", "Fine.", "sceptic", Severity.MINOR)
    page = shown(desk)
    group = page[page.index("compared-critics") :]
    assert group.index("Why?") < group.index("Fine.") < group.index("Alone.")
    assert page.count("compared-critics") == 1
    assert page.count("Critics disagree here") == 2
    assert page.count("Pays rent, all of it.") == 1, "the words are shown once"


def test_two_models_of_one_role_are_told_apart(desk: Desk):
    for model, body in (("large", "Why?"), ("small", "How?")):
        remark(desk, "Pays rent.", body, "critic", model=model)
    page = shown(desk)
    assert "Several critics on the same words" in page
    assert ">large</span>" in page


def test_one_critics_remarks_and_a_persons_are_not_compared(desk: Desk):
    for body in ("Why?", "How?"):
        remark(desk, "Pays rent.", body, "critic")
    open_thread(
        desk.sections[0],
        thread_id=uuid.uuid4(),
        quote="Pays rent.",
        body="I wonder.",
        user=desk.people["owner"],
    )
    assert "compared-critics" not in shown(desk)
