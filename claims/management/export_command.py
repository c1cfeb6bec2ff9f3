"""What the commands that write all published reviews have in common."""

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
from claimsapi.core.ledger.progress import Progress

_LOT: Final = 500


class ExportCommand(BaseCommand):
    """Writes the ClaimReview of every review that stands, in the order in which they came."""

    def begin(self, options: dict[str, Any]) -> str:
        """What stands before the first review."""
        raise NotImplementedError

    def written(self, found: Json, *, first: bool, markup: str) -> str:
        """A review as it is written; ``markup`` is what was kept of an imported one."""
        raise NotImplementedError

    def end(self) -> str:
        """What stands after the last review."""
        return ""

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("path", metavar="PATH", help="A new file, or - for standard output.")

    def handle(self, *, path: str, **options: Any) -> None:
        head = self.begin(options)
        if path == "-":
            try:
                self._write(sys.stdout, head)
                sys.stdout.flush()
            except OSError as error:
                raise CommandError(f"standard output: {error.strerror or error}") from None
            return
        try:
            with create_file(Path(path)) as file:
                self._write(file, head)
        except FileExistsError:
            raise CommandError(f"{path} is there already: name a new file.") from None
        except OSError as error:
            raise CommandError(f"{path}: {error.strerror or error}") from None

    def _write(self, file: TextIO, head: str) -> None:
        standing = Review.objects.current().order_by("pk")
        progress = Progress("Reviews", standing.count(), self.stderr.write)
        file.write(head)
        last = 0
        while reviews := list(standing.filter(pk__gt=last).for_markup()[:_LOT]):
            for review in reviews:
                if found := serialize_review(review, review_url(review)):
                    markup = review.public_versions[0].markup
                    file.write(self.written(found, first=last == 0, markup=markup))
                    last = review.pk
            last = reviews[-1].pk
            progress.add(len(reviews))
        file.write(self.end())
