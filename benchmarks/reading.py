"""What reading costs: this product, a stock viewset and the limit, in turn in the same run.

Run by ``make bench`` once per database, with DATABASE_URL naming an empty one that may be filled.
Each is served by one synchronous gunicorn worker on loopback. The main figure is the processor time
of server and database together, read from the processes' own clocks. A case is not timed before the
ids of its rows, in order, were those of the reference. Prints one JSON object per line.
"""

import http.client
import json
import os
import socket
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

import django

os.environ["DJANGO_SETTINGS_MODULE"] = "claimsapi.settings"
os.environ.setdefault("DEBUG", "1")
ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))
django.setup()

from django.core.management import call_command  # noqa: E402  the settings come first
from django.db import connection, connections  # noqa: E402
from django.db.models import Count  # noqa: E402

from benchmarks.generate import generate  # noqa: E402
from claims.choices import Verdict  # noqa: E402
from claims.models import Claim  # noqa: E402
from claimsapi.core.identifiers import uuid7  # noqa: E402
from sources.models import Publisher, Speaker  # noqa: E402

CLAIMS = int(os.environ.get("CLAIMS", "100000"))
ROUNDS = int(os.environ.get("BENCH_ROUNDS", "15"))
REQUESTS = int(os.environ.get("BENCH_REQUESTS", "5"))  # of one server, in one round
PAGE = 50
SENT = {"Accept": "application/json", "X-Forwarded-Proto": "https"}
SERVERS = {
    "product": "claimsapi.wsgi:application",
    "stock": "benchmarks.stock:application",
    "limit": "benchmarks.limit:application",
}


@dataclass(frozen=True, slots=True)
class Case:
    """One question, as each server is asked it, and the rows that it must answer with."""

    name: str
    paths: dict[str, str]
    ids: list[str] | None = None
    headers: dict[str, str] = field(default_factory=dict)
    status: int = 200


class Server:
    """A gunicorn with one worker, and a connection that is kept open to it."""

    def __init__(self, application: str) -> None:
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]
        environment = {
            **os.environ,
            "DEBUG": "0",
            "SECRET_KEY": uuid7().hex * 2,
            "ALLOWED_HOSTS": "127.0.0.1",
            "BEHIND_TLS_PROXY": "1",
            "PYTHONPATH": str(ROOT),
        }
        command = [sys.executable, "-m", "gunicorn", application, "--log-level", "error"]
        command += ["--workers", "1", "--bind", f"127.0.0.1:{self.port}", "--chdir", str(ROOT)]
        self.process = subprocess.Popen(command, env=environment)

    def get(self, path: str, headers: dict[str, str]) -> tuple[int, dict[str, str], bytes]:
        conn = http.client.HTTPConnection("127.0.0.1", self.port, timeout=300)
        conn.request("GET", path, headers={**SENT, **headers})
        answer = conn.getresponse()
        body = answer.read()
        conn.close()
        return answer.status, {k.lower(): v for k, v in answer.getheaders()}, body

    def wait(self) -> None:
        for _ in range(300):
            try:
                socket.create_connection(("127.0.0.1", self.port), 1).close()
            except OSError:
                time.sleep(0.1)
            else:
                return
        raise SystemExit("A server did not start.")

    def seconds(self) -> float:
        """The processor time of the server and its worker so far."""
        return sum(map(clock, [self.process.pid, *children(self.process.pid)]))


def children(parent: int) -> list[int]:
    found = []
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            after = stat.read_text().rpartition(")")[2].split()
        except (FileNotFoundError, ProcessLookupError):
            continue  # it ended meanwhile
        if int(after[1]) == parent:
            found.append(int(stat.parent.name))
    return found


def clock(pid: int) -> float:
    """The processor time of a process in seconds: finer than the ticks in its stat."""
    return time.clock_gettime((~pid << 3) | 2)


def backends() -> list[int]:
    """PostgreSQL's processes; SQLite works within the server's."""
    if connection.vendor == "sqlite":
        return []
    with connection.cursor() as cursor:
        cursor.execute("SELECT pid FROM pg_stat_activity WHERE backend_type = 'client backend'")
        return [
            pid for (pid,) in cursor.fetchall() if pid != connection.connection.info.backend_pid
        ]


@contextmanager
def serving() -> Iterator[dict[str, Server]]:
    with ExitStack() as stack:
        servers = {}
        for name, application in SERVERS.items():
            servers[name] = Server(application)
            stack.callback(servers[name].process.wait)
            stack.callback(servers[name].process.terminate)
        for server in servers.values():
            server.wait()
        yield servers


