"""Compares an import with writing the same rows, and writes docs/benchmarks-import.md.

``make bench-import`` runs this. It imports a feed of invented reviews into an empty database. Then
it empties the tables and writes the same rows again by ``executemany``, with the same triggers and
in batches of the same size. IMPORTS sets the number of reviews.
"""

import json
import os
import random
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))
os.environ["DJANGO_SETTINGS_MODULE"] = "claimsapi.settings"
os.environ.setdefault("DEBUG", "1")

from tests.postgres import temporary_server  # noqa: E402  after the path

REVIEWS = int(os.environ.get("IMPORTS", "50000"))
BATCH = 500
LIMIT = 3.0
LABELS = ["True", "Mostly true", "Half true", "Mostly false", "False", "Misleading"]
SOURCE_TABLES = ["sources_publisher", "sources_speaker", "sources_identifier", "claims_topic"]
SCALE_TABLES = ["claims_ratingscale", "claims_rating"]
REVIEW_TABLES = [
    "sources_document",
    "claims_claim",
    "claims_claim_topics",
    "claims_statement",
    "claims_review",
    "claims_reviewversion",
]


def write_feed(path: Path) -> None:
    """Write an invented feed of 60 publishers and 3,000 speakers, one appearance per review."""
    # A seed, so that every run imports the same feed.
    generator = random.Random(5)  # noqa: S311  no secret
    draw = generator.randrange
    with path.open("w") as file:
        file.write('{"@type":"DataFeed","dataFeedElement":[')
        for number in range(REVIEWS):
            site, speaker = draw(60), draw(3000)
            same_as = [f"https://register.example/{speaker}"] if speaker % 3 == 0 else []
            url = f"https://checker{site}.example/{number}"
            review = {
                "@context": "https://schema.org",
                "@type": "ClaimReview",
                "url": url,
                "claimReviewed": f"In year {number} every {draw(99)}th ferry was late.",
                "datePublished": f"20{draw(10, 26)}-05-{draw(10, 29)}",
                "author": {"@type": "Organization", "name": f"Checker {site}"},
                "reviewRating": {
                    "@type": "Rating",
                    "ratingValue": "2",
                    "bestRating": "5",
                    "worstRating": "1",
                    "alternateName": generator.choice(LABELS),
                    "ratingExplanation": "The log of the harbour office shows another number. " * 3,
                },
                "itemReviewed": {
                    "@type": "Claim",
                    "author": {"@type": "Person", "name": f"Speaker {speaker}", "sameAs": same_as},
                    "datePublished": "2019-05-03",
                    "appearance": [f"https://news.example/{number}"],
                },
            }
            item = {"@type": "DataFeedItem", "url": url, "item": [review]}
            file.write(("," if number else "") + json.dumps(item))
        file.write("]}")


def measure_in_child() -> None:
    """Measure on the database of DATABASE_URL and print one JSON object."""
    # Only the child is a Django program: the parent runs it once per database.
    import django  # noqa: PLC0415

    django.setup()
    from django.core.management import call_command  # noqa: PLC0415
    from django.db import connection, reset_queries  # noqa: PLC0415

    from claims.exchange.claimreview.extractor import extract_items  # noqa: PLC0415
    from claims.exchange.importing.rows import read_rows  # noqa: PLC0415
    from claims.exchange.importing.service import get_import_author  # noqa: PLC0415

    call_command("migrate", verbosity=0)
    importer: Any = import_module("claims.exchange.importing.importer")
    author, sequence_entries, sequencing = get_import_author(), importer.sequence_entries, 0.0

    def sequence_and_time() -> None:
        nonlocal sequencing
        start = time.perf_counter()
        sequence_entries()
        sequencing += time.perf_counter() - start

    importer.sequence_entries = sequence_and_time
    with tempfile.TemporaryDirectory() as directory:
        path = Path(directory) / "feed.json"
        write_feed(path)
        idle = peak_memory()

        def time_import(*, dry: bool | None) -> float:
            """Time an import, a dry run, or with None the parser alone."""
            start = time.perf_counter()
            with path.open("rb") as stream:
                rows = read_rows(extract_items(stream))
                if dry is not None:
                    rows = importer.ReviewImporter(author=author, dry_run=dry).run(rows)
                number = 0
                for _ in rows:
                    number += 1
                    reset_queries()  # as the command does
            if number != REVIEWS:
                raise SystemExit(f"The import yielded {number} rows instead of {REVIEWS}.")
            return time.perf_counter() - start

        parse_time = time_import(dry=None)
        dry_time = time_import(dry=True)
        import_time = time_import(dry=False)
        memory, sequencing_time = peak_memory() - idle, sequencing
        repeat_time = time_import(dry=False)
    contents = {
        table: read_table(table) for table in [*SOURCE_TABLES, *SCALE_TABLES, *REVIEW_TABLES]
    }
    call_command("flush", interactive=False, verbosity=0)
    get_import_author()
    executemany_time = write_rows(contents)
    print(  # noqa: T201  the parent reads it
        json.dumps(
            {
                "database": connection.vendor,
                "rows": sum(len(rows) for _, rows in contents.values()),
                "ratio": import_time / executemany_time,
                "parsing": parse_time / import_time,
                "resolving": (dry_time - parse_time) / import_time,
                "writing": (import_time - dry_time - sequencing_time) / import_time,
                "sequencing": sequencing_time / import_time,
                "repeat": repeat_time / import_time,
                "megabytes": memory / 1024,
            }
        )
    )


