"""manage.py setup_link: the link that creates the first account."""

from typing import Any

from django.contrib.auth import get_user_model
from django.core.management.base import BaseCommand, CommandError

from project.services import local_address
from writing.setup_token import ensure_token


class Command(BaseCommand):
    help = "Print the one-time link that creates the administrator's account."

    def handle(self, *args: Any, **options: Any) -> None:
        if get_user_model().objects.exists():
            raise CommandError("There is an account. Lost its password? manage.py changepassword")
        self.stdout.write(f"{local_address()}/setup/{ensure_token()}/")
