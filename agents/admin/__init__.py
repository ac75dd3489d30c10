"""Where administrators set up who writes: Django admin in django-unfold's dress."""

from agents.admin.batches import BatchAdmin
from agents.admin.health import HealthAdmin
from agents.admin.limits import BudgetAdmin, LimitsAdmin, PersonLimitAdmin
from agents.admin.local_models import LocalModelAdmin
from agents.admin.models import ModelAdmin
from agents.admin.people import PersonAdmin
from agents.admin.providers import ProviderAdmin
from agents.admin.roles import RoleAdmin
from agents.admin.runs import RunAdmin
from agents.admin.workflows import WorkflowAdmin

__all__ = [
    "BatchAdmin",
    "BudgetAdmin",
    "HealthAdmin",
    "LimitsAdmin",
    "LocalModelAdmin",
    "ModelAdmin",
    "PersonAdmin",
    "PersonLimitAdmin",
    "ProviderAdmin",
    "RoleAdmin",
    "RunAdmin",
    "WorkflowAdmin",
]
