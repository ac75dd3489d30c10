"""manage.py draft: a document from a brief, outlined and drafted as in the browser."""

import json
import logging
import sys
import time
from argparse import ArgumentParser, ArgumentTypeError
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Any

from celery import current_app
from django.contrib.auth import get_user_model
from django.contrib.auth.models import AbstractBaseUser
from django.core.management.base import BaseCommand, CommandError
from django.utils.text import Truncator
from django.utils.translation import gettext as _
from kombu.exceptions import OperationalError as BrokerError
from redis.exceptions import RedisError

from agents import reaper, worker
from agents.actions.runs import RunProgress, progress, start_full
from agents.limits import reached_by
from agents.loop import submit
from agents.models import Run, RunState, StepState, Workflow
from agents.wakes import reap_seconds
from writing.actions.documents import create_document
from writing.exceptions import WritingError
from writing.models import Document, Kind, Language

PING_SECONDS = 2.0
POLL_SECONDS = 0.2
HAND_OVER_SECONDS = 5.0
WORDS_PER_SECTION = 200


class Command(BaseCommand):
    help = "Outline and draft a document from a brief. Exit status 0 only if all went well."

    def add_arguments(self, parser: ArgumentParser) -> None:
        brief = parser.add_mutually_exclusive_group(required=True)
        brief.add_argument("--brief", metavar="TEXT")
        brief.add_argument("--brief-file", metavar="FILE", type=Path)
        parser.add_argument("--title", help="Default: the beginning of the brief.")
        parser.add_argument("--kind", choices=Kind.values, default=Kind.ARTICLE)
        parser.add_argument("--language", choices=Language.values, default=Language.ENGLISH)
        parser.add_argument("--sections", metavar="N", type=int, help="How many sections to plan.")
        parser.add_argument("--workflow", metavar="SLUG", help="Default: the default workflow.")
        parser.add_argument(
            "--limit", metavar="AMOUNT", type=amount, help="What the run may cost at most."
        )
        parser.add_argument("--user", metavar="NAME", help="Default: the first administrator.")
        parser.add_argument("--wait", action="store_true", help="Show progress until the end.")
        parser.add_argument("--json", action="store_true", help="Print one JSON object at the end.")

    def handle(self, *args: Any, **options: Any) -> None:
        is_here = not _worker_answers()
        if is_here and options["wait"]:
            self.stderr.write(_("No worker answers: this command does the work itself."))
            # Waking a worker now means starting the step in this process.
            current_app.conf.task_always_eager = True
            # That no browser hears of it without Redis need not be said each time.
            logging.getLogger("writing.announce").setLevel(logging.ERROR)
        elif is_here:
            self.stderr.write(_("No worker answers: the run begins when one is started."))
        try:
            run = _start(options)
        except WritingError as error:
            raise CommandError(str(error)) from error
        if options["wait"]:
            self._wait(run, is_here=is_here, is_quiet=options["json"])
        if options["json"]:
            self.stdout.write(json.dumps(_summary(run), ensure_ascii=False))
        elif not options["wait"]:
            self.stdout.write(f"{run.document_id}")
        if options["wait"] and run.state != RunState.FINISHED:
            if reached := reached_by(run):
                self.stderr.write(reached.message)
            for step in run.steps.filter(state=StepState.FAILED).select_related("section"):
                self.stderr.write(f"{step.section or run.document}: {step.problem}")
            sys.exit(1)

    def _wait(self, run: Run, *, is_here: bool, is_quiet: bool) -> None:
        shown, reaped_at = "", time.monotonic()
        try:
            while True:
                run.refresh_from_db()
                if not is_quiet and (line := _line(progress(run))) != shown:
                    shown = line
                    self.stdout.write(line)
                if run.state != RunState.RUNNING:
                    return
                if is_here and time.monotonic() - reaped_at > reap_seconds():
                    reaped_at = time.monotonic()
                    reaper.reap()
                time.sleep(POLL_SECONDS)
        except KeyboardInterrupt:
            if is_here:
                submit(worker.hand_over()).result(timeout=HAND_OVER_SECONDS)
            self.stderr.write(_("The run goes on as soon as a worker is there."))
            sys.exit(130)


def amount(text: str) -> Decimal:
    try:
        amount = Decimal(text)
    except InvalidOperation:
        amount = Decimal(-1)
    if not amount.is_finite() or amount < 0:
        raise ArgumentTypeError(_("Enter an amount such as 2.50."))
    return amount


def _worker_answers() -> bool:
    try:
        answers = current_app.control.broadcast(
            "ping", reply=True, limit=1, timeout=PING_SECONDS, connection=None
        )
    except (BrokerError, RedisError, OSError):
        return False
    return bool(answers)


def _start(options: dict[str, Any]) -> Run:
    brief = _brief(options)
    if not brief.strip():
        raise CommandError(_("The brief is empty. Say what the document is about."))
    count = options["sections"]
    user = user_named(options["user"])
    workflow = None
    if slug := options["workflow"]:
        usable = Workflow.objects.filter(is_active=True)
        workflow = usable.filter(slug=slug).first()
        if workflow is None:
            slugs = ", ".join(usable.values_list("slug", flat=True))
            raise CommandError(
                _("There is no workflow “%(slug)s”. There are: %(slugs)s.")
                % {"slug": slug, "slugs": slugs}
            )
    title = options["title"] or Truncator(brief.strip().splitlines()[0]).chars(80)
    length = {"target_words": count * WORDS_PER_SECTION} if count and count > 0 else {}
    document = create_document(
        user,
        title=title,
        brief=brief,
        kind=options["kind"],
        language=options["language"],
        **length,
    )
    try:
        limit = ... if options["limit"] is None else options["limit"]
        return start_full(
            document, acting_user=user, workflow=workflow, section_count=count, limit=limit
        )
    except WritingError:
        document.delete()
        raise


def _brief(options: dict[str, Any]) -> str:
    path: Path | None = options["brief_file"]
    if path is None:
        return str(options["brief"])
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise CommandError(
            _("The brief cannot be read from %(path)s: %(error)s") % {"path": path, "error": error}
        ) from error


def user_named(name: str | None) -> AbstractBaseUser:
    users = get_user_model()._default_manager.filter(is_active=True)
    user = (
        users.filter(username=name).first()
        if name
        else users.filter(is_superuser=True).order_by("pk").first()
    )
    if user is None:
        raise CommandError(
            _("There is no such account: %(name)s.") % {"name": name}
            if name
            else _("There is no administrator yet. Open the link that manage.py setup_link prints.")
        )
    return user


def _line(figures: RunProgress) -> str:
    at_work = ", ".join(
        f"{step.role_name}: {step.section_title}" if step.section_title else step.role_name
        for step in figures.steps
        if step.state == StepState.RUNNING and not step.is_waiting
    )
    return (
        f"{int(figures.fraction * 100):3d} %  {figures.steps_done}/{figures.steps_total}"
        f"  {figures.state}  {at_work}"
    ).rstrip()


def _summary(run: Run) -> dict[str, Any]:
    figures = progress(run)
    sections = Document.objects.get(pk=run.document_id).sections.present()
    return {
        "document": str(run.document_id),
        "run": str(run.pk),
        "state": run.state,
        "stopped_by": run.stopped_by,
        "sections": len(sections),
        "words": sum(section.word_count for section in sections),
        "prompt_tokens": figures.prompt_tokens,
        "cached_tokens": figures.cached_tokens,
        "completion_tokens": figures.completion_tokens,
        "cost": float(figures.cost),
        "seconds": round(figures.elapsed_seconds, 3),
    }
