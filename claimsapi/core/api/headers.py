"""The headers of answers and requests, as the OpenAPI document describes them."""

from typing import Any, Final

from drf_spectacular.utils import OpenApiParameter

_TEXT: Final = {"type": "string", "minLength": 1}
_ADDRESS: Final = {"type": "string", "format": "uri"}
# Strings, since a header is one, whatever it stands for.
_SECONDS: Final = {"type": "string", "pattern": "^[0-9]+$"}
_MOMENT: Final = {
    "type": "string",
    "pattern": "^[A-Z][a-z]{2}, [0-9]{2} [A-Z][a-z]{2} [0-9]{4} [0-9]{2}:[0-9]{2}:[0-9]{2} GMT$",
}
_TAG: Final = {"type": "string", "pattern": '^"[^"]+"$'}

# Of each: what it says, its schema, and a true example.
_SENT: Final[dict[str, tuple[str, dict[str, Any], str]]] = {
    "Allow": ("The methods that the address takes.", _TEXT, "GET, HEAD, OPTIONS"),
    "Cache-Control": (
        (
            "Who may keep the answer: everyone what the public sees, only the caller what an "
            "account sees; both have to ask again before they use it."
        ),
        _TEXT,
        "public, no-cache",
    ),
    "ETag": (
        (
            "The state that was read: send it as If-None-Match to read it again only if it "
            "changed, as If-Match to change what you read."
        ),
        _TAG,
        '"4-8c736521a2a7b0bd6c1b5d5d0f3f4f4e"',
    ),
    "Last-Modified": (
        "When the records shown were last changed themselves.",
        _MOMENT,
        "Mon, 23 Nov 2026 12:00:00 GMT",
    ),
    "Link": (
        "The neighbouring pages, `next` and `prev` (RFC 8288), where there are any.",
        _TEXT,
        '<https://desk.example/api/v1/claims/?cursor=WyItY3Jl>; rel="next"',
    ),
    "Location": (
        "Where the new record is.",
        _ADDRESS,
        "https://desk.example/api/v1/claims/019aa5c2-3c00-7000-8000-000000000001/",
    ),
    "Retry-After": ("After how many seconds to try again.", _SECONDS, "2"),
    "Vary": (
        "The request's headers that the answer depends on.",
        _TEXT,
        "Accept, Authorization, Cookie",
    ),
    "WWW-Authenticate": ("The kind of credentials that is asked for.", _TEXT, "Token"),
}

_ASKED: Final = {
    "If-Match": "The ETag of the record as you read it: nobody's edit is overwritten.",
    "If-None-Match": "An ETag that you hold: 304 if it is current.",
}

# What comes with each status, whichever the operation.
OF_STATUS: Final = {
    201: ("Location",),
    401: ("WWW-Authenticate",),
    405: ("Allow",),
    429: ("Retry-After",),
    503: ("Retry-After",),
}
# What comes with each answer that a cache may keep, where it is no stream.
OF_CACHED: Final = ("Cache-Control", "Vary")


def sent(name: str, *, always: bool = True) -> dict[str, Any]:
    """A header of an answer; not ``always`` if it depends on what is answered."""
    description, schema, example = _SENT[name]
    return {
        "description": description,
        "schema": schema,
        "example": example,
        **({"required": True} if always else {}),
    }


def asked(name: str, *, required: bool) -> OpenApiParameter:
    """A header of a request."""
    # No more than that there is something, if there must be: RFC 9110 has lists of tags, and `*`.
    schema = {"type": "string", **({"pattern": "[!-~]"} if required else {})}
    return OpenApiParameter(
        name, schema, OpenApiParameter.HEADER, required=required, description=_ASKED[name]
    )
