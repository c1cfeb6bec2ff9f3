"""Tables that the database fills from other tables: an index for reading that is never behind.

A model declares in its attribute ``kept`` how its rows follow from others: triggers that bring it
up to date in the same transaction, whoever writes and by whatever way, and statements that make it
whole from nothing. They come and go with the guards, see ``claimsapi.core.database.triggers``;
their names carry a digest of what they do, so that a table kept by an older rule is made anew.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from hashlib import sha256
from typing import Final, Literal

from django.apps import apps

Operation = Literal["INSERT", "UPDATE", "DELETE"]

PREFIX: Final = "keep_"
_ROWS: Final[dict[Operation, tuple[str, ...]]] = {
    "INSERT": ("NEW",),
    "UPDATE": ("OLD", "NEW"),
    "DELETE": ("OLD",),
}


def for_each_row(on: Operation, sql: str, between: str) -> str:
    """The SQL for each row that an operation knows, where ``{row}`` stands for it."""
    return between.join(sql.format(row=row) for row in _ROWS[on])


@dataclass(frozen=True, slots=True)
class RefreshTrigger:
    """What happens after a row of ``table`` was written: SQL statements over ``OLD`` and ``NEW``.

    ``when`` is a condition over both that spares the rest; ``IS DISTINCT FROM`` is understood.
    """

    table: str
    on: Operation
    body: str
    when: str = ""


@dataclass(frozen=True, slots=True)
class ReadModel:
    """How a table follows from others: its keepers, and the statements that fill it anew.

    Both are given the database's vendor. What ``rebuild`` needs and no migration makes, such as a
    virtual table of SQLite's, it makes itself.
    """

    keepers: Callable[[str], Iterable[RefreshTrigger]]
    rebuild: Callable[[str], Iterable[str]]


def _declared() -> Iterator[tuple[str, ReadModel]]:
    for model in apps.get_models():
        if isinstance(kept := getattr(model, "kept", None), ReadModel):
            yield model._meta.db_table, kept


def triggers(vendor: str) -> Iterator[tuple[str, RefreshTrigger]]:
    """Yield each trigger's name and what it does."""
    for table, kept in _declared():
        keepers = list(kept.keepers(vendor))
        rule = repr((keepers, list(kept.rebuild(vendor))))
        digest = sha256(rule.encode()).hexdigest()[:8]
        for number, keeper in enumerate(keepers):
            yield f"{PREFIX}{table}_{digest}_{number}", keeper


def creation(vendor: str) -> Iterator[str]:
    """The statements that make the triggers."""
    for name, keeper in triggers(vendor):
        trigger = f'CREATE TRIGGER "{name}" AFTER {keeper.on} ON "{keeper.table}" FOR EACH ROW'
        trigger += f" WHEN ({keeper.when})" if keeper.when else ""
        if vendor == "sqlite":
            # SQLite writes the standard's IS DISTINCT FROM only since 3.39, IS NOT always.
            statement = f"{trigger} BEGIN {keeper.body} END"
            yield statement.replace("IS DISTINCT FROM", "IS NOT")
        else:
            yield (
                f'CREATE OR REPLACE FUNCTION "{name}"() RETURNS trigger LANGUAGE plpgsql'
                # To plan anew for each row, or to compile, costs more than the work itself.
                " SET plan_cache_mode = force_generic_plan SET jit = off"
                f" AS $keep$ BEGIN {keeper.body} RETURN NULL; END $keep$"
            )
            yield f'{trigger} EXECUTE FUNCTION "{name}"()'


def rebuilding(vendor: str) -> Iterator[str]:
    """The statements that fill every kept table anew."""
    for _table, kept in _declared():
        yield from kept.rebuild(vendor)
