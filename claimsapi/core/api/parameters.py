"""Query parameters other than filters: integers and timestamps."""

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
from claimsapi.core.text import parse_digits


def parse_integer(
    request: Request, name: str, default: int | None, minimum: int, maximum: int
) -> int:
    """Parse an integer parameter. ``default`` is None if the parameter is required.

    Raises ``ParameterError`` with the valid range.
    """
    text = request.query_params.get(name)
    if text is None and default is not None:
        return default
    number = parse_digits(text or "", 19)  # no maximum has more digits
    if number is None:
        raise ParameterError(name, f"{name}: give a non-negative integer.", MalformedParameter)
    if not minimum <= number <= maximum:
        fault = (
            f"{name}: give an integer from {minimum} to {maximum}."
            if minimum <= maximum
            else f"{name}: no value is valid at the moment."
        )
        raise ParameterError(name, fault, MalformedParameter)
    return number


def parse_past_timestamp(request: Request, name: str) -> datetime:
    """Parse a timestamp. Raises ``ParameterError`` if it is malformed or in the future."""
    try:
        timestamp = TimestampField().clean(request.query_params[name])
    except ValidationError as error:
        fault = f"{name}: {' '.join(error.messages)}"
        raise ParameterError(name, fault, MalformedParameter) from None
    if timestamp > timezone.now():
        raise ParameterError(
            name, f"{name}: give a timestamp that is not in the future.", MalformedParameter
        )
    return timestamp  # type: ignore[no-any-return]


def integer_parameter(
    name: str,
    description: str,
    *,
    required: bool = False,
    minimum: int = 0,
    maximum: int = 10**18 - 1,
) -> OpenApiParameter:
    """Describe an integer parameter for the OpenAPI document."""
    schema = {"type": "integer", "format": "int64", "minimum": minimum, "maximum": maximum}
    return OpenApiParameter(name, schema, description=description, required=required)


AS_OF: Final = OpenApiParameter(
    "as_of",
    OpenApiTypes.DATETIME,
    description="Return the record and its parts as they were at this time (ISO 8601).",
)
