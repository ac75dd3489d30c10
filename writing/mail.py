"""Mail to people: what is due, when, and how it is written."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from django.conf import settings
from django.contrib.auth import get_user_model
from django.contrib.auth.models import AbstractBaseUser, User
from django.core import signing
from django.core.mail import EmailMultiAlternatives
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import translation

from writing import notices
from writing.exceptions import nothing_here
from writing.models import Frequency, Mailing, Notification, SpokenLanguage
from writing.people import identity_of

SALT = "writing.unsubscribe"
# Backends that bring mail nowhere.
IDLE_BACKENDS = ("console.EmailBackend", "dummy.EmailBackend")
# UTC. Mondays, for who wants them weekly.
DIGEST_HOUR = 7


def is_mail_set_up() -> bool:
    return not settings.EMAIL_BACKEND.endswith(IDLE_BACKENDS)


def due_before(frequency: Frequency, now: datetime) -> datetime | None:
    """What happened before this moment is due to be mailed; None: nothing ever is."""
    today = now.replace(hour=DIGEST_HOUR, minute=0, second=0, microsecond=0)
    latest = today if now >= today else today - timedelta(days=1)
    match frequency:
        case Frequency.AT_ONCE:
            return now
        case Frequency.DAILY:
            return latest
        case Frequency.WEEKLY:
            return latest - timedelta(days=latest.weekday())
        case Frequency.NEVER:
            return None


def address_of_site(path: str) -> str:
    return f"{settings.SITE_URL.rstrip('/')}{path}"


def unsubscribing(user: AbstractBaseUser) -> str:
    """The path that ends all mail to the user, without signing in."""
    return reverse("writing:unsubscribe", args=[signing.dumps(user.pk, salt=SALT)])


def read_unsubscribing(token: str) -> User:
    """Whose mail it ends; raises NotFound. It holds for as long as mails are kept."""
    try:
        pk = signing.loads(token, salt=SALT)
    except signing.BadSignature:
        raise nothing_here() from None
    found: User | None = User.objects.filter(pk=pk).first()
    if found is None:
        raise nothing_here()
    return found


def language_of(user: AbstractBaseUser) -> str:
    spoken = SpokenLanguage.objects.filter(user_id=user.pk).values_list("code", flat=True).first()
    return spoken or settings.LANGUAGE_CODE


def write_mail(mailing: Mailing, notifications: Sequence[Notification]) -> EmailMultiAlternatives:
    """In the receiver's language, the documents in the order of their newest notification."""
    user = mailing.user
    with translation.override(language_of(user)):
        by_document: dict[str, list[dict[str, str]]] = {}
        for each in notifications:
            entry = {
                "sentence": notices.sentence(each),
                "excerpt": notices.excerpt(each),
                "address": address_of_site(reverse("writing:follow_notification", args=[each.pk])),
            }
            by_document.setdefault(each.title, []).append(entry)
        leave = address_of_site(unsubscribing(user))
        context = {
            "name": identity_of(user)["name"],
            "documents": by_document.items(),
            "count": len(notifications),
            "first": notices.sentence(notifications[0]),
            "unsubscribe": leave,
            "settings": address_of_site(reverse("writing:notification_settings")),
            "language": translation.get_language(),
        }
        subject = render_to_string("writing/email/notifications_subject.txt", context)
        message = EmailMultiAlternatives(
            subject=" ".join(subject.split()),
            body=render_to_string("writing/email/notifications_message.txt", context),
            to=[getattr(user, get_user_model().get_email_field_name())],
            headers={
                # By it a mail program knows a mail that it has already.
                "Message-ID": f"<{mailing.pk}@scriptorium>",
                "List-Unsubscribe": f"<{leave}>",
                "List-Unsubscribe-Post": "List-Unsubscribe=One-Click",
                "Auto-Submitted": "auto-generated",
            },
        )
        html = render_to_string("writing/email/notifications_message.html", context)
        message.attach_alternative(html, "text/html")
    return message
