"""``manage.py export_claimreview``: everything that is published, as a feed of ClaimReviews."""

import json
import sys
from argparse import ArgumentParser
from pathlib import Path
from typing import Any, Final, TextIO

from django.core.management.base import BaseCommand, CommandError

from claims.interchange.claimreview.terms import CONTEXT
from claims.interchange.claimreview.writing import claim_review, data_feed_item
from claims.models import Review
from claims.public.addresses import page_of
from claimsapi.core.ledger.progress import Progress

_LOT: Final = 500


class Command(BaseCommand):
    help = (
        "Write every review that stands as a DataFeed of ClaimReviews, own and imported, in the "
        "order in which they came: one a line. Read into an empty installation it is written again "
        "as the same bytes."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("path", metavar="PATH", help="A file, or - for standard output.")

    def handle(self, *, path: str, **_: Any) -> None:
        if path == "-":
            self._write(sys.stdout)
            return
        try:
            with Path(path).open("x", encoding="utf-8", newline="\n") as file:
                self._write(file)
        except FileExistsError:
            raise CommandError(f"{path} is there already: name a new file.") from None

    def _write(self, file: TextIO) -> None:
        standing = Review.objects.standing().order_by("pk")
        progress = Progress("Reviews", standing.count(), self.stderr.write)
        head = json.dumps({"@context": CONTEXT, "@type": "DataFeed"}, separators=(",", ":"))
        file.write(f'{head[:-1]},"dataFeedElement":[')
        last, between = 0, "\n"
        while reviews := list(standing.filter(pk__gt=last).for_markup()[:_LOT]):
            for review in reviews:
                found = claim_review(review, page_of(review))
                item = json.dumps(
                    data_feed_item(found or {}), ensure_ascii=False, separators=(",", ":")
                )
                file.write(between + item)
                between = ",\n"
            last = reviews[-1].pk
            progress.add(len(reviews))
        file.write("\n]}\n")
