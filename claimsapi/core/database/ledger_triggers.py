"""The triggers that append to the ledger, made from the models' metadata.

A record's state is written by the database itself, as canonical JSON (RFC 8785) in the form of
Django's fixtures: one expression per model, used by the triggers, by the exporter, and to compare
what is with what was recorded. So no write is missed, whoever makes it: ``QuerySet.update``,
``bulk_create``, many-to-many changes and raw SQL append like ``save()`` does.
"""

from collections.abc import Iterator
from typing import Any, Final

from django.apps import apps
from django.db import models

PREFIX: Final = "ledger_"
_LARGEST: Final = 2**53 - 1
_COLUMNS: Final = "kind, object, part_of, part_of_too, action, actor, at, reason, salt, state"


def is_recorded(model: Any) -> bool:
    """Whether a model's rows are editorial records. This module cannot import their base class."""
    return hasattr(model, "unrecorded")


def recorded_models() -> list[Any]:
    """Every model whose rows are editorial records, what others refer to first."""
    found = [model for model in apps.get_models() if is_recorded(model)]
    ordered: list[Any] = []

    def add(model: Any) -> None:
        for field in (*model._meta.concrete_fields, *model._meta.many_to_many):
            target = field.related_model
            if target in found and target is not model and target not in ordered:
                add(target)
        if model not in ordered:
            ordered.append(model)

    for model in found:
        add(model)
    return ordered


def recorded_fields(model: Any) -> list[Any]:
    """The columns and many-to-many fields that make up a record's state, by name."""
    fields = [f for f in model._meta.concrete_fields if not f.primary_key]
    kept = [f for f in fields if f.name not in model.unrecorded]
    return sorted([*kept, *model._meta.many_to_many], key=lambda field: str(field.name))


def state_sql(model: Any, row: str, vendor: str, *, without: frozenset[str] = frozenset()) -> str:
    """An SQL expression of the state of the row named ``row`` (an alias, ``NEW`` or ``OLD``).

    The fields named by ``without`` are null in it, whatever they hold.
    """
    parts = [
        f"'{'{' if number == 0 else ','}\"{field.name}\":' || "
        + ("'null'" if field.name in without else _value_sql(field, row, vendor))
        for number, field in enumerate(recorded_fields(model))
    ]
    return (
        f'\'{{"fields":\' || {" || ".join(parts)} || \'}},"model":"{model._meta.label_lower}"}}\''
    )


def _value_sql(field: Any, row: str, vendor: str) -> str:  # noqa: PLR0911  one kind of column each
    if field.many_to_many:
        return _list_sql(field, row, vendor)
    column = f'{row}."{field.column}"'
    if field.is_relation:
        other = field.related_model
        named = _natural_key_sql(other, "r", vendor)
        key = f'(SELECT {named} FROM "{other._meta.db_table}" r WHERE r.id = {column})'
        return _or_null(column, key)
    sqlite = vendor == "sqlite"
    match field:
        case models.UUIDField():
            return f"""'"' || {_uuid_sql(column, vendor)} || '"'"""
        case models.DateTimeField():
            return _or_null(column, _moment_sql(column, vendor))
        case models.BooleanField():
            return f"CASE WHEN {column} THEN 'true' ELSE 'false' END"
        case models.IntegerField():
            # SQLite keeps in an integer column what is no integer, or beyond what JSON can hold
            # exactly (RFC 8785, section 3.2.2.3), if it is told to: such a write is refused.
            exact = f"{column} BETWEEN -{_LARGEST} AND {_LARGEST}"
            if sqlite:
                exact += f" AND typeof({column}) = 'integer'"
            return _or_null(column, f"CASE WHEN {exact} THEN CAST({column} AS TEXT) END")
        case models.DateField() | models.CharField() | models.TextField():
            written = f"json_quote({column})" if sqlite else f"CAST(to_json({column}) AS TEXT)"
            return _or_null(column, written)
    raise TypeError(f"{field}: the ledger does not know how a {type(field).__name__} is written.")


def _or_null(column: str, sql: str) -> str:
    return f"CASE WHEN {column} IS NULL THEN 'null' ELSE {sql} END"


def _uuid_sql(column: str, vendor: str) -> str:
    if vendor == "postgresql":
        return f"CAST({column} AS TEXT)"
    parts = ((1, 8), (9, 4), (13, 4), (17, 4), (21, 12))
    return "(" + " || '-' || ".join(f"substr({column}, {at}, {n})" for at, n in parts) + ")"


