"""``manage.py ingest``: take articles and other documents in."""

import json
import sys
from argparse import ArgumentParser
from dataclasses import replace
from pathlib import Path
from typing import Any, BinaryIO

from django.conf import settings
from django.core.exceptions import NON_FIELD_ERRORS, ValidationError
from django.core.management.base import BaseCommand, CommandError
from django.db import IntegrityError, transaction

from claims.services.passages import passages_anchor
from claimsapi.core.database.violations import describe_violation
from claimsapi.core.errors import DomainError, Invalid
from claimsapi.core.partial_date import PartialDate
from claimsapi.core.text import find_unprintable, normalize_text
from sources.canonical import canonicalize_site, canonicalize_url
from sources.choices import DocumentKind
from sources.ingest.decoding import Unreadable, looks_like_html, read_limited, sha256_hex
from sources.ingest.extraction import Extract, extract_html, extract_plain_text
from sources.services import Outcome, ingest_document

# What goes wrong with one file while the others go on.
_REFUSALS = (Unreadable, DomainError, ValueError, OSError, ValidationError, IntegrityError)


class Command(BaseCommand):
    help = (
        "Take text or HTML files in as documents with a snapshot; statements that waited for a "
        "text anchor themselves. Prints one line of JSON per file. A file that cannot be taken in "
        "is named on standard error, the others go on, and the exit code is 2."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "paths", nargs="+", metavar="PATH", help="A file, or - for standard input."
        )
        parser.add_argument("--title", default="", help="Its title, if the file does not say.")
        parser.add_argument("--url", default="", help="Its canonical URL.")
        parser.add_argument(
            "--publisher", default="", help="Its publisher's site (example.org) or name."
        )
        parser.add_argument("--published", default="", help="YYYY, YYYY-MM or YYYY-MM-DD.")
        parser.add_argument("--kind", default=DocumentKind.ARTICLE, choices=DocumentKind.values)
        parser.add_argument("--language", default="", help="A language tag such as en (BCP 47).")

    def handle(self, *, paths: list[str], **options: Any) -> None:
        try:
            said = self._said(options)
        except ValueError as error:
            raise CommandError(str(error), returncode=2) from None
        failed = 0
        for path in paths:
            try:
                line = self._ingest(path, said, options["kind"])
            except _REFUSALS as error:
                failed += 1
                self.stderr.write(f"{path}: {_sentence(error)}")
            else:
                self.stdout.write(json.dumps(line, ensure_ascii=False))
        if failed:
            raise CommandError(f"{failed} of {len(paths)} file(s) not taken in.", returncode=2)

    def _said(self, options: dict[str, Any]) -> dict[str, Any]:
        """What the command line says of the documents, in place of what the files say."""
        said: dict[str, Any] = {}
        for name in ("title", "publisher", "language"):
            if problem := find_unprintable(options[name]):
                raise ValueError(f"--{name}: {problem}")
        if options["title"].strip():
            said["title"] = normalize_text(options["title"].strip())
        if options["language"]:
            said["language"] = options["language"]
        if options["url"]:
            said["url"] = canonicalize_url(options["url"])
        if options["published"]:
            said["published"] = PartialDate.parse(options["published"])
        if publisher := options["publisher"].strip():
            try:
                said |= {"site": canonicalize_site(publisher), "publisher_name": ""}
            except ValueError:
                said |= {"site": "", "publisher_name": normalize_text(publisher)}
        return said

    def _ingest(self, path: str, said: dict[str, Any], kind: str) -> dict[str, Any]:
        if path == "-":
            name, content = "", self._read(sys.stdin.buffer)
        else:
            name = Path(path).name  # not the folders, which are nobody's business
            with Path(path).open("rb") as stream:
                content = self._read(stream)
        html = looks_like_html(content, name)
        extract: Extract = extract_html(content) if html else extract_plain_text(content, name=name)
        for warning in extract.warnings:
            self.stderr.write(f"{path}: note: {warning}")
        with transaction.atomic():
            ingested = ingest_document(
                extract=replace(extract, **said),
                sha256=sha256_hex(content),
                size=len(content),
                kind=kind,
            )
            named, publisher = said.get("publisher_name"), ingested.document.publisher
            if named and publisher is None and ingested.outcome == Outcome.CREATED:
                raise Invalid(f"No one publisher is named {named!r}: give its site (example.org).")
            anchored = passages_anchor(snapshot=ingested.snapshot)
        return {
            "path": path.encode(errors="backslashreplace").decode(),  # a name may be no UTF-8
            "outcome": str(ingested.outcome),
            "document": str(ingested.document.public_id),
            "snapshot": str(ingested.snapshot.public_id),
            "title": ingested.document.title,
            "sha256": ingested.snapshot.sha256,
            "length": ingested.snapshot.length,
            "anchored": anchored,
        }

    def _read(self, stream: BinaryIO) -> bytes:
        return read_limited(stream, limit=settings.INGEST_MAX_BYTES)


def _sentence(error: Exception) -> str:
    if isinstance(error, ValidationError):
        return " ".join(
            message if field == NON_FIELD_ERRORS else f"{field}: {message}"
            for field, messages in error.message_dict.items()
            for message in messages
        )
    if isinstance(error, IntegrityError):
        return describe_violation(error)
    if isinstance(error, OSError):
        return error.strerror or str(error)
    return " ".join(str(error).split())
