"""What the commands that write all published reviews have in common."""

import errno
import os
import sys
from argparse import ArgumentParser
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from secrets import token_hex
from typing import Any, Final, TextIO

from django.core.management.base import BaseCommand, CommandError

from claims.exchange.claimreview.serializer import serialize_review
from claims.exchange.claimreview.vocabulary import Json
from claims.models import Review
from claims.public_urls import review_url
from claimsapi.core.files import sync_folder
from claimsapi.core.ledger.progress import Progress

_LOT: Final = 500
_NO_LINKS: Final = frozenset({errno.EPERM, errno.ENOTSUP, errno.ENOSYS, errno.EMLINK})


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
        with _whole_file(Path(path)) as file:
            self._write(file, head)

    def _write(self, file: TextIO, head: str) -> None:
        standing = Review.objects.standing().order_by("pk")
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


@contextmanager
def _whole_file(path: Path) -> Iterator[TextIO]:
    """Yield a file that is at ``path`` when the block ends well, and else nowhere.

    What is there already stays as it is.
    """
    partial = path.with_name(f".{path.name}.{token_hex(4)}.partial")
    try:
        if os.path.lexists(path):
            raise FileExistsError
        with partial.open("x", encoding="utf-8", newline="") as file:
            try:
                yield file
                file.flush()
                os.fsync(file.fileno())
                _give_name(partial, path)
            finally:
                partial.unlink(missing_ok=True)
        sync_folder(path.parent)
    except FileExistsError:
        raise CommandError(f"{path} is there already: name a new file.") from None
    except OSError as error:
        raise CommandError(f"{path}: {error.strerror or error}") from None


def _give_name(partial: Path, path: Path) -> None:
    """Name the file, unless there is one of the name: unlike a link, a rename would replace it."""
    try:
        path.hardlink_to(partial)
    except OSError as error:
        if error.errno not in _NO_LINKS:
            raise
        path.touch(exist_ok=False)  # the name is ours then
        partial.replace(path)
