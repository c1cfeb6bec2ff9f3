"""The rules that the database enforces, and writes that bypass every model's ``clean()``.

Each rule has a name: the code of a constraint or guard, and ``<table>_<column>_unique`` for a
unique column. A test declares by :func:`proves` the rules that it proves. Each app has a test that
fails for a rule that no test proves.
"""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any, TypeVar

import pytest
from django.apps import apps
from django.db import IntegrityError, connection, transaction
from django.db.models import UniqueConstraint

from claimsapi.core.database.guards import PREFIX, guard_triggers
from claimsapi.core.identifiers import uuid7
from claimsapi.core.models import Record

Test = TypeVar("Test", bound=Callable[..., Any])
Make = Callable[..., Any]
# The rules, a function that makes a row, values that break a rule, and valid values.
Case = tuple[str, Make, dict[str, Any], dict[str, Any]]
# The rule, a function that makes a row, its unique field, and another value for it.
UniqueCase = tuple[str, Make, str, Any]

_proven: set[str] = set()


def rules_of(app: str) -> dict[str, str]:
    """Return each rule of an app's models with the text of the database's error."""
    sqlite = connection.vendor == "sqlite"
    rules = {}
    for model in apps.get_app_config(app).get_models():
        table = model._meta.db_table
        for constraint in model._meta.constraints:
            rules[constraint.name] = constraint.name
            fields = constraint.fields if isinstance(constraint, UniqueConstraint) else ()
            if fields and sqlite:
                columns = (model._meta.get_field(name).column for name in fields)
                rules[constraint.name] = "UNIQUE constraint failed: " + ", ".join(
                    f"{table}.{column}" for column in columns
                )
        for field in model._meta.concrete_fields:
            if field.unique and not field.primary_key:
                rules[f"{table}_{field.column}_unique"] = (
                    f"UNIQUE constraint failed: {table}.{field.column}"
                    if sqlite
                    else f"Key ({field.column})="
                )
    for trigger in guard_triggers("sqlite"):
        if trigger.table.partition("_")[0] == app:
            rules[trigger.name.removeprefix(PREFIX)] = trigger.name
    return rules


def proves(*rules: str) -> Callable[[Test], Test]:
    """Declare the rules that a test proves."""
    _proven.update(rules)
    return lambda test: test


def unproven(app: str) -> set[str]:
    """Return the rules of an app that no test proves, and names without a rule."""
    rules = rules_of("sources").keys() | rules_of("claims").keys()
    # test_identity proves these rules for every model.
    general = ("_public_id_unique", "_same_id_update", "_same_public_id_update")
    own = {rule for rule in rules_of(app) if not rule.endswith(general)}
    return own - _proven | _proven - rules


@contextmanager
def refused(*rules: str) -> Iterator[None]:
    """Expect that the database refuses the block's write by one of these rules."""
    messages = {**rules_of("sources"), **rules_of("claims")}
    with pytest.raises(IntegrityError) as caught, transaction.atomic():
        yield
    error = str(caught.value)
    assert any(messages[rule] in error for rule in rules), error


def rules_in(cases: Sequence[Case | UniqueCase]) -> list[str]:
    """Return the names of the rules in the cases. A case can name several, with spaces."""
    return " ".join(rules for rules, *_rest in cases).split()


def assert_refused(
    rules: str,
    make: Make,
    bad: dict[str, Any],
    good: dict[str, Any],
    also: Sequence[str] = (),
) -> None:
    """Assert: one of the rules, or of ``also``, refuses bad values and accepts good ones."""
    record = make()
    with refused(*rules.split(), *also):
        overwrite(record, **bad)
    overwrite(record, **good)


def assert_unique(rule: str, make: Make, field: str, another: Any) -> None:
    """Assert that two rows cannot have the same value in the field."""
    first, second = make(), make()
    with refused(rule):
        overwrite(second, **{field: getattr(first, field)})
    overwrite(second, **{field: another})


def overwrite(record: Record, **values: Any) -> None:
    """Write the columns by ``QuerySet.update``, which calls neither ``clean()`` nor ``save()``."""
    assert type(record)._base_manager.filter(pk=record.pk).update(**values) == 1


def insert(record: Record, **values: Any) -> Record:
    """Add a copy of the record with these values by ``bulk_create``."""
    model = type(record)
    fields = [field for field in model._meta.concrete_fields if not field.primary_key]
    copied = {field.name: getattr(record, field.name) for field in fields}
    (copy,) = model._base_manager.bulk_create([model(**{**copied, "public_id": uuid7(), **values})])
    return copy


def remove(record: Record) -> None:
    """Delete the row by SQL, without any ``delete()`` and ``on_delete``."""
    with connection.cursor() as cursor:
        cursor.execute(f'DELETE FROM "{record._meta.db_table}" WHERE id = %s', [record.pk])  # noqa: S608  a table's name


def replace(record: Record, **values: Any) -> None:
    """Replace the row by an INSERT, which guards against UPDATE and DELETE may miss.

    The statement is ``INSERT OR REPLACE`` on SQLite, ``INSERT … ON CONFLICT DO UPDATE`` on
    PostgreSQL.
    """
    meta = record._meta
    columns = [field.column for field in meta.concrete_fields]
    new = {meta.get_field(name).column: value for name, value in values.items()}
    selected = ", ".join("%s" if column in new else f'"{column}"' for column in columns)
    into = ", ".join(f'"{column}"' for column in columns)
    sqlite = connection.vendor == "sqlite"
    assignments = ", ".join(f'"{column}" = EXCLUDED."{column}"' for column in new)
    sql = (
        f'INSERT {"OR REPLACE " if sqlite else ""}INTO "{meta.db_table}" ({into})'  # noqa: S608  names of columns
        f' SELECT {selected} FROM "{meta.db_table}" WHERE id = %s'
        f"{'' if sqlite else f' ON CONFLICT (id) DO UPDATE SET {assignments}'}"
    )
    ordered = [new[column] for column in columns if column in new]
    with connection.cursor() as cursor:
        cursor.execute(sql, [*ordered, record.pk])