def cases() -> Iterator[Case]:
    """The questions; the reference asks the ORM for rows in the plainest way."""
    every = Claim.objects.order_by("-created_at", "-public_id")
    yield listed("list of 50", {}, every)
    speakers = list(Speaker.objects.annotate(n=Count("statements")).order_by("-n", "pk"))
    frequent, rare = speakers[0], next(s for s in reversed(speakers) if s.n)
    for word, speaker in (("frequent", frequent), ("rare", rare), ("absent", speakers[-1])):
        found = every.filter(statements__speaker=speaker).distinct()
        yield listed(f"speaker, {word}", {"speaker__slug": speaker}, found)
    verdict = Verdict.values[0]
    reviewed = every.filter(reviews__versions__rating__verdict=verdict)
    yield listed("verdict", {"verdict": verdict}, reviewed.distinct())
    both = reviewed.filter(statements__speaker=frequent)
    yield listed(
        "verdict, speaker", {"verdict": verdict, "speaker__slug": frequent}, both.distinct()
    )
    publisher = Publisher.objects.get(pk=1)
    yield listed(
        "verdict, speaker, publisher",
        {"verdict": verdict, "speaker__slug": frequent, "publisher__slug": publisher},
        both.filter(reviews__publisher=publisher).distinct(),
    )
    middle = every[CLAIMS // 2]
    path = f"/claims/{middle.public_id}/"
    yield Case(
        "detail",
        {"product": f"/api/v1{path}", "stock": path, "limit": f"/?id={middle.pk}"},
        [str(middle.public_id)],
    )
    yield Case("facets", {"product": "/api/v1/claims/facets/"})


def listed(name: str, asked: dict[str, Any], found: Any) -> Case:
    """Put a filtered list as a question to each server."""
    words = {key: getattr(value, "slug", value) for key, value in asked.items()}
    numbers = {
        key.partition("__")[0]: getattr(value, "pk", None) or Verdict.values.index(value) + 1
        for key, value in asked.items()
    }
    return Case(
        name,
        {
            "product": f"/api/v1/claims/?{urlencode(words)}",
            "stock": f"/claims/?{urlencode(words)}",
            "limit": f"/?{urlencode(numbers)}",
        },
        [str(claim.public_id) for claim in found[:PAGE]],
    )


def ids(body: bytes) -> list[str]:
    answer = json.loads(body)
    return [str(UUID(row["id"])) for row in answer.get("results", [answer])]


def checked(case: Case, servers: dict[str, Server]) -> None:
    """Refuse to time what does not answer with the reference's rows."""
    for name, path in case.paths.items():
        status, _headers, body = servers[name].get(path, case.headers)
        if status != case.status:
            raise SystemExit(f"{case.name}: {name} answers {status}.")
        if case.ids is not None and ids(body) != case.ids:
            raise SystemExit(f"{case.name}: the rows of {name} are not those of the reference.")


def timed(server: Server, case: Case, path: str) -> tuple[float, float]:
    """Processor and wall seconds of one request."""
    database = backends()
    before = server.seconds() + sum(map(clock, database))
    start = time.perf_counter()
    for _ in range(REQUESTS):
        server.get(path, case.headers)
    wall = time.perf_counter() - start
    after = server.seconds() + sum(map(clock, database))
    return (after - before) / REQUESTS, wall / REQUESTS


def measure(case: Case, servers: dict[str, Server]) -> None:
    """Time the servers in turn, and print the quartiles of each in milliseconds."""
    checked(case, servers)
    taken: dict[str, list[tuple[float, float]]] = {name: [] for name in case.paths}
    for _ in range(ROUNDS):
        for name, path in case.paths.items():
            taken[name].append(timed(servers[name], case, path))
    for name, pairs in taken.items():
        low, middle, high = statistics.quantiles([1000 * cpu for cpu, _ in pairs], n=4)
        tell(
            case=case.name,
            server=name,
            cpu=[low, middle, high],
            wall=1000 * statistics.median(wall for _, wall in pairs),
        )


def tell(**figure: Any) -> None:
    sys.stdout.write(json.dumps({"database": connection.vendor, **figure}) + "\n")
    sys.stdout.flush()


def main() -> None:
    call_command("migrate", verbosity=0)
    made = generate(CLAIMS)
    tell(case="generate", claims=made.claims, filling=made.filling, keeping=made.keeping)
    with serving() as servers:
        asked = list(cases())
        for case in asked:
            measure(case, servers)
        first = asked[0]
        path = first.paths["product"]
        tag = servers["product"].get(path, {})[1]["etag"]
        measure(Case("304", {"product": path}, None, {"If-None-Match": tag}, 304), servers)
    connections.close_all()


if __name__ == "__main__":
    main()
