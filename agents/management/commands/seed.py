"""manage.py seed: what every installation starts with."""

from typing import Any

from django.core.management.base import BaseCommand

from agents.seeds import seed
from agents.starters import load_starters


class Command(BaseCommand):
    help = "Create the providers, roles and workflows an installation starts with; safe to repeat."

    def handle(self, *args: Any, **options: Any) -> None:
        seed()
        load_starters()
