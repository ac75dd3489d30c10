"""manage.py batch: documents from a file of briefs, drafted in the background."""

import json
import sys
from argparse import ArgumentParser
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils.translation import gettext as _

from agents.actions.uploads import discard_upload, keep_upload, start_batch
from agents.intake.forms import BatchForm
from agents.intake.reading import Defaults, Reading, read_file
from agents.management.commands.draft import amount, user_named
from agents.models import Repeats
from agents.models.batches import USUAL_AT_ONCE
from writing.exceptions import WritingError
from writing.models import Kind, Language


class Command(BaseCommand):
    help = "Draft a document for each row of a file (CSV, TSV, XLSX, JSON Lines)."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", metavar="FILE", type=Path, help="- reads standard input.")
        parser.add_argument("--owner", metavar="NAME", help="Default: the first administrator.")
        parser.add_argument("--workflow", metavar="SLUG", help="Default: the default workflow.")
        parser.add_argument("--name", help="Default: the name of the file.")
        parser.add_argument(
            "--budget", metavar="AMOUNT", type=amount, help="What all of it may cost at most."
        )
        parser.add_argument("--concurrency", metavar="N", type=int, default=USUAL_AT_ONCE)
        parser.add_argument(
            "--at", metavar="TIME", type=datetime.fromisoformat, help="ISO 8601, UTC. Default: now."
        )
        parser.add_argument("--repeats", choices=Repeats.values, default=Repeats.NEVER)
        parser.add_argument("--kind", choices=Kind.values, default=Kind.ARTICLE)
        parser.add_argument("--language", choices=Language.values, default=Language.ENGLISH)
        parser.add_argument("--words", metavar="N", type=int, default=1000)
        parser.add_argument(
            "--leave-out", action="store_true", help="Start without the rows that cannot be used."
        )
        parser.add_argument("--check", action="store_true", help="Read and check; start nothing.")
        parser.add_argument("--json", action="store_true", help="Print one JSON object.")

    def handle(self, *args: Any, **options: Any) -> None:
        user = user_named(options["owner"])
        reading = self._read(options)
        wrong = [row for row in reading.rows if row.problems]
        for note in reading.notes:
            self.stderr.write(note)
        for row in wrong:
            said = {"number": row.number, "problem": " ".join(row.problems)}
            self.stderr.write(_("Row %(number)d: %(problem)s") % said)
        figures = {"documents": len(reading.rows) - len(wrong), "wrong": len(wrong)}
        if options["check"]:
            self._say(options, figures)
            if wrong:
                sys.exit(1)
            return
        if wrong and not options["leave_out"]:
            raise CommandError(
                _("%(count)d rows cannot be used. Correct them, or leave them out: --leave-out.")
                % {"count": len(wrong)}
            )
        batch = self._start(user, reading, len(wrong), options)
        self._say(options, figures | {"batch": str(batch.pk)})

    def _read(self, options: dict[str, Any]) -> Reading:
        path: Path = options["file"]
        defaults = Defaults(options["kind"], options["language"], options["words"])
        try:
            data = sys.stdin.buffer.read() if str(path) == "-" else path.read_bytes()
            return read_file(data, path.name, defaults=defaults)
        except OSError as error:
            raise CommandError(
                _("The file cannot be read: %(error)s") % {"error": error}
            ) from error
        except WritingError as error:
            raise CommandError(str(error)) from error

    def _start(self, user: Any, reading: Reading, wrong: int, options: dict[str, Any]) -> Any:
        """By the form that the page has, so that both take and refuse the same."""
        path: Path = options["file"]
        upload = keep_upload(user, reading=reading, file_name="" if str(path) == "-" else path.name)
        blank = BatchForm(upload, wrong=wrong)
        at = options["at"]
        if at and at.tzinfo:
            at = at.astimezone(UTC)
        said = {
            "name": options["name"] or blank["name"].value(),
            "workflow": options["workflow"] or blank["workflow"].value(),
            "budget": options["budget"],
            "concurrency": options["concurrency"],
            "when": "later" if at else "now",
            "starts_at": at and f"{at:%Y-%m-%dT%H:%M:%S}",
            "repeats": options["repeats"],
            "leave_out": options["leave_out"],
        }
        form = BatchForm(upload, said, wrong=wrong)
        try:
            if not form.is_valid():
                problems = [
                    f"{name}: {text}" for name, each in form.errors.items() for text in each
                ]
                raise CommandError("\n".join(problems))
            return start_batch(upload, acting_user=user, **form.orders())
        except (CommandError, WritingError) as error:
            discard_upload(upload, acting_user=user)
            raise CommandError(str(error)) from error

    def _say(self, options: dict[str, Any], figures: dict[str, Any]) -> None:
        if options["json"]:
            self.stdout.write(json.dumps(figures))
        else:
            self.stdout.write(
                figures.get("batch")
                or _("%(documents)d rows can be used, %(wrong)d cannot.") % figures
            )
