"""manage.py prices: the models' prices, from the list that ships with the project or a file."""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from agents import price_list
from agents.actions.prices import apply_prices, keep_price_list
from agents.models import Model
from agents.price_list import PriceListError


class Command(BaseCommand):
    help = (
        "Give models the prices of the price list; prices that were entered by hand stay. A FILE "
        "of the same form as agents/prices.json is kept as the list from now on."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", nargs="?", metavar="FILE", type=Path)
        parser.add_argument(
            "--replace", action="store_true", help="Replace prices entered by hand as well."
        )

    def handle(self, *args: Any, **options: Any) -> None:
        file: Path | None = options["file"]
        try:
            prices = keep_price_list(file) if file else price_list.current()
            applied = apply_prices(Model.objects.all(), prices, replace_own=options["replace"])
        except PriceListError as error:
            raise CommandError(str(error)) from error
        self.stdout.write(
            f"Price list of {prices.date}: {applied.changed} changed, {applied.same} already so, "
            f"{applied.own} entered by hand and kept, {applied.unlisted} not in the list."
        )
