"""Declarative filters: each criterion generates its query parameters.

A criterion of the kind text, id or choice generates ``name``, ``name__in`` and ``name__not``, the
exact complement of ``name``. A date or timestamp generates ``name__gte`` and ``name__lt``.
Criteria of the same relation apply to one related record together: one EXISTS tests all of them.
"""

from collections.abc import Iterator, Mapping
from copy import copy
from dataclasses import dataclass, field
from typing import Any, ClassVar, Final, Literal

import django_filters
from django import forms
from django.core.exceptions import ValidationError
from django.db.models import Exists, Q, QuerySet
from django_filters.filterset import FilterSetMetaclass
from drf_spectacular.utils import extend_schema_field

from claimsapi.core.api.filters import (
    ChoiceInFilter,
    TextInFilter,
    TimestampFilter,
    UUIDInFilter,
)
from claimsapi.core.database.partial_dates import ends_before
from claimsapi.core.partial_date import PartialDate

Kind = Literal["text", "id", "choice", "boolean", "date", "timestamp"]
Lookup = Literal["exact", "in", "not", "gte", "lt"]


class PartialDateFormField(forms.CharField):
    """A date that may be partial, as ``PartialDate`` parses it."""

    def to_python(self, value: Any) -> Any:
        try:
            return PartialDate.parse(str(value))
        except ValueError as error:
            raise ValidationError(str(error)) from None


class PartialDateFilter(django_filters.CharFilter):
    """Compares with a date that may be partial."""

    field_class = PartialDateFormField


_SINGLE_FILTERS: Final[Mapping[Kind, Any]] = {
    "text": django_filters.CharFilter,
    "id": django_filters.UUIDFilter,
    "choice": django_filters.ChoiceFilter,
    "boolean": django_filters.ChoiceFilter,
    "date": PartialDateFilter,
    "timestamp": TimestampFilter,
}
_IN_FILTERS: Final[Mapping[Kind, Any]] = {
    "text": TextInFilter,
    "id": UUIDInFilter,
    "choice": ChoiceInFilter,
}
_SCHEMAS: Final[Mapping[Kind, dict[str, Any]]] = {
    "text": {"type": "string"},
    "id": {"type": "string", "format": "uuid"},
    "choice": {"type": "string"},
    "boolean": {"type": "string"},
    "date": {"type": "string", "pattern": r"^\d{4}(-\d{2}(-\d{2})?)?$"},
    "timestamp": {"type": "string", "format": "date-time"},
}
_EQUALITY: Final[tuple[Lookup, ...]] = ("exact", "in", "not")
_RANGE: Final[tuple[Lookup, ...]] = ("gte", "lt")
_LOOKUPS: Final[Mapping[Kind, tuple[Lookup, ...]]] = {
    "text": _EQUALITY,
    "id": _EQUALITY,
    "choice": _EQUALITY,
    "boolean": ("exact",),
    "date": _RANGE,
    "timestamp": _RANGE,
}
_BOOLEANS: Final = (("true", "true"), ("false", "false"))


@dataclass(frozen=True, slots=True)
class Criterion:
    """A property of a record, or of a related record, to filter by.

    ``path`` is the ORM path to the column. It starts at the record, or at the related record that
    ``relation`` names; the filter set's method ``related_<relation>`` returns the related rows.
    ``method`` names a filter set method instead, which returns the condition for a list of values.
    ``label`` and ``example`` are documentation. ``lookups`` restricts the generated parameters.
    """

    name: str
    kind: Kind
    path: str
    label: str
    example: str
    relation: str = ""
    method: str = ""
    choices: Any = field(default=None, compare=False)
    lookups: tuple[Lookup, ...] = ()

    def filters(self) -> Iterator[tuple[str, Any]]:
        """Yield each parameter's name and filter."""
        for lookup in self.lookups or _LOOKUPS[self.kind]:
            name = self.name if lookup == "exact" else f"{self.name}__{lookup}"
            yield name, self._build_filter(lookup)

    def condition(self, lookup: Lookup, value: Any) -> Q:
        """Return the condition on the record at the start of ``path``.

        For ``not`` it is the condition that the caller negates.
        """
        if self.kind == "date":
            compare = _at_or_after if lookup == "gte" else _before
            return compare(self.path, value)
        suffix = "" if lookup in {"exact", "not"} else f"__{lookup}"
        return Q(**{f"{self.path}{suffix}": value})

    def _build_filter(self, lookup: Lookup) -> Any:
        classes = _IN_FILTERS if lookup == "in" else _SINGLE_FILTERS
        label = self._describe(lookup)
        choices = _BOOLEANS if self.kind == "boolean" else self.choices
        options = {"choices": choices} if choices else {}
        generated = classes[self.kind](self.path, label=label, **options)
        generated.criterion, generated.lookup = self, lookup
        schema = {**_SCHEMAS[self.kind], "description": label}
        if choices:
            schema["enum"] = [str(word) for word in dict(getattr(choices, "choices", choices))]
        extend_schema_field(schema)(generated)
        return generated

    def _describe(self, lookup: Lookup) -> str:
        example = f"such as `{self.example}`"
        match lookup:
            case "exact":
                choices = ": true or false." if self.kind == "boolean" else f", {example}."
                return f"{self.label}{choices}"
            case "in":
                return f"{self.label}: any of these, with commas."
            case "not":
                return f"All records that `{self.name}` does not match, {example}."
            case "gte":
                return f"{self.label} at or after this, {example}."
            case "lt":
                return f"{self.label} before this, {example}."


