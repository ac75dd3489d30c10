"""The manuscript and its people."""

from writing.models.accounts import AccountPolicy, Leaving, SignUp
from writing.models.api import ApiToken, KeptAnswer, TokenScope
from writing.models.audit import AuditEntry
from writing.models.documents import AgentPolicy, Document, Kind, Language
from writing.models.heartbeats import Heartbeat, Part
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
from writing.models.readings import Reading
from writing.models.review import Comment, CommentState, Mention, Severity, Thread
from writing.models.sections import Section, SectionStatus
from writing.models.sharing import GivenRole, Invitation, ShareLink, Try
from writing.models.suggestions import Decision, Suggestion
from writing.models.text import Peer, Segment, Snapshot, Update
from writing.models.versions import Checkpoint, Reversion, Version, VersionKind

__all__ = [
    "AccountPolicy",
    "AgentPolicy",
    "ApiToken",
    "AuditEntry",
    "Checkpoint",
    "Comment",
    "CommentState",
    "Decision",
    "Document",
    "Frequency",
    "GivenRole",
    "Heartbeat",
    "Image",
    "Invitation",
    "KeptAnswer",
    "Kind",
    "Language",
    "Leaving",
    "Mailing",
    "Member",
    "MemberRole",
    "Mention",
    "Notification",
    "NotificationChoice",
    "Occasion",
    "Part",
    "Peer",
    "Reading",
    "Reversion",
    "Section",
    "SectionStatus",
    "Segment",
    "Severity",
    "ShareLink",
    "SignUp",
    "Snapshot",
    "SpokenLanguage",
    "Suggestion",
    "Thread",
    "TokenScope",
    "Try",
    "Update",
    "Version",
    "VersionKind",
]
