"""Request and response headers in the OpenAPI document."""

from typing import Any, Final

from drf_spectacular.utils import OpenApiParameter

_TEXT: Final = {"type": "string", "minLength": 1}
_URL: Final = {"type": "string", "format": "uri"}
# A header is a string for a client, also where its value is a number.
_SECONDS: Final = {"type": "string", "pattern": "^[0-9]+$"}
_HTTP_DATE: Final = {
    "type": "string",
    "pattern": "^[A-Z][a-z]{2}, [0-9]{2} [A-Z][a-z]{2} [0-9]{4} [0-9]{2}:[0-9]{2}:[0-9]{2} GMT$",
}
_TAG: Final = {"type": "string", "pattern": '^"[^"]+"$'}

# Description, schema and example of each response header.
_RESPONSE_HEADERS: Final[dict[str, tuple[str, dict[str, Any], str]]] = {
    "Allow": ("Methods of the endpoint.", _TEXT, "GET, HEAD, OPTIONS"),
    "Cache-Control": (
        (
            "Which caches may store the response. Shared caches store only responses to "
            "anonymous callers. Every cache must revalidate a response before it uses it."
        ),
        _TEXT,
        "public, no-cache",
    ),
    "ETag": (
        (
            "Entity tag of the current state. Send it as If-None-Match to read again only after "
            "a change, or as If-Match to change this state."
        ),
        _TAG,
        '"4-8c736521a2a7b0bd6c1b5d5d0f3f4f4e"',
    ),
    "Last-Modified": (
        "Last change of the returned records. Changes of nested records do not count.",
        _HTTP_DATE,
        "Mon, 23 Nov 2026 12:00:00 GMT",
    ),
    "Link": (
        "URLs of the next and previous page, `next` and `prev` (RFC 8288), if they exist.",
        _TEXT,
        '<https://desk.example/api/v1/claims/?cursor=WyItY3Jl>; rel="next"',
    ),
    "Location": (
        "URL of the new record.",
        _URL,
        "https://desk.example/api/v1/claims/019aa5c2-3c00-7000-8000-000000000001/",
    ),
    "Retry-After": ("Seconds to wait before the next attempt.", _SECONDS, "2"),
    "Vary": (
        "Request headers that the response depends on.",
        _TEXT,
        "Accept, Authorization, Cookie",
    ),
    "WWW-Authenticate": ("Authentication scheme to use.", _TEXT, "Token"),
}

_REQUEST_HEADERS: Final = {
    "If-Match": "ETag of the record that you read. It protects the edits of other users.",
    "If-None-Match": "An ETag from an earlier response. The server returns 304 if it is current.",
}

# Headers of each status, for all operations.
HEADERS_BY_STATUS: Final = {
    201: ("Location",),
    401: ("WWW-Authenticate",),
    405: ("Allow",),
    429: ("Retry-After",),
    503: ("Retry-After",),
}
# Headers of every cacheable response.
CACHE_HEADERS: Final = ("Cache-Control", "Vary")


def response_header(name: str, *, always: bool = True) -> dict[str, Any]:
    """Describe a response header. ``always`` says that every such response has it."""
    description, schema, example = _RESPONSE_HEADERS[name]
    return {
        "description": description,
        "schema": schema,
        "example": example,
        **({"required": True} if always else {}),
    }


def request_header(name: str, *, required: bool) -> OpenApiParameter:
    """Describe a request header."""
    # Require only a visible character: RFC 9110 also allows lists of tags, and `*`.
    schema = {"type": "string", **({"pattern": "[!-~]"} if required else {})}
    return OpenApiParameter(
        name, schema, OpenApiParameter.HEADER, required=required, description=_REQUEST_HEADERS[name]
    )
