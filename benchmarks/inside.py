"""What is measured within one process: writes, the SQL of searches, and where a list's time goes.

Writes come last: they leave the search's tables behind what was written without their keepers.
"""

import cProfile
import os
import pstats
import statistics
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
from claims.search.matching import ranked
from claims.search.parsing import parse
from claimsapi.core import kept
from claimsapi.core.ledger.acting import acting

Tell = Callable[..., None]

ROUNDS: Final = 10
WRITES: Final = 20  # in one round
SEARCHES: Final = 60  # words, from the most frequent to the rarest
PROFILED: Final = 100  # requests
TOP: Final = 15


def searches(tell: Tell) -> None:
    """Time what a search runs in the database, for words of every frequency."""
    taken = []
    for n in range(SEARCHES):
        terms = parse(word(int(WORDS ** (n / SEARCHES)) - 1))
        start = time.perf_counter()
        ranked(Claim.objects.public(), terms, AnonymousUser(), narrowed=False)
        taken.append(1000 * (time.perf_counter() - start))
    quartiles = statistics.quantiles(taken, n=4)
    p95 = statistics.quantiles(taken, n=20)[-1]
    tell(case="search, its SQL", server="product", cpu=quartiles, p95=p95)


def profile(path: str, tell: Tell) -> None:
    """Tell in which functions the time of a list goes, theirs alone."""
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

    for _ in range(PROFILED // 10):
        ask()
    profiler = cProfile.Profile()
    profiler.enable()
    for _ in range(PROFILED):
        ask()
    profiler.disable()
    stats: dict[Any, Any] = pstats.Stats(profiler).stats  # type: ignore[attr-defined] # untyped
    own = sorted(((entry[2], entry[1], place) for place, entry in stats.items()), reverse=True)
    tell(
        case="profile",
        total=1000 * sum(seconds for seconds, *_ in own) / PROFILED,
        rows=[(1000 * t / PROFILED, n / PROFILED, _named(place)) for t, n, place in own[:TOP]],
    )


def _named(place: tuple[str, int, str]) -> str:
    file, _line, function = place
    function = function.partition(" at 0x")[0].strip("<>")
    for folder in ("site-packages/", f"{settings.BASE_DIR}{os.sep}"):
        file = file.rpartition(folder)[2]
    # The standard library's: its folder is this machine's.
    return function if file == "~" else f"{file.rpartition('python3')[2] or file}: {function}"


@contextmanager
def not_kept() -> Iterator[None]:
    """Do without the triggers that keep the tables for reading, and only them."""
    with connection.cursor() as cursor:
        for name, keeper in kept.triggers(connection.vendor):
            on = "" if connection.vendor == "sqlite" else f' ON "{keeper.table}"'
            cursor.execute(f'DROP TRIGGER "{name}"{on}')
        try:
            yield
        finally:
            for statement in kept.creation(connection.vendor):
                cursor.execute(statement)


def writes(tell: Tell) -> None:
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

    with acting(actor="command:bench"):
        write()
        for _ in range(ROUNDS):
            taken["with indexes"].append(write())
            with not_kept():
                taken["without"].append(write())
    for name, times in taken.items():
        tell(case="write", server=name, cpu=statistics.quantiles(times, n=4))


def _processor() -> float:
    if connection.vendor == "sqlite":
        return time.process_time()
    return time.process_time() + clock(connection.connection.info.backend_pid)
