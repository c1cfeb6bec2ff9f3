"""Strict query parameters: an unknown, blank, repeated or malformed parameter is an error.

``filter_criteria`` declares the filters of a resource from the classes in this module.
"""

from datetime import UTC
from typing import TYPE_CHECKING, Any, Final

import django_filters
from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from django_filters.rest_framework import DjangoFilterBackend
from django_filters.utils import translate_validation
from rest_framework.request import Request

from claimsapi.core.api.problems import ParameterError
from claimsapi.core.errors import MalformedParameter, UnknownParameter
from claimsapi.core.text import find_unprintable

if TYPE_CHECKING:
    from rest_framework.views import APIView


class StrictFilterBackend(DjangoFilterBackend):
    """Validates a view's filter set. An error names the parameter."""

    def get_valid_filterset(
        self, request: Request, queryset: QuerySet[Any], view: "APIView"
    ) -> Any:
        """Return the view's filter set with valid values, or None if the view has none.

        Raises ``ParameterError`` for the first invalid value.
        """
        filterset = self.get_filterset(request, queryset, view)
        if filterset is not None and not filterset.is_valid():
            for name, problems in translate_validation(filterset.errors).detail.items():
                raise ParameterError(name, f"{name}: {' '.join(problems)}", MalformedParameter)
        return filterset


def check_parameters(request: Request, allowed: set[str]) -> None:
    """Raise ``ParameterError`` for the first query parameter that is unknown, repeated or blank."""
    for name, values in request.query_params.lists():
        if name not in allowed:
            names = ", ".join(sorted(allowed)) or "none"
            # The name comes from the caller: cut it, so that an error stays short.
            raise ParameterError(
                name[:100],
                f"{name[:100]!r} is not a parameter of this endpoint. Parameters: {names}.",
                UnknownParameter,
            )
        if len(values) > 1:
            raise ParameterError(
                name,
                f"{name}: give it once. Put several values into {name}__in, with commas.",
                MalformedParameter,
            )
        if not values[0].strip():
            raise ParameterError(
                name, f"{name}: give a value, or leave the parameter out.", MalformedParameter
            )
        if problem := find_unprintable(values[0]):
            raise ParameterError(name, f"{name}: {problem}", MalformedParameter)


# A `+` in a query string means a space: people paste offsets without escaping them.
_INVALID_TIMESTAMP: Final = (
    "Give an ISO 8601 timestamp such as 2026-11-23T12:00:00Z. In a URL, write the + of an offset "
    "as %(plus)s."
)


class TimestampField(django_filters.fields.IsoDateTimeField):
    """An ISO 8601 timestamp, converted to UTC."""

    def to_python(self, value: Any) -> Any:
        try:
            timestamp = super().to_python(value)
            return timestamp and timestamp.astimezone(UTC)
        except OverflowError:
            # 0001-01-01T00:00+23:59 has no equivalent in UTC.
            raise ValidationError("Give a timestamp between the years 1 and 9999 in UTC.") from None
        except ValidationError:
            raise ValidationError(
                _INVALID_TIMESTAMP, code="invalid", params={"plus": "%2B"}
            ) from None


class TimestampFilter(django_filters.IsoDateTimeFilter):
    """Compares with a timestamp."""

    field_class = TimestampField


class CommaSeparatedField(django_filters.fields.BaseCSVField):
    """Values separated by commas. No value may be blank."""

    def clean(self, value: Any) -> Any:
        if any(not str(item).strip() for item in value or ()):
            raise ValidationError("Give a value before and after each comma.")
        return super().clean(value)


# An `in` filter validates each value with the second base class.
class _InFilter(django_filters.BaseInFilter):
    base_field_class = CommaSeparatedField


class ChoiceInFilter(_InFilter, django_filters.ChoiceFilter):
    """Any of several choices, separated by commas."""


class TextInFilter(_InFilter, django_filters.CharFilter):
    """Any of several texts, separated by commas."""


class UUIDInFilter(_InFilter, django_filters.UUIDFilter):
    """Any of several public ids, separated by commas."""
