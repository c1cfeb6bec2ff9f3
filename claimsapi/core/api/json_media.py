"""JSON renderer and parser (RFC 8259). Request bodies follow the stricter I-JSON (RFC 7493)."""

import json
from collections.abc import Mapping
from typing import IO, Any

import orjson
from django.conf import settings
from rest_framework.exceptions import ParseError, UnsupportedMediaType
from rest_framework.negotiation import DefaultContentNegotiation
from rest_framework.parsers import BaseParser
from rest_framework.renderers import BaseRenderer

from claimsapi.core.errors import TooLarge


class JSONRenderer(BaseRenderer):
    """Renders UTF-8 JSON."""

    media_type = "application/json"
    format = "json"
    charset = None

    def render(
        self,
        data: Any,
        accepted_media_type: str | None = None,  # noqa: ARG002  DRF's signature
        renderer_context: Mapping[str, Any] | None = None,  # noqa: ARG002
    ) -> bytes:
        return b"" if data is None else orjson.dumps(data, default=str)


class FixedNegotiation(DefaultContentNegotiation):
    """Selects the view's only renderer for every ``Accept`` header (RFC 9110, section 12.4.1).

    Feed readers and other programs send Accept headers that do not include the endpoint's format.
    """

    def select_renderer(
        self,
        request: Any,  # noqa: ARG002  DRF's signature
        renderers: Any,
        format_suffix: str | None = None,  # noqa: ARG002
    ) -> tuple[Any, str]:
        return renderers[0], renderers[0].media_type


class StrictJSONParser(BaseParser):
    """Parses unambiguous JSON.

    Rejects other encodings than UTF-8, duplicate keys, NaN, integers beyond 64 bits, lone
    surrogates, nesting that exhausts the parser, and bodies above ``DATA_UPLOAD_MAX_MEMORY_SIZE``.
    """

    media_type = "application/json"

    def parse(
        self,
        stream: IO[bytes],
        media_type: str | None = None,
        parser_context: Mapping[str, Any] | None = None,  # noqa: ARG002  DRF's signature
    ) -> Any:
        charset = (media_type or "").lower().partition("charset=")[2].strip(' "')
        if charset not in {"", "utf-8", "utf8"}:
            raise UnsupportedMediaType(media_type or "", "Send JSON in UTF-8.")
        limit = settings.DATA_UPLOAD_MAX_MEMORY_SIZE
        # Read one byte more than the limit: the Content-Length header may be absent or wrong.
        body = stream.read(limit + 1)
        if len(body) > limit:
            raise TooLarge(f"The body is larger than {limit} bytes.")
        try:
            # orjson rejects invalid UTF-8, surrogates, NaN and deep nesting. Only the standard
            # library can reject duplicate keys and large integers.
            orjson.loads(body)
            return json.loads(body, object_pairs_hook=_reject_duplicates, parse_int=_parse_int64)
        except (ValueError, RecursionError) as error:
            raise ParseError(f"The body is not valid JSON: {error}") from None


def _reject_duplicates(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    members = dict(pairs)
    if len(members) != len(pairs):
        names = [name for name, _ in pairs]
        duplicate = next(name for name in names if names.count(name) > 1)
        raise ValueError(f"the key {duplicate[:40]!r} is repeated")
    return members


def _parse_int64(digits: str) -> int:
    # Check the length first: `int` takes quadratic time.
    if len(digits) > 20 or not -(2**63) <= int(digits) < 2**63:
        raise ValueError(f"the integer {digits[:24]} is beyond 64 bits")
    return int(digits)
