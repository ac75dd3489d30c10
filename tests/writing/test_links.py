"""Share links: what they open, for whom, and how they are closed."""

import re
from datetime import timedelta

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from tests.writing.conftest import HTMX, IN_DIALOG, Desk
from tests.writing.test_routes import addresses, house  # noqa: F401 (a fixture)
from writing.models import ShareLink

PASSWORD = "pearls before swine"


def make(desk: Desk, **data: str) -> str:
    """The path of a new link, as the dialog shows it once."""
    address = reverse("writing:create_link", args=[desk.document.pk])
    page = desk.client("owner").post(address, {"role": "commenter", **data}, headers=IN_DIALOG)
    found = re.search(r'value="http://testserver(/\S+/)"', page.content.decode())
    assert found
    return found[1]


def manuscript(desk: Desk) -> str:
    return reverse("writing:manuscript", args=[desk.document.pk])


def role_of(desk: Desk, person: str) -> str | None:
    rows = desk.document.members.filter(user=desk.people[person])
    return rows.values_list("role", flat=True).first()


def test_the_secret_is_shown_once_and_kept_as_a_hash(desk: Desk):
    token = make(desk, password=PASSWORD, days="1").split("/")[-2]
    assert len(token) >= 22  # 128 bits in base64
    link = ShareLink.objects.get()
    kept = str(vars(link))
    assert token not in kept
    assert PASSWORD not in kept
    assert link.expires_at is not None
    assert timedelta(hours=23) < link.expires_at - timezone.now() <= timedelta(days=1)
    again = desk.client("owner").get(reverse("writing:share", args=[desk.document.pk]))
    assert token not in again.content.decode()
    assert "with a password" in again.content.decode()


def test_who_is_signed_in_is_asked_before_joining(desk: Desk):
    link, client = make(desk), desk.client("stranger")
    answer = client.get(link)
    assert answer["Referrer-Policy"] == "no-referrer"
    page = client.get(answer["Location"])
    assert page["Referrer-Policy"] == "no-referrer"
    assert "owner shares this document" in page.content.decode()
    assert role_of(desk, "stranger") is None
    assert client.post(answer["Location"])["Location"] == manuscript(desk)
    assert role_of(desk, "stranger") == "commenter"
    assert "shared with you by owner" in client.get("/").content.decode()


def test_who_may_do_as_much_already_goes_straight_in(desk: Desk):
    link = make(desk)
    assert desk.client("editor").get(link, follow=True).redirect_chain[-1][0] == manuscript(desk)
    client = desk.client("viewer")
    page = client.get(link)["Location"]
    assert "Join" in client.get(page).content.decode()
    client.post(page)
    assert role_of(desk, "viewer") == "commenter"
    assert role_of(desk, "editor") == "editor"


def test_without_an_account_one_reads_and_nothing_else(desk: Desk, house):  # noqa: F811
    client = Client()
    page = client.get(make(desk, role="editor"), follow=True)
    assert page.redirect_chain[-1][0] == manuscript(desk)
    assert 'data-readonly="true"' in page.content.decode()
    assert "data-share" not in page.content.decode()
    for name, address in addresses(house):
        answer = client.get(address, headers=HTMX)
        if name in {"manuscript", "outline", "image"}:
            assert answer.status_code == 200, name
            assert "hx-post" not in re.sub(r'hx-post="[^"]*/edit/"', "", answer.content.decode())
        elif answer.status_code != 405:
            assert "HX-Redirect" in answer, name
        answer = client.post(address, headers=HTMX)
        assert answer.status_code == 405 or "HX-Redirect" in answer, name


def test_a_link_opens_its_own_document_only(desk: Desk):
    client = Client()
    client.get(make(desk))
    link = ShareLink.objects.get()
    assert client.get(manuscript(desk)).status_code == 200
    ShareLink.objects.update(
        document=type(desk.document).objects.create(
            title="Another", created_by=desk.people["owner"]
        )
    )
    assert client.get(manuscript(desk))["Location"].startswith("/accounts/login/")
    # Its id is no secret, and opens nothing by itself.
    assert Client().get(reverse("writing:link", args=[link.pk])).status_code == 404
    assert desk.client("stranger").post(reverse("writing:link", args=[link.pk])).status_code == 404


def test_a_guest_who_signs_in_is_asked_then(desk: Desk):
    client = Client()
    page = client.get(make(desk), follow=True).content.decode()
    found = re.search(r"/accounts/login/\?next=(/links/[^\"]+)", page)
    assert found
    client.force_login(desk.people["stranger"])
    assert "Join" in client.get(found[1]).content.decode()


def test_a_password_is_asked_for_and_tries_are_limited(desk: Desk, monkeypatch):
    monkeypatch.setattr("writing.actions.links.PASSWORD_TRIES", 3)
    link, client = make(desk, password=PASSWORD), Client()
    page = client.get(link)["Location"]
    shown = client.get(page).content.decode()
    assert "has a password" in shown
    assert desk.document.title not in shown
    assert client.get(manuscript(desk)).status_code == 302
    assert client.post(page, {"password": "swine"}).status_code == 422
    assert client.post(page, {"password": PASSWORD}, follow=True).status_code == 200
    assert client.get(manuscript(desk)).status_code == 200
    other = Client()
    other.get(link)
    statuses = [other.post(page, {"password": guess}).status_code for guess in ("a", PASSWORD)]
    assert statuses == [422, 429]
    assert other.get(manuscript(desk)).status_code == 302


def test_a_locked_link_joins_nobody(desk: Desk):
    client = desk.client("stranger")
    page = client.get(make(desk, password=PASSWORD))["Location"]
    assert client.post(page).status_code == 422
    assert role_of(desk, "stranger") is None


def expire() -> None:
    ShareLink.objects.update(expires_at=timezone.now() - timedelta(seconds=1))


def revoke() -> None:
    ShareLink.objects.update(revoked_at=timezone.now())


@pytest.mark.parametrize("end", [expire, revoke])
def test_one_that_has_ended_is_like_one_that_never_was(desk: Desk, end):
    link, guest = make(desk, days="never"), Client()
    assert ShareLink.objects.get().expires_at is None
    page = guest.get(link)["Location"]
    end()
    unknown = link[:-4] + "abc/"
    answers = [Client().get(each, headers=HTMX) for each in (link, unknown)]
    assert [answer.status_code for answer in answers] == [404, 404]
    assert answers[0].content == answers[1].content
    assert guest.get(page).status_code == 404
    assert guest.get(manuscript(desk)).status_code == 302


def test_closing_one_is_undone(desk: Desk):
    link, guest = make(desk), Client()
    guest.get(link)
    address = reverse("writing:revoke_link", args=[ShareLink.objects.get().pk])
    page = desk.client("owner").post(address, headers=IN_DIALOG).content.decode()
    assert "The link is closed." in page
    assert guest.get(manuscript(desk)).status_code == 302
    desk.client("owner").post(address.replace("revoke", "restore"), headers=IN_DIALOG)
    assert guest.get(manuscript(desk)).status_code == 200


def test_the_tokens_are_not_logged(desk: Desk, caplog):
    link = make(desk)
    with caplog.at_level("INFO"):
        Client().get(link)
    paths = [record.path for record in caplog.records if hasattr(record, "path")]
    assert paths[-1] == "/shared/…/"
