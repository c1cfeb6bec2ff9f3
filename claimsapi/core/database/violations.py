"""Sentences for people about errors of the database: which constraint or guard a write broke."""

from collections import Counter
from typing import Any

from django.apps import apps
from django.db import IntegrityError
from django.db.models import UniqueConstraint
from django.utils.functional import Promise
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from claimsapi.core.database.guards import guard_triggers, truncation_guards


def sentences() -> dict[str, str | Promise]:
    """Return the sentence of every constraint and guard by its code."""
    return {
        **{constraint.name: constraint.sentence for _model, constraint in _constraints()},
        **{trigger.name: trigger.guard.sentence for trigger in guard_triggers("sqlite")},
        **dict.fromkeys(truncation_guards(), _("A table of records cannot be truncated.")),
    }


def find_code(error: IntegrityError) -> str:
    """Return the code of the broken constraint or guard, or the empty string if it has none.

    PostgreSQL reports the code as the name of a constraint. SQLite reports the name of a check
    constraint or guard, but the columns of a unique constraint. The columns can be ambiguous, as
    two partial constraints may have the same ones: the result is then the empty string too.
    """
    # Only psycopg's errors have "diag". Its fields do not depend on the language of the server.
    diagnostics = getattr(error.__cause__, "diag", None)
    if diagnostics is not None:
        code = diagnostics.constraint_name or ""
    else:
        message = str(error)
        code = message.removeprefix("CHECK constraint failed: ")
        if message.startswith("UNIQUE constraint failed: "):
            columns = message.removeprefix("UNIQUE constraint failed: ")
            # SQLite quotes the name of an index of expressions, and lists columns otherwise.
            index = columns.removeprefix("index '").removesuffix("'")
            code = index if index != columns else _code_by_columns().get(columns, "")
    return code if code in sentences() else ""


def describe_violation(error: IntegrityError) -> str:
    """Return the sentence of the constraint or guard that a write broke, for the current reader.

    The database's own message never reaches the reader: it may quote values of hidden records.
    """
    if code := find_code(error):
        return str(sentences()[code])
    # Constraints of Django's own tables have no sentence. Both databases name their kind.
    message = str(error).lower()
    if "unique" in message:
        return gettext("A record with the same identifying values exists already.")
    if "foreign key" in message:
        return gettext("The change refers to a missing record, or removes one that is in use.")
    return gettext("The change breaks a rule of the database.")


def _constraints() -> list[tuple[Any, Any]]:
    """Return every constraint of our apps with its model. Those of Django have no sentences."""
    return [
        (model, constraint)
        for model in apps.get_models()
        for constraint in model._meta.constraints
        if hasattr(constraint, "sentence")
    ]


def _code_by_columns() -> dict[str, str]:
    """Return the codes of unambiguous unique constraints by their columns, in SQLite's notation."""
    codes = {
        constraint.name: ", ".join(
            f"{model._meta.db_table}.{model._meta.get_field(field).column}"
            for field in constraint.fields
        )
        for model, constraint in _constraints()
        if isinstance(constraint, UniqueConstraint) and constraint.fields
    }
    frequency = Counter(codes.values())
    return {columns: code for code, columns in codes.items() if frequency[columns] == 1}
