"""Filters declared once: a fact that a record is found by makes every parameter that asks for it.

A fact that is equal or not makes ``name``, ``name__in`` and ``name__not``, the exact complement of
``name``; one that comes before or after makes ``name__gte`` and ``name__lt``. Facts about the same
related record, given together, hold of one and the same record: one EXISTS asks for all of them.
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
    RecordFilterSet,
    TextInFilter,
    TimestampFilter,
    UUIDInFilter,
)
from claimsapi.core.partial_date import PartialDate

Kind = Literal["text", "id", "word", "flag", "day", "moment"]
Lookup = Literal["exact", "in", "not", "gte", "lt"]


class DayField(forms.CharField):
    """A date that may be known in part, as ``PartialDate`` reads it."""

    def to_python(self, value: Any) -> Any:
        try:
            return PartialDate.parse(str(value))
        except ValueError as error:
            raise ValidationError(str(error)) from None


class DayFilter(django_filters.CharFilter):
    """Compares with a date that may be known in part."""

    field_class = DayField


_SINGLE: Final[Mapping[Kind, Any]] = {
    "text": django_filters.CharFilter,
    "id": django_filters.UUIDFilter,
    "word": django_filters.ChoiceFilter,
    "flag": django_filters.ChoiceFilter,
    "day": DayFilter,
    "moment": TimestampFilter,
}
_SEVERAL: Final[Mapping[Kind, Any]] = {
    "text": TextInFilter,
    "id": UUIDInFilter,
    "word": ChoiceInFilter,
}
_FORMS: Final[Mapping[Kind, dict[str, Any]]] = {
    "text": {"type": "string"},
    "id": {"type": "string", "format": "uuid"},
    "word": {"type": "string"},
    "flag": {"type": "string"},
    "day": {"type": "string", "pattern": r"^\d{4}(-\d{2}(-\d{2})?)?$"},
    "moment": {"type": "string", "format": "date-time"},
}
_SIDES: Final[Mapping[Lookup, str]] = {"gte": "at or after", "lt": "before"}


@dataclass(frozen=True, slots=True)
class Criterion:
    """What a record is found by.

    ``path`` leads to the column from the record that ``on`` names: one of the filter set's related
    records, whose query its method ``about_<on>`` gives, or the record itself. ``by`` names a
    method instead that gives the condition for a list of values. ``label`` is documentation, with
    an ``example``.
    """

    name: str
    kind: Kind
    path: str
    label: str
    example: str
    on: str = ""
    by: str = ""
    choices: Any = field(default=None, compare=False)

    def filters(self) -> Iterator[tuple[str, Any]]:
        """Yield each parameter's name and filter."""
        match self.kind:
            case "flag":
                choices = [("true", "true"), ("false", "false")]
                yield self.name, self._filter("exact", f"{self.label}: true or false.", choices)
            case "day" | "moment":
                for side, words in _SIDES.items():
                    said = f"{self.label} {words} this, such as `{self.example}`."
                    yield f"{self.name}__{side}", self._filter(side, said)
            case _:
                such = f"such as `{self.example}`"
                one = f"{self.label}, {such}."
                yield self.name, self._filter("exact", one, self.choices)
                several = f"{self.label}: any of these, with commas."
                yield f"{self.name}__in", self._filter("in", several, self.choices)
                other = f"All but what `{self.name}` finds, {such}."
                yield f"{self.name}__not", self._filter("not", other, self.choices)

    def _filter(self, lookup: Lookup, label: str, choices: Any = None) -> Any:
        classes = _SEVERAL if lookup == "in" else _SINGLE
        made = classes[self.kind](
            self.path, label=label, **({"choices": choices} if choices else {})
        )
        made.fact, made.lookup = self, lookup
        schema = {**_FORMS[self.kind], "description": label}
        if choices:
            schema["enum"] = [str(word) for word in dict(getattr(choices, "choices", choices))]
        extend_schema_field(schema)(made)
        return made

    def condition(self, lookup: Lookup, value: Any) -> Q:
        """The condition on the record that the path starts from; of ``not``, what is not to be."""
        if self.kind == "day":
            return _at_or_after(self.path, value) if lookup == "gte" else _before(self.path, value)
        suffix = "" if lookup in {"exact", "not"} else f"__{lookup}"
        return Q(**{f"{self.path}{suffix}": value})


