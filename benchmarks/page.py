"""The page that `make bench` writes: docs/benchmarks.md."""

import os
import platform
import sqlite3
from collections.abc import Iterable, Iterator
from typing import Any, Final

from benchmarks.goals import GOALS, Figures

Figure = dict[str, Any]

VENDORS: Final = {"sqlite": "SQLite", "postgresql": "PostgreSQL"}

HEAD: Final = """# Benchmarks

Written by `CLAIMS={claims} BENCH_ENTRIES={entries} make bench`. {machine}. A ratio compares two
things done in turn in the same run, so that it holds on a machine that does other things too; the
times themselves hold for this machine on that day. A goal is what the project set itself; where it
was missed, the page says by how much.

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
many claims have a value; `page` is page {page:,}, the 20,000th or, of less data, the last.

### Goals

In processor time of server and database together, by medians. 'A filtered list' stands for every
filtered case below.

"""

TIMES: Final = """
### Times

Milliseconds of processor time of server and database together for one request: the median, the
quartiles around it, and the median time on the wall. The last column says how many times as long as
this server the product takes.

"""

PROFILE: Final = """
### Where a list's time goes

{vendor}: the {top} functions of the product that take longest by themselves, of {total:.1f} ms for
one list of 50 under the profiler, which makes Python slower than it is.

"""


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
    parts += [TIMES, _times(reading), *_profiles(reading), _generated(reading), _ledger(ledger)]
    return "".join(parts)


def _goals(reading: list[Figure]) -> str:
    figures: dict[str, Figures] = {
        vendor: {
            (figure["case"], figure["server"]): figure
            for figure in reading
            if figure["database"] == vendor and "server" in figure
        }
        for vendor in VENDORS
    }
    rows = (
        [goal.what, VENDORS[vendor], goal.asked(vendor), goal.measured(vendor, figures[vendor])]
        for goal in GOALS
        for vendor in VENDORS
        if not ("Datasette" in goal.what and vendor != "sqlite")
    )
    return table(("What", "Database", "Goal", "Measured"), rows)


def _times(reading: list[Figure]) -> str:
    product = {
        (figure["database"], figure["case"]): figure["cpu"][1]
        for figure in reading
        if figure.get("server") == "product"
    }
    return table(
        ("Database", "Case", "Server", "Processor", "Quartiles", "Wall", "Product takes"),
        (_time(figure, product) for figure in reading if "cpu" in figure),
    )


def _time(figure: Figure, product: dict[tuple[str, str], float]) -> Iterator[str]:
    low, middle, high = figure["cpu"]
    other = product.get((figure["database"], figure["case"]))
    yield VENDORS[figure["database"]]
    yield figure["case"]
    yield figure["server"]
    yield f"{middle:.2f}"
    yield f"{low:.2f} to {high:.2f}"
    yield f"{figure['wall']:.2f}" if "wall" in figure else ""
    yield f"{other / middle:.2f}x" if other and figure["server"] != "product" else ""


def _profiles(reading: list[Figure]) -> Iterator[str]:
    for figure in reading:
        if figure["case"] == "profile":
            rows = figure["rows"]
            vendor = VENDORS[figure["database"]]
            yield PROFILE.format(vendor=vendor, top=len(rows), total=figure["total"])
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
