"""What people are told of, in the app."""

import uuid

import pytest
from django.test import Client
from django.urls import reverse

from tests.writing.conftest import HTMX, IN_DIALOG, Desk
from writing.actions.documents import delete_document
from writing.actions.members import add_by_name, remove_member
from writing.actions.review import open_thread, reply
from writing.models import Member, Notification, NotificationChoice, Occasion, SpokenLanguage


def told(desk: Desk, person: str) -> list[str]:
    mine = Notification.objects.filter(user=desk.people[person]).order_by("created_at")
    return list(mine.values_list("occasion", flat=True))


def listed(desk: Desk, person: str) -> str:
    return desk.client(person).get(reverse("writing:notifications"), headers=HTMX).content.decode()


def unread(desk: Desk, person: str) -> str:
    return desk.client(person).get(reverse("writing:bell"), headers=HTMX).content.decode()


def say(desk: Desk, person: str, body: str):
    return reply(desk.thread, acting_user=desk.people[person], body=body)


def test_each_is_told_once_of_a_comment_for_the_nearest_reason(desk: Desk):
    say(desk, "editor", "I see.")
    say(desk, "commenter", "@viewer @editor what do you think?")
    assert told(desk, "viewer") == ["mention"]
    assert told(desk, "editor") == ["mention"]
    say(desk, "owner", "Nothing.")
    assert told(desk, "editor") == ["mention", "reply"]
    assert told(desk, "commenter") == ["reply"]
    # Of one's own comments nobody is told, nor of what critics remark.
    assert told(desk, "owner") == ["comment", "comment"]


def test_a_new_thread_is_told_to_the_owner_and_an_agents_is_not(desk: Desk):
    def open_one(**by):
        open_thread(desk.sections[0], thread_id=uuid.uuid4(), quote="x", body="Why, @viewer?", **by)

    open_one(attempt=uuid.uuid4(), agent_name="Critic")
    assert not Notification.objects.exists()
    open_one(user=desk.people["editor"])
    assert (told(desk, "owner"), told(desk, "viewer")) == (["comment"], ["mention"])


def test_the_bell_counts_and_following_reads(desk: Desk):
    assert "Notifications" in unread(desk, "viewer")
    say(desk, "editor", "@viewer, see <i>this</i>")
    assert "1 unread notification" in unread(desk, "viewer")
    page = listed(desk, "viewer")
    assert "editor mentioned you in “The quiet city”" in page
    assert "&lt;i&gt;this" in page
    notification = Notification.objects.get(user=desk.people["viewer"])
    address = reverse("writing:follow_notification", args=[notification.pk])
    answer = desk.client("viewer").get(address)
    manuscript = reverse("writing:manuscript", args=[desk.document.pk])
    assert answer["Location"] == f"{manuscript}#thread-{desk.thread.pk}"
    assert "unread" not in unread(desk, "viewer")
    assert 'class="notification"' in listed(desk, "viewer")


def test_all_and_one_are_marked_as_read(desk: Desk):
    for number in range(3):
        say(desk, "editor", f"@viewer {number}")
    first = Notification.objects.filter(user=desk.people["viewer"]).earliest("created_at")
    client = desk.client("viewer")
    answer = client.post(reverse("writing:mark_read", args=[first.pk]), headers=IN_DIALOG)
    assert "notifications-changed" in answer["HX-Trigger"]
    assert "2 unread" in unread(desk, "viewer")
    client.post(reverse("writing:mark_all_read"), headers=IN_DIALOG)
    assert "unread" not in unread(desk, "viewer")
    assert client.post(reverse("writing:mark_all_read"))["Location"] == "/notifications/"


def test_others_notifications_are_not_there(desk: Desk):
    say(desk, "editor", "@viewer")
    notification = Notification.objects.get(user=desk.people["viewer"])
    for person in ("owner", "stranger"):
        client = desk.client(person)
        for name, ask in (("follow_notification", client.get), ("mark_read", client.post)):
            assert ask(reverse(f"writing:{name}", args=[notification.pk])).status_code == 404
    assert Notification.objects.get(pk=notification.pk).read_at is None


@pytest.mark.parametrize("how", ["left", "deleted", "section"])
def test_nothing_is_said_of_what_one_may_no_longer_see(desk: Desk, how: str):
    say(desk, "editor", "@viewer secret")
    if how == "left":
        member = Member.objects.get(user=desk.people["viewer"])
        remove_member(member, acting_user=desk.people["owner"])
    elif how == "deleted":
        delete_document(desk.document, acting_user=desk.people["owner"])
    else:
        desk.client("owner").post(reverse("writing:delete_section", args=[desk.thread.section_id]))
    assert "unread" not in unread(desk, "viewer")
    assert "secret" not in listed(desk, "viewer")
    notification = Notification.objects.get(user=desk.people["viewer"])
    address = reverse("writing:follow_notification", args=[notification.pk])
    assert desk.client("viewer").get(address).status_code == 404


def test_sharing_is_told_to_who_is_let_in(desk: Desk):
    add_by_name(desk.document, acting_user=desk.people["owner"], name="stranger", role="editor")
    assert "owner shared “The quiet city” with you, as Editor" in listed(desk, "stranger")


def test_what_is_switched_off_is_not_told(desk: Desk):
    client = desk.client("viewer")
    address = reverse("writing:notification_settings")
    page = client.get(address, headers=HTMX).content.decode()
    assert "Somebody mentions me" in page
    wanted = {f"{name}-mail": "never" for name in Occasion}
    answer = client.post(address, wanted | {"reply-app": "on"}, headers=IN_DIALOG)
    assert "close-dialog" in answer["HX-Trigger-After-Swap"]
    assert NotificationChoice.objects.filter(user=desk.people["viewer"]).count() == len(Occasion)
    say(desk, "editor", "@viewer")
    assert told(desk, "viewer") == []
    client.post(address, wanted | {"mention-mail": "daily"})
    say(desk, "editor", "@viewer")
    assert told(desk, "viewer") == ["mention"]
    assert "unread" not in unread(desk, "viewer")
    assert client.post(address, {"mention-mail": "hourly"}).status_code == 200


def test_a_page_whose_session_has_ended_is_left_as_it_is(db):
    answer = Client().get(reverse("writing:bell"), headers=HTMX)
    assert (answer.status_code, answer.content) == (204, b"")
    assert "HX-Redirect" not in answer


def test_where_no_mail_server_is_set_up_the_settings_say_so(desk: Desk, settings):
    address = reverse("writing:notification_settings")
    assert "no email address" in desk.client("viewer").get(address).content.decode()
    settings.EMAIL_BACKEND = "django.core.mail.backends.console.EmailBackend"
    assert "No mail server is set up" in desk.client("viewer").get(address).content.decode()


def test_the_language_one_uses_is_remembered(desk: Desk):
    client = desk.client("viewer")
    client.get("/", headers={"Accept-Language": "zh-CN"})
    client.get("/", headers={"Accept-Language": "zh-CN"})
    assert SpokenLanguage.objects.get(user=desk.people["viewer"]).code == "zh-hans"
    client.get("/", headers={"Accept-Language": "en"})
    assert SpokenLanguage.objects.get(user=desk.people["viewer"]).code == "en"
