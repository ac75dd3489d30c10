"""Real people with sessions, and documents they may edit. Needs Django."""

from django.conf import settings
from django.contrib.auth.models import User
from django.test import Client

from writing.actions.documents import create_document
from writing.actions.sections import add_section
from writing.models import Member, MemberRole


def sign_up(count: int) -> tuple[list[User], list[str]]:
    """So many people, and the cookie of each one's session."""
    people = User.objects.bulk_create(
        User(username=f"writer{number}", password="!") for number in range(count)
    )
    cookies = []
    for person in people:
        client = Client()
        client.force_login(person, "django.contrib.auth.backends.ModelBackend")
        name = settings.SESSION_COOKIE_NAME
        cookies.append(f"{name}={client.cookies[name].value}")
    return people, cookies


def open_room(people: list[User]) -> tuple[str, str]:
    """Ids of a new document, which all of them may edit, and of its only section."""
    owner, *editors = people
    document = create_document(owner, title="Reefs", brief="How reefs live.")
    section = add_section(document, acting_user=owner, title="Walls")
    Member.objects.bulk_create(
        Member(document=document, user=person, role=MemberRole.EDITOR) for person in editors
    )
    return str(document.pk), str(section.pk)
