"""Base of the commands that export all published reviews."""

import sys
from argparse import ArgumentParser
from pathlib import Path
from typing import Any, Final, TextIO

from django.core.management.base import BaseCommand, CommandError

from claims.exchange.claimreview.serializer import serialize_review
from claims.exchange.claimreview.vocabulary import Json
from claims.models import Review
from claims.public_urls import review_url
from claimsapi.core.files import create_file
from claimsapi.core.progress import Progress

_BATCH: Final = 500  # reviews of one query


class ExportCommand(BaseCommand):
    """Writes the ClaimReview of every published review, in the order of their creation."""

    def format_head(self, options: dict[str, Any]) -> str:
        """Return the text before the first review."""
        raise NotImplementedError

    def format_review(self, review: Json, *, is_first: bool, markup: str) -> str:
        """Return the text of a review; ``markup`` is the stored markup of an imported one."""
        raise NotImplementedError

    def format_tail(self) -> str:
        """Return the text after the last review."""
        return ""

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("path", metavar="PATH", help="A new file, or - for standard output.")

    def handle(self, *, path: str, **options: Any) -> None:
        head = self.format_head(options)
        if path == "-":
            try:
                self._write(sys.stdout, head)
                # Flush now: an error after the command would not reach the exit code.
                sys.stdout.flush()
            except OSError as error:
                raise CommandError(f"standard output: {error.strerror or error}") from None
            return
        try:
            with create_file(Path(path)) as file:
                self._write(file, head)
        except FileExistsError:
            raise CommandError(f"{path} already exists. Name a new file.") from None
        except OSError as error:
            raise CommandError(f"{path}: {error.strerror or error}") from None

    def _write(self, file: TextIO, head: str) -> None:
        published = Review.objects.current().order_by("pk")
        progress = Progress("Reviews", published.count(), self.stderr.write)
        file.write(head)
        last_pk, is_first = 0, True
        # By key: a long iterator would keep a transaction open, and skips would repeat work.
        while reviews := list(published.filter(pk__gt=last_pk).for_markup()[:_BATCH]):
            for review in reviews:
                # None if the review was retracted between the queries for it and its versions.
                if serialized := serialize_review(review, review_url(review)):
                    markup = review.public_versions[0].markup
                    file.write(self.format_review(serialized, is_first=is_first, markup=markup))
                    is_first = False
            last_pk = reviews[-1].pk
            progress.add(len(reviews))
        file.write(self.format_tail())
