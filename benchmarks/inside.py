"""What is measured within one process: writes, the SQL of searches, and where a list's time goes.

Writes come last: they leave the search's tables behind what was written without their keepers.
"""

import cProfile
import os
import pstats
import statistics
import sysconfig
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import count
from typing import Any, Final
from wsgiref.util import setup_testing_defaults

from django.conf import settings
from django.contrib.auth.models import AnonymousUser
from django.core.wsgi import get_wsgi_application
from django.db import connection

from benchmarks.generate import WORDS, word
from benchmarks.servers import clock
from claims.models import Claim
from claims.search.full_text import rank_matches
from claims.search.query import parse_query
from claimsapi.core.database import read_models
from claimsapi.core.ledger.audit_context import audit_context

Tell = Callable[..., None]

WRITES: Final = 20  # in one round
TOP: Final = 15


def searches(number: int, tell: Tell) -> None:
    """Time what a search runs in the database, for words from the most frequent to the rarest."""
    taken = []
    for n in range(number):
        terms = parse_query(word(int(WORDS ** (n / number)) - 1))
        start = time.perf_counter()
        rank_matches(Claim.objects.public(), terms, AnonymousUser(), narrowed=False)
        taken.append(1000 * (time.perf_counter() - start))
    quartiles = statistics.quantiles(taken, n=4)
    p95 = statistics.quantiles(taken, n=20)[-1]
    tell(case="search, its SQL", server="product", cpu=quartiles, p95=p95)


def profile(path: str, requests: int, tell: Tell) -> None:
    """Tell in which functions the time of a list goes, theirs alone, and what PostgreSQL says."""
    settings.DEBUG = False  # which would keep every statement
    application = get_wsgi_application()

    def ask() -> None:
        environ: dict[str, Any] = {"HTTP_ACCEPT": "application/json"}
        setup_testing_defaults(environ)
        environ |= {"PATH_INFO": path, "HTTP_HOST": "localhost"}
        answer: Any = application(environ, lambda *_: lambda _: None)
        if answer.status_code != 200:
            raise SystemExit(f"{path} answers {answer.status_code} to the profiler.")
        b"".join(answer)
        answer.close()

    ask()
    profiler = cProfile.Profile()
    profiler.enable()
    for _ in range(requests):
        ask()
    profiler.disable()
    stats: dict[Any, Any] = pstats.Stats(profiler).stats  # type: ignore[attr-defined] # untyped
    own = sorted(((entry[2], entry[1], place) for place, entry in stats.items()), reverse=True)
    tell(
        case="profile",
        total=1000 * sum(seconds for seconds, *_ in own) / requests,
        database_ms=_explained(ask),
        rows=[(1000 * t / requests, n / requests, _named(place)) for t, n, place in own[:TOP]],
    )


def _explained(ask: Callable[[], None]) -> dict[str, float]:
    """How long PostgreSQL plans and executes the statements of a request; of SQLite nothing."""
    statements: list[tuple[str, Any]] = []
    if connection.vendor == "sqlite":
        return {}

    def keep(execute: Callable[..., Any], sql: str, params: Any, *others: Any) -> Any:
        statements.append((sql, params))
        return execute(sql, params, *others)

    with connection.execute_wrapper(keep):
        ask()
    found = []
    with connection.cursor() as cursor:
        for sql, params in statements:
            cursor.execute(f"EXPLAIN (ANALYZE, FORMAT JSON) {sql}", params)
            found.append(cursor.fetchone()[0][0])
    names = {"planning": "Planning Time", "execution": "Execution Time"}
    return {name: sum(plan[title] for plan in found) for name, title in names.items()}


def _named(place: tuple[str, int, str]) -> str:
    """A function by a name that is the same on each machine."""
    file, _line, function = place
    for folder in ("site-packages", str(settings.BASE_DIR), sysconfig.get_path("stdlib")):
        file = file.rpartition(f"{folder}{os.sep}")[2]
    function = function.partition(" at 0x")[0].strip("<>")
    return function if file == "~" else f"{file}: {function}"


@contextmanager
def not_kept() -> Iterator[None]:
    """Do without the triggers that keep the tables for reading, and only them."""
    with connection.cursor() as cursor:
        for name, keeper in read_models.triggers(connection.vendor):
            on = "" if connection.vendor == "sqlite" else f' ON "{keeper.table}"'
            cursor.execute(f'DROP TRIGGER "{name}"{on}')
        try:
            yield
        finally:
            for statement in read_models.creation(connection.vendor):
                cursor.execute(statement)


def writes(rounds: int, tell: Tell) -> None:
    """Time changes of a claim's text through the ORM, with what is kept for reading and without."""
    claims = list(Claim.objects.filter(reviews=None)[:WRITES])
    number = count()
    taken: dict[str, list[float]] = {"with indexes": [], "without": []}

    def write() -> float:
        start = _processor()
        for claim in claims:
            claim.text = f"{word(next(number))} {claim.text}"[:200]
            claim.save()
        return 1000 * (_processor() - start) / len(claims)

    with audit_context(actor="command:bench"):
        write()
        for _ in range(rounds):
            taken["with indexes"].append(write())
            with not_kept():
                taken["without"].append(write())
    for name, times in taken.items():
        tell(case="write", server=name, cpu=statistics.quantiles(times, n=4))


def _processor() -> float:
    if connection.vendor == "sqlite":
        return time.process_time()
    return time.process_time() + clock(connection.connection.info.backend_pid)
