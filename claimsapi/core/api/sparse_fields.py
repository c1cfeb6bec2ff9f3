"""What a reader asks of a record's shape: ``fields=`` narrows it, ``expand=`` widens it."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from django.db.models import Prefetch, QuerySet
from rest_framework import serializers
from rest_framework.request import Request

from claimsapi.core.api.problems import ParameterError
from claimsapi.core.api.serializers import First, Reference
from claimsapi.core.errors import MalformedParameter

PARAMETERS: Final = ("fields", "expand")
_MOST: Final = 100  # names that one request gives


@dataclass(frozen=True, slots=True)
class Sight:
    """What a caller may see: the permissions alone, so that what is compiled for one serves all."""

    permissions: frozenset[str]

    @classmethod
    def of(cls, user: Any) -> "Sight":
        held = user.get_all_permissions() if user.is_authenticated else ()
        return cls(frozenset(name for name in held if ".view_" in name))

    def has_perm(self, name: str) -> bool:
        return name in self.permissions


@dataclass(frozen=True, slots=True)
class Shape:
    """The names that a request gave, in the order of the alphabet, each once."""

    fields: tuple[str, ...] = ()
    expand: tuple[str, ...] = ()

    @classmethod
    def asked(cls, request: Request) -> "Shape":
        return cls(*(_names(request, name) for name in PARAMETERS))

    def serializer(
        self, plain: type[serializers.Serializer], expandable: Mapping[str, Any]
    ) -> serializers.Serializer:
        """Make the serializer; ``ParameterError`` names what it does not have."""
        made = plain()
        for name in self.expand:
            if name not in expandable:
                allowed = ", ".join(sorted(expandable)) or "nothing"
                raise _refused("expand", name, f"Here can be expanded: {allowed}.")
            field: Any = made.fields[name]
            many = isinstance(field, serializers.ListSerializer)
            source = None if field.source == name else field.source
            made.fields[name] = expandable[name](many=many, read_only=True, source=source)
        if self.fields:
            _narrow(made, self.fields, "")
        return made

    def queryset(
        self,
        queryset: QuerySet[Any],
        plain: type[serializers.Serializer],
        expandable: Mapping[str, Any],
        sight: Any,
    ) -> QuerySet[Any]:
        """Load with the rows what is expanded of them, as far as the caller may see it."""
        for name in self.expand:
            path = "__".join(plain().fields[name].source_attrs)
            rows = expandable[name].Meta.model._default_manager.visible_to(sight).for_api(sight)
            queryset = _replaced(queryset, path, rows)
        return queryset


def _names(request: Request, parameter: str) -> tuple[str, ...]:
    text = request.query_params.get(parameter, "")
    names = [name.strip() for name in text.split(",")] if text else []
    if len(names) > _MOST or not all(names):
        raise ParameterError(
            parameter,
            f"{parameter}: give names with commas between them, {_MOST} at the most.",
            MalformedParameter,
        )
    return tuple(sorted(set(names)))


def _refused(parameter: str, name: str, allowed: str) -> ParameterError:
    return ParameterError(
        parameter, f"{parameter}: there is no {name[:100]!r}. {allowed}", MalformedParameter
    )


def _narrow(serializer: Any, names: Iterable[str], path: str) -> None:
    """Take away the fields that are not named; a dot leads into what is nested."""
    wanted: dict[str, list[str]] = defaultdict(list)
    whole = set()
    for name in names:
        first, _, rest = name.partition(".")
        if first not in serializer.fields:
            allowed = ", ".join(serializer.fields)
            raise _refused("fields", path + name, f"{path or 'Fields'}: {allowed}.")
        if rest:
            wanted[first].append(rest)
        else:
            whole.add(first)
    for name in list(serializer.fields):
        if name not in whole and name not in wanted:
            del serializer.fields[name]
    for name in wanted.keys() - whole:
        nested = nested_of(serializer.fields[name])
        if nested is None:
            raise _refused("fields", f"{path}{name}.{wanted[name][0]}", f"{name} has no parts.")
        _narrow(nested, wanted[name], f"{path}{name}.")


def names_of(serializer: Any, path: str = "") -> list[str]:
    """What ``fields`` may name of a record: its fields, and with dots what is nested in them."""
    found = []
    for name, field in serializer.fields.items():
        if field.write_only:
            continue
        found.append(path + name)
        if (nested := nested_of(field)) is not None:
            found += names_of(nested, f"{path}{name}.")
    return found


def nested_of(field: Any) -> Any:
    """The serializer of what is nested in a field; None of a plain one."""
    match field:
        case serializers.ListSerializer():
            return field.child
        case serializers.ManyRelatedField(child_relation=Reference() as reference):
            return reference.shown
        case First() | Reference():
            return field.shown
        case serializers.Serializer():
            return field
    return None


def _replaced(queryset: Any, path: str, rows: QuerySet[Any]) -> QuerySet[Any]:
    """Prefetch ``rows`` at a path, in place and in the order of what is prefetched there."""
    kept = []
    for lookup in queryset._prefetch_related_lookups:
        at = lookup.prefetch_to if isinstance(lookup, Prefetch) else str(lookup)
        if at == path and isinstance(lookup, Prefetch) and lookup.queryset is not None:
            rows = rows.order_by(*lookup.queryset.query.order_by)
        elif at != path and not at.startswith(f"{path}__"):
            kept.append(lookup)
    # A joined record would stay as it was joined.
    plain = queryset.select_related(None).prefetch_related(None)
    replaced: QuerySet[Any] = plain.prefetch_related(*kept, Prefetch(path, rows))
    return replaced
