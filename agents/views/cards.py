"""A run as the panel and its page show it: how far it is, who does what, what needs a person."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.utils import timezone
from django.utils.translation import gettext as _

from agents.budget import Reached
from agents.limits import reached_by
from agents.models import Run, RunPurpose, RunState, StageKind, Step, StepState
from agents.progress import RunProgress, StepProgress, progress
from agents.views.timeline import Timeline, timeline_of
from writing.models import SectionStatus

# More than these would push everything else out of sight; the lanes show all.
AT_WORK_SHOWN = 6
OPEN_STATES = (StepState.WAITING, StepState.READY, StepState.RUNNING)


def headline(run: Run, percent: int, *, is_newest: bool) -> str:
    """What the run is about and how far it is."""
    if run.purpose == RunPurpose.PLAN and run.state == RunState.FINISHED and not is_newest:
        return _("Outline planned")
    words = {
        (RunPurpose.PLAN, RunState.RUNNING): _("Planning the outline"),
        (RunPurpose.PLAN, RunState.FINISHED): _("Outline ready: edit it, then press Draft"),
        (RunPurpose.PLAN, RunState.FAILED): _("The outline could not be planned"),
        (RunPurpose.PLAN, RunState.STOPPED): _("Planning was stopped"),
        (RunPurpose.DRAFT, RunState.RUNNING): _("Drafting, %(percent)d %%"),
        (RunPurpose.DRAFT, RunState.FINISHED): _("Draft finished"),
        (RunPurpose.DRAFT, RunState.PARTLY_FINISHED): _("Draft finished in part"),
        (RunPurpose.DRAFT, RunState.FAILED): _("The draft failed"),
        (RunPurpose.DRAFT, RunState.STOPPED): _("Drafting was stopped"),
        (RunPurpose.FULL, RunState.RUNNING): _("Planning and drafting, %(percent)d %%"),
        (RunPurpose.FULL, RunState.FINISHED): _("Outline and draft finished"),
        (RunPurpose.FULL, RunState.PARTLY_FINISHED): _("Outline and draft finished in part"),
        (RunPurpose.FULL, RunState.FAILED): _("Outline and draft failed"),
        (RunPurpose.FULL, RunState.STOPPED): _("Outline and draft were stopped"),
        (RunPurpose.ANSWER, RunState.RUNNING): _("Answering in a thread"),
        (RunPurpose.ANSWER, RunState.FINISHED): _("Answered in a thread"),
        (RunPurpose.ANSWER, RunState.FAILED): _("The answer failed"),
        (RunPurpose.ANSWER, RunState.STOPPED): _("The answer was stopped"),
    }
    text = words.get((RunPurpose(run.purpose), RunState(run.state)), run.get_state_display())
    return text % {"percent": percent} if "%" in text else text


def doing(step: Step, *, is_waiting: bool) -> str:
    """What the step's agent does at this moment, e.g. "Writer is drafting"."""
    if is_waiting:
        return _("%(name)s waits for the model") % {"name": step.role.label}
    words = {
        "plan": _("%(name)s is outlining"),
        "write": _("%(name)s is drafting"),
        "critique": _("%(name)s is reading"),
        "edit": _("%(name)s is revising"),
        "answer": _("%(name)s is answering"),
        "harmonise": _("%(name)s is rewriting what stands elsewhere too")
        if step.section_id
        else _("%(name)s is looking for repetition"),
    }
    return words[step.kind] % {"name": step.role.label}


@dataclass(frozen=True)
class Work:
    """What one agent is doing now, and the end of what it has written so far."""

    step: Step
    words: str
    excerpt: str


@dataclass(frozen=True)
class RunCard:
    run: Run
    progress: RunProgress
    headline: str
    percent: int
    timeline: Timeline | None
    at_work: list[Work]
    more_at_work: int
    resting: list[Step]
    troubles: list[Step]
    stopped_sections: int
    limit: Reached | None
    notices: list[Step]
    is_planning: bool

    @property
    def is_running(self) -> bool:
        return self.run.state == RunState.RUNNING

    @property
    def since(self) -> datetime:
        """When it would have begun, had it run without a break until now."""
        return timezone.now() - timedelta(seconds=self.progress.elapsed_seconds)

    @property
    def refresh_seconds(self) -> int:
        """The page of a run takes a millisecond for each step: so it takes a twentieth of a core
        for everybody who looks on."""
        return max(2, self.progress.steps_total // 48)

    @property
    def tokens(self) -> int:
        return self.progress.prompt_tokens + self.progress.completion_tokens


def card_of(run: Run, steps: list[Step], *, is_newest: bool, settled: set[object]) -> RunCard:
    """The card of a run and its steps, which have their role and section at hand.

    `settled` holds the sections that a newer run worked on: their troubles are history.
    """
    figures = progress(run)
    percent = int(figures.fraction * 100)
    now = timezone.now()
    running = [step for step in steps if step.state == StepState.RUNNING]
    details = {step.step_id: step for step in figures.steps}
    troubles = _troubles(steps, is_newest=is_newest, settled=settled)
    stopped = [step for step in troubles if step.section_id and step.state == StepState.STOPPED]
    limit = None
    if reached := reached_by(run):
        # They go on together, once the limit is raised.
        limit = reached if any(step.state == StepState.STOPPED for step in troubles) else None
        troubles, stopped = [s for s in troubles if s.state != StepState.STOPPED], []
    # Many that were stopped together go on together.
    together = stopped if len(stopped) > 1 else []
    return RunCard(
        run=run,
        progress=figures,
        headline=headline(run, percent, is_newest=is_newest),
        percent=percent,
        timeline=(
            timeline_of(run, steps, remaining_seconds=figures.remaining_seconds or 0)
            if run.state == RunState.RUNNING
            else None
        ),
        at_work=[
            _work(step, details[step.pk]) for step in running[:AT_WORK_SHOWN] if step.pk in details
        ],
        more_at_work=max(len(running) - AT_WORK_SHOWN, 0),
        resting=[
            step
            for step in steps
            if step.state == StepState.READY and step.not_before and step.not_before > now
        ],
        troubles=[step for step in troubles if step not in together],
        stopped_sections=len(together),
        limit=limit,
        notices=[step for step in steps if step.notice],
        is_planning=any(
            step.kind == StageKind.PLAN and step.state in OPEN_STATES for step in steps
        ),
    )


def _work(step: Step, detail: StepProgress) -> Work:
    return Work(step, doing(step, is_waiting=detail.is_waiting), detail.excerpt)


def _troubles(steps: list[Step], *, is_newest: bool, settled: set[object]) -> list[Step]:
    """The first step of each section that failed or was stopped and may be tried again."""
    troubles: dict[object, Step] = {}
    for step in steps:
        if step.state not in (StepState.FAILED, StepState.STOPPED):
            continue
        if step.section is None:
            is_open = is_newest
        elif step.kind == StageKind.ANSWER:
            is_open = True
        else:
            trouble = (SectionStatus.FAILED, SectionStatus.STOPPED)
            is_open = step.section_id not in settled and step.section.status in trouble
        if is_open:
            troubles.setdefault(step.section_id, step)
    # What waits for all sections goes on after them by itself.
    if any(section for section in troubles):
        troubles.pop(None, None)
    return list(troubles.values())
