"""Answers of roles that people call in a thread: each is a run of one step."""

import uuid
from collections.abc import Collection, Sequence
from datetime import timedelta

from django.contrib.auth.models import AbstractBaseUser
from django.db import transaction
from django.db.models import Q, Sum
from django.utils import timezone
from django.utils.translation import gettext as _

from agents.budget import open_budget
from agents.choice import model_of
from agents.exceptions import NoModel, NothingToDo
from agents.language import interface_language
from agents.models import Call, Output, Role, Run, RunPurpose, RunState, StageKind, Step, StepState
from agents.prompts import shared_prefix
from agents.templatetags.figures import money, short
from agents.wakes import wake
from writing.access import policy_of
from writing.actions.review import await_again, await_answer
from writing.announce import announce
from writing.crew import Agent
from writing.exceptions import TooMany
from writing.models import AgentPolicy, Comment, Section

ANSWERS_AN_HOUR = 60


class OurCrew:
    """What `writing.crew` asks of whoever provides agents."""

    def agents_for(self, section: Section) -> Sequence[Agent]:
        if policy_of(section, section.document) == AgentPolicy.OFF:
            return ()
        # Those who only work for other kinds of documents would make the list long.
        kinds = ("", section.document.kind)
        general = Q(stages=None) | Q(stages__workflow__document_kind__in=kinds)
        roles = Role.objects.filter(general, is_active=True).distinct()
        roles = roles.only("slug", "name", "name_zh", "tone")
        return [Agent(role.slug, role.label, role.tone) for role in roles]

    def call(self, comment: Comment, roles: Sequence[str], acting_user: AbstractBaseUser) -> None:
        for role in Role.objects.filter(slug__in=roles, is_active=True).order_by("pk"):
            start_answer(comment, role, acting_user=acting_user)

    def figures_of(self, runs: Collection[uuid.UUID]) -> dict[uuid.UUID, str]:
        return figures_of(runs)


def start_answer(asked: Comment, role: Role, *, acting_user: AbstractBaseUser) -> Run:
    """Have the role answer the comment; in the transaction in which it is made. Raises TooMany.

    What it costs counts for who called it: see `agents.budget`.
    """
    since = timezone.now() - timedelta(hours=1)
    answers = Run.objects.filter(purpose=RunPurpose.ANSWER, created_by=acting_user.pk)
    if answers.filter(created_at__gt=since).count() >= ANSWERS_AN_HOUR:
        raise TooMany(_("You have called agents too often. Wait a while, then call them again."))
    section = asked.thread.section
    run = Run(
        document=section.document,
        purpose=RunPurpose.ANSWER,
        locale=interface_language(),
        created_by_id=acting_user.pk,
    )
    run.shared_prefix = _prefix(section, role)
    run.save()
    open_budget(run)
    comment = await_answer(
        asked, run=run.pk, agent_name=role.label, agent_tone=role.tone, agent_role=role.slug
    )
    step = Step.objects.create(
        run=run,
        section=section,
        position=1,
        kind=StageKind.ANSWER,
        output=Output.SUGGEST,
        role=role,
        comment=comment,
        state=StepState.READY,
        ready_at=timezone.now(),
    )
    wake([step.pk], run.priority)
    return run


def retry_answer(run: Run, *, acting_user: AbstractBaseUser) -> Run:
    """Have the role try again to answer, behind what it has said. Raises NothingToDo."""
    now = timezone.now()
    with transaction.atomic():
        ended = Step.objects.select_for_update(of=("self",)).filter(
            run=run, state__in=(StepState.FAILED, StepState.STOPPED)
        )
        step = ended.select_related("section__document", "comment__thread__section").first()
        if step is None or step.section is None or step.comment is None:
            raise NothingToDo(_("There is nothing to try again here."))
        if policy_of(step.section, step.section.document) == AgentPolicy.OFF:
            raise NothingToDo(
                _("Agents may do nothing in “%(title)s”. Its dialog in the outline changes that.")
                % {"title": step.section.title}
            )
        await_again(step.comment)
        Run.objects.filter(pk=run.pk).update(
            state=RunState.RUNNING, finished_at=None, stopped_by="", limit_reached={}
        )
        Step.objects.filter(pk=step.pk).update(
            state=StepState.READY,
            ready_at=now,
            problem="",
            notice="",
            retries=0,
            expiries=0,
            failing_since=None,
            fallback_number=0,
            not_before=None,
            finished_at=None,
        )
        announce(run.document_id, "run-changed")
        wake([step.pk], run.priority)
    return run


def figures_of(runs: Collection[uuid.UUID]) -> dict[uuid.UUID, str]:
    """What these runs took so far: tokens, and money where the model has a price."""
    sums = (
        Call.objects.filter(run__in=runs, run__purpose=RunPurpose.ANSWER)
        .order_by()
        .values_list("run")
        .annotate(Sum("prompt_tokens"), Sum("completion_tokens"), Sum("cost"))
    )
    found = {}
    for run, prompt, completion, cost in sums:
        words = _("%(tokens)s tokens") % {"tokens": short(prompt + completion)}
        found[run] = f"{words} · {money(cost)}" if cost else words
    return found


def _prefix(section: Section, role: Role) -> str:
    try:
        tokens = model_of(role).context_tokens
    except NoModel:
        tokens = 0  # the step fails when it is to be taken, and says so in the thread
    sections = list(Section.objects.present().filter(document=section.document_id))
    return shared_prefix(section.document, sections, context_tokens=tokens)
