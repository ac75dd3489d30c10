"""The agents, as far as the people's side knows of them: whom a comment may call, and how it is
told. Whoever provides agents enlists; without them only people are mentioned."""

import uuid
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Protocol

from django.contrib.auth.models import AbstractBaseUser

from writing.models import Comment, Section


@dataclass(frozen=True, slots=True)
class Agent:
    """A role that can be called. `role` is its short name, `name` what people read."""

    role: str
    name: str
    tone: int


class Crew(Protocol):
    def agents_for(self, section: Section) -> Sequence[Agent]:
        """Whom people may call in this section; nobody where agents may do nothing."""
        ...

    def call(self, comment: Comment, roles: Sequence[str], acting_user: AbstractBaseUser) -> None:
        """Have these roles answer the comment, in its thread; in the comment's transaction."""
        ...

    def figures_of(self, runs: Collection[uuid.UUID]) -> dict[uuid.UUID, str]:
        """What each run took, in words."""
        ...


class Nobody:
    def agents_for(self, section: Section) -> Sequence[Agent]:
        return ()

    def call(self, comment: Comment, roles: Sequence[str], acting_user: AbstractBaseUser) -> None:
        pass

    def figures_of(self, runs: Collection[uuid.UUID]) -> dict[uuid.UUID, str]:
        return {}


_crew: Crew = Nobody()


def enlist(crew: Crew) -> None:
    """When the process starts."""
    global _crew
    _crew = crew


def crew() -> Crew:
    return _crew
