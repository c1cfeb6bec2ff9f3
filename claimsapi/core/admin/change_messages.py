"""Readable labels, names and values of records in ledger entries."""

from collections.abc import Iterable, Mapping
from datetime import date, datetime
from typing import Any, Final
from uuid import UUID

import orjson
from django.contrib.admin import AdminSite
from django.core.exceptions import FieldDoesNotExist, ObjectDoesNotExist
from django.db import models
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.dateformat import format as formatted
from django.utils.dateparse import parse_date, parse_datetime
from django.utils.text import Truncator, capfirst
from django.utils.translation import gettext

from claimsapi.core.models import Record

EMPTY: Final = "—"
NAME_LENGTH: Final = 120  # characters; longer names of records are cut
BOOKKEEPING: Final = frozenset({"id", "public_id", "revision", "updated_at"})

RecordKey = tuple[type[Record], UUID]


def get_field(model: type[Record], name: str) -> Any:
    """Return a field by name; ``None`` if the model no longer has it."""
    try:
        return model._meta.get_field(name)
    except FieldDoesNotExist:
        return None


def get_label(model: type[Record], name: str) -> str:
    """Return the label of a field; its name in words if the model no longer has it."""
    field = get_field(model, name)
    return capfirst(str(field.verbose_name) if field is not None else name.replace("_", " "))


def sort_fields(model: type[Record], names: Iterable[str]) -> list[str]:
    """Sort field names in the order of the model; fields that it no longer has come last."""
    fields = (*model._meta.concrete_fields, *model._meta.many_to_many)
    positions = {field.name: position for position, field in enumerate(fields)}
    return sorted(names, key=lambda name: (positions.get(name, len(positions)), name))


def is_text(model: type[Record], name: str) -> bool:
    """Return whether a field holds free text."""
    field = get_field(model, name)
    return isinstance(field, models.CharField | models.TextField) and not field.choices


def format_timestamp(at: datetime) -> str:
    """Format a timestamp to the second, in UTC."""
    # Translators: a timestamp, in the format characters of Django's date filter
    return f"{formatted(at, gettext('j F Y, H:i:s'))} UTC"


def find_record_keys(model: type[Record], name: str, value: Any) -> list[RecordKey]:
    """Return the keys of the records in a relation's value, without accounts."""
    field = get_field(model, name)
    if field is None or not field.is_relation or not value:
        return []
    # A recorded relation is the natural key of a record: its public id, or "@handle".
    keys = (key for (key,) in (value if field.many_to_many else [value]))
    return [(field.related_model, UUID(key)) for key in keys if not key.startswith("@")]


class RecordNames:
    """Names of records, loaded with one query per model."""

    def __init__(self, site: AdminSite, request: HttpRequest, keys: Iterable[RecordKey]) -> None:
        ids_by_model: dict[type[Record], set[UUID]] = {}
        for model, public_id in keys:
            ids_by_model.setdefault(model, set()).add(public_id)
        self.records: dict[RecordKey, Record] = {}
        for model, public_ids in ids_by_model.items():
            rows = self._get_queryset(site, request, model).visible_to(request.user)
            for record in rows.filter(public_id__in=public_ids):
                self.records[model, record.public_id] = record

    @staticmethod
    def _get_queryset(site: AdminSite, request: HttpRequest, model: type[Record]) -> Any:
        rows: QuerySet[Any]
        if site.is_registered(model):
            rows = site.get_model_admin(model).get_queryset(request)
        else:  # parts without an admin page of their own
            rows = model._default_manager.select_related()
        return rows

    def add_deleted(self, model: type[Record], public_id: UUID, fields: Mapping[str, Any]) -> None:
        """Add a deleted record, which takes its name from its last fields."""
        record = model(public_id=public_id)
        for name, value in fields.items():
            field = get_field(model, name)
            if field is None or field.many_to_many:
                continue
            if not field.is_relation:
                setattr(record, name, value)
                continue
            for key in find_record_keys(model, name, value):
                if key in self.records:
                    setattr(record, name, self.records[key])
        self.records[model, public_id] = record

    def get_name(self, model: type[Record], public_id: UUID) -> str:
        """Return the name of a record; its kind and id if it was not loaded."""
        record = self.records.get((model, public_id))
        if record is None:
            return gettext("{kind} {id} (unavailable)").format(
                kind=model._meta.verbose_name, id=public_id
            )
        return format_name(record)

    def format_value(self, model: type[Record], name: str, value: Any) -> str:
        """Format the JSON value of a field in a recorded state."""
        if value is None or value in ("", []):
            return EMPTY
        field = get_field(model, name)
        if field is None:
            return value if isinstance(value, str) else orjson.dumps(value).decode()
        if field.is_relation:
            keys = [key for (key,) in (value if field.many_to_many else [value])]
            handles = [key for key in keys if key.startswith("@")]
            names = [self.get_name(*key) for key in find_record_keys(model, name, value)]
            return ", ".join(handles + names)
        if isinstance(value, str) and isinstance(field, models.DateTimeField):
            at = parse_datetime(value)
            return value if at is None else format_timestamp(at)
        if isinstance(value, str) and isinstance(field, models.DateField):
            return _format_day(parse_date(value)) or value
        return format_value(field, value)


def format_value(field: Any, value: Any) -> str:
    """Format the Python value of a field that is no relation."""
    if value is None or value == "":
        return EMPTY
    if isinstance(value, bool):
        return gettext("Yes") if value else gettext("No")
    if isinstance(value, datetime):
        return format_timestamp(value)
    if isinstance(value, date):
        return _format_day(value)
    return str(dict(field.flatchoices).get(value, value))


def format_name(record: Any) -> str:
    """Return the shortened name of a record; its kind and id if ``str()`` cannot name it."""
    # A deleted record may lack the related records that its name reads.
    try:
        name = str(record)
    except (ObjectDoesNotExist, TypeError):
        name = ""
    return Truncator(name or f"{record._meta.verbose_name} {record.public_id}").chars(NAME_LENGTH)


def _format_day(day: date | None) -> str:
    # Translators: a day, in the format characters of Django's date filter
    return formatted(day, gettext("j F Y")) if day is not None else ""
