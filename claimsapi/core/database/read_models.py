"""The triggers and rebuild statements of read models.

A read model is a table for fast reads. Triggers keep it equal to a query over the records.

A model declares in its attribute ``read_model`` how its rows follow from the records. Refresh
triggers update it in the transaction of the write, whoever writes and by any route. Rebuild
statements fill it from nothing.

``claimsapi.core.database.triggers`` installs and drops the triggers together with the guards. Their
names carry a digest of their rule: if the rule changes, ``migrate`` rebuilds the table.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from hashlib import sha256
from typing import Final, Literal

from django.apps import apps

Operation = Literal["INSERT", "UPDATE", "DELETE"]

PREFIX: Final = "read_model_"
_ROWS: Final[dict[Operation, tuple[str, ...]]] = {
    "INSERT": ("NEW",),
    "UPDATE": ("OLD", "NEW"),
    "DELETE": ("OLD",),
}


def for_each_row(on: Operation, sql: str, between: str) -> str:
    """Repeat the SQL for ``OLD`` and ``NEW``, as far as the operation has them, as ``{row}``."""
    return between.join(sql.format(row=row) for row in _ROWS[on])


@dataclass(frozen=True, slots=True)
class RefreshTrigger:
    """Runs SQL statements over ``OLD`` and ``NEW`` after a row of ``table`` was written.

    ``when`` is a condition over both: the trigger skips other writes. It may use ``IS DISTINCT
    FROM`` on both databases.
    """

    table: str
    on: Operation
    body: str
    when: str = ""


@dataclass(frozen=True, slots=True)
class ReadModel:
    """How a table follows from records: triggers that refresh it, statements that rebuild it.

    Both functions take the database's vendor. ``rebuild`` also creates tables that no migration
    can create, such as virtual tables of SQLite.
    """

    triggers: Callable[[str], Iterable[RefreshTrigger]]
    rebuild: Callable[[str], Iterable[str]]


def _read_models() -> Iterator[tuple[str, ReadModel]]:
    for model in apps.get_models():
        if isinstance(read_model := getattr(model, "read_model", None), ReadModel):
            yield model._meta.db_table, read_model


def triggers(vendor: str) -> Iterator[tuple[str, RefreshTrigger]]:
    """Yield the name and the definition of every refresh trigger."""
    for table, read_model in _read_models():
        refresh_triggers = list(read_model.triggers(vendor))
        rule = repr((refresh_triggers, list(read_model.rebuild(vendor))))
        digest = sha256(rule.encode()).hexdigest()[:8]
        for number, trigger in enumerate(refresh_triggers):
            yield f"{PREFIX}{table}_{digest}_{number}", trigger


def create_statements(vendor: str) -> Iterator[str]:
    """Yield the statements that create all refresh triggers."""
    for name, trigger in triggers(vendor):
        create = f'CREATE TRIGGER "{name}" AFTER {trigger.on} ON "{trigger.table}" FOR EACH ROW'
        create += f" WHEN ({trigger.when})" if trigger.when else ""
        if vendor == "sqlite":
            # SQLite understands IS DISTINCT FROM since 3.39 only, IS NOT in every version.
            statement = f"{create} BEGIN {trigger.body} END"
            yield statement.replace("IS DISTINCT FROM", "IS NOT")
        else:
            yield (
                f'CREATE OR REPLACE FUNCTION "{name}"() RETURNS trigger LANGUAGE plpgsql'
                # A new plan for each row, or compiling one, costs more than running it.
                " SET plan_cache_mode = force_generic_plan SET jit = off"
                f" AS $refresh$ BEGIN {trigger.body} RETURN NULL; END $refresh$"
            )
            yield f'{create} EXECUTE FUNCTION "{name}"()'


def rebuild_statements(vendor: str) -> Iterator[str]:
    """Yield the statements that fill every read model from nothing."""
    for _table, read_model in _read_models():
        yield from read_model.rebuild(vendor)
