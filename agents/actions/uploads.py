"""Briefs that somebody sent: kept until a batch is made of them."""

from collections.abc import Iterator
from datetime import datetime
from decimal import Decimal

from django.contrib.auth.models import AbstractBaseUser
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from agents.actions.batches import create_batch
from agents.batch_estimate import BatchEstimate, estimate_batch
from agents.briefs import Brief
from agents.exceptions import NothingToDo
from agents.intake.reading import Reading, brief_of
from agents.models import Batch, Repeats, Upload, UploadRow, Workflow
from agents.models.uploads import KEPT
from writing.limits import fit

FILE_NAME_CHARACTERS = 200
# Of one person, so many at a time; the oldest make room.
MOST_UPLOADS = 20


def keep_upload(acting_user: AbstractBaseUser, *, reading: Reading, file_name: str = "") -> Upload:
    """The rows as they were read, right and wrong ones."""
    file_name = file_name.encode("utf-8", "replace").decode()
    with transaction.atomic():
        mine = Upload.objects.filter(owner_id=acting_user.pk).values_list("pk", flat=True)
        Upload.objects.filter(pk__in=list(mine[MOST_UPLOADS - 1 :])).delete()
        upload = Upload.objects.create(
            owner_id=acting_user.pk,
            file_name=fit(file_name, FILE_NAME_CHARACTERS),
            notes=reading.notes,
        )
        UploadRow.objects.bulk_create(
            UploadRow(
                upload=upload,
                number=row.number,
                values=row.values,
                problems=row.problems,
                notes=row.notes,
                is_usable=not row.problems,
            )
            for row in reading.rows
        )
    return upload


def start_batch(
    upload: Upload,
    *,
    acting_user: AbstractBaseUser,
    name: str,
    workflow: Workflow,
    budget: Decimal | None,
    concurrency: int,
    starts_at: datetime | None,
    repeats: str = Repeats.NEVER,
) -> Batch:
    """A batch of the rows that can be used, which takes the upload's place; raises NothingToDo
    where there are none, or where a batch was made of it already."""
    with transaction.atomic():
        if not Upload.objects.select_for_update().filter(pk=upload.pk).exists():
            raise NothingToDo(_("A batch was made of these rows already."))
        rows = list(briefs_of(upload))
        if not rows:
            raise NothingToDo(_("None of the rows can be used. Send a file with others."))
        batch = create_batch(
            acting_user,
            name=name,
            workflow=workflow,
            rows=rows,
            budget=budget,
            concurrency=concurrency,
            starts_at=starts_at,
            repeats=repeats,
            file_name=upload.file_name,
        )
        upload.delete()
    return batch


def estimate_upload(
    upload: Upload, workflow: Workflow | None, *, concurrency: int
) -> BatchEstimate | None:
    """What a batch of the rows that can be used is likely to take."""
    if workflow is None:
        return None
    return estimate_batch(workflow, list(briefs_of(upload)), concurrency=concurrency)


def briefs_of(upload: Upload) -> Iterator[Brief]:
    for row in upload.rows.filter(is_usable=True).iterator(chunk_size=500):
        yield brief_of(row.values)


def discard_upload(upload: Upload, *, acting_user: AbstractBaseUser) -> None:
    upload.delete()


def forget_old_uploads() -> int:
    """Delete those that nobody made a batch of; gives how many."""
    old = Upload.objects.filter(created_at__lt=timezone.now() - KEPT)
    return sum(upload.delete()[0] > 0 for upload in old)