def _moment_sql(column: str, vendor: str) -> str:
    """As Django's JSON writes it: milliseconds unless they are zero, and Z."""
    if vendor == "postgresql":
        written = f"to_char({column} AT TIME ZONE 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS.MS\"Z\"')"
    else:
        # Cut, not rounded, as Django does.
        cut = f"CASE length({column}) WHEN 26 THEN substr({column}, 1, 23) ELSE {column} END"
        written = f"strftime('%Y-%m-%dT%H:%M:%fZ', {cut})"
    return f"""'"' || replace({written}, '.000Z', 'Z') || '"'"""


def _natural_key_sql(model: Any, row: str, vendor: str) -> str:
    """How others refer to a record, an array of one: its public id, an account's ``@handle``."""
    if is_recorded(model):
        return f"""'["' || {_uuid_sql(f"{row}.public_id", vendor)} || '"]'"""
    return f"""'["@' || {row}.handle || '"]'"""


def _list_sql(field: Any, row: str, vendor: str) -> str:
    """The natural keys of the records on the other side, by public id."""
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
    # Most new rows have no links yet, and to look is cheaper than to join.
    return f"CASE WHEN EXISTS (SELECT 1 {links} {mine}) THEN '[' || ({joined}) || ']' ELSE '[]' END"


def _said(name: str, vendor: str) -> str:
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


def _entry_sql(model: Any, row: str, vendor: str, action: str, *, gone: bool = False) -> str:
    """The values of an entry about ``row``, in the order of ``_COLUMNS``; ``action`` is SQL."""
    return ", ".join(
        [
            f"'{model._meta.label_lower}'",
            f"{row}.public_id",
            *_wholes_sql(model, row),
            action,
            *(_said(name, vendor) for name in ("actor", "at", "reason", "salt")),
            "NULL" if gone else state_sql(model, row, vendor),
        ]
    )


def _action_sql(otherwise: str, vendor: str) -> str:
    """What is said to be done, or else the plain word for it."""
    return f"coalesce(nullif({_said('action', vendor)}, ''), '{otherwise}')"


def _wholes_sql(model: Any, row: str) -> list[str]:
    """The public ids of what the row is a part of: two values, null where there is none."""
    fields = [model._meta.get_field(name) for name in model.part_of]
    wholes = [
        f'(SELECT w.public_id FROM "{field.related_model._meta.db_table}" w'
        f' WHERE w.id = {row}."{field.column}")'
        for field in fields
    ]
    return [*wholes, "NULL", "NULL"][:2]


def triggers(vendor: str) -> Iterator[tuple[str, str, str, str, str]]:
    """Yield for every trigger its name, table, operation, condition and body."""
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
            entry = _entry_sql(model, row, vendor, action, gone=operation == "DELETE")
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
                # Two who link at once each see the other's link only if they wait for each other.
                lock = "" if vendor == "sqlite" else f"PERFORM 1 {source} FOR NO KEY UPDATE;"
                yield name, through, operation, "", f"{lock} {into} SELECT {entry} {source};"
    pending = "INSERT INTO core_pending (entry_id) VALUES (NEW.id);"
    yield f"{PREFIX}core_entry_insert", "core_entry", "INSERT", "", pending


def creation(vendor: str) -> Iterator[str]:
    """The statements that make the triggers."""
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


def reconciliation(vendor: str) -> Iterator[str]:
    """The statements that append what was changed while the triggers were away, as in a migration.

    A record without an entry is adopted; one whose state is another, or has another form, is
    recorded as migrated; one that is gone, as deleted.
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
        said = ", ".join(_said(name, vendor) for name in ("actor", "at", "reason", "salt"))
        yield (
            f"INSERT INTO core_entry ({_COLUMNS})"
            f" SELECT e.kind, e.object, e.part_of, e.part_of_too, 'delete', {said}, NULL"
            f" FROM core_entry e WHERE e.kind = '{kind}' AND e.action <> 'delete'"
            f' AND NOT EXISTS (SELECT 1 FROM "{table}" t WHERE t.public_id = e.object)'
            " AND NOT EXISTS (SELECT 1 FROM core_entry n WHERE n.object = e.object"
            " AND n.kind = e.kind AND n.id > e.id)"
        )
