"""Who writes, and how a draft comes about."""

from agents.models.batches import Batch, BatchRow, BatchState, PausedBy, Repeats, RowState
from agents.models.ledger import Budget, BudgetScope, Call, Limits, PersonLimit
from agents.models.local_models import LocalModel, LocalModelState
from agents.models.providers import Model, PriceSource, Provider
from agents.models.roles import Role, RoleKind, RoleRevision
from agents.models.runs import (
    Attempt,
    Chunk,
    Run,
    RunPriority,
    RunPurpose,
    RunState,
    Step,
    StepState,
    StoppedBy,
)
from agents.models.seeded import Seeded
from agents.models.trials import Trial
from agents.models.undoings import Undoing
from agents.models.uploads import Upload, UploadRow
from agents.models.webhooks import Delivery, DeliveryEvent, DeliveryState, Webhook
from agents.models.workflows import Output, Scope, Stage, StageKind, Workflow

__all__ = [
    "Attempt",
    "Batch",
    "BatchRow",
    "BatchState",
    "Budget",
    "BudgetScope",
    "Call",
    "Chunk",
    "Delivery",
    "DeliveryEvent",
    "DeliveryState",
    "Limits",
    "LocalModel",
    "LocalModelState",
    "Model",
    "Output",
    "PausedBy",
    "PersonLimit",
    "PriceSource",
    "Provider",
    "Repeats",
    "Role",
    "RoleKind",
    "RoleRevision",
    "RowState",
    "Run",
    "RunPriority",
    "RunPurpose",
    "RunState",
    "Scope",
    "Seeded",
    "Stage",
    "StageKind",
    "Step",
    "StepState",
    "StoppedBy",
    "Trial",
    "Undoing",
    "Upload",
    "UploadRow",
    "Webhook",
    "Workflow",
]
