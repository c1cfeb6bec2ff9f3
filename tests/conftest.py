"""Fixtures of all tests: the roles, and an API client for each role."""

from collections.abc import Callable
from pathlib import Path

import pytest
from django.contrib.auth.models import Group
from django.core.management import call_command
from django.db import connection
from hypothesis import settings
from pytest_django import DjangoDbBlocker
from rest_framework.test import APIClient

from claimsapi.core.models import User
from tests import table_reset
from tests.concurrency import together
from tests.factories import UserFactory

__all__ = ["together"]

# The time of an example depends on the load of the machine, so it has no deadline.
settings.register_profile("untimed", deadline=None)
settings.load_profile("untimed")

ROLES = ("researcher", "editor", "auditor", "administrator")


# Fixtures through which a test uses the database.
DATABASE_FIXTURES = {"db", "transactional_db", "live_server", "public", "client_of", "person"}


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--pure", action="store_true", help="Run only tests that use no database.")


def uses_database(item: pytest.Item) -> bool:
    fixtures = DATABASE_FIXTURES & set(getattr(item, "fixturenames", ()))
    return bool(item.get_closest_marker("django_db") or fixtures)


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Run pure tests on SQLite only, since no database can change their result."""
    pure = config.getoption("--pure")
    if connection.vendor == "sqlite" and not pure:
        return
    selected = [item for item in items if uses_database(item) != pure]
    config.hook.pytest_deselected(items=[item for item in items if item not in set(selected)])
    items[:] = selected


@pytest.fixture(scope="session")
def django_db_setup(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> None:
    """Load the roles once. They are part of every installation."""
    with django_db_blocker.unblock():
        call_command("loaddata", "roles", verbosity=0)
        table_reset.remember_roles()
    table_reset.install()


@pytest.fixture(autouse=True)
def roles_present(request: pytest.FixtureRequest, _django_db_marker: None) -> None:
    """Reload the roles after a test that deleted them and committed."""
    if request.node.get_closest_marker("django_db") and not Group.objects.exists():
        call_command("loaddata", "roles", verbosity=0)
        table_reset.remember_roles()


@pytest.fixture
def person(db: None) -> Callable[[str], User]:
    """Return a function that creates an account with a role."""
    return lambda role: UserFactory(role=role)


@pytest.fixture
def client_of(db: None) -> Callable[..., APIClient]:
    """Return a function that creates a client: anonymous, or signed in by role or account."""

    def create_client(who: str | User | None = None) -> APIClient:
        client = APIClient()
        if who is not None:
            client.force_authenticate(UserFactory(role=who) if isinstance(who, str) else who)
        return client

    return create_client


@pytest.fixture
def public(client_of: Callable[..., APIClient]) -> APIClient:
    """Return a client that is not signed in."""
    return client_of()


@pytest.fixture
def article() -> Path:
    """Return the file with the article of the first case. We may not publish it."""
    path = Path(__file__).parents[2] / "shared" / "seeds" / "000_2d6963619361aeaf.txt"
    if not path.exists():
        pytest.skip("The text of the article is not on this machine, since we may not publish it.")
    return path