def peak_memory() -> int:
    """Return the peak memory of this process, in KiB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss


def read_table(table: str) -> tuple[list[str], list[Any]]:
    """Return the column names and the rows of a table."""
    from django.db import connection  # noqa: PLC0415

    with connection.cursor() as cursor:
        cursor.execute(f"SELECT * FROM {table} ORDER BY id")
        return [column[0] for column in cursor.description or ()], cursor.fetchall()


def write_rows(contents: dict[str, tuple[list[str], list[Any]]]) -> float:
    """Write the rows again and return the seconds that it took."""
    from django.contrib.auth import get_user_model  # noqa: PLC0415
    from django.db import connection, transaction  # noqa: PLC0415

    author = get_user_model().objects.get(handle="import").pk
    # Emptying the tables deleted the account of the author too. The new one has another id.
    columns, versions = contents["claims_reviewversion"]
    index = columns.index("author_id")
    contents["claims_reviewversion"] = (
        columns,
        [(*row[:index], author, *row[index + 1 :]) for row in versions],
    )
    start, done = time.perf_counter(), 0
    for tables in (*([table] for table in (*SOURCE_TABLES, *SCALE_TABLES)), REVIEW_TABLES):
        longest = max(len(contents[table][1]) for table in tables)
        for begin in range(0, longest, BATCH):
            with transaction.atomic(), connection.cursor() as cursor:
                for table in tables:
                    names, rows = contents[table]
                    part = rows[begin : begin + BATCH]
                    if part:
                        marks = ", ".join(["%s"] * len(names))
                        columns_sql = ", ".join(f'"{name}"' for name in names)
                        cursor.executemany(
                            f"INSERT INTO {table} ({columns_sql}) VALUES ({marks})",
                            part,
                        )
            before, done = done, done + 1
            # Like the import: PostgreSQL needs new plans when the tables have doubled.
            if connection.vendor == "postgresql" and done.bit_length() > before.bit_length():
                with connection.cursor() as cursor:
                    cursor.execute("ANALYZE")
    return time.perf_counter() - start


def measure() -> Iterator[dict[str, Any]]:
    """Yield the figures of both databases."""

    def measure_on(url: str) -> dict[str, Any]:
        environment = {**os.environ, "DATABASE_URL": url, "DB_POOL": "0"}
        command = [sys.executable, __file__, "child"]
        result = subprocess.run(command, env=environment, stdout=subprocess.PIPE, check=True)
        figures: dict[str, Any] = json.loads(result.stdout)
        return figures

    with tempfile.TemporaryDirectory(prefix="claimsapi-bench-") as directory:
        yield measure_on(f"sqlite:///{directory}/import.sqlite3")
    with temporary_server(durable=True) as url:
        yield measure_on(url)


def page(figures: list[dict[str, Any]]) -> str:
    """Format docs/benchmarks-import.md."""
    lines = [
        "# Cost of an import",
        "",
        (
            f"Written by `make bench-import`. The import reads {REVIEWS:,} invented ClaimReviews "
            "of 60 publishers and 3,000 speakers into an empty database. Then `executemany` "
            "writes the same rows, with the same triggers (guards, ledger, public index, search "
            f"text) and in batches of {BATCH}. Unlike `executemany`, the import also sequences "
            "its ledger entries. All figures are ratios within one run, because times on a busy "
            "machine mean little."
        ),
        "",
        "| | " + " | ".join(one["database"] for one in figures) + " |",
        "| --- |" + " --- |" * len(figures),
    ]
    for label, name, form in (
        ("rows written", "rows", "{:,}"),
        (f"import / `executemany` of its rows (limit {LIMIT:.0f})", "ratio", "{:.2f}"),
        ("share of the import: parsing the markup", "parsing", "{:.0%}"),
        ("share of the import: resolving names to existing records", "resolving", "{:.0%}"),
        ("share of the import: writing, including triggers", "writing", "{:.0%}"),
        ("share of the import: sequencing the ledger entries", "sequencing", "{:.0%}"),
        ("a second import of the same feed, compared with the first", "repeat", "{:.0%}"),
        ("peak memory above that of the idle program, MB", "megabytes", "{:.0f}"),
    ):
        cells = " | ".join(form.format(one[name]) for one in figures)
        lines.append(f"| {label} | {cells} |")
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    if sys.argv[1:] == ["child"]:
        measure_in_child()
    else:
        (ROOT / "docs" / "benchmarks-import.md").write_text(page(list(measure())))
