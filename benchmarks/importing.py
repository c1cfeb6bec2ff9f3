"""What an import costs beside writing the same rows, and write docs/benchmarks-import.md.

Run by ``make bench-import``. On an empty database a feed of invented reviews is imported; then the
tables are emptied, and the rows that it made are written again by ``executemany``, with the same
triggers and in lots of the same size. IMPORTS says how many reviews.
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

from tests.postgres import temporary_server  # noqa: E402  found beside this folder

REVIEWS = int(os.environ.get("IMPORTS", "50000"))
LOT = 500
LIMIT = 3.0
LABELS = ["True", "Mostly true", "Half true", "Mostly false", "False", "Misleading"]
FIRST = ["sources_publisher", "sources_speaker", "sources_identifier", "claims_topic"]
SCALES = ["claims_ratingscale", "claims_rating"]
ROWS = [
    "sources_document",
    "claims_claim",
    "claims_claim_topics",
    "claims_statement",
    "claims_review",
    "claims_reviewversion",
]


def feed(path: Path) -> None:
    """Write an invented feed: 60 publishers, 3,000 speakers, one appearance each."""
    chosen = random.Random(5)  # noqa: S311  no secret
    with path.open("w") as file:
        file.write('{"@type":"DataFeed","dataFeedElement":[')
        for number in range(REVIEWS):
            site, speaker = chosen.randrange(60), chosen.randrange(3000)
            known = [f"https://register.example/{speaker}"] if speaker % 3 == 0 else []
            url = f"https://checker{site}.example/{number}"
            review = {
                "@context": "https://schema.org",
                "@type": "ClaimReview",
                "url": url,
                "claimReviewed": f"In year {number} every {chosen.randrange(99)}th ferry was late.",
                "datePublished": f"20{chosen.randrange(10, 26)}-05-{chosen.randrange(10, 29)}",
                "author": {"@type": "Organization", "name": f"Checker {site}"},
                "reviewRating": {
                    "@type": "Rating",
                    "ratingValue": "2",
                    "bestRating": "5",
                    "worstRating": "1",
                    "alternateName": chosen.choice(LABELS),
                    "ratingExplanation": "The log of the harbour office shows another number. " * 3,
                },
                "itemReviewed": {
                    "@type": "Claim",
                    "author": {"@type": "Person", "name": f"Speaker {speaker}", "sameAs": known},
                    "datePublished": "2019-05-03",
                    "appearance": [f"https://news.example/{number}"],
                },
            }
            item = {"@type": "DataFeedItem", "url": url, "item": [review]}
            file.write(("," if number else "") + json.dumps(item))
        file.write("]}")


def child() -> None:
    """Measure on the database of DATABASE_URL, and print one JSON object."""
    import django  # noqa: PLC0415  the child alone is a Django program

    django.setup()
    from django.core.management import call_command  # noqa: PLC0415
    from django.db import connection, reset_queries  # noqa: PLC0415

    from claims.exchange.claimreview.extractor import extract_items  # noqa: PLC0415
    from claims.exchange.importing.author import import_author  # noqa: PLC0415
    from claims.exchange.importing.rows import read_rows  # noqa: PLC0415

    call_command("migrate", verbosity=0)
    storing: Any = import_module("claims.exchange.importing.importer")
    author, place, placing = import_author(), storing.place, 0.0

    def place_and_note() -> None:
        nonlocal placing
        start = time.perf_counter()
        place()
        placing += time.perf_counter() - start

    storing.place = place_and_note
    with tempfile.TemporaryDirectory() as directory:
        path = Path(directory) / "feed.json"
        feed(path)
        idle = peak()

        def timed(*, dry: bool | None) -> float:
            start = time.perf_counter()
            with path.open("rb") as stream:
                found = read_rows(extract_items(stream))
                done = found if dry is None else storing.Import(author=author, dry=dry).run(found)
                number = 0
                for _ in done:
                    number += 1
                    reset_queries()  # as the command does
            if number != REVIEWS:
                raise SystemExit(f"{number} rows, where {REVIEWS} were due")
            return time.perf_counter() - start

        read, decided, imported = timed(dry=None), timed(dry=True), timed(dry=False)
        memory, placed = peak() - idle, placing
        same = timed(dry=False)
    held = {table: content(table) for table in [*FIRST, *SCALES, *ROWS]}
    call_command("flush", interactive=False, verbosity=0)
    import_author()
    bare = written(held)
    print(  # noqa: T201  what the parent reads
        json.dumps(
            {
                "database": connection.vendor,
                "rows": sum(len(found) for _, found in held.values()),
                "ratio": imported / bare,
                "reading": read / imported,
                "deciding": (decided - read) / imported,
                "writing": (imported - decided - placed) / imported,
                "placing": placed / imported,
                "again": same / imported,
                "megabytes": memory / 1024,
            }
        )
    )


def peak() -> int:
    """The most memory that the process ever had, in KiB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss


