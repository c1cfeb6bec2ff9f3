"""Conditional requests (RFC 9110, section 13): 304 for reads, 412 and 428 for writes.

To who may change it, a detail's entity tag is ``"<revision>-<hash>"``. Reads compare all of the
tag, so that a change in anything nested is seen. Writes compare the revision: it counts the writes
of the record itself, so that a new statement elsewhere on the page does not refuse the correction
of a typing error. To everyone else the tag is the hash of what they see, and tells nothing of
drafts.
"""

import hashlib

from django.conf import settings
from django.http import HttpResponse, HttpResponseBase
from django.utils.cache import get_conditional_response, patch_vary_headers
from django.utils.http import parse_etags, parse_http_date_safe
from rest_framework.request import Request
from rest_framework.response import Response

from claimsapi.core.errors import PreconditionRequired, Stale


def with_validator(
    request: Request,
    response: HttpResponseBase,
    revision: int | None,
    *,
    by_time: bool = False,
) -> HttpResponseBase:
    """Give a successful answer its entity tag, or replace it by 304 Not Modified.

    What is streamed has no tag, since nobody knows it before the end. ``by_time`` says that all of
    the answer is as old as its ``Last-Modified``; else that is when the records shown were
    themselves changed, while what is nested in them may be newer, and it answers nothing.
    """
    patch_vary_headers(response, ["Accept", "Authorization", "Cookie"])
    shared = not request.user.is_authenticated
    response["Cache-Control"] = settings.API_CACHE_CONTROL if shared else "private, no-cache"
    if not isinstance(response, HttpResponse):
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


def seen_revision(request: Request) -> int:
    """Return the revision that the request's ``If-Match`` names.

    Raises ``PreconditionRequired`` without the header or with ``*``, which would overwrite
    whatever there is, and ``Stale`` for a tag that this server never gave.
    """
    tags = parse_etags(request.headers.get("If-Match", ""))
    if not tags or tags == ["*"]:
        raise PreconditionRequired(
            "Send If-Match with the ETag of the record as you read it, so that no colleague's "
            "edit is overwritten."
        )
    revisions = [
        int(r) for t in tags if (r := t.strip('"').partition("-")[0]).isdecimal() and len(r) < 12
    ]
    if len(revisions) != 1:
        raise Stale("If-Match does not name one state of this record: read it again.")
    return revisions[0]


def require_revision(actual: int, seen: int) -> None:
    """Raise ``Stale`` unless the record is still as the caller read it."""
    if actual != seen:
        raise Stale(
            f"You read revision {seen}; it is now revision {actual}. Read it again, and send "
            "your change on top of it."
        )
