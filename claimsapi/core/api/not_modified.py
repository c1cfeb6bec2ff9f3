"""Answering 304 to everyone who is not signed in without making the answer again.

A process remembers which entity tag an address had at which state of the database. While the
database has not changed since, a client that holds that tag holds the answer.
"""

from hashlib import sha256
from typing import Any, Final

from django.conf import settings
from django.core.cache import caches
from django.db import connection
from django.http import HttpRequest, HttpResponse, HttpResponseNotModified
from django.utils.http import parse_etags

# The last entry of the ledger, to which every change of a record appends one; by its salt that of
# another database, put in place of this, is another. On PostgreSQL entries may be committed in
# another order than they are numbered in: there also what is committed.
_LAST: Final = "FROM core_entry ORDER BY id DESC LIMIT 1"
_STATES: Final = {
    "sqlite": f"SELECT id, salt {_LAST}",
    "postgresql": f"SELECT (SELECT id || salt {_LAST}), CAST(pg_current_snapshot() AS text)",
}
_KEPT: Final = ("ETag", "Last-Modified", "Cache-Control", "Vary", "Link")


def state() -> Any:
    """A value that differs whenever what is committed, or written in this transaction, does."""
    with connection.cursor() as cursor:
        cursor.execute(_STATES[connection.vendor])
        return cursor.fetchone()


def is_anonymous(request: HttpRequest) -> bool:
    """Whether nothing in the request says who asks."""
    named = "HTTP_AUTHORIZATION" in request.META
    return not named and settings.SESSION_COOKIE_NAME not in request.COOKIES


def known(request: HttpRequest, now: Any) -> HttpResponse | None:
    """Answer 304 if the client's tag is the one that this address has at this state."""
    remembered = caches["freshness"].get(_name(request))
    if remembered is None or remembered[0] != now:
        return None
    headers = remembered[1]
    if headers["ETag"] not in parse_etags(request.headers.get("If-None-Match", "")):
        return None
    response = HttpResponseNotModified()
    for name, value in headers.items():
        response[name] = value
    return response


def remember(request: HttpRequest, now: Any, response: Any) -> None:
    """Remember the tag of an answer that was made from this state, or from a later one."""
    headers = {name: response[name] for name in _KEPT if name in response}
    caches["freshness"].set(_name(request), (now, headers), timeout=None)


def _name(request: HttpRequest) -> str:
    asked = (request.build_absolute_uri(), request.headers.get("Accept", ""))
    return sha256(repr(asked).encode()).hexdigest()
