"""``manage.py ingest``: store files as documents with snapshots."""

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

from claims.services.passages import anchor_passages
from claimsapi.core.database.violations import describe_violation
from claimsapi.core.errors import DomainError, Invalid
from claimsapi.core.partial_date import PartialDate
from claimsapi.core.text import find_unprintable, normalize_text
from sources.canonical import canonicalize_site, canonicalize_url
from sources.choices import DocumentKind
from sources.ingest.decoding import Unreadable, looks_like_html, read_limited, sha256_hex
from sources.ingest.extraction import Extract, extract_html, extract_plain_text
from sources.services import Outcome, ingest_document

# Errors of one file. The command reports them and continues with the next file.
_FILE_ERRORS = (Unreadable, DomainError, ValueError, OSError, ValidationError, IntegrityError)


class Command(BaseCommand):
    help = (
        "Store text or HTML files as documents with a snapshot, and anchor the statements that "
        "wait for their text. Prints one line of JSON for each file. Errors of a file go to "
        "standard error, the command continues with the next file, and the exit code is 2."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "paths", nargs="+", metavar="PATH", help="A file, or - for standard input."
        )
        parser.add_argument("--title", default="", help="Title, instead of the file's own.")
        parser.add_argument("--url", default="", help="Canonical URL.")
        parser.add_argument(
            "--publisher", default="", help="Site (example.org) or name of the publisher."
        )
        parser.add_argument("--published", default="", help="Date: YYYY, YYYY-MM or YYYY-MM-DD.")
        parser.add_argument("--kind", default=DocumentKind.ARTICLE, choices=DocumentKind.values)
        parser.add_argument("--language", default="", help="Language tag such as en (BCP 47).")

    def handle(self, *, paths: list[str], **options: Any) -> None:
        try:
            overrides = self._parse_overrides(options)
        except ValueError as error:
            raise CommandError(str(error), returncode=2) from None
        failed = 0
        for path in paths:
            try:
                line = self._ingest(path, overrides, options["kind"])
            except _FILE_ERRORS as error:
                failed += 1
                self.stderr.write(f"{path}: {_format_error(error)}")
            else:
                self.stdout.write(json.dumps(line, ensure_ascii=False))
        if failed:
            raise CommandError(f"{failed} of {len(paths)} file(s) failed.", returncode=2)

    def _parse_overrides(self, options: dict[str, Any]) -> dict[str, Any]:
        """Return the metadata of the command line, which replace those of the files."""
        overrides: dict[str, Any] = {}
        for name in ("title", "publisher", "language"):
            if problem := find_unprintable(options[name]):
                raise ValueError(f"--{name}: {problem}")
        if options["title"].strip():
            overrides["title"] = normalize_text(options["title"].strip())
        if options["language"]:
            overrides["language"] = options["language"]
        if options["url"]:
            overrides["url"] = canonicalize_url(options["url"])
        if options["published"]:
            overrides["published"] = PartialDate.parse(options["published"])
        if publisher := options["publisher"].strip():
            try:
                overrides |= {"site": canonicalize_site(publisher), "publisher_name": ""}
            except ValueError:
                overrides |= {"site": "", "publisher_name": normalize_text(publisher)}
        return overrides

    def _ingest(self, path: str, overrides: dict[str, Any], kind: str) -> dict[str, Any]:
        if path == "-":
            name, content = "", self._read(sys.stdin.buffer)
        else:
            name = Path(path).name  # without the folders, which may name people
            with Path(path).open("rb") as stream:
                content = self._read(stream)
        html = looks_like_html(content, name)
        extract: Extract = extract_html(content) if html else extract_plain_text(content, name=name)
        for warning in extract.warnings:
            self.stderr.write(f"{path}: note: {warning}")
        # One transaction: a file with an unresolved publisher must leave no document.
        with transaction.atomic():
            ingested = ingest_document(
                extract=replace(extract, **overrides),
                sha256=sha256_hex(content),
                size=len(content),
                kind=kind,
            )
            publisher_name = overrides.get("publisher_name")
            is_unresolved = publisher_name and ingested.document.publisher is None
            if is_unresolved and ingested.outcome == Outcome.CREATED:
                raise Invalid(
                    f"The name {publisher_name!r} matches no publisher or several. Use the site "
                    "(example.org)."
                )
            anchored = anchor_passages(snapshot=ingested.snapshot)
        return {
            "path": path.encode(
                errors="backslashreplace"
            ).decode(),  # file names may have bytes outside UTF-8
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


def _format_error(error: Exception) -> str:
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
