"""The manuscript and its people."""

from writing.models.documents import AgentPolicy, Document, Kind, Language
from writing.models.images import Image
from writing.models.members import Member, MemberRole
from writing.models.readings import Reading
from writing.models.review import Comment, Thread
from writing.models.sections import Section, SectionStatus
from writing.models.sharing import GivenRole, Invitation, ShareLink, Try
from writing.models.text import Peer, Segment, Snapshot, Update
from writing.models.versions import Checkpoint, Reversion, Version, VersionKind

__all__ = [
    "AgentPolicy",
    "Checkpoint",
    "Comment",
    "Document",
    "GivenRole",
    "Image",
    "Invitation",
    "Kind",
    "Language",
    "Member",
    "MemberRole",
    "Peer",
    "Reading",
    "Reversion",
    "Section",
    "SectionStatus",
    "Segment",
    "ShareLink",
    "Snapshot",
    "Thread",
    "Try",
    "Update",
    "Version",
    "VersionKind",
]
