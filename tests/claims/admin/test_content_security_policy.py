"""The Content-Security-Policy header of every response."""

import pytest
from django.test import Client

from tests import factories as make
from tests.claims.admin.pages import change_url, client_for, superuser

STRICT = {
    "default-src 'self'",
    "base-uri 'none'",
    "form-action 'self'",
    "frame-ancestors 'none'",
    "object-src 'none'",
}


def policy_of(client: Client, url: str) -> set[str]:
    return set(client.get(url).headers["Content-Security-Policy"].split("; "))


@pytest.mark.django_db
def test_a_page_loads_files_of_its_own_host_only() -> None:
    client = client_for(superuser())
    claim = make.ClaimFactory()
    assert policy_of(Client(), "/desk/login/") == STRICT
    assert policy_of(client, change_url(claim)) == STRICT
    assert policy_of(client, "/desk/there/is/no/such/page/") == STRICT
    assert policy_of(client, "/api/v1/claims/") == STRICT


def test_the_api_documentation_may_also_load_data_images() -> None:
    assert policy_of(Client(), "/api/docs/") == STRICT | {"img-src 'self' data:"}
