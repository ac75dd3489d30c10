"""What a provider says of its models, and what trying one showed."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

# Names of models that do not write.
OTHER_KINDS = (
    *("embed", "rerank", "whisper", "tts", "transcribe", "audio", "realtime", "moderation"),
    *("dall-e", "image", "sora", "babbage", "davinci", "guard", "ocr"),
)
# What providers call the size of a model's context, in their lists.
CONTEXT_NAMES = ("context_length", "max_model_len", "context_window", "max_context_length")
NAME_CHARACTERS = 200


@dataclass(frozen=True)
class ListedModel:
    """A model that the provider has; the size of its context where the provider tells."""

    name: str
    context_tokens: int | None = None

    @property
    def as_json(self) -> str:
        return json.dumps({"name": self.name, "context_tokens": self.context_tokens})

    @property
    def writes(self) -> bool:
        """Whether its name leaves that open."""
        return not any(kind in self.name.lower() for kind in OTHER_KINDS)


@dataclass
class Report:
    """What was found out. `problem` says what is wrong, and what to do about it."""

    models: list[ListedModel] = field(default_factory=list)
    has_list: bool = True
    tried: str = ""
    first_token_seconds: float | None = None
    problem: str = ""

    @property
    def works(self) -> bool:
        return not self.problem


def models_in(answer: object) -> list[ListedModel] | None:
    """The models in the answer to `GET /models`, by name; None if it is no such answer."""
    if isinstance(answer, dict):
        # Ollama without a model says null.
        answer = (answer["data"] or []) if "data" in answer else answer.get("models")
    if not isinstance(answer, list):
        return None
    found = [_model(entry) for entry in answer if isinstance(entry, dict)]
    return sorted((model for model in found if model), key=lambda model: model.name.lower())


def _model(entry: Mapping[str, Any]) -> ListedModel | None:
    name = entry.get("id") or entry.get("name")
    if not isinstance(name, str) or not 0 < len(name) <= NAME_CHARACTERS:
        return None
    # llama.cpp tells in `meta`, Hugging Face for each of those who serve the model.
    places = [entry, entry.get("meta"), *(entry.get("providers") or ())]
    sizes = [
        place[key]
        for place in places
        if isinstance(place, dict)
        for key in (*CONTEXT_NAMES, "n_ctx_train")
        if isinstance(place.get(key), int) and place[key] > 0
    ]
    # Whoever serves it with the least context may be the one that answers.
    return ListedModel(name, min(sizes) if sizes else None)
