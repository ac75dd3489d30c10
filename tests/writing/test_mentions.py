"""Who is mentioned by what is typed, how it is kept and how it is shown."""

import pytest
from django.contrib.auth.models import User
from django.urls import reverse

from tests.writing.conftest import HTMX, Desk
from writing.actions.review import reply
from writing.mentions import find_mentions, mentionable_in, plain_body
from writing.models import Comment, Member, Mention, Notification
from writing.templatetags.people import said


def mention(desk: Desk, body: str, person: str = "commenter") -> Comment:
    return reply(desk.thread, acting_user=desk.people[person], body=body)


def names(comment: Comment) -> list[str]:
    return [mention.name for mention in comment.mentions.all()]


def test_a_person_is_kept_by_id_and_shown_by_the_name_of_now(desk: Desk):
    editor = desk.people["editor"]
    comment = mention(desk, "What of this, @Editor? Mail to x@editor.org.")
    assert comment.body == f"What of this, @{{user:{editor.pk}}}? Mail to x@editor.org."
    User.objects.filter(pk=editor.pk).update(first_name="Eva", last_name="<b>Ek</b>")
    comment = Comment.objects.get(pk=comment.pk)
    assert plain_body(comment) == "What of this, @Eva <b>Ek</b>? Mail to x@editor.org."
    assert '<span class="mention">@Eva &lt;b&gt;Ek&lt;/b&gt;</span>?' in said(comment)


def test_a_name_of_two_words_and_one_without_spaces_around(desk: Desk):
    User.objects.filter(username="editor").update(first_name="Eva", last_name="Ek")
    User.objects.filter(username="viewer").update(first_name="陈")
    assert names(mention(desk, "@eva ek, see")) == ["Eva Ek"]
    assert names(mention(desk, "请@陈看看")) == ["陈"]
    assert names(mention(desk, "@editorial @Evan @editor")) == ["Eva Ek"]


def test_a_name_that_two_have_is_nobodys(desk: Desk):
    User.objects.filter(username__in=("editor", "viewer")).update(first_name="Kim")
    assert names(mention(desk, "@Kim?")) == []
    assert names(mention(desk, "@viewer?")) == ["Kim"]
    handles = {who.handle for who in mentionable_in(desk.sections[0])}
    assert {"editor", "viewer", "owner"} <= handles


def test_who_has_no_access_is_neither_offered_nor_mentioned(desk: Desk):
    assert names(mention(desk, "@stranger, look")) == []
    answer = desk.client("commenter").get(
        reverse("writing:mentionable", args=[desk.thread.section_id])
    )
    offered = {who["name"] for who in answer.json()["people"]}
    assert offered == {"owner", "editor", "viewer"}
    User.objects.filter(username="viewer").update(is_active=False)
    assert names(mention(desk, "@viewer")) == []


def test_a_sign_that_somebody_types_mentions_nobody(desk: Desk):
    owner = desk.people["owner"]
    comment = mention(desk, f"@{{user:{owner.pk}}} and @{{role:critic}}")
    assert not Mention.objects.exists()
    assert not Notification.objects.filter(occasion="mention").exists()
    assert plain_body(comment) == f"@{{user:{owner.pk}}} and @{{role:critic}}"
    assert "mention" not in said(comment)


def test_a_mention_counts_once_and_its_markup_is_text(desk: Desk):
    comment = mention(desk, "@owner @owner <img src=x>")
    assert names(comment) == ["owner"]
    assert "&lt;img" in said(comment)
    page = desk.client("viewer").get(
        reverse("writing:review", args=[desk.document.pk]), headers=HTMX
    )
    assert page.content.decode().count('<span class="mention">@owner</span>') == 2


@pytest.mark.parametrize("body", ["@", "a@b", "@@", "@ owner", "owner@"])
def test_what_is_no_mention(desk: Desk, body: str):
    assert find_mentions(body, mentionable_in(desk.sections[0])) == (body, [])


def test_a_name_that_leaves_stays_in_what_was_said(desk: Desk):
    comment = mention(desk, "Thanks, @viewer")
    Member.objects.filter(user=desk.people["viewer"]).delete()
    assert plain_body(Comment.objects.get(pk=comment.pk)) == "Thanks, @viewer"
