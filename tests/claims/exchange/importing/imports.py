"""Helpers of the import tests: import objects, read outcomes, count records."""

import io
from collections import Counter
from collections.abc import Iterator
from typing import Any

from django.core.management import call_command
from django.utils import timezone

from claims.exchange.claimreview.extractor import Item
from claims.exchange.importing.importer import ReviewImporter
from claims.exchange.importing.rows import Row, read_rows
from claims.exchange.importing.service import get_import_author
from claims.models import Claim, Rating, Review, ReviewVersion, Statement
from claimsapi.core.ledger.models import Entry
from sources.models import Document, Publisher, Speaker
from tests import factories as make
from tests.claims.exchange.claimreview.corpus import item, plain

FULL_REVIEW = plain(
    name="Most ferries are on time",
    inLanguage="en-GB",
    reviewBody="The log.\n\nIt shows it.",
    keywords=["Ports", "ferries"],
    citation=[
        {
            "@type": "Dataset",
            "url": "https://log.example/",
            "name": "The log",
            "text": "78 %",
            "description": "The year.",
        }
    ],
    reviewRating={
        "@type": "Rating",
        "alternateName": "Mostly false",
        "ratingExplanation": "One month only.",
    },
    itemReviewed={
        "@type": "Claim",
        "datePublished": "2024-04",
        "author": {
            "@type": "Person",
            "name": "Ada Quill",
            "jobTitle": "Mayor",
            "sameAs": "https://www.wikidata.org/wiki/Q1",
        },
        "appearance": [
            {"@type": "Article", "url": "https://news.example/1", "headline": "Late!"},
            "https://news.example/2",
        ],
    },
)


def start_import(*objects: Any, base: str = "", **options: Any) -> Iterator[Row]:
    """Start the import of JSON objects as one file; it imports each row on demand."""
    importer = ReviewImporter(author=get_import_author(), **options)
    items = iter([Item(value, base=base) for value in objects])
    return importer.run(read_rows(items), source="feed.json")


def import_objects(*objects: Any, dry_run: bool = False) -> list[Row]:
    """Import JSON objects as one file, and return their rows."""
    importer = ReviewImporter(author=get_import_author(), dry_run=dry_run)
    rows = list(importer.run(read_rows(iter(map(Item, objects))), source="feed.json"))
    assert importer.counts == Counter(row.outcome for row in rows)
    return rows


def get_outcomes(*objects: Any) -> list[str]:
    return [str(row.outcome) for row in import_objects(*objects)]


def count_records() -> dict[str, int]:
    models = (Claim, Statement, Review, ReviewVersion, Rating, Speaker, Publisher, Document)
    return {m.__name__: m._default_manager.count() for m in models} | {
        "entries": Entry.objects.exclude(kind="core.user").count()
    }


def make_public(speaker: Speaker) -> Speaker:
    """Make a speaker public by a statement of a listed claim."""
    make.StatementFactory(speaker=speaker, claim=make.ClaimFactory(listed_at=timezone.now()))
    return speaker


def with_claimant(claimant: Any, number: int) -> Any:
    """Return a review by a claimant, with a numbered URL."""
    return item(author=claimant) | {"url": f"https://checker.example/{number}"}


def run_command(name: str, *args: Any, **options: Any) -> str:
    """Run a management command and return its output."""
    out = io.StringIO()
    call_command(name, *args, stdout=out, stderr=io.StringIO(), **options)
    return out.getvalue()
