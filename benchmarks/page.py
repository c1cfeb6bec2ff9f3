"""Formats docs/benchmarks.md, which `make bench` writes."""

import os
import platform
import sqlite3
from collections.abc import Iterable, Iterator
from typing import Any, Final

from benchmarks.goals import GOALS, Figures

Figure = dict[str, Any]

VENDORS: Final = {"sqlite": "SQLite", "postgresql": "PostgreSQL"}
PEERS: Final = ("stock", "Datasette")
SERVERS: Final = ("product", *PEERS, "limit")

HEAD: Final = """# Benchmarks

Written by `CLAIMS={claims} BENCH_ENTRIES={entries} make bench` on {machine}.

A ratio compares two tasks that ran in turn in the same run, so it is valid on a busy machine too.
The times are valid for this machine on that day only. Where a figure misses its goal, the page
shows by which factor.

- [Reading](#reading): [goals](#goals), [times on SQLite](#times-on-sqlite),
  [times on PostgreSQL](#times-on-postgresql), [profile on SQLite](#profile-of-a-list-on-sqlite),
  [profile on PostgreSQL](#profile-of-a-list-on-postgresql), [filling](#filling)
- [The ledger](#the-ledger)

"""

READING: Final = """## Reading

{claims:,} invented claims with long-tailed distributions. Each server is one worker on loopback:

- **product**: the API of this repository, under gunicorn;
- **stock**: a `ModelViewSet` with nested serializers over the same tables, with prefetched
  relations and numbered pages, under gunicorn;
- **Datasette**: on the same SQLite file, only the columns of the claim table: no nested records, no
  counts, no suggested facets. It does not run the cases that join through more than one table;
- **limit**: one hand-written, prepared statement that builds the product's JSON, in a plain ASGI
  application under uvicorn.

Every case compares the answers before it times them. Product, stock and limit return the same JSON
in every field, and Datasette the same claims in the same order. 'Frequent', 'rare' and 'absent' say
how many claims have a value. `page` is page {page:,}: the 20,000th, or the last of less data.

### Goals

Each ratio compares the processor time of server and database together: the medians, unless the row
names another statistic. If a goal covers several cases, the worst one counts.

"""

TIMES: Final = """
### Times on {vendor}

Milliseconds of processor time of server and database together for one request: the median, and the
quartiles in parentheses. The ratios compare medians. The product's first page of the list ran in
turn with each case.

"""

WRITES: Final = """
Changing the text of one claim through the ORM takes {with_triggers:.2f} ms with the triggers of the
read models, and {without_triggers:.2f} ms without them. The SQL of a search takes
{search:.2f} ms of wall time: the median of words from the most frequent to the rarest. 95 of 100
searches take at most {p95:.2f} ms. The product's worker used at most {memory:.0f} MB, and at most
{export_memory:.0f} MB after it had sent all claims as NDJSON.
"""

PROFILE: Final = """
### Profile of a list on {vendor}

The {top} functions of the product with the most time of their own. One list of 50 takes {total:.1f}
ms under the profiler, which slows Python down.{database}

"""

PLANNED: Final = """ PostgreSQL reports
{planning:.1f} ms of planning and {execution:.1f} ms of execution."""


def table(columns: Iterable[str], rows: Iterable[Iterable[str]]) -> str:
    """Format a Markdown table."""
    columns = list(columns)
    lines = [columns, ["---"] * len(columns), *rows]
    return "".join(f"| {' | '.join(line)} |\n" for line in lines)


def page(ledger: list[Figure], reading: list[Figure], entries: str) -> str:
    """Format the whole page."""
    machine = (
        f"{os.cpu_count()} cores, {platform.machine()}, Python {platform.python_version()}, "
        f"SQLite {sqlite3.sqlite_version}, PostgreSQL 18"
    )
    generated = reading[0]
    parts = [HEAD.format(claims=generated["claims"], entries=entries, machine=machine)]
    parts += [READING.format(claims=generated["claims"], page=generated["page"]), _goals(reading)]
    parts += [*_times(reading), *_profiles(reading), _filling(reading), _ledger(ledger)]
    return "".join(parts)


