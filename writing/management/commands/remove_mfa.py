"""The way back in for an administrator who lost their device."""

from argparse import ArgumentParser
from typing import Any

from django.contrib.auth.models import User
from django.core.management.base import BaseCommand, CommandError

from writing.second_factor import remove_second_factor


class Command(BaseCommand):
    help = "Removes the second step of signing in from an account: the password is enough then."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("username")

    def handle(self, *args: Any, username: str, **options: Any) -> None:
        user = User.objects.filter(username=username).first()
        if user is None:
            raise CommandError(f"There is no account named {username!r}.")
        if remove_second_factor(user, acting_user=None):
            self.stdout.write(f"From now on the password is enough for {username} to sign in.")
        else:
            self.stdout.write(f"{username} had no second step.")
