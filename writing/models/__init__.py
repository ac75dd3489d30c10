"""The manuscript and its people."""

from writing.models.documents import AgentPolicy, Document, Kind, Language
from writing.models.images import Image
from writing.models.members import Member, MemberRole
from writing.models.notifications import (
    Frequency,
    Mailing,
    Notification,
    NotificationChoice,
    Occasion,
    SpokenLanguage,
)
from writing.models.review import Comment, CommentState, Mention, Severity, Thread
from writing.models.sections import Section, SectionStatus
from writing.models.sharing import GivenRole, Invitation, ShareLink, Try
from writing.models.text import Peer, Segment, Snapshot, Update, Version

__all__ = [
    "AgentPolicy",
    "Comment",
    "CommentState",
    "Document",
    "Frequency",
    "GivenRole",
    "Image",
    "Invitation",
    "Kind",
    "Language",
    "Mailing",
    "Member",
    "MemberRole",
    "Mention",
    "Notification",
    "NotificationChoice",
    "Occasion",
    "Peer",
    "Section",
    "SectionStatus",
    "Segment",
    "Severity",
    "ShareLink",
    "Snapshot",
    "SpokenLanguage",
    "Thread",
    "Try",
    "Update",
    "Version",
]
