"""Conditional requests (RFC 9110, section 13): 304 for reads, 412 and 428 for writes.

A caller who can change a record gets the entity tag ``"<revision>-<hash>"`` with its detail. Reads
compare the whole tag, so that a change in a nested record counts. Writes compare the revision,
which counts writes of the record itself: a new statement elsewhere on the page does not refuse the
correction of a typing error. Everyone else gets a hash of the response, which discloses no drafts.
"""

import hashlib

from django.conf import settings
from django.http import HttpResponse, HttpResponseBase
from django.utils.cache import get_conditional_response, patch_vary_headers
from django.utils.http import parse_etags, parse_http_date_safe
from rest_framework.request import Request
from rest_framework.response import Response

from claimsapi.core.errors import PreconditionRequired, Stale
from claimsapi.core.text import parse_digits


def add_validators(
    request: Request,
    response: HttpResponseBase,
    revision: int | None,
    *,
    by_time: bool = False,
) -> HttpResponseBase:
    """Add cache headers and an entity tag to a successful response, or return 304 Not Modified.

    With ``by_time``, ``Last-Modified`` covers the whole response, so that ``If-Modified-Since`` is
    evaluated. Without, it covers the listed records but not the nested ones, and is informative.
    """
    patch_vary_headers(response, ["Accept", "Authorization", "Cookie"])
    is_shared = not request.user.is_authenticated
    response["Cache-Control"] = settings.API_CACHE_CONTROL if is_shared else "private, no-cache"
    if not isinstance(response, HttpResponse):
        # A streamed response has no entity tag: its hash is known only after the last byte.
        return response
    content = response.render().content if isinstance(response, Response) else response.content
    digest = hashlib.sha256(content).hexdigest()[:32]
    tag = f'"{digest}"' if revision is None else f'"{revision}-{digest}"'
    response["ETag"] = tag
    if request.method in {"GET", "HEAD"}:
        modified = parse_http_date_safe(response.get("Last-Modified", "")) if by_time else None
        return (
            get_conditional_response(request._request, tag, modified, response=response) or response
        )
    return response


def parse_if_match(request: Request) -> int:
    """Return the revision in the request's ``If-Match``.

    Raises ``PreconditionRequired`` without the header, or with ``*``, which would overwrite any
    state. Raises ``Stale`` for several tags or a tag that this server does not issue.
    """
    tags = parse_etags(request.headers.get("If-Match", ""))
    if not tags or tags == ["*"]:
        raise PreconditionRequired(
            "Send If-Match with the ETag of the record that you read. It protects the edits of "
            "other users."
        )
    # 11 digits are enough for a revision.
    numbers = [parse_digits(tag.strip('"').partition("-")[0], 11) for tag in tags]
    revisions = [number for number in numbers if number is not None]
    if len(revisions) != 1:
        raise Stale("If-Match is ambiguous or malformed. Read the record again and send its ETag.")
    return revisions[0]


def require_revision(current: int, expected: int) -> None:
    """Raise ``Stale`` unless the record still has the revision that the caller read."""
    if current != expected:
        raise Stale(
            f"You read revision {expected}, but the record has revision {current}. Read it again "
            "and repeat your change."
        )
