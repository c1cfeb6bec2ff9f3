"""Who acts, doing what and why: said once around the work, read by the triggers that record it.

    with acting(actor="@ada", action="publish", reason="As agreed."):
        version.save()

SQLite's triggers call the function ``ledger_say``, which every connection of Django's is given: a
program that lacks it cannot write records at all. On PostgreSQL the words are told to the
transaction before its first write; a program that does not tell them is recorded as
``database:<role>``.
"""

import re
import secrets
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final

from django.db import transaction
from django.db.backends.base.base import BaseDatabaseWrapper

Actor = str | Callable[[], str]

_WRITES: Final = ("INSERT", "UPDATE", "DELETE", "WITH", "MERGE", "COPY", "CALL", "DO")


@dataclass(frozen=True, slots=True)
class AuditContext:
    """``actor`` is an entry's, or a function that finds it when something is written."""

    actor: Actor = ""
    action: str = ""
    reason: str = ""

    def words(self) -> tuple[str, str, str]:
        actor = self.actor if isinstance(self.actor, str) else self.actor()
        return actor or "command:python", self.action, self.reason


_act: Final[ContextVar[AuditContext]] = ContextVar("act", default=AuditContext())  # noqa: B039  it is frozen


@contextmanager
def audit_context(
    *, actor: Actor | None = None, action: str | None = None, reason: str | None = None
) -> Iterator[None]:
    """Say who acts in this block, doing what and why; what is left out stays as said around it."""
    around = _act.get()
    token = _act.set(
        AuditContext(
            around.actor if actor is None else actor,
            around.action if action is None else action,
            around.reason if reason is None else reason,
        )
    )
    try:
        yield
    finally:
        _act.reset(token)


def command_actor(name: str) -> str:
    """A command of ``manage.py`` as an actor."""
    return f"command:{re.sub('[^a-z0-9_]', '', name.lower())[:50] or 'unnamed'}"


def actor_name(user: Any) -> str:
    """An account as an actor: its handle, which is public; empty for nobody."""
    return f"@{user.handle}" if getattr(user, "handle", "") else ""


def register_with_connection(*, connection: BaseDatabaseWrapper, **_: Any) -> None:
    """Let a new connection's triggers know who acts; receiver of ``connection_created``."""
    if connection.vendor == "sqlite":
        connection.connection.create_function("ledger_say", 1, _say)
    elif _before_writes not in connection.execute_wrappers:
        connection.execute_wrappers.append(_before_writes)


def _say(name: str) -> str:
    if name == "at":
        return datetime.now(UTC).strftime("%Y-%m-%d %H:%M:%S.%f")
    if name == "salt":
        return secrets.token_hex(16)
    return _act.get().words()[("actor", "action", "reason").index(name)]


class _Told:
    """A mark in a transaction that it was told who acts; a rollback takes both away."""

    def __init__(self, words: tuple[str, str, str]) -> None:
        self.words = words

    def __call__(self) -> None:
        """Nothing is to be done at the commit."""


def _before_writes(execute: Any, sql: Any, params: Any, many: bool, context: Any) -> Any:  # noqa: FBT001  Django's
    connection: BaseDatabaseWrapper = context["connection"]
    if not str(sql).lstrip("( \n").upper().startswith(_WRITES):
        return execute(sql, params, many, context)
    if not connection.in_atomic_block:  # what is told holds for one transaction only
        with transaction.atomic(using=connection.alias):
            return _before_writes(execute, sql, params, many, context)
    words = _act.get().words()
    told = next(
        (m for _, m, *_ in reversed(connection.run_on_commit) if isinstance(m, _Told)), None
    )
    if told is None or told.words != words:
        with connection.connection.cursor() as cursor:  # beside the wrappers
            cursor.execute(
                "SELECT set_config('ledger.actor', %s, true),"
                " set_config('ledger.action', %s, true), set_config('ledger.reason', %s, true)",
                words,
            )
        connection.on_commit(_Told(words))
    return execute(sql, params, many, context)
