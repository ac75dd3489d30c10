"""The door to runs and steps: whoever may enter the document may see what was done on it, and what
it cost. A batch is its owner's alone; its documents are shared one by one."""

import uuid

from django.contrib.auth.models import User
from django.db.models import Q

from agents.models import Attempt, Batch, BatchRow, Call, Run, Step
from agents.models.batches import BatchQuerySet
from agents.usage.counting import Sources
from writing.access import Right, Visitor, documents_visible_to, get_document
from writing.exceptions import nothing_here
from writing.models import Suggestion


def get_run(run_id: uuid.UUID, user: Visitor, need: Right = Right.VIEW) -> Run:
    """The run, if `user` may; raises NotFound or Forbidden."""
    run = Run.objects.select_related("document", "workflow", "created_by").filter(pk=run_id).first()
    if run is None:
        raise nothing_here()
    run.document = get_document(run.document_id, user, need)
    return run


def get_step(step_id: uuid.UUID, user: Visitor) -> Step:
    """The step, if `user` may see its document; raises NotFound."""
    step = Step.objects.select_related("run", "section", "role").filter(pk=step_id).first()
    if step is None:
        raise nothing_here()
    step.run.document = get_document(step.run.document_id, user)
    return step


def get_attempt(attempt_id: uuid.UUID, user: Visitor, need: Right = Right.VIEW) -> Attempt:
    """The attempt, if `user` may and its section is not deleted; raises NotFound or Forbidden."""
    attempt = (
        Attempt.objects.select_related("step__run", "step__section", "step__role")
        .filter(pk=attempt_id)
        .exclude(step__section__deleted_at__isnull=False)
        .first()
    )
    if attempt is None:
        raise nothing_here()
    attempt.step.run.document = get_document(attempt.step.run.document_id, user, need)
    return attempt


def batches_of(user: Visitor) -> BatchQuerySet:
    """The user's own; none for a visitor."""
    if not user.is_authenticated or not user.is_active:
        return Batch.objects.none()
    return Batch.objects.filter(owner=user.pk)


def get_batch(batch_id: uuid.UUID, user: Visitor) -> Batch:
    """The batch, if it is the user's; raises NotFound."""
    found = batches_of(user).select_related("workflow", "budget").filter(pk=batch_id).first()
    if found is None:
        raise nothing_here()
    return found


def get_batch_row(batch_id: uuid.UUID, number: int, user: Visitor) -> BatchRow:
    """The row of a batch that is the user's; raises NotFound."""
    found = get_batch(batch_id, user).rows.select_related("batch").filter(number=number).first()
    if found is None:
        raise nothing_here()
    return found


def may_see_all_usage(user: User) -> bool:
    """Administrators, of the whole site."""
    return user.is_staff and user.has_perm("agents.view_call")


def usage_visible_to(user: User, *, everything: bool = False) -> Sources:
    """What is counted for the user: of the documents they may open, and what they had done without
    any. `everything` is for those who may see all usage; raises NotFound for others."""
    if everything:
        if not may_see_all_usage(user):
            raise nothing_here()
        return Sources(Call.objects.all(), Attempt.objects.all(), Suggestion.objects.all())
    documents = documents_visible_to(user).order_by().values("pk")
    mine = Q(document__in=documents) | Q(document=None, user=user)
    return Sources(
        Call.objects.filter(mine),
        Attempt.objects.filter(mine),
        Suggestion.objects.filter(section__document__in=documents),
    )
