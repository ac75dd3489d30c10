"""People and what was done, in the administration's dress."""

from writing.admin.accounts import AccountPolicyAdmin
from writing.admin.audit import AuditEntryAdmin
from writing.admin.people import GroupAdmin, UserAdmin

__all__ = ["AccountPolicyAdmin", "AuditEntryAdmin", "GroupAdmin", "UserAdmin"]
