"""What a notification says, and where it leads."""

from django.urls import reverse
from django.utils.text import Truncator
from django.utils.translation import gettext as _

from writing.mentions import plain_body
from writing.models import MemberRole, Notification, Occasion
from writing.people import identity_of

EXCERPT_CHARACTERS = 240


def sentence(notification: Notification) -> str:
    """In the language of now."""
    title = notification.title
    if notification.occasion == Occasion.RUN:
        return run_sentences().get(notification.detail, run_sentences()["failed"]) % {
            "title": title
        }
    if notification.occasion == Occasion.BATCH:
        return batch_sentences()[notification.detail] % {"title": title}
    words = {
        Occasion.MENTION: _("%(name)s mentioned you in “%(title)s”"),
        Occasion.REPLY: _("%(name)s answered in a thread of yours in “%(title)s”"),
        Occasion.COMMENT: _("%(name)s commented on “%(title)s”"),
        Occasion.SHARED: _("%(name)s shared “%(title)s” with you, as %(role)s"),
    }
    role = notification.detail
    return words[Occasion(notification.occasion)] % {
        "name": who(notification),
        "title": title,
        "role": MemberRole(role).label if role in MemberRole else "",
    }


def run_sentences() -> dict[str, str]:
    """By how a run ended."""
    return {
        "finished": _("Your run in “%(title)s” has finished"),
        "partly_finished": _("Your run in “%(title)s” has finished in part"),
        "failed": _("Your run in “%(title)s” has failed"),
        "limit": _("Your run in “%(title)s” has reached a limit and stopped"),
    }


def batch_sentences() -> dict[str, str]:
    """By how a batch ended, or why it rests."""
    return {
        "finished": _("Your batch “%(title)s” has finished"),
        "partly_finished": _(
            "Your batch “%(title)s” has finished; not every document could be drafted"
        ),
        "failed": _("Your batch “%(title)s” has failed"),
        "limit": _("Your batch “%(title)s” has reached a limit and paused"),
        "failures": _(
            "Your batch “%(title)s” has paused, because one document after the other failed"
        ),
    }


def who(notification: Notification) -> str:
    """Whose doing it is, or ""."""
    if notification.actor:
        return identity_of(notification.actor)["name"]
    return notification.comment.agent_name if notification.comment else _("Somebody")


def excerpt(notification: Notification) -> str:
    """The beginning of the comment, or ""."""
    if notification.comment is None:
        return ""
    return Truncator(plain_body(notification.comment)).chars(EXCERPT_CHARACTERS)


def address(notification: Notification) -> str:
    """The path of what it is about."""
    if notification.batch:
        return reverse("agents:batch", args=[notification.batch])
    if notification.run:
        return reverse("agents:run", args=[notification.run])
    manuscript = reverse("writing:manuscript", args=[notification.document_id])
    if notification.comment:
        return f"{manuscript}#thread-{notification.comment.thread_id}"
    return manuscript
