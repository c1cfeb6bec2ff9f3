"""Rules that compare a row before and after a write, or one row with others.

A check constraint sees one row at one time. A :class:`Guard` sees the old row, the new row and
other tables. It becomes a trigger on SQLite and on PostgreSQL and refuses every write that its
condition matches, whoever writes and by any route. A model has its guards in ``guards``.

The trigger raises its own name as the error, nothing else: the name is the guard's code. The
sentence for people stays in Python, so that a better sentence changes no trigger.

Migrations run without guards: they are dropped before and created again after. SQLite loses the
triggers of a table that a migration rebuilds, and a migration of data is not an edit.
"""

from collections.abc import Iterator
from dataclasses import KW_ONLY, dataclass
from typing import Any, Final, Literal

from django.apps import apps
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

PREFIX: Final = "guard_"

Operation = Literal["INSERT", "UPDATE", "DELETE"]


@dataclass(frozen=True, slots=True)
class Guard:
    """Refuses an operation on a row of the model's table, or of ``table``.

    ``refuse_when`` is an SQL condition over ``OLD`` and ``NEW`` that both databases understand; it
    is true for a write to refuse. ``on`` names the operation, or several that share the condition.

    ``lock`` selects the rows of other tables that the condition reads. PostgreSQL locks them before
    it decides: two transactions cannot each decide on rows that the other is changing. SQLite has
    one writer at a time and needs no lock. ``only`` names the one database that needs the guard.
    """

    name: str
    _: KW_ONLY
    on: Operation | tuple[Operation, ...]
    sentence: str | Promise
    refuse_when: str
    table: str = ""
    lock: str = ""
    only: Literal["", "sqlite"] = ""

    @property
    def operations(self) -> tuple[Operation, ...]:
        return (self.on,) if isinstance(self.on, str) else self.on


@dataclass(frozen=True, slots=True)
class GuardTrigger:
    """The trigger of a guard for one operation on one table."""

    guard: Guard
    table: str
    operation: Operation

    @property
    def name(self) -> str:
        """The trigger's name and the code of its error: unique, and stable between releases."""
        return f"{PREFIX}{self.table}_{self.guard.name}_{self.operation.lower()}"


def columns_changed(*columns: str) -> str:
    """Return an SQL condition: at least one of the columns gets another value."""
    return "(" + " OR ".join(f"OLD.{c} IS DISTINCT FROM NEW.{c}" for c in columns) + ")"


# Foreign keys are checked at the end of a transaction only. Guards look through them: a row that
# changed its primary key, and changed it back, would be out of their sight in between.
SAME_ID: Final = Guard(
    "same_id",
    on="UPDATE",
    sentence=_("A record keeps its primary key."),
    refuse_when=columns_changed("id"),
)

SAME_PUBLIC_ID: Final = Guard(
    "same_public_id",
    on="UPDATE",
    sentence=_("A record keeps its id: links and the ledger refer to it."),
    refuse_when=columns_changed("public_id"),
)


def forbid_replace(table: str, *natural_key: str) -> Guard:
    """Refuse an insert with the keys of an existing row.

    SQLite's INSERT OR REPLACE would get around guards of UPDATE and DELETE. ``natural_key`` names
    columns that together identify a row, beside its primary key and its public id.
    """
    same_key = " AND ".join(f"o.{column} = NEW.{column}" for column in natural_key)
    return Guard(
        "not_replaced",
        on="INSERT",
        sentence=_("This record exists already: change it instead of replacing it."),
        refuse_when=(
            f"EXISTS (SELECT 1 FROM {table} o WHERE o.id = NEW.id OR o.public_id = NEW.public_id"  # noqa: S608  names from the models
            + (f" OR ({same_key}))" if same_key else ")")
        ),
    )


def _guards_of(model: Any) -> Iterator[Guard]:
    """The model's guards, after those that protect the columns which identify a row."""
    columns = {field.column for field in model._meta.concrete_fields}
    if "id" in columns:
        yield SAME_ID
    if "public_id" in columns:
        yield SAME_PUBLIC_ID
    yield from model.guards


def guard_triggers(vendor: str) -> Iterator[GuardTrigger]:
    """Yield the trigger of every guard that this database needs."""
    for model in apps.get_models():
        if not hasattr(model, "guards"):
            continue
        for guard in _guards_of(model):
            if guard.only in {"", vendor}:
                table = guard.table or model._meta.db_table
                yield from (GuardTrigger(guard, table, on) for on in guard.operations)


def truncation_guards() -> dict[str, str]:
    """The triggers against TRUNCATE on PostgreSQL, which row triggers do not see: name to table."""
    tables = {trigger.table for trigger in guard_triggers("postgresql")}
    return {f"{PREFIX}{table}_truncate": table for table in sorted(tables)}


def create_statements(vendor: str) -> Iterator[str]:
    """Yield the statements that create all guards."""
    for trigger in guard_triggers(vendor):
        yield from _create_trigger(vendor, trigger)
    if vendor == "postgresql":
        for name, table in truncation_guards().items():
            yield (
                f'CREATE OR REPLACE FUNCTION "{name}"() RETURNS trigger LANGUAGE plpgsql'
                f" AS $guard$ BEGIN {_raise(name)} END $guard$"
            )
            yield (
                f'CREATE TRIGGER "{name}" BEFORE TRUNCATE ON "{table}" FOR EACH STATEMENT'
                f' EXECUTE FUNCTION "{name}"()'
            )


def _create_trigger(vendor: str, trigger: GuardTrigger) -> Iterator[str]:
    guard, name, operation = trigger.guard, trigger.name, trigger.operation
    create = f'CREATE TRIGGER "{name}" BEFORE {operation} ON "{trigger.table}" FOR EACH ROW'
    if vendor == "sqlite":
        # SQLite understands IS DISTINCT FROM since 3.39 only, IS NOT in every version.
        condition = guard.refuse_when.replace("IS DISTINCT FROM", "IS NOT")
        yield f"{create} WHEN {condition} BEGIN SELECT RAISE(ABORT, '{name}'); END"
        return
    lock = f"PERFORM 1 {guard.lock} FOR UPDATE;" if guard.lock else ""
    # A BEFORE trigger must return the row, or PostgreSQL skips the operation.
    row = "OLD" if operation == "DELETE" else "NEW"
    yield (
        f'CREATE OR REPLACE FUNCTION "{name}"() RETURNS trigger LANGUAGE plpgsql AS $guard$'
        f" BEGIN {lock} IF {guard.refuse_when} THEN {_raise(name)} END IF; RETURN {row};"
        " END $guard$"
    )
    yield f'{create} EXECUTE FUNCTION "{name}"()'


def _raise(code: str) -> str:
    return (
        f"RAISE EXCEPTION USING MESSAGE = '{code}', CONSTRAINT = '{code}',"
        " ERRCODE = 'check_violation';"
    )
