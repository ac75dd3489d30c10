"""Who wrote something, as it is shown: people by their accounts, agents as their own app says."""

import uuid
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from datetime import datetime

from django.contrib.auth import get_user_model
from django.utils.translation import gettext as _

from writing.models import Document
from writing.people import identity_of
from writing.text.checkpoints import Author


@dataclass(frozen=True, slots=True)
class Byline:
    name: str
    tone: int = 5
    is_agent: bool = False

    @property
    def initial(self) -> str:
        return self.name[:1].upper()


@dataclass(frozen=True, slots=True)
class Moment:
    """Something that happened to a document and is worth jumping to."""

    at: datetime
    label: str


AttemptNames = Callable[[Collection[uuid.UUID]], Mapping[uuid.UUID, Byline]]
Moments = Callable[[Document], list[Moment]]

# This app knows of agents only that their attempts have ids: whoever runs them says more.
_attempt_names: list[AttemptNames] = []
_moments: list[Moments] = []


def register(attempt_names: AttemptNames, moments: Moments) -> None:
    """To be called once, when the app that runs agents is ready."""
    _attempt_names[:], _moments[:] = [attempt_names], [moments]


def moments_of(document: Document) -> list[Moment]:
    """What agents did, the oldest first."""
    return sorted(
        (moment for give in _moments for moment in give(document)), key=lambda each: each.at
    )


def bylines_of(authors: Collection[Author]) -> dict[Author, Byline]:
    users = {author.user_id for author in authors if author.user_id}
    people = {
        user.pk: Byline(identity_of(user)["name"], identity_of(user)["tone"])
        for user in get_user_model()._default_manager.filter(pk__in=users)
    }
    attempts = {author.attempt for author in authors if author.attempt}
    agents = {pk: name for give in _attempt_names for pk, name in give(attempts).items()}
    return {
        author: agents.get(author.attempt, Byline(_("An agent"), is_agent=True))
        if author.attempt
        else people.get(author.user_id or 0, Byline(_("Unknown")))
        for author in authors
    }
