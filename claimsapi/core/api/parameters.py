"""Query parameters that are no filters: numbers and moments, read strictly."""

from datetime import datetime
from typing import Final

from django.core.exceptions import ValidationError
from django.utils import timezone
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter
from rest_framework.request import Request

from claimsapi.core.api.filters import TimestampField
from claimsapi.core.api.problems import ParameterError
from claimsapi.core.errors import MalformedParameter

DEFAULT_PAGE: Final = 50
LARGEST_PAGE: Final = 200


def number(request: Request, name: str, default: int | None, least: int, most: int) -> int:
    """Read a whole number; ``ParameterError`` says which there may be."""
    text = request.query_params.get(name)
    if text is None and default is not None:
        return default
    if text is None or not (text.isascii() and text.isdecimal() and len(text) < 19):
        raise ParameterError(name, f"{name}: give a whole number.", MalformedParameter)
    if not least <= int(text) <= most:
        fault = f"{name}: from {least} to {most}." if least <= most else f"{name}: there is none."
        raise ParameterError(name, fault, MalformedParameter)
    return int(text)


def page_size(request: Request) -> int:
    """Read how many rows are wanted."""
    return number(request, "page_size", DEFAULT_PAGE, 1, LARGEST_PAGE)


def past_moment(request: Request, name: str) -> datetime:
    """Read a moment that is not yet to come; ``ParameterError`` for another."""
    try:
        moment = TimestampField().clean(request.query_params[name])
    except ValidationError as error:
        fault = f"{name}: {' '.join(error.messages)}"
        raise ParameterError(name, fault, MalformedParameter) from None
    if moment > timezone.now():
        raise ParameterError(name, f"{name}: that is yet to come.", MalformedParameter)
    return moment  # type: ignore[no-any-return]


def documented(
    name: str, description: str, *, required: bool = False, least: int = 0, most: int = 10**18 - 1
) -> OpenApiParameter:
    """A number in the API's document."""
    schema = {"type": "integer", "format": "int64", "minimum": least, "maximum": most}
    return OpenApiParameter(name, schema, description=description, required=required)


PAGE_SIZE = documented(
    "page_size",
    f"How many at most, up to {LARGEST_PAGE}; {DEFAULT_PAGE} if left out.",
    least=1,
    most=LARGEST_PAGE,
)
AS_OF = OpenApiParameter(
    "as_of",
    OpenApiTypes.DATETIME,
    description="Read it, and what belongs to it, as it was at this moment (ISO 8601).",
)
