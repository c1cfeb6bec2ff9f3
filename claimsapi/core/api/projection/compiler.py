"""Compiles a serializer and its queryset to one SQL expression."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

from django.db import models
from django.db.models import Expression, F, OuterRef, Prefetch, QuerySet
from rest_framework import fields, serializers

from claimsapi.core.api.projection import expressions as sql
from claimsapi.core.api.serializers import FirstRelated, PartialDateField, RelatedRecord


class NotCompilable(TypeError):
    """A field that only Python can render."""


# The key is the class whose `to_representation` a field uses: a subclass with its own rendering is
# not in the table and is refused. The value is the expression and the columns that it accepts.
_EXPRESSIONS: Final[dict[type, tuple[Callable[[F], Expression], tuple[type, ...]]]] = {
    fields.CharField: (sql.JSONString, (models.CharField, models.TextField)),
    fields.ChoiceField: (sql.JSONString, (models.CharField,)),
    fields.IntegerField: (sql.JSONNumber, (models.IntegerField,)),
    fields.BooleanField: (sql.JSONBoolean, (models.BooleanField,)),
    fields.UUIDField: (sql.JSONUUID, (models.UUIDField,)),
    fields.DateTimeField: (sql.JSONTimestamp, (models.DateTimeField,)),
    fields.DateField: (sql.JSONDate, (models.DateField,)),
}


@dataclass(frozen=True, slots=True)
class _Node:
    """The model that a serializer renders, and its path from the outer query's row."""

    model: type[models.Model]
    prefetches: dict[str, Any]  # prefetches with a queryset, by their path from this node
    prefix: str = ""

    def path(self, *names: str) -> str:
        return self.prefix + "__".join(names)

    def prefetches_below(self, path: str) -> dict[str, Any]:
        start = f"{path}__"
        return {
            name.removeprefix(start): prefetch
            for name, prefetch in self.prefetches.items()
            if name.startswith(start)
        }


def compile_serializer(serializer: serializers.BaseSerializer, queryset: QuerySet[Any]) -> Any:
    """Return the expression for the JSON of a row of ``queryset``, as the serializer renders it.

    Nested records come from the queryset's prefetches. Without a prefetch they come from the
    model's default manager, as for the serializer. Raises ``NotCompilable``.
    """
    return _compile_object(serializer, _Node(queryset.model, _collect_prefetches(queryset)))


def _collect_prefetches(queryset: Any) -> dict[str, Any]:
    """Return the prefetches that have a queryset, by path, with the prefetches inside them."""
    prefetches: dict[str, Any] = {}
    for lookup in queryset._prefetch_related_lookups:
        if isinstance(lookup, Prefetch) and lookup.queryset is not None:
            prefetches[lookup.prefetch_to] = lookup
            for path, nested in _collect_prefetches(lookup.queryset).items():
                prefetches[f"{lookup.prefetch_to}__{path}"] = nested
    return prefetches


def _compile_object(serializer: Any, node: _Node) -> Any:
    # ModelSerializer inherits this method. Any other one may render more than the fields.
    own = type(serializer).to_representation
    if own is not serializers.Serializer.to_representation:
        raise NotCompilable(f"{type(serializer).__name__} has its own to_representation.")
    pieces: list[str | Expression] = []
    for field in serializer._readable_fields:
        separator = "," if pieces else "{"
        pieces += [f'{separator}"{field.field_name}":', _compile_field(field, node)]
    return sql.Concatenation([*pieces, "}"])


def _compile_field(field: Any, node: _Node) -> Any:  # noqa: PLR0911  one return for each kind
    match field:
        case PartialDateField():
            columns = (f"{field.prefix}_on", f"{field.prefix}_precision")
            return sql.JSONPartialDate(*(F(node.path(column)) for column in columns))
        case FirstRelated():
            return sql.SingleRow(_compile_rows(field.serializer, field.source_attrs, node)[:1])
        case serializers.ListSerializer():
            return sql.JSONArray(_compile_rows(field.child, field.source_attrs, node))
        case serializers.ManyRelatedField(child_relation=RelatedRecord() as related):
            return sql.JSONArray(_compile_rows(related.serializer, field.source_attrs, node))
        case RelatedRecord():
            return _compile_foreign_key(field.serializer, field.source_attrs, node)
        case serializers.Serializer():
            return _compile_foreign_key(field, field.source_attrs, node)
    return _compile_column(field, node)


def _compile_column(field: Any, node: _Node) -> Any:
    renderer = next(cls for cls in type(field).__mro__ if "to_representation" in vars(cls))
    expression, columns = _EXPRESSIONS.get(renderer, (None, ()))
    model: Any = node.model
    column = None
    for name in field.source_attrs:
        column = model._meta.get_field(name)
        model = column.related_model
    if expression is None or not isinstance(column, columns):
        raise NotCompilable(f"{field!r} of {node.model.__name__}, from {column!r}.")
    # A null foreign key on the path gives null, as in the serializer.
    return expression(F(node.path(*field.source_attrs)))


def _compile_foreign_key(serializer: Any, names: list[str], node: _Node) -> Any:
    """Return the expression for the record at the end of a path of foreign keys."""
    model: Any = node.model
    nullable = False
    for name in names:
        key = model._meta.get_field(name)
        if not (key.concrete and (key.many_to_one or key.one_to_one)):
            raise NotCompilable(f"{name} of {model.__name__} is not a foreign key.")
        nullable, model = nullable or key.null, key.related_model
    path = "__".join(names)
    prefetch = node.prefetches.get(path)
    if prefetch is not None and prefetch.queryset.query.where:
        # The prefetch hides some records: a join would show them. Use its filter in a subquery.
        rows = prefetch.queryset.filter(pk=OuterRef(node.path(path, "pk")))
        return sql.SingleRow(_annotate_json(serializer, rows, node.prefetches_below(path)))
    related = _Node(model, node.prefetches_below(path), f"{node.path(path)}__")
    expression = _compile_object(serializer, related)
    return sql.NullIfNull(F(node.path(path, "pk")), expression) if nullable else expression


def _compile_rows(serializer: Any, names: list[str], node: _Node) -> Any:
    """Return a subquery for the records of a to-many relation, one column of JSON."""
    # DRF follows a longer path only through the first record, which no subquery can express.
    [name] = names
    prefetch = node.prefetches.get(name)
    # A prefetch with `to_attr` has another name than its relation.
    relation_name = prefetch.prefetch_through.rpartition("__")[2] if prefetch else name
    relation: Any = node.model._meta.get_field(relation_name)
    records = prefetch.queryset if prefetch else relation.related_model._default_manager.all()
    back = relation.related_query_name() if relation.many_to_many else relation.remote_field.name
    rows = records.filter(**{back: OuterRef(node.path("pk"))})
    return _annotate_json(serializer, rows, node.prefetches_below(name))


def _annotate_json(serializer: Any, rows: QuerySet[Any], prefetches: dict[str, Any]) -> Any:
    node = _Node(rows.model, {**_collect_prefetches(rows), **prefetches})
    return rows.annotate(_json=_compile_object(serializer, node)).values("_json")
