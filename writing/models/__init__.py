"""The manuscript and its people."""

from writing.models.documents import Document, Kind, Language
from writing.models.members import Member, MemberRole
from writing.models.review import Comment, Thread
from writing.models.sections import Section, SectionStatus
from writing.models.text import Peer, Segment, Snapshot, Update, Version

__all__ = [
    "Comment",
    "Document",
    "Kind",
    "Language",
    "Member",
    "MemberRole",
    "Peer",
    "Section",
    "SectionStatus",
    "Segment",
    "Snapshot",
    "Thread",
    "Update",
    "Version",
]
