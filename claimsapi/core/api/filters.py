"""Filters that never guess: an unknown, blank, repeated or malformed parameter is an error."""

from datetime import UTC
from typing import TYPE_CHECKING, Any, Final

import django_filters
from django.core.exceptions import ValidationError
from django.db.models import Exists, OuterRef, Q, QuerySet
from django_filters.rest_framework import DjangoFilterBackend
from django_filters.utils import translate_validation
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema_field
from rest_framework.request import Request

from claimsapi.core.api.problems import ParameterError
from claimsapi.core.errors import MalformedParameter, UnknownParameter
from claimsapi.core.text import find_unprintable

if TYPE_CHECKING:
    from rest_framework.views import APIView


class StrictFilterBackend(DjangoFilterBackend):
    """Checks a view's filter set; its complaints name the parameter."""

    def checked(self, request: Request, queryset: QuerySet[Any], view: "APIView") -> Any:
        """The view's filter set, its values found to be good; None where it has none."""
        filterset = self.get_filterset(request, queryset, view)
        if filterset is not None and not filterset.is_valid():
            for name, problems in translate_validation(filterset.errors).detail.items():
                raise ParameterError(name, f"{name}: {' '.join(problems)}", MalformedParameter)
        return filterset


def check_parameters(request: Request, known: set[str]) -> None:
    """Raise ``ParameterError`` for the first parameter that is not known, or is no single value."""
    for name, values in request.query_params.lists():
        if name not in known:
            allowed = ", ".join(sorted(known)) or "none"
            raise ParameterError(
                name[:100],
                f"{name[:100]!r} is not a parameter here. Known: {allowed}.",
                UnknownParameter,
            )
        if len(values) > 1:
            raise ParameterError(
                name,
                f"{name}: give it once; several values go into {name}__in, with commas.",
                MalformedParameter,
            )
        if not values[0].strip():
            raise ParameterError(
                name, f"{name}: give a value, or leave the parameter out.", MalformedParameter
            )
        if problem := find_unprintable(values[0]):
            raise ParameterError(name, f"{name}: {problem}", MalformedParameter)


_NO_MOMENT: Final = (
    "Give a moment of ISO 8601, such as 2026-11-23T12:00:00Z; in an address, the + of an offset is "
    "written %(plus)s."
)


class MomentField(django_filters.fields.IsoDateTimeField):
    """A moment of ISO 8601 that is one in UTC too: the calendar's ends are not, everywhere."""

    def to_python(self, value: Any) -> Any:
        try:
            moment = super().to_python(value)
            return moment and moment.astimezone(UTC)
        except OverflowError:
            raise ValidationError("Enter a moment of the calendar, in UTC.") from None
        except ValidationError:
            raise ValidationError(_NO_MOMENT, code="invalid", params={"plus": "%2B"}) from None


class TimestampFilter(django_filters.IsoDateTimeFilter):
    """Compares with a moment."""

    field_class = MomentField


class RecordFilterSet(django_filters.FilterSet):
    """The filters of every record: when it was made and when it was last changed."""

    def get_form_class(self) -> Any:
        """Say, where words are refused, which there are."""
        form = super().get_form_class()
        for field in form.base_fields.values():
            if choices := getattr(field, "choices", ()):
                words = ", ".join(str(word) for word, _label in choices if word)
                field.error_messages["invalid_choice"] = f"%(value)s is none of: {words}."
        return form

    created_at__gte = TimestampFilter(
        "created_at", "gte", label="Made at or after this moment (ISO 8601)."
    )
    created_at__lt = TimestampFilter(
        "created_at", "lt", label="Made before this moment (ISO 8601)."
    )
    updated_at__gte = TimestampFilter(
        "updated_at", "gte", label="Last changed at or after this moment (ISO 8601)."
    )
    updated_at__lt = TimestampFilter(
        "updated_at", "lt", label="Last changed before this moment (ISO 8601)."
    )


class ListField(django_filters.fields.BaseCSVField):
    """Values separated by commas, none of them blank."""

    def clean(self, value: Any) -> Any:
        if any(not str(item).strip() for item in value or ()):
            raise ValidationError("Between two commas, and around them, there is a value each.")
        return super().clean(value)


class _InFilter(django_filters.BaseInFilter):
    base_field_class = ListField


class ChoiceInFilter(_InFilter, django_filters.ChoiceFilter):
    """Any of several words, separated by commas."""


class TextInFilter(_InFilter, django_filters.CharFilter):
    """Any of several texts, separated by commas."""


@extend_schema_field(OpenApiTypes.UUID)
class IdFilter(django_filters.UUIDFilter):
    """A public id, also of what is found by a method."""


class UUIDInFilter(_InFilter, django_filters.UUIDFilter):
    """Any of several public ids, separated by commas."""


def related(queryset: QuerySet[Any], link: str, condition: Q) -> Q:
    """Rows to which at least one row of ``queryset`` is linked by its foreign key ``link``.

    By EXISTS, since a join over a to-many relation repeats rows.
    """
    return Q(Exists(queryset.filter(condition, **{link: OuterRef("pk")})))
