import uuid
from dataclasses import dataclass

import pytest
from django.conf import settings
from django.contrib.auth.models import User
from django.test import Client

from writing.actions.documents import create_document
from writing.actions.review import open_thread
from writing.actions.sections import add_section
from writing.middleware import LANGUAGE_KEY
from writing.models import Document, Member, MemberRole, Section, Thread

HTMX = {"HX-Request": "true"}
IN_DIALOG = HTMX | {"HX-Target": "dialog"}


@dataclass
class Desk:
    """A document with three sections and a thread, and a person in each role on it."""

    document: Document
    sections: list[Section]
    thread: Thread
    people: dict[str, User]

    def client(self, person: str) -> Client:
        """A browser in which `person` is signed in: a role, "stranger" or "anonymous"."""
        client = Client()
        if person != "anonymous":
            client.force_login(self.people[person])
            # As after the first page, which says it once.
            session = client.session
            session[LANGUAGE_KEY] = settings.LANGUAGE_CODE
            session.save()
        return client

    def titles(self) -> list[str]:
        rows = self.document.sections.present().values_list("position", "title")
        positions = [position for position, _ in rows]
        assert positions == list(range(len(positions)))
        return [title for _, title in rows]


@pytest.fixture
def desk(db: None) -> Desk:
    people = {name: User.objects.create_user(name) for name in [*MemberRole.values, "stranger"]}
    document = create_document(people["owner"], title="The quiet city", brief="Reefs.")
    for role in (MemberRole.EDITOR, MemberRole.COMMENTER, MemberRole.VIEWER):
        Member.objects.create(document=document, user=people[role], role=role)
    sections = [
        add_section(document, acting_user=people["owner"], title=title)
        for title in ("Streets", "Walls", "Night")
    ]
    thread = open_thread(
        sections[1],
        thread_id=uuid.uuid4(),
        quote="every inhabitant pays rent",
        body="Say how.",
        attempt=uuid.uuid4(),
        agent_name="Critic",
        agent_tone=2,
    )
    return Desk(document, sections, thread, people)
