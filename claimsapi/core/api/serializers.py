"""Serializers of editorial records: public ids outside, the models' rules inside."""

from collections.abc import Mapping
from copy import copy
from functools import cached_property
from typing import Any, Literal
from uuid import UUID

from django.core.exceptions import ValidationError as DjangoValidationError
from drf_spectacular.extensions import OpenApiSerializerFieldExtension
from drf_spectacular.openapi import AutoSchema
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from claimsapi.core.models import Record
from claimsapi.core.partial_date import PartialDate

_LONGEST_LIST = 100  # related records that one request names


class StrictFields(serializers.Serializer):
    """Refuses unknown fields, read-only ones, and what is no text where text is wanted."""

    def to_internal_value(self, data: Any) -> Any:
        if isinstance(data, Mapping):
            unknown = sorted(set(map(str, data)) - set(self.fields))
            fixed = [n for n in data if n in self.fields and self.fields[n].read_only]
            faults = {n: ["There is no such field."] for n in unknown}
            faults |= {n: ["This field is read-only: leave it out."] for n in fixed}
            faults |= {
                n: [f"At most {_LONGEST_LIST} at a time."]
                for n, value in data.items()
                if isinstance(value, list) and len(value) > _LONGEST_LIST
            }
            faults |= {n: ["Send a string."] for n in data if self._wants_text(n, data[n])}
            faults |= {n: ["Send a list."] for n in data if self._wants_list(n, data[n])}
            if faults:
                raise serializers.ValidationError(faults)
        return super().to_internal_value(data)

    def _wants_text(self, name: str, value: Any) -> bool:
        """The framework would take a number for a text."""
        field = self.fields.get(name)
        return isinstance(field, serializers.CharField) and not isinstance(value, str | None)

    def _wants_list(self, name: str, value: Any) -> bool:
        """The framework would take an object for the list of its names."""
        field = self.fields.get(name)
        return isinstance(field, serializers.ManyRelatedField) and not isinstance(value, list)


class WordField(serializers.ChoiceField):
    """One of several words; the refusal of another names them."""

    default_error_messages = {  # noqa: RUF012  the framework merges these along the classes
        "invalid_choice": "{input!r} is none of: {words}.",
    }

    def fail(self, key: str, **values: Any) -> Any:
        super().fail(key, words=", ".join(filter(None, map(str, self.choices))), **values)


class RecordSerializer(StrictFields, serializers.ModelSerializer):
    """The base of a record's serializer.

    It refuses fields that it does not know, and asks the model's own ``clean`` and constraints
    before the database does: what they mend is kept, and their sentences reach the caller.
    """

    serializer_choice_field = WordField

    id = serializers.UUIDField(source="public_id", read_only=True)

    # Uniqueness is asked of the model's constraints, below, once and with their own sentences.
    def get_uniqueness_extra_kwargs(
        self,
        field_names: Any,  # noqa: ARG002  the framework's signature
        declared_fields: Any,  # noqa: ARG002
        extra_kwargs: Any,
    ) -> tuple[Any, dict[str, Any]]:
        return extra_kwargs, {}

    def get_unique_together_validators(self) -> list[Any]:
        return []

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        model: type[Record] = self.Meta.model
        candidate = copy(self.instance) if self.instance is not None else model()
        for name, value in attrs.items():
            if not model._meta.get_field(name).many_to_many:
                setattr(candidate, name, value)
        sent = {field: getattr(candidate, field.attname) for field in model._meta.concrete_fields}
        try:
            candidate.clean()
            candidate.validate_constraints()
        except DjangoValidationError as error:
            raise serializers.ValidationError(serializers.as_serializer_error(error)) from None
        cleaned = {
            f.name: v for f, old in sent.items() if (v := getattr(candidate, f.attname)) != old
        }
        return {**attrs, **cleaned}


