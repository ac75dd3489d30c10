"""What becomes of a model's answer before anything of it reaches a page."""

from agents.answers.cleaner import Cleaner
from agents.answers.items import (
    Critique,
    Mismatch,
    PartialItems,
    PlannedSection,
    Remark,
    Revision,
    complaint_about,
    planned_section,
    read_critique,
    read_plan,
    read_revisions,
)
from agents.answers.judge import Verdict, judge_revision, words_of
from agents.answers.proposals import proposals_in, talk_of
from agents.answers.seam import Seam

__all__ = [
    "Cleaner",
    "Critique",
    "Mismatch",
    "PartialItems",
    "PlannedSection",
    "Remark",
    "Revision",
    "Seam",
    "Verdict",
    "complaint_about",
    "judge_revision",
    "planned_section",
    "proposals_in",
    "read_critique",
    "read_plan",
    "read_revisions",
    "talk_of",
    "words_of",
]
