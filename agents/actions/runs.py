"""Starting, stopping and trying again."""

from collections.abc import Sequence
from decimal import Decimal
from types import EllipsisType

from django.contrib.auth.models import AbstractBaseUser
from django.db import transaction
from django.db.models import Exists, OuterRef, QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from agents.actions.answers import retry_answer
from agents.actions.steps import add_plan_step, add_section_steps, share_prefix
from agents.budget import open_budget
from agents.exceptions import AlreadyRunning, NothingToDo, NoWorkflow
from agents.forecast import estimate_draft
from agents.language import interface_language
from agents.models import (
    Batch,
    Run,
    RunPriority,
    RunPurpose,
    RunState,
    StageKind,
    Step,
    StepState,
    Workflow,
)
from agents.outcomes import row_goes_on
from agents.progress import RunProgress, StepProgress, progress
from agents.schedule import ACTIVE, settle, stop
from agents.suitable import usual_workflow
from agents.wakes import wake
from writing.access import policy_of
from writing.actions.sections import delete_section, set_status
from writing.actions.versions import keep_version
from writing.announce import announce
from writing.limits import SECTIONS
from writing.models import AgentPolicy, Document, Kind, Section, SectionStatus, VersionKind

__all__ = [
    "RunProgress",
    "StepProgress",
    "default_workflow",
    "progress",
    "retry_run",
    "retry_section",
    "sections_to_draft",
    "start_draft",
    "start_full",
    "start_plan",
    "stop_run",
    "stop_section",
]

MOST_SECTIONS_AT_START = 50


def start_plan(
    document: Document, *, acting_user: AbstractBaseUser, section_count: int | None = None
) -> Run:
    """Outline the brief; sections that hold no text yet make room for the new outline.

    Raises AlreadyRunning, NothingToDo and NoWorkflow.
    """
    with transaction.atomic():
        return _plan(
            document, acting_user, RunPurpose.PLAN, default_workflow(document.kind), section_count
        )


def start_full(
    document: Document,
    *,
    acting_user: AbstractBaseUser,
    workflow: Workflow | None = None,
    section_count: int | None = None,
    limit: Decimal | EllipsisType | None = ...,
    batch: Batch | None = None,
) -> Run:
    """Outline and draft without a person in between, as part of the `batch` if there is one; raises
    as `start_plan`."""
    with transaction.atomic():
        workflow = workflow or default_workflow(document.kind)
        return _plan(document, acting_user, RunPurpose.FULL, workflow, section_count, limit, batch)


def start_draft(
    document: Document,
    *,
    acting_user: AbstractBaseUser,
    workflow: Workflow | None = None,
    sections: Sequence[Section] | None = None,
    instruction: str = "",
    limit: Decimal | EllipsisType | None = ...,
) -> Run:
    """Draft these sections, else all that are not done. In a section that was drafted before, the
    agents' text is replaced when the new text begins; a version is kept, human text stays.
    `limit` is what the run may spend, None as much as it takes; without it, the usual limit holds.

    Raises AlreadyRunning if agents work on a named section, NothingToDo and NoWorkflow.
    """
    with transaction.atomic():
        _lock(document)
        present = list(Section.objects.present().filter(document=document))
        if sections is None:
            chosen = sections_to_draft(document)
        else:
            named = {section.pk for section in sections}
            chosen = [section for section in present if section.pk in named]
            busy = set(_active(document).values_list("section", flat=True))
            _refuse_busy([section for section in chosen if section.pk in busy])
            _refuse_closed(chosen, document)
        if not chosen:
            raise NothingToDo(
                _("Every section is drafted. Choose the sections to draft again.")
                if present
                else _("There are no sections yet. Add one, or have the brief outlined first.")
            )
        run = Run.objects.create(
            document=document,
            workflow=workflow or default_workflow(document.kind),
            purpose=RunPurpose.DRAFT,
            instruction=instruction.strip(),
            locale=interface_language(),
            created_by_id=acting_user.pk,
        )
        open_budget(run, limit)
        share_prefix(run, present, drafted=chosen)
        add_section_steps(run, chosen)
        keep_version(document, VersionKind.RUN_START)
        set_status([section.pk for section in chosen], SectionStatus.WAITING)
        announce(document.pk, "run-changed")
    _keep_estimate(run, chosen)
    return run


