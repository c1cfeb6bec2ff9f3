"""Model fields with a rule of their own."""

from datetime import datetime
from typing import Any

from django.db import models
from django.db.backends.base.base import BaseDatabaseWrapper


class TimestampField(models.DateTimeField):
    """A moment to the millisecond, the precision that Django's JSON fixtures carry.

    Finer digits are cut before they are stored, so that a record loaded from a fixture equals the
    record that was dumped. What a row is compared with keeps them: cut, it would be earlier.
    """

    def pre_save(self, model_instance: models.Model, add: bool) -> Any:  # noqa: FBT001  Django's
        value = _cut(super().pre_save(model_instance, add))
        setattr(model_instance, self.attname, value)
        return value

    def get_db_prep_save(self, value: Any, connection: BaseDatabaseWrapper) -> Any:
        if not hasattr(value, "as_sql"):
            value = _cut(self.to_python(value))
        return super().get_db_prep_save(value, connection)


def _cut(value: Any) -> Any:
    if isinstance(value, datetime):
        return value.replace(microsecond=value.microsecond // 1000 * 1000)
    return value
