"""Kinds of fields that bodies have in common."""

from typing import Annotated

from ninja import Schema
from pydantic import AfterValidator, ConfigDict, Field, StrictInt

from writing import limits


class Body(Schema):
    """What is sent. A field that we do not know is a mistake, and is said to be one."""

    model_config = ConfigDict(extra="forbid")


def _without_nul(text: str) -> str:
    if "\0" in text:
        raise ValueError("NUL characters cannot be kept")
    return text


Text = Annotated[str, AfterValidator(_without_nul)]
Title = Annotated[Text, Field(max_length=limits.TITLE_CHARACTERS)]
Brief = Annotated[Text, Field(max_length=limits.BRIEF_CHARACTERS)]
KeyPoints = Annotated[
    Text,
    Field(
        max_length=limits.KEY_POINTS_CHARACTERS,
        description="One a line. They are made in this section and nowhere else.",
    ),
]
DocumentWords = Annotated[StrictInt, Field(ge=0, le=limits.DOCUMENT_WORDS)]
SectionWords = Annotated[StrictInt, Field(ge=0, le=limits.SECTION_WORDS)]
