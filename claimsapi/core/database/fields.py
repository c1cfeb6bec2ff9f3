"""Model fields that the apps share."""

from datetime import datetime
from typing import Any

from django.db import models
from django.db.backends.base.base import BaseDatabaseWrapper


class TimestampField(models.DateTimeField):
    """A timestamp with milliseconds, the precision of Django's JSON fixtures.

    It cuts finer digits when it stores a value, so that a record loaded from a fixture equals the
    dumped record. Values in lookups keep their microseconds: cut, they would match earlier rows.
    """

    def pre_save(self, model_instance: models.Model, add: bool) -> Any:  # noqa: FBT001  Django's signature
        value = _cut_to_milliseconds(super().pre_save(model_instance, add))
        setattr(model_instance, self.attname, value)
        return value

    def get_db_prep_save(self, value: Any, connection: BaseDatabaseWrapper) -> Any:
        if not hasattr(value, "as_sql"):
            value = _cut_to_milliseconds(self.to_python(value))
        return super().get_db_prep_save(value, connection)


def _cut_to_milliseconds(value: Any) -> Any:
    if isinstance(value, datetime):
        return value.replace(microsecond=value.microsecond // 1000 * 1000)
    return value
