"""What the app that runs agents says of an attempt; this one knows only that attempts have ids."""

import uuid
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from datetime import datetime

from writing.models import Document


@dataclass(frozen=True, slots=True)
class Origin:
    """`role` tells apart who is one to the reader; `address` is where prompt and cost are shown."""

    role: str
    name: str
    tone: int
    step: uuid.UUID
    address: str
    model: str
    provider: str
    started_at: datetime
    ended_at: datetime | None


Origins = Callable[[Document, Collection[uuid.UUID]], Mapping[uuid.UUID, Origin]]

_given: list[Origins] = []


def register(origins: Origins) -> None:
    """To be called once, when the app that runs agents is ready."""
    _given[:] = [origins]


def origins_of(document: Document, attempts: Collection[uuid.UUID]) -> dict[uuid.UUID, Origin]:
    """Of those among the attempts that worked on this document."""
    return {pk: origin for give in _given for pk, origin in give(document, attempts).items()}
