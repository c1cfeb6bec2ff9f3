"""Model fields with a rule of their own."""

from datetime import datetime
from typing import Any

from django.db import models


class TimestampField(models.DateTimeField):
    """A moment to the millisecond, the precision that Django's JSON fixtures carry.

    Finer digits are cut before they reach the database, so that a record loaded from a fixture
    equals the record that was dumped.
    """

    def pre_save(self, model_instance: models.Model, add: bool) -> Any:  # noqa: FBT001  Django's
        value = _cut(super().pre_save(model_instance, add))
        setattr(model_instance, self.attname, value)
        return value

    def get_prep_value(self, value: Any) -> Any:
        return _cut(super().get_prep_value(value))


def _cut(value: Any) -> Any:
    if isinstance(value, datetime):
        return value.replace(microsecond=value.microsecond // 1000 * 1000)
    return value
