"""Triggers that append to the ledger, generated from the models' metadata.

The database itself writes a record's state, as canonical JSON (RFC 8785) in the form of Django's
fixtures. Each model has one SQL expression for it. The triggers and the exporter use it, and the
integrity check compares current states with recorded ones by it.

No write is missed: ``QuerySet.update``, ``bulk_create``, many-to-many changes and raw SQL append
entries as ``save()`` does.
"""

from collections.abc import Iterator
from typing import Any, Final

from django.apps import apps
from django.db import models

from claimsapi.core.database.json_sql import json_string, timestamp_to_milliseconds, uuid_text

PREFIX: Final = "ledger_"
_MAX_INTEGER: Final = 2**53 - 1
_COLUMNS: Final = "kind, object, part_of, part_of_too, action, actor, at, reason, salt, state"


def is_recorded(model: Any) -> bool:
    """Whether a model's rows are editorial records."""
    # This module cannot import their base class, which is in a layer above.
    return hasattr(model, "unrecorded_fields")


def recorded_models() -> list[Any]:
    """Every model whose rows are editorial records, each after the models that it refers to."""
    unordered = [model for model in apps.get_models() if is_recorded(model)]
    ordered: list[Any] = []

    def add(model: Any) -> None:
        for field in (*model._meta.concrete_fields, *model._meta.many_to_many):
            target = field.related_model
            if target in unordered and target is not model and target not in ordered:
                add(target)
        if model not in ordered:
            ordered.append(model)

    for model in unordered:
        add(model)
    return ordered


def recorded_fields(model: Any) -> list[Any]:
    """The columns and many-to-many fields of a record's state, in the order of their names."""
    fields = [f for f in model._meta.concrete_fields if not f.primary_key]
    recorded = [f for f in fields if f.name not in model.unrecorded_fields]
    return sorted([*recorded, *model._meta.many_to_many], key=lambda field: str(field.name))


def state_sql(model: Any, row: str, vendor: str, *, without: frozenset[str] = frozenset()) -> str:
    """Return an SQL expression of the state of ``row``: an alias, ``NEW`` or ``OLD``.

    The fields named in ``without`` are null in it, whatever their value.
    """
    parts = [
        f"'{'{' if number == 0 else ','}\"{field.name}\":' || "
        + ("'null'" if field.name in without else _value_sql(field, row, vendor))
        for number, field in enumerate(recorded_fields(model))
    ]
    return (
        f'\'{{"fields":\' || {" || ".join(parts)} || \'}},"model":"{model._meta.label_lower}"}}\''
    )


def _value_sql(field: Any, row: str, vendor: str) -> str:  # noqa: PLR0911  one case per type of column
    if field.many_to_many:
        return _list_sql(field, row, vendor)
    column = f'{row}."{field.column}"'
    if field.is_relation:
        other = field.related_model
        natural_key = _natural_key_sql(other, "r", vendor)
        key = f'(SELECT {natural_key} FROM "{other._meta.db_table}" r WHERE r.id = {column})'
        return _or_null(column, key)
    match field:
        case models.UUIDField():
            return f"""'"' || {uuid_text(column, vendor)} || '"'"""
        case models.DateTimeField():
            return _or_null(
                column, f"""'"' || {timestamp_to_milliseconds(column, vendor)} || '"'"""
            )
        case models.BooleanField():
            return f"CASE WHEN {column} THEN 'true' ELSE 'false' END"
        case models.IntegerField():
            # SQLite also stores other types in an integer column, and integers beyond the exact
            # range of JSON (RFC 8785, section 3.2.2.3). The state is then NULL, and the constraint
            # core_entry_has_state refuses the write.
            exact = f"{column} BETWEEN -{_MAX_INTEGER} AND {_MAX_INTEGER}"
            if vendor == "sqlite":
                exact += f" AND typeof({column}) = 'integer'"
            return _or_null(column, f"CASE WHEN {exact} THEN CAST({column} AS TEXT) END")
        case models.DateField() | models.CharField() | models.TextField():
            return _or_null(column, json_string(column, vendor))
    raise TypeError(
        f"{field}: the ledger cannot record a {type(field).__name__}. Add its type to _value_sql()."
    )


