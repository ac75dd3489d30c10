"""What each role is told. What is shared comes first, the same bytes for every role and section
of a run, so that providers' prefix caches work across agents; role and task come last.

Each template is a Django template in a folder per language of instruction: a document in Chinese
is asked for in Chinese, every other one in English. A small model gets shorter words and a
stricter schema.
"""

from agents.prompts.fitting import fit_around, fit_sentences
from agents.prompts.messages import (
    Conversation,
    answer_messages,
    critique_messages,
    edit_messages,
    harmonise_messages,
    plan_messages,
    repair_messages,
    shared_prefix,
    write_messages,
)
from agents.prompts.schemas import (
    MAX_REMARKS,
    SEVERITIES,
    critique_schema,
    edit_schema,
    is_guided,
    plan_schema,
)

__all__ = [
    "MAX_REMARKS",
    "SEVERITIES",
    "Conversation",
    "answer_messages",
    "critique_messages",
    "critique_schema",
    "edit_messages",
    "edit_schema",
    "fit_around",
    "fit_sentences",
    "harmonise_messages",
    "is_guided",
    "plan_messages",
    "plan_schema",
    "repair_messages",
    "shared_prefix",
    "write_messages",
]
