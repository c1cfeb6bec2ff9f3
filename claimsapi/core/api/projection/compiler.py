"""From a serializer and its queryset to one expression."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

from django.db import models
from django.db.models import Expression, F, OuterRef, Prefetch, QuerySet
from rest_framework import fields, serializers

from claimsapi.core.api.projection import expressions as sql
from claimsapi.core.api.serializers import First, PartialDateField, Reference


class NotCompilable(TypeError):
    """A field whose rendering is known to Python only."""


# By the class that says how a field is rendered: the expression, and the columns that it is for.
_WRITTEN: Final[dict[type, tuple[Callable[[F], Expression], tuple[type, ...]]]] = {
    fields.CharField: (sql.Quoted, (models.CharField, models.TextField)),
    fields.ChoiceField: (sql.Quoted, (models.CharField,)),
    fields.IntegerField: (sql.Number, (models.IntegerField,)),
    fields.BooleanField: (sql.Flag, (models.BooleanField,)),
    fields.UUIDField: (sql.Identifier, (models.UUIDField,)),
    fields.DateTimeField: (sql.Moment, (models.DateTimeField,)),
    fields.DateField: (sql.Day, (models.DateField,)),
}


@dataclass(frozen=True, slots=True)
class _Place:
    """Where in the graph of records a serializer stands: a model, and the path to it."""

    model: type[models.Model]
    prefetches: dict[str, Any]  # by path from here, prefetches with a queryset
    prefix: str = ""

    def at(self, *names: str) -> str:
        return self.prefix + "__".join(names)

    def below(self, path: str) -> dict[str, Any]:
        start = f"{path}__"
        return {
            name.removeprefix(start): chosen
            for name, chosen in self.prefetches.items()
            if name.startswith(start)
        }


def compiled(serializer: serializers.BaseSerializer, queryset: QuerySet[Any]) -> Any:
    """The JSON text of a row of ``queryset``, as the serializer renders it.

    Nested records come from the queryset's prefetches, or else from the model's default manager as
    the serializer would get them. Raises ``NotCompilable`` for what it does not understand.
    """
    return _object(serializer, _Place(queryset.model, _prefetches(queryset)))


def _prefetches(queryset: Any) -> dict[str, Any]:
    """What a queryset prefetches with a choice of rows, by path, and what those prefetch."""
    found: dict[str, Any] = {}
    for lookup in queryset._prefetch_related_lookups:
        if isinstance(lookup, Prefetch) and lookup.queryset is not None:
            found[lookup.prefetch_to] = lookup
            for path, further in _prefetches(lookup.queryset).items():
                found[f"{lookup.prefetch_to}__{path}"] = further
    return found


def _object(serializer: Any, place: _Place) -> Any:
    own = type(serializer).to_representation
    if own is not serializers.Serializer.to_representation:
        raise NotCompilable(f"{type(serializer).__name__} renders itself.")
    pieces: list[str | Expression] = []
    for field in serializer._readable_fields:
        pieces += [f'{"," if pieces else "{"}"{field.field_name}":', _value(field, place)]
    return sql.Joined([*pieces, "}"])


def _value(field: Any, place: _Place) -> Any:  # noqa: PLR0911  one kind of field each
    match field:
        case PartialDateField():
            names = (f"{field.prefix}_on", f"{field.prefix}_precision")
            return sql.PartialDay(*(F(place.at(name)) for name in names))
        case First():
            return sql.Only(_rows(field.shown, field.source_attrs, place)[:1])
        case serializers.ListSerializer():
            return sql.Listed(_rows(field.child, field.source_attrs, place))
        case serializers.ManyRelatedField(child_relation=Reference() as reference):
            return sql.Listed(_rows(reference.shown, field.source_attrs, place))
        case Reference():
            return _one(field.shown, field.source_attrs, place)
        case serializers.Serializer():
            return _one(field, field.source_attrs, place)
    return _leaf(field, place)


def _leaf(field: Any, place: _Place) -> Any:
    written_by = next(cls for cls in type(field).__mro__ if "to_representation" in vars(cls))
    write, columns = _WRITTEN.get(written_by, (None, ()))
    model: Any = place.model
    column = None
    for name in field.source_attrs:
        column = model._meta.get_field(name)
        model = column.related_model
    if write is None or not isinstance(column, columns):
        raise NotCompilable(f"{field!r} of {place.model.__name__}, from {column!r}.")
    # Where a key on the way is null, so is the value.
    return write(F(place.at(*field.source_attrs)))


def _one(serializer: Any, names: list[str], place: _Place) -> Any:
    """A record at the end of foreign keys."""
    model: Any = place.model
    nullable = False
    for name in names:
        key = model._meta.get_field(name)
        if not (key.concrete and (key.many_to_one or key.one_to_one)):
            raise NotCompilable(f"{name} of {model.__name__} is no foreign key.")
        nullable, model = nullable or key.null, key.related_model
    path = "__".join(names)
    chosen = place.prefetches.get(path)
    if chosen is not None and chosen.queryset.query.where:
        # Not every record that the key may name is shown.
        rows = chosen.queryset.filter(pk=OuterRef(place.at(path, "pk")))
        return sql.Only(_projected(serializer, rows, place.below(path)))
    there = _Place(model, place.below(path), f"{place.at(path)}__")
    shown = _object(serializer, there)
    return sql.NullWithout(F(place.at(path, "pk")), shown) if nullable else shown


def _rows(serializer: Any, names: list[str], place: _Place) -> Any:
    """The records at the end of a to-many relation, as rows of one column."""
    [name] = names  # the framework would go on from the first of them
    chosen = place.prefetches.get(name)
    # A prefetch may put the rows into an attribute of another name than the relation's.
    through = chosen.prefetch_through.rpartition("__")[2] if chosen else name
    relation: Any = place.model._meta.get_field(through)
    records = chosen.queryset if chosen else relation.related_model._default_manager.all()
    back = relation.related_query_name() if relation.many_to_many else relation.remote_field.name
    rows = records.filter(**{back: OuterRef(place.at("pk"))})
    return _projected(serializer, rows, place.below(name))


def _projected(serializer: Any, rows: QuerySet[Any], prefetches: dict[str, Any]) -> Any:
    place = _Place(rows.model, {**_prefetches(rows), **prefetches})
    return rows.annotate(_json=_object(serializer, place)).values("_json")
