"""Empties the tables after a test with real transactions, but keeps the rows of every installation.

Django's own ``flush`` also deletes the permissions and the roles. To create them again takes longer
than most tests.
"""

from typing import Any

from django.contrib.auth.models import Group, Permission
from django.core.management.color import no_style
from django.db import connection
from django.test import TransactionTestCase

from claimsapi.core.database import triggers

# Content types, permissions and roles, which `migrate` and `loaddata roles` create.
KEPT_TABLES = {
    "django_content_type",
    "auth_permission",
    "auth_group",
    "auth_group_permissions",
}

_flush = TransactionTestCase._fixture_teardown  # type: ignore[attr-defined]
_installed: set[tuple[str, int]] = set()


def read_roles() -> set[tuple[str, int]]:
    """Return the permissions of each role, and all permissions under an empty name."""
    groups = Group.objects.values_list("name", "permissions")
    return {*groups, *(("", key) for key in Permission.objects.values_list("pk", flat=True))}


def remember_roles() -> None:
    """Take the present roles and permissions for those of every installation."""
    _installed.clear()
    _installed.update(read_roles())


def empty_tables(test_case: Any) -> None:
    """Replace the teardown of Django's ``TransactionTestCase``."""
    # A test that changed roles or permissions gets them back from Django's flush and the fixture.
    if read_roles() != _installed:
        _flush(test_case)
        return
    existing = connection.introspection.django_table_names(only_existing=True, include_views=False)
    tables = sorted(set(existing) - KEPT_TABLES)
    statements = connection.ops.sql_flush(no_style(), tables)
    with triggers.without_triggers(connection):
        connection.ops.execute_sql_flush(statements)


def install() -> None:
    TransactionTestCase._fixture_teardown = empty_tables  # type: ignore[attr-defined]
