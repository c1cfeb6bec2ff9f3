"""Sparse fieldsets (``fields=``) and the expansion of related records (``expand=``)."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from django.db.models import Prefetch, QuerySet
from rest_framework import serializers
from rest_framework.request import Request

from claimsapi.core.api.problems import ParameterError
from claimsapi.core.api.serializers import FirstRelated, RelatedRecord
from claimsapi.core.errors import MalformedParameter

PARAMETERS: Final = ("fields", "expand")
_MAX_NAMES: Final = 100  # names in one parameter


@dataclass(frozen=True, slots=True)
class PermissionScope:
    """The view permissions of a caller, in place of the user.

    All callers with the same permissions share one compiled query.
    """

    permissions: frozenset[str]

    @classmethod
    def of(cls, user: Any) -> "PermissionScope":
        # Visibility depends on view permissions only: others would split the cache.
        names = user.get_all_permissions() if user.is_authenticated else ()
        return cls(frozenset(name for name in names if ".view_" in name))

    def has_perm(self, name: str) -> bool:
        return name in self.permissions


@dataclass(frozen=True, slots=True)
class SparseFieldset:
    """The names in ``fields`` and ``expand``, sorted and without repetitions.

    Equal requests give equal objects, so that a compiled query is cached by its fieldset.
    """

    fields: tuple[str, ...] = ()
    expand: tuple[str, ...] = ()

    @classmethod
    def from_request(cls, request: Request) -> "SparseFieldset":
        return cls(*(_parse_names(request, name) for name in PARAMETERS))

    def build_serializer(
        self, serializer_class: type[serializers.Serializer], expandable: Mapping[str, Any]
    ) -> serializers.Serializer:
        """Return a serializer with these fields. Raises ``ParameterError`` for an unknown name."""
        serializer = serializer_class()
        for name in self.expand:
            if name not in expandable:
                names = ", ".join(sorted(expandable)) or "none"
                raise _unknown_name("expand", name, f"Expandable fields: {names}.")
            field: Any = serializer.fields[name]
            many = isinstance(field, serializers.ListSerializer)
            # DRF refuses a source that equals the field's name.
            source = None if field.source == name else field.source
            serializer.fields[name] = expandable[name](many=many, read_only=True, source=source)
        if self.fields:
            _keep_fields(serializer, self.fields, "")
        return serializer

    def expand_queryset(
        self,
        queryset: QuerySet[Any],
        serializer_class: type[serializers.Serializer],
        expandable: Mapping[str, Any],
        scope: Any,
    ) -> QuerySet[Any]:
        """Prefetch the expanded records that the permission scope includes."""
        for name in self.expand:
            path = "__".join(serializer_class().fields[name].source_attrs)
            rows = expandable[name].Meta.model._default_manager.visible_to(scope).for_api(scope)
            queryset = _replace_prefetch(queryset, path, rows)
        return queryset


def _parse_names(request: Request, parameter: str) -> tuple[str, ...]:
    text = request.query_params.get(parameter, "")
    names = [name.strip() for name in text.split(",")] if text else []
    if len(names) > _MAX_NAMES or not all(names):
        raise ParameterError(
            parameter,
            f"{parameter}: give at most {_MAX_NAMES} names, separated by commas.",
            MalformedParameter,
        )
    return tuple(sorted(set(names)))


def _unknown_name(parameter: str, name: str, hint: str) -> ParameterError:
    return ParameterError(
        parameter, f"{parameter}: {name[:100]!r} is unknown. {hint}", MalformedParameter
    )


def _keep_fields(serializer: Any, names: Iterable[str], path: str) -> None:
    """Remove all other fields. A dot in a name leads into a nested serializer."""
    nested_names: dict[str, list[str]] = defaultdict(list)
    whole = set()
    for name in names:
        first, _, rest = name.partition(".")
        if first not in serializer.fields:
            fields = ", ".join(serializer.fields)
            raise _unknown_name(
                "fields", path + name, f"Fields of {path or 'the record'}: {fields}."
            )
        if rest:
            nested_names[first].append(rest)
        else:
            whole.add(first)
    for name in list(serializer.fields):
        if name not in whole and name not in nested_names:
            del serializer.fields[name]
    for name in nested_names.keys() - whole:
        nested = nested_serializer(serializer.fields[name])
        if nested is None:
            unknown = f"{path}{name}.{nested_names[name][0]}"
            raise _unknown_name("fields", unknown, f"{name} has no nested fields.")
        _keep_fields(nested, nested_names[name], f"{path}{name}.")


def list_field_names(serializer: Any, path: str = "") -> list[str]:
    """Return the names that ``fields`` accepts, with a dot before a nested field."""
    names = []
    for name, field in serializer.fields.items():
        if field.write_only:
            continue
        names.append(path + name)
        if (nested := nested_serializer(field)) is not None:
            names += list_field_names(nested, f"{path}{name}.")
    return names


def nested_serializer(field: Any) -> Any:
    """Return the serializer that renders a field's value, or None for a plain field."""
    match field:
        case serializers.ListSerializer():
            return field.child
        case serializers.ManyRelatedField(child_relation=RelatedRecord() as related):
            return related.serializer
        case FirstRelated() | RelatedRecord():
            return field.serializer
        case serializers.Serializer():
            return field
    return None


def _replace_prefetch(queryset: Any, path: str, rows: QuerySet[Any]) -> QuerySet[Any]:
    """Prefetch ``rows`` at a path, in the order of the prefetch that they replace."""
    others = []
    for lookup in queryset._prefetch_related_lookups:
        prefetch_path = lookup.prefetch_to if isinstance(lookup, Prefetch) else str(lookup)
        if prefetch_path == path and isinstance(lookup, Prefetch) and lookup.queryset is not None:
            rows = rows.order_by(*lookup.queryset.query.order_by)
        elif prefetch_path != path and not prefetch_path.startswith(f"{path}__"):
            others.append(lookup)
    # Django does not prefetch a record that select_related has loaded: drop the joins.
    queryset = queryset.select_related(None).prefetch_related(None)
    replaced: QuerySet[Any] = queryset.prefetch_related(*others, Prefetch(path, rows))
    return replaced
