"""Cost of reading: the product, a stock viewset, Datasette and the limit, in turn in one run.

``make bench`` runs this once per database. DATABASE_URL names an empty database, which the run
fills. The main figure is the processor time of server and database together, read from the clocks
of their processes. Each case checks its answers before it is timed. Prints one JSON object per
line.
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
# One persistent connection per process, as the servers have.
os.environ["DB_POOL"] = "1"
sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
django.setup()

from django.core.management import call_command  # noqa: E402  after the settings
from django.db import connection, connections  # noqa: E402

from benchmarks.cases import Case, Cases, far_page_number  # noqa: E402
from benchmarks.generate import generate  # noqa: E402
from benchmarks.inside import measure_searches, measure_writes, profile_list  # noqa: E402
from benchmarks.servers import Server, start_servers  # noqa: E402

CLAIMS = int(os.environ.get("CLAIMS", "100000"))
ROUNDS = int(os.environ.get("BENCH_ROUNDS", "9"))
REQUESTS = int(os.environ.get("BENCH_REQUESTS", "4"))  # to one server in one round
SLOW_ROUNDS = min(4, ROUNDS)  # of one request each
LIST = "/api/v1/claims/"
FIRST = Case("first page", {"product": LIST}, lambda _: True)


def check_answers(case: Case, servers: dict[str, Server]) -> None:
    """Exit if a server's answer differs from the reference."""
    answers = {}
    for name, path in case.paths.items():
        status, _headers, answers[name] = servers[name].get(path, case.headers)
        if status != case.status:
            raise SystemExit(
                f"{case.name}: {name} answered {status}, not {case.status}: {answers[name][:500]!r}"
            )
    if not case.check(answers):
        raise SystemExit(f"{case.name}: the answers differ from the reference.")


def time_requests(
    server: Server, case: Case, path: str, requests: int
) -> list[tuple[float, float]]:
    """Return the milliseconds of processor time and of wall time of each request."""
    clock = server.processor_clock()
    times = []
    for _ in range(requests):
        cpu, wall = clock(), time.perf_counter()
        server.get(path, case.headers)
        times.append((1000 * (clock() - cpu), 1000 * (time.perf_counter() - wall)))
    return times


def measure(case: Case, servers: dict[str, Server]) -> None:
    """Time the servers and the product's first page in turn, and print their quartiles."""
    check_answers(case, servers)
    turns = [(name, servers[name], case, path) for name, path in case.paths.items()]
    turns.append(("first page", servers["product"], FIRST, LIST))
    # In turn, so that a change of the machine's load affects all of them alike.
    times: dict[str, list[tuple[float, float]]] = {name: [] for name, *_ in turns}
    for _ in range(SLOW_ROUNDS if case.slow else ROUNDS):
        for name, server, turn_case, path in turns:
            factor = 3 if case.tail and server is servers["product"] else 1
            requests = 1 if case.slow else REQUESTS * factor
            times[name] += time_requests(server, turn_case, path, requests)
    for name, pairs in times.items():
        cpu = [cpu for cpu, _ in pairs]
        print_figure(
            case=case.name,
            server=name,
            cpu=statistics.quantiles(cpu, n=4),
            # "inclusive" does not extrapolate beyond the slowest of few requests.
            p99=statistics.quantiles(cpu, n=100, method="inclusive")[-1],
            wall=statistics.median(wall for _, wall in pairs),
            peak=servers.get(name, servers["product"]).peak(),
        )


def print_figure(**figure: Any) -> None:
    sys.stdout.write(json.dumps({"database": connection.vendor, **figure}) + "\n")
    sys.stdout.flush()


def build_not_modified_case(servers: dict[str, Server], path: str) -> Case:
    """Build the conditional request of a client that has the first page."""
    tag = servers["product"].get(path, {})[1]["etag"]
    return Case("304", {"product": path}, lambda _: True, {"If-None-Match": tag}, 304)


def main() -> None:
    call_command("migrate", verbosity=0)
    generated = generate(CLAIMS)
    times = {"filling": generated.filling, "rebuilding": generated.rebuilding}
    print_figure(
        case="generate", claims=generated.claims, page=far_page_number(generated.claims), **times
    )
    with start_servers() as servers:
        for case in Cases(CLAIMS).all():
            # Without .venv-bench only the product and the stock viewset run.
            paths = {name: path for name, path in case.paths.items() if name in servers}
            measure(replace(case, paths=paths), servers)
        measure(build_not_modified_case(servers, LIST), servers)
    measure_searches(5 * ROUNDS, print_figure)
    profile_list(LIST, 5 * ROUNDS, print_figure)
    measure_writes(ROUNDS, print_figure)
    connections.close_all()
    if connection.vendor == "postgresql":
        connection.close_pool()  # type: ignore[attr-defined]  # PostgreSQL only


if __name__ == "__main__":
    main()