def sections_to_draft(document: Document) -> list[Section]:
    """Those that are not done, on which nobody is at work and agents may write."""
    busy = set(_active(document).values_list("section", flat=True))
    to_do = Section.objects.present().filter(document=document).exclude(status=SectionStatus.DONE)
    return [
        section
        for section in to_do
        if section.pk not in busy and policy_of(section, document) != AgentPolicy.OFF
    ]


def _keep_estimate(run: Run, sections: Sequence[Section]) -> None:
    """When the agents have begun: nobody should have to wait for it."""
    if run.workflow is None:
        return
    estimate = estimate_draft(run.document, run.workflow, sections, instruction=run.instruction)
    if estimate:
        run.estimate = estimate.kept()
        run.save(update_fields=["estimate"])


def stop_run(run: Run, *, acting_user: AbstractBaseUser) -> Run:
    """Stop what is still to be done; what is written stays."""
    _stop(Step.objects.filter(run=run))
    run.refresh_from_db()
    return run


def stop_section(section: Section, *, acting_user: AbstractBaseUser) -> Section:
    """Stop the agents in this section; the others go on."""
    _stop(Step.objects.filter(section=section))
    return section


def retry_run(run: Run, *, acting_user: AbstractBaseUser) -> Run:
    """Go on with what failed or was stopped in the run, except where a newer run has worked since;
    raises NothingToDo, AlreadyRunning."""
    if run.purpose == RunPurpose.ANSWER:
        return retry_answer(run, acting_user=acting_user)
    settled = Step.objects.filter(run__created_at__gt=run.created_at, section=OuterRef("section"))
    settled = settled.exclude(kind=StageKind.ANSWER)
    _retry(run, Step.objects.filter(~Exists(settled), run=run))
    return run


def retry_section(section: Section, *, acting_user: AbstractBaseUser) -> Section:
    """Go on with what failed or was stopped in the section's latest run; raises as `retry_run`."""
    steps = Step.objects.filter(section=section).exclude(kind=StageKind.ANSWER)
    step = steps.order_by("-run__created_at").first()
    if step is None:
        raise NothingToDo(_("No agent has worked on this section yet."))
    _retry(step.run, Step.objects.filter(run=step.run, section=section))
    return section


def _plan(
    document: Document,
    acting_user: AbstractBaseUser,
    purpose: RunPurpose,
    workflow: Workflow,
    section_count: int | None,
    limit: Decimal | EllipsisType | None = ...,
    batch: Batch | None = None,
) -> Run:
    _lock(document)
    if document.agent_policy == AgentPolicy.OFF:
        raise NothingToDo(
            _(
                "Agents may do nothing in this document. “Title and brief” in the library "
                "changes that."
            )
        )
    if _active(document).exists():
        raise AlreadyRunning(_("Agents are at work on this document. Stop them first, or wait."))
    if section_count is not None and not 1 <= section_count <= MOST_SECTIONS_AT_START:
        raise NothingToDo(
            _("Choose between 1 and %(most)d sections.") % {"most": MOST_SECTIONS_AT_START}
        )
    if not document.brief.strip():
        raise NothingToDo(_("The brief is empty. Say what the document is about."))
    present = list(Section.objects.present().filter(document=document))
    empty = [
        section
        for section in present
        if section.last_seq == 0 and policy_of(section, document) != AgentPolicy.OFF
    ]
    if len(present) - len(empty) + (section_count or 1) > SECTIONS:
        raise NothingToDo(_("The document is full. Delete sections first."))
    keep_version(document, VersionKind.RUN_START)
    for section in empty:
        delete_section(section, acting_user=acting_user)
    run = Run.objects.create(
        document=document,
        workflow=workflow,
        purpose=purpose,
        priority=RunPriority.BATCH if batch else RunPriority.INTERACTIVE,
        batch=batch,
        section_count=section_count,
        locale=interface_language(),
        created_by_id=acting_user.pk,
    )
    open_budget(run, limit)
    if add_plan_step(run) is None:
        raise NoWorkflow(_("The workflow does not outline. Choose one that plans first."))
    announce(document.pk, "run-changed")
    return run


