"""``manage.py import_claimreview``: bring in the reviews of others."""

from collections.abc import Iterator
from typing import BinaryIO

from claims.exchange.claimreview.extractor import Item, extract_items
from claims.management.import_command import ImportCommand


class Command(ImportCommand):
    help = (
        "Bring in the ClaimReviews of files: a feed, a list, a graph, one object per line, or a "
        "saved page. What is known already changes nothing; a changed review becomes a new version "
        "with a correction note. Prints the counts as one line of JSON. If a row was rejected the "
        "others went in, and the exit code is 2."
    )

    def find(self, stream: BinaryIO) -> Iterator[Item]:
        return extract_items(stream)
