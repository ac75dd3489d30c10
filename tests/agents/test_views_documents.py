"""A brief becomes a document, and the planner begins."""

from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse

from agents.models import Model, Run, RunPurpose, StepState
from agents.seeds import seed
from writing.models import Document, MemberRole

pytestmark = pytest.mark.django_db
URL = "/documents/new/"


@pytest.fixture
def ana(client: Client) -> Client:
    client.force_login(User.objects.create_user("ana"))
    seed()
    return client


def filled_in(**changes: Any) -> dict[str, Any]:
    return {
        "title": "The quiet city",
        "brief": "How a reef lives.\r\nFor curious readers.",
        "kind": "article",
        "language": "en",
        "target_words": "800",
        "outline": "plan",
    } | changes


def test_a_brief_becomes_a_document_and_the_planner_starts(ana: Client) -> None:
    answer = ana.post(URL, filled_in())
    document = Document.objects.get()
    assert answer.headers["Location"] == reverse("writing:manuscript", args=[document.pk])
    assert (document.title, document.target_words) == ("The quiet city", 800)
    assert document.brief == "How a reef lives.\nFor curious readers."
    assert document.members.get().role == MemberRole.OWNER
    run = Run.objects.get()
    assert (run.document, run.purpose) == (document, RunPurpose.PLAN)
    assert run.steps.get().state == StepState.READY


def test_an_author_may_outline_alone(ana: Client) -> None:
    answer = ana.post(URL, filled_in(outline="alone"))
    assert answer.status_code == 302
    assert Document.objects.exists()
    assert not Run.objects.exists()


def test_the_form_speaks_the_language_of_the_interface(ana: Client) -> None:
    page = ana.get(URL, headers={"accept-language": "zh-hans"}).content.decode()
    assert '<option value="zh-hans" selected>' in page
    page = ana.get(URL, headers={"accept-language": "en"}).content.decode()
    assert '<option value="en" selected>' in page


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"title": ""}, "Give the document a title"),
        ({"title": "  "}, "Give the document a title"),
        ({"title": "x" * 201}, "at most 200 characters"),
        ({"brief": ""}, "Say what the document is about"),
        ({"brief": " \r\n\t "}, "Say what the document is about"),
        ({"brief": "x" * 20_001}, "The brief has 20001 characters; the limit is 20000."),
        ({"brief": "x" * 1_000_000}, "The brief has 1000000 characters; the limit is 20000."),
        ({"brief": "null\0byte"}, "Null characters are not allowed."),
        ({"target_words": "99"}, "between 100 and 50,000"),
        ({"target_words": "50001"}, "between 100 and 50,000"),
        ({"target_words": "-5"}, "between 100 and 50,000"),
        ({"target_words": "1e9"}, "between 100 and 50,000"),
        ({"target_words": "many"}, "between 100 and 50,000"),
        ({"target_words": ""}, "between 100 and 50,000"),
        ({"kind": "poem"}, "Select a valid choice"),
        ({"language": "tlh"}, "Select a valid choice"),
    ],
)
def test_bad_input_is_said_and_nothing_typed_is_lost(
    ana: Client, changes: dict[str, str], said: str
) -> None:
    answer = ana.post(URL, filled_in(**changes))
    page = answer.content.decode()
    assert answer.status_code == 422
    assert said in page
    for name, value in filled_in(**changes).items():
        if name in ("title", "target_words") or (name == "brief" and value.strip("\r\n\t \0")):
            shown = answer.context["form"][name].value()
            assert shown == value
    assert not Document.objects.exists()


def test_line_breaks_count_once(ana: Client) -> None:
    assert ana.post(URL, filled_in(brief="x\r\n" * 9_999 + "y")).status_code == 302


def test_the_longest_brief_and_both_ends_of_length_are_taken(ana: Client) -> None:
    assert ana.post(URL, filled_in(brief="x" * 20_000, target_words="100")).status_code == 302
    assert ana.post(URL, filled_in(target_words="50000")).status_code == 302
    assert Document.objects.count() == 2


def test_without_a_model_the_form_says_so_and_keeps_the_text(ana: Client) -> None:
    Model.objects.all().delete()
    answer = ana.post(URL, filled_in())
    assert answer.status_code == 422
    assert "Ask an administrator to add one" in answer.content.decode()
    assert "How a reef lives." in answer.content.decode()
    assert not Document.objects.exists()
    assert ana.post(URL, filled_in(outline="alone")).status_code == 302


def test_visitors_are_asked_to_sign_in(client: Client) -> None:
    User.objects.create_user("ana")
    assert client.get(URL).status_code == 302
    assert client.post(URL, filled_in()).status_code == 302
    assert not Document.objects.exists()
