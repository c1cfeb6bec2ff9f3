"""What reading costs: this product, a stock viewset, Datasette and the limit, in turn in one run.

Run by ``make bench`` once per database, with DATABASE_URL naming an empty one that may be filled.
The main figure is the processor time of server and database together, read from the processes' own
clocks. A case is not timed before its answers were right. Prints one JSON object per line.
"""

import json
import os
import statistics
import sys
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import django

os.environ["DJANGO_SETTINGS_MODULE"] = "claimsapi.settings"
os.environ.setdefault("DEBUG", "1")
os.environ["DB_POOL"] = "1"
sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
django.setup()

from django.core.management import call_command  # noqa: E402  the settings come first
from django.db import connection, connections  # noqa: E402

from benchmarks.cases import Case, Cases, far  # noqa: E402
from benchmarks.generate import generate  # noqa: E402
from benchmarks.inside import profile, searches, writes  # noqa: E402
from benchmarks.servers import Server, serving  # noqa: E402

CLAIMS = int(os.environ.get("CLAIMS", "100000"))
ROUNDS = int(os.environ.get("BENCH_ROUNDS", "9"))
REQUESTS = int(os.environ.get("BENCH_REQUESTS", "4"))  # of one server, in one round
SLOW = min(4, ROUNDS)  # rounds of one request
LIST = "/api/v1/claims/"
FIRST = Case("first page", {"product": LIST}, lambda _: True)


def checked(case: Case, servers: dict[str, Server]) -> None:
    """Refuse to time what does not answer as the reference does."""
    answers = {}
    for name, path in case.paths.items():
        status, _headers, answers[name] = servers[name].get(path, case.headers)
        if status != case.status:
            raise SystemExit(f"{case.name}: {name} answers {status}: {answers[name][:500]!r}")
    if not case.right(answers):
        raise SystemExit(f"{case.name}: the answers are not those of the reference.")


def timed(server: Server, case: Case, path: str, requests: int) -> list[tuple[float, float]]:
    """Milliseconds of processor and wall of some requests."""
    clocks = server.clocks()
    taken = []
    for _ in range(requests):
        cpu, wall = clocks(), time.perf_counter()
        server.get(path, case.headers)
        taken.append((1000 * (clocks() - cpu), 1000 * (time.perf_counter() - wall)))
    return taken


def measure(case: Case, servers: dict[str, Server]) -> None:
    """Time the servers in turn, and the product's first page with them; print how each spreads."""
    checked(case, servers)
    turns = [(name, servers[name], case, path) for name, path in case.paths.items()]
    turns.append(("first page", servers["product"], FIRST, LIST))
    taken: dict[str, list[tuple[float, float]]] = {name: [] for name, *_ in turns}
    for _ in range(SLOW if case.slow else ROUNDS):
        for name, server, asked, path in turns:
            often = 3 if case.tail and server is servers["product"] else 1
            taken[name] += timed(server, asked, path, 1 if case.slow else REQUESTS * often)
    for name, pairs in taken.items():
        cpu = [cpu for cpu, _ in pairs]
        tell(
            case=case.name,
            server=name,
            cpu=statistics.quantiles(cpu, n=4),
            p99=statistics.quantiles(cpu, n=100, method="inclusive")[-1],
            wall=statistics.median(wall for _, wall in pairs),
            peak=servers.get(name, servers["product"]).peak(),
        )


def tell(**figure: Any) -> None:
    sys.stdout.write(json.dumps({"database": connection.vendor, **figure}) + "\n")
    sys.stdout.flush()


def unchanged(servers: dict[str, Server], path: str) -> Case:
    """The first page, asked for again by who has it."""
    tag = servers["product"].get(path, {})[1]["etag"]
    return Case("304", {"product": path}, lambda _: True, {"If-None-Match": tag}, 304)


def main() -> None:
    call_command("migrate", verbosity=0)
    made = generate(CLAIMS)
    times = {"filling": made.filling, "keeping": made.keeping}
    tell(case="generate", claims=made.claims, page=far(made.claims), **times)
    with serving() as servers:
        for case in Cases(CLAIMS).all():
            asked = {name: path for name, path in case.paths.items() if name in servers}
            measure(replace(case, paths=asked), servers)
        measure(unchanged(servers, LIST), servers)
    searches(5 * ROUNDS, tell)
    profile(LIST, 5 * ROUNDS, tell)
    writes(ROUNDS, tell)
    connections.close_all()
    if connection.vendor == "postgresql":
        connection.close_pool()  # type: ignore[attr-defined]  # PostgreSQL's


if __name__ == "__main__":
    main()
