"""The rules that the database holds, and writes that go around every model's ``clean()``.

Each rule has a name: a constraint's own; ``<table>_<guard>_<operation>`` for a guard; and
``<table>_<column>_unique`` for a unique column. A test says by :func:`proves` which rules it
proves, and each app's sweep fails for a rule that no test names.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, TypeVar

import pytest
from django.apps import apps
from django.db import IntegrityError, connection, transaction
from django.db.models import UniqueConstraint

from claimsapi.core.identifiers import uuid7
from claimsapi.core.models import Record

Test = TypeVar("Test", bound=Callable[..., Any])

_proven: set[str] = set()


def rules_of(app: str) -> dict[str, str]:
    """Every rule of an app's models, with the words by which the database refuses by it."""
    sqlite = connection.vendor == "sqlite"
    rules = {}
    for model in apps.get_app_config(app).get_models():
        table = model._meta.db_table
        for constraint in model._meta.constraints:
            fields = getattr(constraint, "fields", ())
            if (
                isinstance(constraint, UniqueConstraint)
                and fields
                and connection.vendor == "sqlite"
            ):
                columns = (model._meta.get_field(name).column for name in fields)
                rules[constraint.name] = "UNIQUE constraint failed: " + ", ".join(
                    f"{table}.{column}" for column in columns
                )
            else:
                rules[constraint.name] = constraint.name
        for guard in getattr(model, "guards", ()):
            rules[f"{guard.table or table}_{guard.name}_{guard.on.lower()}"] = guard.message
        for field in model._meta.concrete_fields:
            if field.unique and not field.primary_key:
                rules[f"{table}_{field.column}_unique"] = (
                    f"UNIQUE constraint failed: {table}.{field.column}"
                    if sqlite
                    else f"Key ({field.column})="
                )
    return rules


def proves(*rules: str) -> Callable[[Test], Test]:
    """Say which rules a test proves."""
    _proven.update(rules)
    return lambda test: test


def unproven(app: str) -> set[str]:
    """The rules of an app that no test names, and names that are no rule's (any more)."""
    known = rules_of("sources").keys() | rules_of("claims").keys()
    # test_identity proves this one for every model by itself.
    own = {rule for rule in rules_of(app) if not rule.endswith("_public_id_unique")}
    return own - _proven | _proven - known


@contextmanager
def refused(*rules: str) -> Iterator[None]:
    """Expect that the database refuses the block's write, by one of these rules."""
    known = {**rules_of("sources"), **rules_of("claims")}
    with pytest.raises(IntegrityError) as caught, transaction.atomic():
        yield
    said = str(caught.value)
    assert any(known[rule] in said for rule in rules), said


def overwrite(record: Record, **values: Any) -> None:
    """Write the columns by ``QuerySet.update``, which asks neither ``clean()`` nor ``save()``."""
    assert type(record)._base_manager.filter(pk=record.pk).update(**values) == 1


def insert(record: Record, **values: Any) -> Record:
    """Add a copy of the record with these values by ``bulk_create``."""
    model = type(record)
    fields = [field for field in model._meta.concrete_fields if not field.primary_key]
    copied = {field.name: getattr(record, field.name) for field in fields}
    (copy,) = model._base_manager.bulk_create([model(**{**copied, "public_id": uuid7(), **values})])
    return copy


def remove(record: Record) -> None:
    """Delete the row by SQL, around every ``delete()`` and ``on_delete``."""
    with connection.cursor() as cursor:
        cursor.execute(f'DELETE FROM "{record._meta.db_table}" WHERE id = %s', [record.pk])  # noqa: S608  a table's name


def replace(record: Record, **values: Any) -> None:
    """Put another row in the place of this one by an INSERT: an UPDATE or DELETE by another name.

    On SQLite that is ``INSERT OR REPLACE``, on PostgreSQL ``INSERT … ON CONFLICT DO UPDATE``.
    """
    meta = record._meta
    columns = [field.column for field in meta.concrete_fields]
    new = {meta.get_field(name).column: value for name, value in values.items()}
    chosen = ", ".join("%s" if column in new else f'"{column}"' for column in columns)
    into = ", ".join(f'"{column}"' for column in columns)
    sqlite = connection.vendor == "sqlite"
    assignments = ", ".join(f'"{column}" = EXCLUDED."{column}"' for column in new)
    sql = (
        f'INSERT {"OR REPLACE " if sqlite else ""}INTO "{meta.db_table}" ({into})'  # noqa: S608  names of columns
        f' SELECT {chosen} FROM "{meta.db_table}" WHERE id = %s'
        f"{'' if sqlite else f' ON CONFLICT (id) DO UPDATE SET {assignments}'}"
    )
    ordered = [new[column] for column in columns if column in new]
    with connection.cursor() as cursor:
        cursor.execute(sql, [*ordered, record.pk])