def _or_null(column: str, sql: str) -> str:
    return f"CASE WHEN {column} IS NULL THEN 'null' ELSE {sql} END"


def _natural_key_sql(model: Any, row: str, vendor: str) -> str:
    """A reference to a record: an array of its public id, or of ``@handle`` for an account."""
    if is_recorded(model):
        return f"""'["' || {uuid_text(f"{row}.public_id", vendor)} || '"]'"""
    return f"""'["@' || {row}.handle || '"]'"""


def _list_sql(field: Any, row: str, vendor: str) -> str:
    """The natural keys of the records on the other side, in the order of their public ids."""
    other, through = field.related_model, field.remote_field.through._meta.db_table
    links = f'FROM "{through}" j'
    mine = f'WHERE j."{field.m2m_column_name()}" = {row}.id'
    keys = (
        f"SELECT {_natural_key_sql(other, 'r', vendor)} AS key, r.public_id AS id {links}"
        f' JOIN "{other._meta.db_table}" r ON r.id = j."{field.m2m_reverse_name()}" {mine}'
    )
    joined = (
        f"SELECT group_concat(key, ',') FROM ({keys} ORDER BY r.public_id)"
        if vendor == "sqlite"
        else f"SELECT string_agg(k.key, ',' ORDER BY k.id) FROM ({keys}) k"
    )
    # Most new rows have no links yet, and EXISTS costs less than the join.
    return f"CASE WHEN EXISTS (SELECT 1 {links} {mine}) THEN '[' || ({joined}) || ']' ELSE '[]' END"


def _context_sql(name: str, vendor: str) -> str:
    """A value of the audit context: SQLite has a function for it, PostgreSQL ``SET LOCAL``."""
    if vendor == "sqlite":
        return f"ledger_say('{name}')"
    match name:
        case "at":
            return "clock_timestamp()"
        case "salt":
            return "replace(CAST(gen_random_uuid() AS TEXT), '-', '')"
        case "actor":
            return (
                "coalesce(nullif(current_setting('ledger.actor', true), ''),"
                " 'database:' || session_user)"
            )
    return f"coalesce(current_setting('ledger.{name}', true), '')"


def _entry_sql(model: Any, row: str, vendor: str, action: str, *, deleted: bool = False) -> str:
    """The values of an entry about ``row``, in the order of ``_COLUMNS``; ``action`` is SQL."""
    return ", ".join(
        [
            f"'{model._meta.label_lower}'",
            f"{row}.public_id",
            *_parents_sql(model, row),
            action,
            *(_context_sql(name, vendor) for name in ("actor", "at", "reason", "salt")),
            "NULL" if deleted else state_sql(model, row, vendor),
        ]
    )


def _action_sql(default: str, vendor: str) -> str:
    """The action of the audit context, or else the default."""
    return f"coalesce(nullif({_context_sql('action', vendor)}, ''), '{default}')"


def _parents_sql(model: Any, row: str) -> list[str]:
    """The public ids of the row's parent records: two values, each null if there is no parent."""
    fields = [model._meta.get_field(name) for name in model.part_of]
    parents = [
        f'(SELECT w.public_id FROM "{field.related_model._meta.db_table}" w'
        f' WHERE w.id = {row}."{field.column}")'
        for field in fields
    ]
    return [*parents, "NULL", "NULL"][:2]


