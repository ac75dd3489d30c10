"""manage.py up: everything on this machine, under one supervisor."""

import os
import sys
from argparse import ArgumentParser
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand


class Command(BaseCommand):
    help = "Start every process, wait until all answer, and keep them running. Ctrl-C stops them."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--tied", action="store_true", help="Stop when the process that started this one ends."
        )

    def handle(self, *args: Any, **options: Any) -> None:
        # Replaces this process, which has loaded every model and view, by one that has not.
        os.environ["DATA_DIR"] = str(settings.DATA_DIR)
        os.environ.setdefault("DJANGO_SETTINGS_MODULE", "project.settings")
        os.chdir(settings.BASE_DIR)
        command = [sys.executable, "-m", "project.supervisor"]
        os.execv(sys.executable, command + ["--tied"] * options["tied"])  # noqa: S606 (no shell is wanted)
