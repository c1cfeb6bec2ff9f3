"""Problem documents: transient database errors, and the location of an error."""

import sqlite3
from typing import Any

import psycopg
import pytest
from django.db import DatabaseError, IntegrityError, OperationalError, ProgrammingError
from psycopg import errors
from psycopg_pool import PoolTimeout
from rest_framework.exceptions import ValidationError

from claimsapi.core.api.problems import problem_response


def sqlite_error(name: str) -> sqlite3.Error:
    error = sqlite3.OperationalError("anything")
    error.sqlite_errorname = name
    return error


def render(raised: DatabaseError, cause: BaseException | None) -> Any:
    raised.__cause__ = cause
    return problem_response(raised, {})


@pytest.mark.parametrize(
    "cause",
    [
        errors.ConnectionFailure(),
        errors.SerializationFailure(),
        errors.DeadlockDetected(),
        errors.TooManyConnections(),
        errors.LockNotAvailable(),
        errors.QueryCanceled(),
        errors.AdminShutdown(),
        psycopg.OperationalError("la connexion est fermée"),
        PoolTimeout(),
        sqlite_error("SQLITE_BUSY"),
        sqlite_error("SQLITE_BUSY_SNAPSHOT"),
        sqlite_error("SQLITE_LOCKED_SHAREDCACHE"),
    ],
    ids=lambda cause: type(cause).__name__,
)
def test_a_transient_database_error_is_a_503_with_retry_after(cause: Exception) -> None:
    response = render(OperationalError("in any language"), cause)
    assert response.status_code == 503
    assert int(response["Retry-After"]) > 0


@pytest.mark.parametrize(
    ("raised", "cause"),
    [
        (OperationalError("database is locked, said a text"), None),
        (OperationalError(), sqlite_error("SQLITE_CORRUPT")),
        (ProgrammingError("timeout"), errors.UndefinedTable()),
        (ProgrammingError(), psycopg.ProgrammingError()),
    ],
)
def test_another_database_error_is_a_server_error(
    raised: DatabaseError, cause: Exception | None
) -> None:
    assert render(raised, cause) is None


def test_a_violated_constraint_is_a_conflict() -> None:
    assert render(IntegrityError(), errors.UniqueViolation()).status_code == 409


def test_the_location_of_an_error_is_a_json_pointer_as_a_uri_fragment() -> None:
    response = problem_response(ValidationError({"a/b~c %d ü": ["Wrong."]}), {})
    assert response is not None
    assert response.data["errors"][0]["pointer"] == "#/a~1b~0c%20%25d%20%C3%BC"