def triggers(vendor: str) -> Iterator[tuple[str, str, str, str, str]]:
    """Yield the name, table, operation, condition and body of every trigger."""
    different = "IS NOT" if vendor == "sqlite" else "IS DISTINCT FROM"
    into = f"INSERT INTO core_entry ({_COLUMNS})"
    for model in recorded_models():
        table = model._meta.db_table
        columns = [f.column for f in recorded_fields(model) if not f.many_to_many]
        changed = " OR ".join(f'OLD."{c}" {different} NEW."{c}"' for c in columns)
        for operation, row, action, when in (
            ("INSERT", "NEW", _action_sql("create", vendor), ""),
            ("UPDATE", "NEW", _action_sql("change", vendor), changed),
            ("DELETE", "OLD", "'delete'", ""),
        ):
            entry = _entry_sql(model, row, vendor, action, deleted=operation == "DELETE")
            name = f"{PREFIX}{table}_{operation.lower()}"
            yield name, table, operation, when, f"{into} SELECT {entry};"
        for field in model._meta.many_to_many:
            through = field.remote_field.through._meta.db_table
            entry = _entry_sql(model, "t", vendor, _action_sql("change", vendor))
            for operation, rows in (
                ("INSERT", ("NEW",)),
                ("DELETE", ("OLD",)),
                ("UPDATE", ("OLD", "NEW")),
            ):
                touched = ", ".join(f'{row}."{field.m2m_column_name()}"' for row in rows)
                name = f"{PREFIX}{through}_{operation.lower()}"
                source = f'FROM "{table}" t WHERE t.id IN ({touched})'
                # Two transactions that add links to one record must wait for each other: the second
                # entry would otherwise lack the first link.
                lock = "" if vendor == "sqlite" else f"PERFORM 1 {source} FOR NO KEY UPDATE;"
                yield name, through, operation, "", f"{lock} {into} SELECT {entry} {source};"
    pending = "INSERT INTO core_pending (entry_id) VALUES (NEW.id);"
    yield f"{PREFIX}core_entry_insert", "core_entry", "INSERT", "", pending


def create_statements(vendor: str) -> Iterator[str]:
    """Yield the statements that create all triggers."""
    for name, table, operation, when, body in triggers(vendor):
        condition = f" WHEN ({when})" if when else ""
        trigger = f'CREATE TRIGGER "{name}" AFTER {operation} ON "{table}" FOR EACH ROW{condition}'
        if vendor == "sqlite":
            yield f"{trigger} BEGIN {body} END"
        else:
            yield (
                f'CREATE OR REPLACE FUNCTION "{name}"() RETURNS trigger LANGUAGE plpgsql'
                f" AS $ledger$ BEGIN {body} RETURN NULL; END $ledger$"
            )
            yield f'{trigger} EXECUTE FUNCTION "{name}"()'


def reconcile_statements(vendor: str) -> Iterator[str]:
    """Yield the statements that append changes made without triggers, as in a migration.

    A record without an entry gets the action ``adopt``. A record whose state, or whose form of it,
    differs from its newest entry gets ``migrate``. A missing record gets ``delete``.
    """
    different = "IS NOT" if vendor == "sqlite" else "IS DISTINCT FROM"
    for model in recorded_models():
        kind, table = model._meta.label_lower, model._meta.db_table
        last = (
            "LEFT JOIN core_entry e ON e.id = (SELECT max(o.id) FROM core_entry o"
            f" WHERE o.object = t.public_id AND o.kind = '{kind}')"
        )
        action = "CASE WHEN e.id IS NULL THEN 'adopt' ELSE 'migrate' END"
        yield (
            f"INSERT INTO core_entry ({_COLUMNS}) SELECT {_entry_sql(model, 't', vendor, action)}"
            f' FROM "{table}" t {last}'
            f" WHERE e.state {different} {state_sql(model, 't', vendor)} ORDER BY t.id"
        )
        context = ", ".join(
            _context_sql(name, vendor) for name in ("actor", "at", "reason", "salt")
        )
        yield (
            f"INSERT INTO core_entry ({_COLUMNS})"
            f" SELECT e.kind, e.object, e.part_of, e.part_of_too, 'delete', {context}, NULL"
            f" FROM core_entry e WHERE e.kind = '{kind}' AND e.action <> 'delete'"
            f' AND NOT EXISTS (SELECT 1 FROM "{table}" t WHERE t.public_id = e.object)'
            " AND NOT EXISTS (SELECT 1 FROM core_entry n WHERE n.object = e.object"
            " AND n.kind = e.kind AND n.id > e.id)"
        )