def _at_or_after(path: str, date: PartialDate) -> Q:
    """The whole period is at or after the first day of ``date``."""
    return Q(**{f"{path}_on__gte": date.day})


def _before(path: str, date: PartialDate) -> Q:
    """The whole period is before the first day of ``date``: March is not before 15 March."""
    if date.day is None:
        raise ValueError("The date to compare with is unknown.")
    return ends_before(path, date.day)


class _CriterionMetaclass(FilterSetMetaclass):
    """Declares the filters of a class's criteria as if they were written as attributes."""

    def __new__(cls, name: str, bases: Any, attrs: dict[str, Any]) -> Any:
        generated = {
            parameter: each
            for criterion in attrs.get("criteria", ())
            for parameter, each in criterion.filters()
        }
        return super().__new__(cls, name, bases, generated | attrs)


class CriterionFilterSet(django_filters.FilterSet, metaclass=_CriterionMetaclass):
    """Filters by the class's criteria, and by filters declared as attributes."""

    criteria: ClassVar[tuple[Criterion, ...]] = ()

    def __init__(
        self,
        data: Any = None,
        queryset: Any = None,
        *,
        request: Any = None,
        prefix: Any = None,
    ) -> None:
        # Instantiate only the requested filters: fields for dozens of parameters would cost more
        # than the page. The base class copies `base_filters`, so hide them from it.
        every_filter: dict[str, Any] = type(self).base_filters  # type: ignore[misc] # it has them
        requested = every_filter if data is None else {*data} & every_filter.keys()
        self.base_filters: dict[str, Any] = {}
        super().__init__(data, queryset, request=request, prefix=prefix)
        self.base_filters = every_filter
        for name in sorted(requested):
            self.filters[name] = instance = copy(every_filter[name])
            instance.model, instance.parent = self.queryset.model, self

    @classmethod
    def add_criteria(cls, *criteria: Criterion, **related: Any) -> None:
        """Add criteria from a higher app, and the methods that return their related rows."""
        for relation, method in related.items():
            setattr(cls, f"related_{relation}", method)
        for criterion in criteria:
            cls.base_filters |= dict(criterion.filters())
        cls.criteria = (*cls.criteria, *criteria)

    def get_form_class(self) -> Any:
        """Make the error for an invalid choice list the valid ones."""
        form = super().get_form_class()
        for form_field in form.base_fields.values():
            if choices := getattr(form_field, "choices", ()):
                values = ", ".join(str(value) for value, _label in choices if value)
                form_field.error_messages["invalid_choice"] = (
                    f"%(value)s is not a valid choice. Choose one of: {values}."
                )
        return form

    def filter_queryset(self, queryset: QuerySet[Any]) -> QuerySet[Any]:
        for name, value in self.form.cleaned_data.items():
            filter_ = self.filters[name]
            criterion: Criterion | None = getattr(filter_, "criterion", None)
            if criterion is None:
                queryset = filter_.filter(queryset, value)
            elif criterion.method:
                values = value if filter_.lookup == "in" else [value]
                matches = getattr(self, criterion.method)(values)
                queryset = queryset.filter(~matches if filter_.lookup == "not" else matches)
            elif criterion.kind == "boolean":
                exists = self._has_related(criterion.relation, Q())
                queryset = queryset.filter(exists if value == "true" else ~exists)
            elif filter_.lookup == "not":
                excluded = criterion.condition("not", value)
                queryset = queryset.filter(~self._has_related(criterion.relation, excluded))
        for relation, condition in self.conditions_by_relation().items():
            queryset = queryset.filter(self._has_related(relation, condition))
        return queryset

    def conditions_by_relation(self) -> dict[str, Q]:
        """Return the conditions that the same related record must meet, by relation.

        The relation "" is the record itself. ``not``, boolean and method criteria are left out:
        each of them is a condition of its own.
        """
        conditions: dict[str, Q] = {}
        for name, value in self.form.cleaned_data.items():
            filter_ = self.filters[name]
            criterion: Criterion | None = getattr(filter_, "criterion", None)
            if criterion is None or criterion.method or criterion.kind == "boolean":
                continue
            if filter_.lookup == "not":
                continue
            condition = criterion.condition(filter_.lookup, value)
            conditions[criterion.relation] = conditions.get(criterion.relation, Q()) & condition
        return conditions

    def _has_related(self, relation: str, condition: Q) -> Q:
        """Return the condition for records that have a related record with ``condition``."""
        if not relation:
            return condition
        # EXISTS, since a join over a to-many relation repeats rows.
        related: QuerySet[Any] = getattr(self, f"related_{relation}")()
        return Q(Exists(related.filter(condition)))


_TIMESTAMP_EXAMPLE: Final = "2026-11-23T12:00:00Z"


class RecordFilterSet(CriterionFilterSet):
    """Filters of every record: its creation time and its last change."""

    criteria: ClassVar[tuple[Criterion, ...]] = (
        Criterion("created_at", "timestamp", "created_at", "Created", _TIMESTAMP_EXAMPLE),
        Criterion("updated_at", "timestamp", "updated_at", "Last changed", _TIMESTAMP_EXAMPLE),
    )
