"""An invitation's mail: it lets in whoever reads it, once, and tells who invites nothing."""

import re
from datetime import timedelta

import pytest
from django.contrib.auth.models import User
from django.core import mail
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from tests.writing.conftest import IN_DIALOG, Desk
from writing.models import Invitation

PASSWORD = "a quiet reef 42"


def invite(desk: Desk, email: str = "Eva@example.org", role: str = "commenter") -> str:
    """The path of the link that was mailed."""
    address = reverse("writing:invite", args=[desk.document.pk])
    response = desk.client("owner").post(address, {"who": email, "role": role}, headers=IN_DIALOG)
    assert response.status_code == 200, response.content.decode()
    found = re.search(r"http://testserver(/\S+)", str(mail.outbox[-1].body))
    assert found
    return found[1]


def sign_up(client: Client, name: str = "eva", email: str = "eva@example.org"):
    data = {"username": name, "email": email, "password1": PASSWORD, "password2": PASSWORD}
    return client.post(reverse("account_signup"), data | {"next": "/"})


def role_of(desk: Desk, name: str) -> str | None:
    rows = desk.document.members.filter(user__username=name)
    return rows.values_list("role", flat=True).first()


def test_the_mail_says_who_what_and_how(desk: Desk):
    link = invite(desk)
    message = mail.outbox[0]
    assert message.to == ["eva@example.org"]
    assert message.subject == "owner invites you to “The quiet city”"
    assert "Commenter" in str(message.body)
    token = link.split("/")[-2]
    kept = Invitation.objects.get()
    assert token not in str(vars(kept))
    assert len(token) >= 32


def test_who_invites_cannot_tell_whether_an_address_has_an_account(desk: Desk):
    User.objects.create_user("eva", "eva@example.org")
    address = reverse("writing:invite", args=[desk.document.pk])
    pages = []
    for email in ("eva@example.org", "bob@example.org"):
        data = {"who": email, "role": "viewer"}
        page = desk.client("owner").post(address, data, headers=IN_DIALOG).content.decode()
        Invitation.objects.all().delete()
        pages.append(re.sub(r"[0-9a-f]{8}-[0-9a-f-]{27}|eva@|bob@|value=\"\w{64}\"", "", page))
    assert pages[0] == pages[1]
    assert len(mail.outbox) == 2
    assert role_of(desk, "eva") is None


def test_signing_up_with_it_joins(desk: Desk):
    link = invite(desk)
    client = Client()
    page = client.get(link)
    assert "owner invites you" in page.content.decode()
    assert page["Referrer-Policy"] == "no-referrer"
    assert sign_up(Client()).status_code == 200
    assert not User.objects.filter(username="eva").exists()
    form = client.post(link, follow=True)
    assert "Create an account" in form.content.decode()
    assert 'value="eva@example.org"' in form.content.decode()
    joined = sign_up(client)
    assert joined.status_code == 302
    assert role_of(desk, "eva") == "commenter"
    assert not Invitation.objects.exists()
    assert sign_up(Client(), "eve").status_code == 200
    assert "shared with you by owner" in client.get("/").content.decode()


def test_signing_in_with_it_asks_and_then_joins(desk: Desk):
    desk.people["stranger"].set_password(PASSWORD)
    desk.people["stranger"].save()
    link = invite(desk)
    client = Client()
    sign_in = f"{reverse('account_login')}?next={link}"
    assert sign_in in client.get(link).content.decode()
    page = client.post(sign_in, {"login": "stranger", "password": PASSWORD}, follow=True)
    assert "Join" in page.content.decode()
    assert role_of(desk, "stranger") is None
    assert client.post(link)["Location"].endswith(f"{desk.document.pk}/")
    assert role_of(desk, "stranger") == "commenter"
    assert client.get(link).status_code == 404


def test_it_never_takes_a_role_away(desk: Desk):
    link = invite(desk, role="viewer")
    desk.client("editor").post(link)
    assert role_of(desk, "editor") == "editor"
    higher = invite(desk, role="editor")
    desk.client("viewer").post(higher)
    assert role_of(desk, "viewer") == "editor"


def expire(invitation: Invitation) -> None:
    Invitation.objects.update(expires_at=timezone.now() - timedelta(seconds=1))


def take_back(invitation: Invitation) -> None:
    Invitation.objects.update(revoked_at=timezone.now())


def delete_document(invitation: Invitation) -> None:
    invitation.document.deleted_at = timezone.now()
    invitation.document.save()


@pytest.mark.parametrize("end", [expire, take_back, delete_document])
def test_one_that_has_ended_is_like_one_that_never_was(desk: Desk, end):
    link, client = invite(desk), Client()
    client.post(link)
    end(Invitation.objects.get())
    unknown = link[:-4] + "abc/"
    for person in ("stranger", "anonymous"):
        answers = [desk.client(person).get(each, headers=IN_DIALOG) for each in (link, unknown)]
        assert [answer.status_code for answer in answers] == [404, 404]
        assert answers[0].content == answers[1].content
        assert desk.client(person).post(link).status_code == 404
    assert sign_up(client).status_code == 200
    assert not User.objects.filter(username="eva").exists()


def test_taking_it_back_is_undone(desk: Desk):
    link = invite(desk)
    revoke = reverse("writing:revoke_invitation", args=[Invitation.objects.get().pk])
    page = desk.client("owner").post(revoke, headers=IN_DIALOG).content.decode()
    assert "eva@example.org is no longer invited." in page
    assert desk.client("stranger").get(link).status_code == 404
    restore = revoke.replace("revoke", "restore")
    restored = desk.client("owner").post(restore, headers=IN_DIALOG)
    assert "eva@example.org" in restored.content.decode()
    assert desk.client("stranger").get(link).status_code == 200


def test_inviting_again_ends_the_first_link(desk: Desk):
    first, second = invite(desk), invite(desk, role="editor")
    assert desk.client("stranger").get(first).status_code == 404
    assert desk.client("stranger").get(second).status_code == 200


def test_a_mail_that_cannot_be_sent_is_told(desk: Desk, settings):
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_PORT = 1
    address = reverse("writing:invite", args=[desk.document.pk])
    data = {"who": "eva@example.org", "role": "viewer"}
    page = desk.client("owner").post(address, data, headers=IN_DIALOG).content.decode()
    assert "could not be sent" in page


def test_the_token_is_not_logged(desk: Desk, caplog):
    link = invite(desk)
    with caplog.at_level("INFO"):
        desk.client("stranger").get(link)
    paths = [getattr(record, "path", "") for record in caplog.records]
    assert "/invited/…/" in paths
    assert link not in paths
