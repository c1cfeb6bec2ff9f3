"""304 responses to anonymous readers, without building the response again.

Each process caches the entity tag of a URL together with the database state it belongs to. While
that state is current, a client with the same tag has the current response.
"""

from hashlib import sha256
from typing import Any, Final

from django.conf import settings
from django.core.cache import caches
from django.db import connection
from django.http import HttpRequest, HttpResponse, HttpResponseNotModified
from django.utils.http import parse_etags

CACHE_ALIAS: Final = "not_modified"

# Every change of a record appends an entry to the ledger, so the last entry identifies the state.
# Its random salt tells apart two databases with equally many entries, such as after a restore.
# PostgreSQL commits entries in another order than it numbers them: there the snapshot of committed
# transactions is a part of the state.
_LAST_ENTRY: Final = "FROM core_entry ORDER BY id DESC LIMIT 1"
_STATE_QUERIES: Final = {
    "sqlite": f"SELECT id, salt {_LAST_ENTRY}",
    "postgresql": (
        f"SELECT (SELECT id || salt {_LAST_ENTRY}), CAST(pg_current_snapshot() AS text)"
    ),
}
_CACHED_HEADERS: Final = ("ETag", "Last-Modified", "Cache-Control", "Vary", "Link")


def read_state() -> Any:
    """Return a value that changes with every commit, and with writes of this transaction."""
    with connection.cursor() as cursor:
        cursor.execute(_STATE_QUERIES[connection.vendor])
        return cursor.fetchone()


def is_anonymous(request: HttpRequest) -> bool:
    """Return whether the request has neither a token nor a session."""
    has_token = "HTTP_AUTHORIZATION" in request.META
    return not has_token and settings.SESSION_COOKIE_NAME not in request.COOKIES


def find_not_modified(request: HttpRequest, state: Any) -> HttpResponse | None:
    """Return a 304 response if the client has this URL's entity tag for this state."""
    entry = caches[CACHE_ALIAS].get(_cache_key(request))
    if entry is None or entry[0] != state:
        return None
    headers = entry[1]
    if headers["ETag"] not in parse_etags(request.headers.get("If-None-Match", "")):
        return None
    response = HttpResponseNotModified()
    for name, value in headers.items():
        response[name] = value
    return response


def remember(request: HttpRequest, state: Any, response: Any) -> None:
    """Cache the headers of a response.

    ``state`` must be read before the response is built. A write in between makes the cached state
    older than the response: the next comparison fails, which is safe.
    """
    headers = {name: response[name] for name in _CACHED_HEADERS if name in response}
    caches[CACHE_ALIAS].set(_cache_key(request), (state, headers), timeout=None)


def _cache_key(request: HttpRequest) -> str:
    # The Accept header chooses between JSON, NDJSON and CSV at one URL.
    parts = (request.build_absolute_uri(), request.headers.get("Accept", ""))
    return sha256(repr(parts).encode()).hexdigest()
