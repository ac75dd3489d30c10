"""`manage.py export ID --format md|html|json`: print a document, or write it into a file."""

import uuid
from argparse import ArgumentTypeError
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from writing.actions.export import FILES, export_html, export_manifest, export_markdown
from writing.models import Document

PRINTED = {"md": export_markdown, "html": export_html, "json": export_manifest}


class Command(BaseCommand):
    help = "Print a document as Markdown or a standalone web page, or where its words came from."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("id", type=_document_id, help="the document's id, as in its address")
        parser.add_argument("--format", choices=sorted(PRINTED), default="md")
        parser.add_argument(
            "--output",
            type=Path,
            help="a file to write instead; Markdown with images becomes a ZIP archive of both",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        document = Document.objects.present().filter(pk=options["id"]).first()
        if document is None:
            raise CommandError(f"There is no document {options['id']}.")
        if path := options["output"]:
            path.write_bytes(FILES[options["format"]](document).data)
        else:
            self.stdout.write(PRINTED[options["format"]](document), ending="")


def _document_id(text: str) -> uuid.UUID:
    try:
        return uuid.UUID(text)
    except ValueError as error:
        raise ArgumentTypeError(f"{text!r} is not a document's id") from error