def _at_or_after(path: str, date: PartialDate) -> Q:
    """The whole period is at or after the date's first day."""
    return Q(**{f"{path}_on__gte": date.day})


def _before(path: str, date: PartialDate) -> Q:
    """The whole period is before the date's first day: 'March' is not before the 15th of March."""
    if date.day is None:
        raise ValueError("A date to compare with is known.")
    ends = {
        "day": date.day,
        "month": date.day.replace(day=1),
        "year": date.day.replace(month=1, day=1),
    }
    condition = Q()
    for precision, start in ends.items():
        condition |= Q(**{f"{path}_precision": precision, f"{path}_on__lt": start})
    return condition


class _Metaclass(FilterSetMetaclass):
    """Makes the filters of the facts that a class declares."""

    def __new__(cls, name: str, bases: Any, attrs: dict[str, Any]) -> Any:
        made = {key: each for fact in attrs.get("facts", ()) for key, each in fact.filters()}
        return super().__new__(cls, name, bases, made | attrs)


class CriterionFilterSet(RecordFilterSet, metaclass=_Metaclass):
    """Filters by the facts that it declares."""

    facts: ClassVar[tuple[Criterion, ...]] = ()

    def __init__(
        self,
        data: Any = None,
        queryset: Any = None,
        *,
        request: Any = None,
        prefix: Any = None,
    ) -> None:
        # Only the filters that are asked for: to make a field for each costs more than the page.
        everything: dict[str, Any] = type(self).base_filters  # type: ignore[misc] # it has them
        asked = everything if data is None else {*data} & everything.keys()
        self.base_filters: dict[str, Any] = {}
        super().__init__(data, queryset, request=request, prefix=prefix)
        self.base_filters = everything
        for name in sorted(asked):
            self.filters[name] = made = copy(everything[name])
            made.model, made.parent = self.queryset.model, self

    @classmethod
    def learn(cls, *facts: Criterion, **about: Any) -> None:
        """Add facts that only an app above knows, and the queries for the records they are on."""
        for name, query in about.items():
            setattr(cls, f"about_{name}", query)
        for fact in facts:
            cls.base_filters |= dict(fact.filters())
        cls.facts = (*cls.facts, *facts)

    def filter_queryset(self, queryset: QuerySet[Any]) -> QuerySet[Any]:
        for name, value in self.form.cleaned_data.items():
            made = self.filters[name]
            fact: Criterion | None = getattr(made, "fact", None)
            if fact is None:
                queryset = made.filter(queryset, value)
            elif fact.by:
                found = getattr(self, fact.by)(value if made.lookup == "in" else [value])
                queryset = queryset.filter(~found if made.lookup == "not" else found)
            elif fact.kind == "flag":
                there = self._some(fact.on, Q())
                queryset = queryset.filter(there if value == "true" else ~there)
            elif made.lookup == "not":
                queryset = queryset.filter(~self._some(fact.on, fact.condition("not", value)))
        for on, condition in self.of_one().items():
            queryset = queryset.filter(self._some(on, condition))
        return queryset

    def of_one(self) -> dict[str, Q]:
        """What is asked for of one and the same record, by what it is a condition on."""
        together: dict[str, Q] = {}
        for name, value in self.form.cleaned_data.items():
            fact: Criterion | None = getattr(self.filters[name], "fact", None)
            if fact is None or fact.by or fact.kind == "flag":
                continue
            if (lookup := self.filters[name].lookup) == "not":
                continue
            condition = fact.condition(lookup, value)
            together[fact.on] = together.get(fact.on, Q()) & condition
        return together

    def _some(self, on: str, condition: Q) -> Q:
        """Records that the condition holds of, or of a related record of theirs."""
        if not on:
            return condition
        related: QuerySet[Any] = getattr(self, f"about_{on}")()
        return Q(Exists(related.filter(condition)))
