"""Base serializers and fields of records: public ids for clients, model validation for writes."""

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

_MAX_LIST_LENGTH = 100  # related records in one field of a request


class StrictSerializer(serializers.Serializer):
    """Rejects unknown and read-only fields, and values of another JSON type than the field's."""

    def to_internal_value(self, data: Any) -> Any:
        if isinstance(data, Mapping):
            faults: dict[str, list[str]] = {
                name: ["This field does not exist."]
                for name in sorted(set(map(str, data)) - set(self.fields))
            }
            for name, value in data.items():
                field = self.fields.get(name)
                if field is not None and field.read_only:
                    faults[name] = ["This field is read-only: leave it out."]
                if isinstance(value, list) and len(value) > _MAX_LIST_LENGTH:
                    faults[name] = [f"Send at most {_MAX_LIST_LENGTH} items."]
                # DRF accepts a number for a text, and the keys of an object for a list.
                if isinstance(field, serializers.CharField) and not isinstance(value, str | None):
                    faults[name] = ["Send a string."]
                if isinstance(field, serializers.ManyRelatedField) and not isinstance(value, list):
                    faults[name] = ["Send a list."]
            if faults:
                raise serializers.ValidationError(faults)
        return super().to_internal_value(data)


class StrictChoiceField(serializers.ChoiceField):
    """A choice. The error for an invalid value lists the valid ones."""

    default_error_messages = {  # noqa: RUF012  DRF merges these along the classes
        "invalid_choice": "{input!r} is not a valid choice. Choose one of: {choices}.",
    }

    def fail(self, key: str, **values: Any) -> Any:
        super().fail(key, choices=", ".join(filter(None, map(str, self.choices))), **values)


class RecordSerializer(StrictSerializer, serializers.ModelSerializer):
    """The base of a record's serializer.

    It calls the model's ``clean`` and validates its constraints before the database does. Values
    that ``clean`` normalizes are saved, and the model's error messages reach the caller.
    """

    serializer_choice_field = StrictChoiceField

    id = serializers.UUIDField(source="public_id", read_only=True)

    # `validate` checks uniqueness by the model's constraints, with their messages. Without this
    # override DRF would check it a second time, with messages of its own.
    def get_uniqueness_extra_kwargs(
        self,
        field_names: Any,  # noqa: ARG002  DRF's signature
        declared_fields: Any,  # noqa: ARG002
        extra_kwargs: Any,
    ) -> tuple[Any, dict[str, Any]]:
        return extra_kwargs, {}

    def get_unique_together_validators(self) -> list[Any]:
        return []

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        model: type[Record] = self.Meta.model
        # Validate a copy: an invalid request must not change the loaded instance.
        candidate = copy(self.instance) if self.instance is not None else model()
        for name, value in attrs.items():
            if not model._meta.get_field(name).many_to_many:
                setattr(candidate, name, value)
        before = {field: getattr(candidate, field.attname) for field in model._meta.concrete_fields}
        try:
            candidate.clean()
            candidate.validate_constraints()
        except DjangoValidationError as error:
            raise serializers.ValidationError(serializers.as_serializer_error(error)) from None
        normalized = {
            field.name: value
            for field, old in before.items()
            if (value := getattr(candidate, field.attname)) != old
        }
        return {**attrs, **normalized}


class RelatedRecord(serializers.RelatedField):
    """A related record: a nested object in responses, its public id in requests.

    The id of a record that the caller may not see gives the same error as an unused id.
    """

    default_error_messages = {  # noqa: RUF012  DRF merges these along the classes
        "not_found": "There is no {kind} with the id {value}.",
        "not_an_id": "Send the id of a {kind} as a string.",
    }

    def __init__(self, serializer_class: type[serializers.BaseSerializer], **options: Any) -> None:
        self.serializer_class = serializer_class
        model: type[Record] = serializer_class.Meta.model  # type: ignore[attr-defined]
        self.kind = str(model._meta.verbose_name)
        if not options.get("read_only"):
            options.setdefault("queryset", model._default_manager.all())
        super().__init__(**options)

    @classmethod
    def many_init(cls, *args: Any, **kwargs: Any) -> serializers.ManyRelatedField:
        if not kwargs.get("read_only"):
            serializer_class = args[0] if args else kwargs["serializer_class"]
            kwargs.setdefault("queryset", serializer_class.Meta.model._default_manager.all())
        return super().many_init(*args, **kwargs)

    @cached_property
    def serializer(self) -> serializers.BaseSerializer:
        """The serializer that renders the record."""
        return self.serializer_class()

    def use_pk_only_optimization(self) -> bool:
        # The nested serializer needs the record, not only its key.
        return False

    def to_representation(self, value: Any) -> Any:
        return self.serializer.to_representation(value)

    def run_validation(self, data: Any = serializers.empty) -> Any:
        """Reject an empty text, which DRF treats as null."""
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
        # The base class would load all records, including hidden ones.
        return {}


class FirstRelated(serializers.Field):
    """The first of a list of related records, or null if the list is empty."""

    def __init__(self, serializer_class: type[serializers.BaseSerializer], **options: Any) -> None:
        self.serializer_class = serializer_class
        super().__init__(read_only=True, allow_null=True, **options)

    @cached_property
    def serializer(self) -> serializers.BaseSerializer:
        """The serializer that renders the record."""
        return self.serializer_class()

    def to_representation(self, value: Any) -> Any:
        return self.serializer.to_representation(value[0]) if value else None


class FirstRelatedSchema(OpenApiSerializerFieldExtension):
    """Documents the first related record."""

    target_class = "claimsapi.core.api.serializers.FirstRelated"

    def map_serializer_field(
        self, auto_schema: AutoSchema, direction: Literal["request", "response"]
    ) -> Any:
        component = auto_schema.resolve_serializer(self.target.serializer_class, direction)
        return component.ref if component else {}


class RelatedRecordSchema(OpenApiSerializerFieldExtension):
    """Documents a related record: an object in responses, an id in requests."""

    target_class = "claimsapi.core.api.serializers.RelatedRecord"

    def map_serializer_field(
        self, auto_schema: AutoSchema, direction: Literal["request", "response"]
    ) -> Any:
        if direction == "request":
            return {
                "type": "string",
                "format": "uuid",
                "description": f"Id of a {self.target.kind}.",
            }
        component = auto_schema.resolve_serializer(self.target.serializer_class, direction)
        return component.ref if component else {}


@extend_schema_field({"type": "string", "pattern": "^[0-9]{4}(-[0-9]{2}(-[0-9]{2})?)?$"})
class PartialDateField(serializers.CharField):
    """A partial date: ``YYYY``, ``YYYY-MM``, ``YYYY-MM-DD``, or null.

    It reads and writes the two columns ``<name>_on`` and ``<name>_precision``. Declare it under the
    name ``<name>_on``.
    """

    def __init__(self, **options: Any) -> None:
        options.setdefault(
            "help_text", "`YYYY`, `YYYY-MM` or `YYYY-MM-DD`. Null if the date is unknown."
        )
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