class Reference(serializers.RelatedField):
    """A related record: read as a nested object, written as its public id.

    ``shown_as`` is the serializer that renders it. What the caller may not see does not exist.
    """

    default_error_messages = {  # noqa: RUF012  the framework merges these along the classes
        "not_found": "There is no {kind} with the id {value}.",
        "not_an_id": "Give the id of a {kind} as a string.",
    }

    def __init__(self, shown_as: type[serializers.BaseSerializer], **options: Any) -> None:
        self.shown_as = shown_as
        model: type[Record] = shown_as.Meta.model  # type: ignore[attr-defined]
        self.kind = str(model._meta.verbose_name)
        if not options.get("read_only"):
            options.setdefault("queryset", model._default_manager.all())
        super().__init__(**options)

    @classmethod
    def many_init(cls, *args: Any, **kwargs: Any) -> serializers.ManyRelatedField:
        if not kwargs.get("read_only"):
            shown_as = args[0] if args else kwargs["shown_as"]
            kwargs.setdefault("queryset", shown_as.Meta.model._default_manager.all())
        return super().many_init(*args, **kwargs)

    @cached_property
    def shown(self) -> serializers.BaseSerializer:
        """The serializer that renders it."""
        return self.shown_as()

    def use_pk_only_optimization(self) -> bool:
        return False

    def to_representation(self, value: Any) -> Any:
        return self.shown.to_representation(value)

    def run_validation(self, data: Any = serializers.empty) -> Any:
        """Refuse an empty text, which the framework takes for null."""
        return self.to_internal_value(data) if data == "" else super().run_validation(data)

    def to_internal_value(self, data: Any) -> Any:
        try:
            if not isinstance(data, str):
                raise ValueError(data)
            identifier = UUID(data)
        except ValueError:
            self.fail("not_an_id", kind=self.kind)
        visible = self.get_queryset().visible_to(self.context["request"].user)  # type: ignore[union-attr]
        try:
            return visible.get(public_id=identifier)
        except visible.model.DoesNotExist:
            self.fail("not_found", kind=self.kind, value=data)

    def get_choices(self, cutoff: int | None = None) -> dict[Any, Any]:  # noqa: ARG002
        return {}


class First(serializers.Field):
    """The first of a list of related records, as ``shown_as`` renders it; null if there is none."""

    def __init__(self, shown_as: type[serializers.BaseSerializer], **options: Any) -> None:
        self.shown_as = shown_as
        super().__init__(read_only=True, allow_null=True, **options)

    @cached_property
    def shown(self) -> serializers.BaseSerializer:
        """The serializer that renders it."""
        return self.shown_as()

    def to_representation(self, value: Any) -> Any:
        return self.shown.to_representation(value[0]) if value else None


class FirstSchema(OpenApiSerializerFieldExtension):
    """Documents the one record, or null."""

    target_class = "claimsapi.core.api.serializers.First"

    def map_serializer_field(
        self, auto_schema: AutoSchema, direction: Literal["request", "response"]
    ) -> Any:
        component = auto_schema.resolve_serializer(self.target.shown_as, direction)
        return component.ref if component else {}


class ReferenceSchema(OpenApiSerializerFieldExtension):
    """Documents a reference: an object in answers, an id in requests."""

    target_class = "claimsapi.core.api.serializers.Reference"

    def map_serializer_field(
        self, auto_schema: AutoSchema, direction: Literal["request", "response"]
    ) -> Any:
        if direction == "request":
            return {
                "type": "string",
                "format": "uuid",
                "description": f"Id of a {self.target.kind}.",
            }
        component = auto_schema.resolve_serializer(self.target.shown_as, direction)
        return component.ref if component else {}


@extend_schema_field({"type": "string", "pattern": "^[0-9]{4}(-[0-9]{2}(-[0-9]{2})?)?$"})
class PartialDateField(serializers.CharField):
    """A date as far as it is known: ``YYYY``, ``YYYY-MM``, ``YYYY-MM-DD``, or null.

    It reads and writes the two columns ``<name>_on`` and ``<name>_precision`` together; declare it
    as ``<name>_on`` with ``source="*"``.
    """

    def __init__(self, **options: Any) -> None:
        options.setdefault("help_text", "`YYYY`, `YYYY-MM` or `YYYY-MM-DD`, as far as it is known.")
        super().__init__(source="*", allow_null=True, required=False, **options)

    def bind(self, field_name: str, parent: Any) -> None:
        self.prefix = field_name.removesuffix("_on")
        super().bind(field_name, parent)

    def to_representation(self, value: Any) -> str | None:  # type: ignore[override]
        day = getattr(value, f"{self.prefix}_on")
        return str(PartialDate(day, getattr(value, f"{self.prefix}_precision"))) or None

    def validate_empty_values(self, data: Any) -> tuple[bool, Any]:
        if data is None:
            return True, self._columns(PartialDate.UNKNOWN)
        return super().validate_empty_values(data)

    def to_internal_value(self, data: Any) -> Any:
        try:
            return self._columns(PartialDate.parse(super().to_internal_value(data)))
        except ValueError as error:
            raise serializers.ValidationError(str(error)) from None

    def _columns(self, date: PartialDate) -> dict[str, Any]:
        return {f"{self.prefix}_on": date.day, f"{self.prefix}_precision": date.precision}
