"""Records, their fields and values in the words of people who do not read JSON."""

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
NAME: Final = 120  # characters of a record's name
BOOKKEEPING: Final = frozenset({"id", "public_id", "revision", "updated_at"})

Key = tuple[type[Record], UUID]


def field_of(model: type[Record], name: str) -> Any:
    """The field of that name; ``None`` if the model has it no more."""
    try:
        return model._meta.get_field(name)
    except FieldDoesNotExist:
        return None


def label_of(model: type[Record], name: str) -> str:
    field = field_of(model, name)
    return capfirst(str(field.verbose_name) if field is not None else name.replace("_", " "))


def in_order(model: type[Record], names: Iterable[str]) -> list[str]:
    """Put fields in the order in which the model declares them; what it has no more comes last."""
    fields = (*model._meta.concrete_fields, *model._meta.many_to_many)
    places = {field.name: place for place, field in enumerate(fields)}
    return sorted(names, key=lambda name: (places.get(name, len(places)), name))


def is_text(model: type[Record], name: str) -> bool:
    """Whether the field holds words that people wrote."""
    field = field_of(model, name)
    return isinstance(field, models.CharField | models.TextField) and not field.choices


def moment(at: datetime) -> str:
    """A time for reading, to the second."""
    # Translators: how a moment is written, in the letters of Django's date filter
    return f"{formatted(at, gettext('j F Y, H:i:s'))} UTC"


def keys_in(model: type[Record], name: str, value: Any) -> list[Key]:
    """The records that the value of a field names; accounts stand for themselves."""
    field = field_of(model, name)
    if field is None or not field.is_relation or not value:
        return []
    other = field.related_model
    keys = (key for (key,) in (value if field.many_to_many else [value]))
    return [(other, UUID(key)) for key in keys if not key.startswith("@")]


class Names:
    """The names of records, read with one query per kind."""

    def __init__(self, site: AdminSite, request: HttpRequest, keys: Iterable[Key]) -> None:
        wanted: dict[type[Record], set[UUID]] = {}
        for model, public_id in keys:
            wanted.setdefault(model, set()).add(public_id)
        self.records: dict[Key, Record] = {}
        for model, numbers in wanted.items():
            rows = self._rows(site, request, model).visible_to(request.user)
            for record in rows.filter(public_id__in=numbers):
                self.records[model, record.public_id] = record

    @staticmethod
    def _rows(site: AdminSite, request: HttpRequest, model: type[Record]) -> Any:
        rows: QuerySet[Any]
        if site.is_registered(model):
            rows = site.get_model_admin(model).get_queryset(request)
        else:  # parts that have no page of their own
            rows = model._default_manager.select_related()
        return rows

    def remember(self, model: type[Record], public_id: UUID, fields: Mapping[str, Any]) -> None:
        """Name a record that is gone by the fields that it had."""
        record = model(public_id=public_id)
        for name, value in fields.items():
            field = field_of(model, name)
            if field is None or field.many_to_many:
                continue
            if not field.is_relation:
                setattr(record, name, value)
                continue
            for key in keys_in(model, name, value):
                if key in self.records:
                    setattr(record, name, self.records[key])
        self.records[model, public_id] = record

    def of(self, model: type[Record], public_id: UUID) -> str:
        record = self.records.get((model, public_id))
        if record is None:
            return gettext("{kind} {id}, no longer here").format(
                kind=model._meta.verbose_name, id=public_id
            )
        return name_of(record)

    def value(self, model: type[Record], name: str, value: Any) -> str:
        """The value of a field in a recorded state, for reading."""
        if value is None or value in ("", []):
            return EMPTY
        field = field_of(model, name)
        if field is None:
            return value if isinstance(value, str) else orjson.dumps(value).decode()
        if field.is_relation:
            accounts = [key for (key,) in (value if field.many_to_many else [value])]
            named = [self.of(*key) for key in keys_in(model, name, value)]
            return ", ".join([key for key in accounts if key.startswith("@")] + named)
        if isinstance(value, str) and isinstance(field, models.DateTimeField):
            at = parse_datetime(value)
            return value if at is None else moment(at)
        if isinstance(value, str) and isinstance(field, models.DateField):
            return _day(parse_date(value)) or value
        return plain(field, value)


def plain(field: Any, value: Any) -> str:
    """The value of a field that is no relation, for reading."""
    if value is None or value == "":
        return EMPTY
    if isinstance(value, bool):
        return gettext("Yes") if value else gettext("No")
    if isinstance(value, datetime):
        return moment(value)
    if isinstance(value, date):
        return _day(value)
    return str(dict(field.flatchoices).get(value, value))


def name_of(record: Any) -> str:
    """A record's name, short; its kind and id if what it is named by is not there."""
    try:
        name = str(record)
    except (ObjectDoesNotExist, TypeError):
        name = ""
    return Truncator(name or f"{record._meta.verbose_name} {record.public_id}").chars(NAME)


def _day(day: date | None) -> str:
    # Translators: how a day is written, in the letters of Django's date filter
    return formatted(day, gettext("j F Y")) if day is not None else ""
