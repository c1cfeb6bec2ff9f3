"""Keys bound as one parameter."""

from uuid import uuid4

import pytest
from django.db import connection

from claimsapi.core.database.bound_keys import bind_keys, keys_subquery


@pytest.mark.django_db
@pytest.mark.parametrize("keys", [[], [7], [3, 1, 2**40]], ids=len)
def test_a_subquery_returns_the_bound_integers(keys: list[int]) -> None:
    with connection.cursor() as cursor:
        cursor.execute(keys_subquery(connection, "bigint"), [bind_keys(connection, keys)])
        assert [key for (key,) in cursor.fetchall()] == keys


@pytest.mark.django_db
def test_a_subquery_returns_the_bound_uuids() -> None:
    is_native = connection.features.has_native_uuid_field
    keys = [uuid4() if is_native else uuid4().hex for _ in range(3)]
    with connection.cursor() as cursor:
        cursor.execute(keys_subquery(connection, "uuid"), [bind_keys(connection, keys)])
        assert [key for (key,) in cursor.fetchall()] == keys
