"""The manuscript and its people."""

from writing.models.documents import AgentPolicy, Document, Kind, Language
from writing.models.images import Image
from writing.models.members import Member, MemberRole
from writing.models.review import Comment, Thread
from writing.models.sections import Section, SectionStatus
from writing.models.sharing import GivenRole, Invitation, ShareLink, Try
from writing.models.suggestions import Decision, Suggestion
from writing.models.text import Peer, Segment, Snapshot, Update, Version

__all__ = [
    "AgentPolicy",
    "Comment",
    "Decision",
    "Document",
    "GivenRole",
    "Image",
    "Invitation",
    "Kind",
    "Language",
    "Member",
    "MemberRole",
    "Peer",
    "Section",
    "SectionStatus",
    "Segment",
    "ShareLink",
    "Snapshot",
    "Suggestion",
    "Thread",
    "Try",
    "Update",
    "Version",
]
