"""``manage.py import_claimreview``: imports the reviews of other publishers."""

from collections.abc import Iterator
from typing import BinaryIO

from claims.exchange.claimreview.extractor import Item, extract_items
from claims.management.import_command import ImportCommand


class Command(ImportCommand):
    help = (
        "Import the ClaimReviews of files: a feed, a list, a graph, one object per line, or a "
        "saved page. An unchanged review changes nothing. A changed review gets a new version "
        "with a correction note. Prints the counts as one line of JSON. The exit code is 2 if a "
        "row was rejected; all other rows are imported."
    )

    def extract(self, stream: BinaryIO) -> Iterator[Item]:
        return extract_items(stream)
