"""Rules of API keys that the database enforces."""

import pytest

from tests.database_rules import overwrite, proves, refused
from tests.factories import ApiKeyCountFactory, ApiKeyFactory

pytestmark = pytest.mark.django_db


@proves(
    "claims_apikey_name_not_blank",
    "claims_apikey_name_unique",
    "claims_apikey_digest_unique",
    "claims_apikeycount_one_per_day",
)
def test_a_key_has_a_unique_name_and_digest_and_one_count_per_day() -> None:
    count = ApiKeyCountFactory()
    key, other = count.key, ApiKeyFactory()
    for column, value, rule in (
        ("name", "", "name_not_blank"),
        ("name", other.name, "name_unique"),
        ("digest", other.digest, "digest_unique"),
    ):
        with refused(f"claims_apikey_{rule}"):
            overwrite(key, **{column: value})
    with refused("claims_apikeycount_one_per_day"):
        ApiKeyCountFactory(key=key, day=count.day)
    ApiKeyCountFactory(key=other, day=count.day)
