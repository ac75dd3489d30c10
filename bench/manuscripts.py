"""Documents with text in them, for benchmarks and tests of what people do at a manuscript."""

import json
from collections.abc import Collection
from typing import Any
from uuid import UUID

from bench.stack import USER, Stack

MAKE = """
import json
from pathlib import Path
from django.contrib.auth import get_user_model
from writing.actions.documents import create_document
from writing.actions.sections import add_section
from writing.actions.text import Entry, claim_client, save_entries
from writing.models import Member
from writing.text.markdown import append_markdown
from writing.text.peer import Peer
given = json.loads(Path({given!r}).read_text())
users = get_user_model().objects
user = users.get(username=given["user"])
for _ in range(given["copies"]):
    document = create_document(user, title="Reefs", brief="How reefs live.", kind="article",
                               language="en", target_words=1000)
    for name in given["readers"]:
        Member.objects.create(document=document, user=users.get(username=name), role="viewer")
    batch = []
    for number, (title, markdown, attempt) in enumerate(given["sections"]):
        section = add_section(document, acting_user=user, title=title, target_words=100)
        if not markdown:
            continue
        peer = Peer(1000 + number)
        marks = {{"agent": {{"attempt": attempt, "tone": 3}}}} if attempt else None
        append_markdown(peer.body, markdown, marks)
        claim_client(section.pk, peer.client_id, user_id=user.pk)
        batch.append((section.pk, Entry(peer.state(), user_id=user.pk)))
    save_entries(batch)
    print(document.pk)
"""


def make_documents(
    stack: Stack,
    *sections: tuple[str, str] | tuple[str, str, str],
    copies: int = 1,
    readers: Collection[str] = (),
) -> list[UUID]:
    """Documents of the stack's user, each with these sections: title, text as Markdown, and, where
    an agent wrote it, the attempt. Those named as readers may read them."""
    rows: list[Any] = [[*section, None][:3] for section in sections]
    given = stack.directory / "manuscripts.json"
    facts = {"user": USER, "sections": rows, "copies": copies, "readers": [*readers]}
    given.write_text(json.dumps(facts))
    printed = stack.manage("shell", "--verbosity", "0", "-c", MAKE.format(given=str(given)))
    return [UUID(line) for line in printed.split()[-copies:]]
