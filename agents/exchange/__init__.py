"""Roles and workflows as files: written here, read on another installation or at the first start.

A file names models by provider and name; it holds no provider, no address and no key.
"""

from agents.exchange.entries import Bundle, Unusable, read
from agents.exchange.export import export_of
from agents.exchange.plan import Change, Plan, apply, plan_of

__all__ = ["Bundle", "Change", "Plan", "Unusable", "apply", "export_of", "plan_of", "read"]
