"""Measurements within one process: the SQL of searches, the profile of a list, and writes.

Writes run last: those without the read models' triggers leave the search text out of date.
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
from benchmarks.servers import processor_seconds
from claims.models import Claim
from claims.search.query import parse_query
from claims.search.text_queries import rank_matches
from claimsapi.core.database import read_models
from claimsapi.core.ledger.audit_context import audit_context

Report = Callable[..., None]

WRITES: Final = 20  # in one round
TOP: Final = 15


def measure_searches(number: int, report: Report) -> None:
    """Time the SQL of searches for words from the most frequent to the rarest."""
    times = []
    for n in range(number):
        # Ranks on a logarithmic scale, because frequencies follow a power law.
        terms = parse_query(word(int(WORDS ** (n / number)) - 1))
        start = time.perf_counter()
        rank_matches(Claim.objects.public(), terms, AnonymousUser(), narrowed=False)
        times.append(1000 * (time.perf_counter() - start))
    quartiles = statistics.quantiles(times, n=4)
    p95 = statistics.quantiles(times, n=20)[-1]
    report(case="search, its SQL", server="product", cpu=quartiles, p95=p95)


def profile_list(path: str, requests: int, report: Report) -> None:
    """Report the functions with the most time of their own, and PostgreSQL's plan and run time."""
    settings.DEBUG = False  # Django stores every statement under DEBUG
    application = get_wsgi_application()

    def send_request() -> None:
        environ: dict[str, Any] = {"HTTP_ACCEPT": "application/json"}
        setup_testing_defaults(environ)
        environ |= {"PATH_INFO": path, "HTTP_HOST": "localhost"}
        response: Any = application(environ, lambda *_: lambda _: None)
        if response.status_code != 200:
            raise SystemExit(f"{path} answered {response.status_code} to the profiler, not 200.")
        b"".join(response)
        response.close()

    send_request()
    # The first request fills caches, and is not measured.
    profiler = cProfile.Profile()
    profiler.enable()
    for _ in range(requests):
        send_request()
    profiler.disable()
    stats: dict[Any, Any] = pstats.Stats(profiler).stats  # type: ignore[attr-defined] # untyped
    own = sorted(((entry[2], entry[1], code) for code, entry in stats.items()), reverse=True)
    report(
        case="profile",
        total=1000 * sum(seconds for seconds, *_ in own) / requests,
        database_ms=_explain(send_request),
        rows=[
            (1000 * t / requests, n / requests, _function_name(code)) for t, n, code in own[:TOP]
        ],
    )


def _explain(send_request: Callable[[], None]) -> dict[str, float]:
    """Return PostgreSQL's milliseconds for a request's statements; nothing on SQLite."""
    statements: list[tuple[str, Any]] = []
    if connection.vendor == "sqlite":
        return {}

    def record(execute: Callable[..., Any], sql: str, params: Any, *others: Any) -> Any:
        statements.append((sql, params))
        return execute(sql, params, *others)

    with connection.execute_wrapper(record):
        send_request()
    plans = []
    with connection.cursor() as cursor:
        for sql, params in statements:
            cursor.execute(f"EXPLAIN (ANALYZE, FORMAT JSON) {sql}", params)
            plans.append(cursor.fetchone()[0][0])
    names = {"planning": "Planning Time", "execution": "Execution Time"}
    return {name: sum(plan[title] for plan in plans) for name, title in names.items()}


def _function_name(code: tuple[str, int, str]) -> str:
    """Name a function without the paths of this machine."""
    file, _line, function = code
    for folder in ("site-packages", str(settings.BASE_DIR), sysconfig.get_path("stdlib")):
        file = file.rpartition(f"{folder}{os.sep}")[2]
    function = function.partition(" at 0x")[0].strip("<>")
    return function if file == "~" else f"{file}: {function}"


@contextmanager
def read_models_disabled() -> Iterator[None]:
    """Drop the triggers of the read models, and only them, until the block ends."""
    with connection.cursor() as cursor:
        for name, trigger in read_models.triggers(connection.vendor):
            on = "" if connection.vendor == "sqlite" else f' ON "{trigger.table}"'
            cursor.execute(f'DROP TRIGGER "{name}"{on}')
        try:
            yield
        finally:
            for statement in read_models.create_statements(connection.vendor):
                cursor.execute(statement)


def measure_writes(rounds: int, report: Report) -> None:
    """Time changes of a claim's text through the ORM with and without the read models."""
    claims = list(Claim.objects.filter(reviews=None)[:WRITES])
    number = count()
    times: dict[str, list[float]] = {"with indexes": [], "without": []}

    def write() -> float:
        start = _processor_time()
        for claim in claims:
            claim.text = f"{word(next(number))} {claim.text}"[:200]
            claim.save()
        return 1000 * (_processor_time() - start) / len(claims)

    # The ledger records an actor for each write.
    with audit_context(actor="command:bench"):
        write()
        for _ in range(rounds):
            times["with indexes"].append(write())
            with read_models_disabled():
                times["without"].append(write())
    for name, values in times.items():
        report(case="write", server=name, cpu=statistics.quantiles(values, n=4))


def _processor_time() -> float:
    if connection.vendor == "sqlite":
        return time.process_time()
    return time.process_time() + processor_seconds(connection.connection.info.backend_pid)