def default_workflow(document_kind: str = Kind.ARTICLE) -> Workflow:
    """The one for documents of this kind where nobody chooses. Raises NoWorkflow."""
    workflow = usual_workflow(document_kind)
    if workflow is None:
        raise NoWorkflow(_("No workflow is set up. Ask an administrator to add one."))
    return workflow


def _lock(document: Document) -> None:
    """One start at a time: two of them must not both find a section free."""
    Document.objects.select_for_update().get(pk=document.pk)


def _active(document: Document) -> QuerySet[Step]:
    """What works on the text; answers in threads get in nobody's way."""
    active = Step.objects.filter(run__document=document, state__in=ACTIVE)
    return active.exclude(kind=StageKind.ANSWER)


def _refuse_busy(sections: Sequence[Section]) -> None:
    if sections:
        raise AlreadyRunning(
            _("Agents are at work on “%(title)s”. Stop them first, or wait.")
            % {"title": sections[0].title}
        )


def _refuse_closed(sections: Sequence[Section], document: Document) -> None:
    for section in sections:
        if policy_of(section, document) == AgentPolicy.OFF:
            raise NothingToDo(
                _("Agents may do nothing in “%(title)s”. Its dialog in the outline changes that.")
                % {"title": section.title}
            )


def _stop(steps: QuerySet[Step]) -> None:
    with transaction.atomic():
        runs = set(steps.filter(state__in=ACTIVE).order_by().values_list("run", flat=True))
        stop(steps)
    for run_id in runs:
        settle(run_id)


def _retry(run: Run, steps: QuerySet[Step]) -> None:
    now = timezone.now()
    with transaction.atomic():
        _lock(run.document)
        again = list(
            steps.filter(state__in=(StepState.FAILED, StepState.STOPPED))
            .filter(section__deleted_at=None)
            .select_related("section")
            .order_by("position")
        )
        if not again:
            raise NothingToDo(_("There is nothing to try again here."))
        sections = {step.section_id for step in again if step.section_id}
        _refuse_closed([step.section for step in again if step.section], run.document)
        busy = _active(run.document).filter(section__in=sections)
        _refuse_busy([step.section for step in busy.select_related("section") if step.section])
        row_goes_on(run)
        Run.objects.filter(pk=run.pk).update(
            state=RunState.RUNNING, finished_at=None, stopped_by="", limit_reached={}
        )
        pks = [step.pk for step in again]
        # The last step waits for all others: `settle` releases it.
        first = Step.objects.filter(pk__in=pks).exclude(after__in=pks)
        first = first.exclude(section=None, kind=StageKind.HARMONISE)
        ready = list(first.values_list("pk", flat=True))
        Step.objects.filter(pk__in=pks).update(
            state=StepState.WAITING,
            problem="",
            notice="",
            retries=0,
            expiries=0,
            failing_since=None,
            fallback_number=0,
            not_before=None,
            finished_at=None,
        )
        Step.objects.filter(pk__in=ready).update(state=StepState.READY, ready_at=now)
        if sections:
            set_status(sorted(sections), SectionStatus.WAITING)
        announce(run.document_id, "run-changed")
        wake(ready, run.priority)
    settle(run.pk)
