"""The audit context of writes: the actor, the action and the reason that their entries record.

    with audit_context(actor="@ada", action="publish", reason="As agreed."):
        version.save()

On SQLite the triggers call the function ``ledger_say``, which Django registers on each of its
connections. A program without that function cannot write records. On PostgreSQL the context
travels in settings of the transaction, sent before its first write. Writes of a program that sends
none are recorded as ``database:<role>``.
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
    """``actor`` is an entry's actor, or a function that returns it at the first write."""

    actor: Actor = ""
    action: str = ""
    reason: str = ""

    def values(self) -> tuple[str, str, str]:
        """Return actor, action and reason as an entry records them."""
        actor = self.actor if isinstance(self.actor, str) else self.actor()
        return actor or "command:python", self.action, self.reason


_context: Final[ContextVar[AuditContext]] = ContextVar("audit_context", default=AuditContext())  # noqa: B039  it is frozen


@contextmanager
def audit_context(
    *, actor: Actor | None = None, action: str | None = None, reason: str | None = None
) -> Iterator[None]:
    """Set the audit context of the block; an omitted part keeps its outer value."""
    outer = _context.get()
    token = _context.set(
        AuditContext(
            outer.actor if actor is None else actor,
            outer.action if action is None else action,
            outer.reason if reason is None else reason,
        )
    )
    try:
        yield
    finally:
        _context.reset(token)


def command_actor(name: str) -> str:
    """Return the actor of a command of ``manage.py``."""
    return f"command:{re.sub('[^a-z0-9_]', '', name.lower())[:50] or 'unnamed'}"


def actor_name(user: Any) -> str:
    """Return an account's actor, its public handle; "" for an anonymous user."""
    return f"@{user.handle}" if getattr(user, "handle", "") else ""


def register_with_connection(*, connection: BaseDatabaseWrapper, **_: Any) -> None:
    """Give a new connection's triggers the audit context; receiver of ``connection_created``."""
    if connection.vendor == "sqlite":
        connection.connection.create_function("ledger_say", 1, _read_value)
    elif _send_before_writes not in connection.execute_wrappers:
        connection.execute_wrappers.append(_send_before_writes)


def _read_value(name: str) -> str:
    """Return one value of an entry: ``at``, ``salt``, ``actor``, ``action`` or ``reason``."""
    # SQLite's own clock has milliseconds only, so the time comes from here too.
    if name == "at":
        return datetime.now(UTC).strftime("%Y-%m-%d %H:%M:%S.%f")
    if name == "salt":
        return secrets.token_hex(16)
    return _context.get().values()[("actor", "action", "reason").index(name)]


class _SentContext:
    """Marks a transaction that has received these values.

    It is a commit hook, so that a rollback removes the mark together with the settings.
    """

    def __init__(self, values: tuple[str, str, str]) -> None:
        self.values = values

    def __call__(self) -> None:
        """Do nothing at the commit."""


def _send_before_writes(execute: Any, sql: Any, params: Any, many: bool, context: Any) -> Any:  # noqa: FBT001  Django's
    connection: BaseDatabaseWrapper = context["connection"]
    if not str(sql).lstrip("( \n").upper().startswith(_WRITES):
        return execute(sql, params, many, context)
    # The settings last for one transaction: behind a pooler the next may have another session.
    if not connection.in_atomic_block:
        with transaction.atomic(using=connection.alias):
            return _send_before_writes(execute, sql, params, many, context)
    values = _context.get().values()
    # The newest mark counts: the context may have changed several times in one transaction.
    hooks = (hook for _, hook, *_ in reversed(connection.run_on_commit))
    sent = next((hook for hook in hooks if isinstance(hook, _SentContext)), None)
    if sent is None or sent.values != values:
        # A cursor of psycopg: one of Django's would call this wrapper again.
        with connection.connection.cursor() as cursor:
            cursor.execute(
                "SELECT set_config('ledger.actor', %s, true),"
                " set_config('ledger.action', %s, true), set_config('ledger.reason', %s, true)",
                values,
            )
        connection.on_commit(_SentContext(values))
    return execute(sql, params, many, context)