def _figures_of(vendor: str, reading: list[Figure]) -> Figures:
    rows = [row for row in reading if row["database"] == vendor and "server" in row]
    return {(row["case"], row["server"]): row for row in rows}


def _goals(reading: list[Figure]) -> str:
    rows = (
        [goal.label, VENDORS[vendor], goal.format_bound(vendor), result]
        for goal in GOALS
        for vendor in VENDORS
        if (result := goal.format_result(vendor, _figures_of(vendor, reading)))
    )
    return table(("What", "Database", "Goal", "Measured"), rows)


def _times(reading: list[Figure]) -> Iterator[str]:
    for vendor, name in VENDORS.items():
        if not (figures := _figures_of(vendor, reading)):
            continue
        cases = [case for case, server in figures if server == "product" and "SQL" not in case]
        servers = [server for server in SERVERS if ("list", server) in figures]
        ratios = [f"{peer} / product" for peer in servers if peer in PEERS] + ["product / limit"]
        ratios.append("product / first page")
        yield TIMES.format(vendor=name)
        yield table(("Case", *servers, *ratios), (_row(case, servers, figures) for case in cases))
        search = figures["search, its SQL", "product"]
        yield WRITES.format(
            with_triggers=figures["write", "with indexes"]["cpu"][1],
            without_triggers=figures["write", "without"]["cpu"][1],
            search=search["cpu"][1],
            p95=search["p95"],
            memory=figures["search: rare word", "product"]["peak"],
            export_memory=figures["NDJSON", "product"]["peak"],
        )


def _row(case: str, servers: list[str], figures: Figures) -> Iterator[str]:
    quartiles = {name: figures[case, name]["cpu"] for name in servers if (case, name) in figures}
    yield case
    for name in servers:
        # Not every server runs every case.
        yield "{1:.2f} ({0:.2f} to {2:.2f})".format(*quartiles[name]) if name in quartiles else ""
    product = quartiles["product"][1]
    for name in filter(PEERS.__contains__, servers):
        yield f"{quartiles[name][1] / product:.2f}" if name in quartiles else ""
    yield f"{product / quartiles['limit'][1]:.2f}" if "limit" in quartiles else ""
    yield f"{product / figures[case, 'first page']['cpu'][1]:.2f}"


def _profiles(reading: list[Figure]) -> Iterator[str]:
    for figure in reading:
        if figure["case"] == "profile":
            rows = figure["rows"]
            vendor = VENDORS[figure["database"]]
            database = PLANNED.format(**figure["database_ms"]) if figure["database_ms"] else ""
            yield PROFILE.format(
                vendor=vendor, top=len(rows), total=figure["total"], database=database
            )
            yield table(
                ("Own time, ms", "Calls", "Function"),
                ([f"{own:.2f}", f"{calls:.0f}", f"`{name}`"] for own, calls, name in rows),
            )


def _filling(reading: list[Figure]) -> str:
    lines = (
        f"{VENDORS[figure['database']]}: {figure['filling']:.0f} s to write the claims, and"
        f" {figure['rebuilding']:.0f} s to build the read models from them."
        for figure in reading
        if figure["case"] == "generate"
    )
    return "\n### Filling\n\n" + "\n".join(lines) + "\n"


def _ledger(figures: list[Figure]) -> str:
    return "\n## The ledger\n\n" + table(
        ("Database", "What", "Limit", "Measured", "Compared"),
        (
            [
                VENDORS[figure["database"]],
                figure["name"],
                figure["limit"] or "none",
                f"{figure['value']:,.0f}" if figure["value"] > 100 else f"{figure['value']:.2f}",
                figure["what"],
            ]
            for figure in figures
        ),
    )
