"""The page that `make bench` writes: docs/benchmarks.md."""

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

A ratio compares two things done in turn in the same run, so that it holds on a machine that does
other things too; the times themselves hold for this machine on that day. A goal is what the project
set itself; where it was missed, the page says by how much.

"""

READING: Final = """## Reading

{claims:,} invented claims with long-tailed distributions. Each server is one worker on loopback:

- **product**: the API of this repository, under gunicorn;
- **stock**: a `ModelViewSet` with nested serializers over the same tables, its relations
  prefetched and its pages by number, under gunicorn;
- **Datasette**: on the same SQLite file, the columns of the claims' table alone, nothing nested,
  without counts and suggested facets; it is not asked what takes more than one table between;
- **limit**: one hand-written, prepared statement that makes the product's JSON, as a plain ASGI
  application under uvicorn.

Nothing is timed before the answers were compared: product, stock and limit give the same JSON in
every field, Datasette the same claims in the same order. 'Frequent', 'rare' and 'absent' say how
many claims have a value; `page` is page {page:,}: the 20,000th or, of less data, the last.

### Goals

Ratios of processor time of server and database together, by medians unless another is named. Where
several cases are meant, the worst counts.

"""

TIMES: Final = """
### Times on {vendor}

Milliseconds of processor time of server and database together for one request: the median, and the
quartiles around it. The ratios are those of the medians; the product's first page of the list was
asked for in turn with each case.

"""

WRITES: Final = """
A change of a claim's text through the ORM, one after the other, takes {kept:.2f} ms with the
triggers that keep the tables for reading, and {bare:.2f} ms without them. What a search runs in the
database takes {search:.2f} ms on the wall, by the median of words from the most frequent to the
rarest, and {p95:.2f} ms at most for 95 of 100. The product's worker held {held:.0f} MB at most, and
{most:.0f} MB when it had sent everything as NDJSON.
"""

PROFILE: Final = """
### Where a list's time goes on {vendor}

The {top} functions of the product that take longest by themselves, of {total:.1f} ms for one list
of 50 under the profiler, which makes Python slower than it is.{database}

"""

PLANNED: Final = """ By its own account PostgreSQL
plans for {planning:.1f} ms and executes for {execution:.1f} ms."""


def table(columns: Iterable[str], rows: Iterable[Iterable[str]]) -> str:
    columns = list(columns)
    lines = [columns, ["---"] * len(columns), *rows]
    return "".join(f"| {' | '.join(line)} |\n" for line in lines)


def page(ledger: list[Figure], reading: list[Figure], entries: str) -> str:
    """The whole page."""
    machine = (
        f"{os.cpu_count()} cores, {platform.machine()}, Python {platform.python_version()}, "
        f"SQLite {sqlite3.sqlite_version}, PostgreSQL 18"
    )
    made = reading[0]
    parts = [HEAD.format(claims=made["claims"], entries=entries, machine=machine)]
    parts += [READING.format(claims=made["claims"], page=made["page"]), _goals(reading)]
    parts += [*_times(reading), *_profiles(reading), _generated(reading), _ledger(ledger)]
    return "".join(parts)


def _of(vendor: str, reading: list[Figure]) -> Figures:
    rows = [row for row in reading if row["database"] == vendor and "server" in row]
    return {(row["case"], row["server"]): row for row in rows}


def _goals(reading: list[Figure]) -> str:
    rows = (
        [goal.what, VENDORS[vendor], goal.asked(vendor), measured]
        for goal in GOALS
        for vendor in VENDORS
        if (measured := goal.measured(vendor, _of(vendor, reading)))
    )
    return table(("What", "Database", "Goal", "Measured"), rows)


def _times(reading: list[Figure]) -> Iterator[str]:
    for vendor, name in VENDORS.items():
        if not (figures := _of(vendor, reading)):
            continue
        cases = [case for case, server in figures if server == "product" and "SQL" not in case]
        servers = [server for server in SERVERS if ("list", server) in figures]
        ratios = [f"{peer} / product" for peer in servers if peer in PEERS] + ["product / limit"]
        ratios.append("product / first page")
        yield TIMES.format(vendor=name)
        yield table(("Case", *servers, *ratios), (_row(case, servers, figures) for case in cases))
        search = figures["search, its SQL", "product"]
        yield WRITES.format(
            kept=figures["write", "with indexes"]["cpu"][1],
            bare=figures["write", "without"]["cpu"][1],
            search=search["cpu"][1],
            p95=search["p95"],
            held=figures["search: rare word", "product"]["peak"],
            most=figures["NDJSON", "product"]["peak"],
        )


def _row(case: str, servers: list[str], figures: Figures) -> Iterator[str]:
    took = {name: figures[case, name]["cpu"] for name in servers if (case, name) in figures}
    yield case
    for name in servers:
        yield "{1:.2f} ({0:.2f} to {2:.2f})".format(*took[name]) if name in took else ""
    product = took["product"][1]
    for name in filter(PEERS.__contains__, servers):
        yield f"{took[name][1] / product:.2f}" if name in took else ""
    yield f"{product / took['limit'][1]:.2f}" if "limit" in took else ""
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


def _generated(reading: list[Figure]) -> str:
    said = (
        f"{VENDORS[made['database']]}: {made['filling']:.0f} s to write the claims and"
        f" {made['keeping']:.0f} s to make what the database keeps for reading from them."
        for made in reading
        if made["case"] == "generate"
    )
    return "\n### Filling\n\n" + "\n".join(said) + "\n"


def _ledger(rows: list[Figure]) -> str:
    def shown(value: float) -> str:
        return f"{value:,.0f}" if value > 100 else f"{value:.2f}"

    return "\n## The ledger\n\n" + table(
        ("Database", "What", "Limit", "Measured", "Compared"),
        (
            [
                VENDORS[row["database"]],
                row["name"],
                row["limit"] or "none",
                shown(row["value"]),
                row["what"],
            ]
            for row in rows
        ),
    )
