"""The Share dialog: who is in, as what, and how they leave."""

import re

import pytest
from django.contrib.auth.models import User
from django.urls import reverse

from tests.writing.conftest import IN_DIALOG, Desk
from writing.actions.members import remove_member
from writing.exceptions import InvalidInput
from writing.models import Member, MemberRole


def post(desk: Desk, person: str, name: str, *args: object, **data: str):
    address = reverse(f"writing:{name}", args=args)
    return desk.client(person).post(address, data, headers=IN_DIALOG)


def member(desk: Desk, person: str) -> Member:
    return desk.document.members.get(user=desk.people[person])


def roles(desk: Desk) -> dict[str, str]:
    rows = desk.document.members.values_list("user__username", "role")
    return {name: role for name, role in rows if name != role}


def undo_of(page: str) -> str:
    found = re.search(r'hx-post="([^"]*/restore/)"', page)
    assert found
    return found[1]


def test_everybody_sees_who_is_in_and_owners_manage(desk: Desk):
    address = reverse("writing:share", args=[desk.document.pk])
    seen = desk.client("viewer").get(address, headers=IN_DIALOG).content.decode()
    managed = desk.client("owner").get(address, headers=IN_DIALOG).content.decode()
    for role in MemberRole.values:
        assert f"<b>{role}</b>" in seen
    assert "Leave" in seen
    assert "<select" not in seen
    assert "Remove" not in seen
    assert managed.count('aria-label="Role of') == 4
    assert managed.count("Remove") == 3


def test_a_name_lets_its_person_in_and_the_library_says_by_whom(desk: Desk):
    response = post(desk, "owner", "invite", desk.document.pk, who="stranger", role="editor")
    assert "<b>stranger</b>" in response.content.decode()
    assert roles(desk) == {"stranger": "editor"}
    assert "shared with you by owner" in desk.client("stranger").get("/").content.decode()


@pytest.mark.parametrize("who", ["nobody", "", "blocked", "viewer"])
def test_a_name_that_lets_nobody_in_is_told_and_stays(desk: Desk, who: str):
    User.objects.create_user("blocked", is_active=False)
    response = post(desk, "owner", "invite", desk.document.pk, who=who, role="editor")
    assert response.status_code == 422
    assert f'value="{who}"' in response.content.decode()
    assert roles(desk) == {}
    assert member(desk, "viewer").role == "viewer"


def test_nobody_is_made_an_owner_by_inviting(desk: Desk):
    post(desk, "owner", "invite", desk.document.pk, who="stranger", role="owner")
    assert roles(desk) == {"stranger": "viewer"}


def test_inviting_is_limited(desk: Desk, monkeypatch):
    monkeypatch.setattr("writing.views.sharing.INVITATIONS_AN_HOUR", 2)
    statuses = [
        post(desk, "owner", "invite", desk.document.pk, who=f"guess {n}", role="viewer").status_code
        for n in range(3)
    ]
    assert statuses == [422, 422, 429]


def test_a_role_is_changed(desk: Desk):
    response = post(desk, "owner", "change_role", member(desk, "viewer").pk, role="commenter")
    assert response.status_code == 200
    assert member(desk, "viewer").role == "commenter"
    refused = post(desk, "owner", "change_role", member(desk, "viewer").pk, role="king")
    assert refused.status_code == 404
    assert member(desk, "viewer").role == "commenter"


def test_who_was_removed_is_brought_back_by_undo(desk: Desk):
    page = post(desk, "owner", "remove_member", member(desk, "editor").pk).content.decode()
    assert "editor is no longer in this document." in page
    assert not desk.document.members.filter(user=desk.people["editor"]).exists()
    assert desk.client("editor").post(undo_of(page), headers=IN_DIALOG).status_code == 404
    assert desk.client("owner").post(undo_of(page), headers=IN_DIALOG).status_code == 200
    assert member(desk, "editor").role == "editor"


def test_an_undo_is_no_use_to_another_document_or_owner(desk: Desk):
    page = post(desk, "owner", "remove_member", member(desk, "editor").pk).content.decode()
    assert desk.client("viewer").post(undo_of(page)).status_code == 403
    elsewhere = undo_of(page).replace(str(desk.document.pk), str(desk.sections[0].pk))
    assert desk.client("owner").post(elsewhere).status_code == 404
    forged = undo_of(page).replace("/members/", "/members/x")
    assert desk.client("owner").post(forged).status_code == 404


def test_leaving_and_coming_back(desk: Desk):
    client = desk.client("commenter")
    response = client.post(reverse("writing:leave", args=[desk.document.pk]), headers=IN_DIALOG)
    assert response["HX-Redirect"] == "/"
    library = client.get("/").content.decode()
    assert "You left “The quiet city”." in library
    manuscript = reverse("writing:manuscript", args=[desk.document.pk])
    assert client.get(manuscript).status_code == 404
    assert client.post(undo_of(library), headers=IN_DIALOG)["HX-Redirect"] == manuscript
    assert member(desk, "commenter").role == "commenter"


def test_the_last_owner_stays_one(desk: Desk):
    owner = member(desk, "owner")
    for name, data in (("change_role", {"role": "editor"}), ("remove_member", {})):
        response = post(desk, "owner", name, owner.pk, **data)
        assert response.status_code == 422
        assert "needs an owner" in response.content.decode()
    assert post(desk, "owner", "leave", desk.document.pk).status_code == 422
    assert member(desk, "owner").role == "owner"
    post(desk, "owner", "change_role", member(desk, "editor").pk, role="owner")
    assert post(desk, "owner", "leave", desk.document.pk)["HX-Redirect"] == "/"


def test_two_owners_who_step_down_leave_one(desk: Desk):
    Member.objects.filter(pk=member(desk, "editor").pk).update(role="owner")
    both = [member(desk, "owner"), member(desk, "editor")]
    remove_member(both[0], acting_user=desk.people["owner"])
    with pytest.raises(InvalidInput):
        remove_member(both[1], acting_user=desk.people["editor"])


def test_the_form_is_empty_after_it_let_somebody_in(desk: Desk):
    page = post(desk, "owner", "invite", desk.document.pk, who="stranger", role="editor")
    assert 'name="who" value=""' in page.content.decode()
    # A morph would keep what stands in the fields, a password too.
    assert "morph" not in page.content.decode()