def content(table: str) -> tuple[list[str], list[Any]]:
    from django.db import connection  # noqa: PLC0415

    with connection.cursor() as cursor:
        cursor.execute(f"SELECT * FROM {table} ORDER BY id")
        return [column[0] for column in cursor.description or ()], cursor.fetchall()


def written(held: dict[str, tuple[list[str], list[Any]]]) -> float:
    """Write the rows again, and return the seconds that it took."""
    from django.contrib.auth import get_user_model  # noqa: PLC0415
    from django.db import connection, transaction  # noqa: PLC0415

    author = get_user_model().objects.get(handle="import").pk
    columns, versions = held["claims_reviewversion"]
    place = columns.index("author_id")
    held["claims_reviewversion"] = (
        columns,
        [(*row[:place], author, *row[place + 1 :]) for row in versions],
    )
    start, done = time.perf_counter(), 0
    for tables in (*([table] for table in (*FIRST, *SCALES)), ROWS):
        longest = max(len(held[table][1]) for table in tables)
        for begin in range(0, longest, LOT):
            with transaction.atomic(), connection.cursor() as cursor:
                for table in tables:
                    names, found = held[table]
                    part = found[begin : begin + LOT]
                    if part:
                        marks = ", ".join(["%s"] * len(names))
                        listed = ", ".join(f'"{name}"' for name in names)
                        cursor.executemany(
                            f"INSERT INTO {table} ({listed}) VALUES ({marks})",
                            part,
                        )
            before, done = done, done + 1
            # As the import does: PostgreSQL plans anew when the tables have doubled.
            if connection.vendor == "postgresql" and done.bit_length() > before.bit_length():
                with connection.cursor() as cursor:
                    cursor.execute("ANALYZE")
    return time.perf_counter() - start


def measured() -> Iterator[dict[str, Any]]:
    def on(url: str) -> dict[str, Any]:
        environment = {**os.environ, "DATABASE_URL": url, "DB_POOL": "0"}
        command = [sys.executable, __file__, "child"]
        made = subprocess.run(command, env=environment, stdout=subprocess.PIPE, check=True)
        found: dict[str, Any] = json.loads(made.stdout)
        return found

    with tempfile.TemporaryDirectory(prefix="claimsapi-bench-") as directory:
        yield on(f"sqlite:///{directory}/import.sqlite3")
    with temporary_server(durable=True) as url:
        yield on(url)


def page(found: list[dict[str, Any]]) -> str:
    """The page of docs that says what was measured."""
    lines = [
        "# What an import costs",
        "",
        (
            f"Written by `make bench-import`: {REVIEWS:,} invented ClaimReviews of 60 publishers, "
            "3,000 speakers, read into an empty database; then the same rows written by "
            "`executemany`, with the same triggers (guards, ledger, index, search) and in lots of "
            f"{LOT}. The import places what it wrote in the "
            "ledger's tree, too. Ratios within one run: absolute times on a busy machine say "
            "little."
        ),
        "",
        "| | " + " | ".join(one["database"] for one in found) + " |",
        "| --- |" + " --- |" * len(found),
    ]
    for label, name, form in (
        ("rows that were written", "rows", "{:,}"),
        (f"import / `executemany` of its rows (limit {LIMIT:.0f})", "ratio", "{:.2f}"),
        ("of the import: reading and understanding the markup", "reading", "{:.0%}"),
        ("of the import: who and what is known, what is new", "deciding", "{:.0%}"),
        ("of the import: writing, triggers included", "writing", "{:.0%}"),
        ("of the import: placing the entries in the ledger's tree", "placing", "{:.0%}"),
        ("the same feed again, of the time of the first", "again", "{:.0%}"),
        ("memory at its most over that of the idle program, MB", "megabytes", "{:.0f}"),
    ):
        cells = " | ".join(form.format(one[name]) for one in found)
        lines.append(f"| {label} | {cells} |")
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    if sys.argv[1:] == ["child"]:
        child()
    else:
        (ROOT / "docs" / "benchmarks-import.md").write_text(page(list(measured())))
