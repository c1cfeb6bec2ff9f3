"""API keys of the Fact Check Tools API: creation at the desk, counts by day, required keys."""

import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.conf import LazySettings
from django.db import DatabaseError
from django.test import Client
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from claims.exchange.factcheck.api_keys import create_api_key
from claims.models import ApiKey, ApiKeyCount
from claimsapi.core.models import User
from tests import factories as make
from tests.claims.admin.pages import client_for, superuser, text_of, url
from tests.claims.exchange.factcheck.accounts import PAGES, SITE, Caller, check_error
from tests.concurrency import Together

SEARCH = "/v1alpha1/claims:search"


@pytest.fixture
def secret(db: None) -> str:
    return create_api_key(key=ApiKey(name="Our newsroom"))


def read_counts() -> list[int]:
    return list(ApiKeyCount.objects.order_by("day").values_list("requests", flat=True))


def search(client: Client, key: str) -> Any:
    return client.get(SEARCH, {"query": "ferries", "key": key})


def test_requests_with_an_issued_key_are_counted_by_day(client: Client, secret: str) -> None:
    yesterday = timezone.now().date() - timedelta(days=1)
    make.ApiKeyCountFactory(key=ApiKey.objects.get(), day=yesterday, requests=5)
    for _ in range(3):
        assert search(client, secret).status_code == 200
    form = {"content_type": "application/x-www-form-urlencoded"}
    override = {"x-http-method-override": "GET"}
    client.post(SEARCH, f"query=a&key={secret}", headers=override, **form)  # type: ignore[arg-type]
    assert read_counts() == [5, 4]


def test_another_key_is_accepted_and_not_counted(client: Client, secret: str) -> None:
    ApiKey.objects.filter(name="Our newsroom").update(is_active=False)
    for key in ("any", secret, "x" * 5000, "\0", ""):
        assert search(client, key).status_code == 200
    assert read_counts() == []


def test_the_check_and_the_count_of_a_key_need_a_fixed_number_of_queries(
    client: Client, secret: str, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    search(client, secret)
    with django_assert_num_queries(1):
        search(client, "")
    with django_assert_num_queries(2):
        search(client, "any")
    with django_assert_num_queries(5):  # with the savepoint
        search(client, secret)


def test_a_search_needs_an_issued_key_if_keys_are_required(
    client: Client, secret: str, settings: LazySettings, our_site: None
) -> None:
    settings.FACTCHECK_KEYS_REQUIRED = True
    check_error(search(client, ""), 403, "PERMISSION_DENIED", "key")
    check_error(search(client, "any"), 400, "INVALID_ARGUMENT", "key")
    assert search(client, secret).status_code == 200
    editor = Caller(make.UserFactory(role="editor"))
    assert editor.list_pages(organization=SITE) == []
    assert editor.send("get", PAGES, {"organization": SITE, "key": secret}).status_code == 200
    assert read_counts() == [2]


def test_a_failed_count_does_not_fail_the_request(
    client: Client, secret: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def busy(*_: Any, **__: Any) -> Any:
        raise DatabaseError("busy")

    monkeypatch.setattr(ApiKeyCount.objects, "get_or_create", busy)
    assert search(client, secret).status_code == 200
    assert read_counts() == []


@pytest.mark.django_db(transaction=True)
def test_simultaneous_requests_are_all_counted(together: Together) -> None:
    secret = create_api_key(key=ApiKey(name="Our newsroom"))
    results = together(*[lambda: search(Client(), secret).status_code] * 4)
    assert results == [200] * 4
    assert read_counts() == [4]


@pytest.mark.django_db
def test_the_desk_creates_a_key_shows_it_once_and_shows_its_counts() -> None:
    client = client_for(superuser())
    page = client.post(url(ApiKey, "add"), {"name": "Our newsroom"})
    [secret] = re.findall(r"<code>([\w-]{32})</code>", text_of(page))
    assert "messages" not in client.cookies
    assert "no-store" in page["Cache-Control"]
    key = ApiKey.objects.get()
    assert secret.startswith(key.prefix)
    assert secret not in text_of(client.get(url(ApiKey, "changelist")))
    for _ in range(2):
        search(client, secret)
    make.ApiKeyCountFactory(key=key, day=timezone.now().date() - timedelta(days=9), requests=1998)
    assert "2,000" in text_of(client.get(url(ApiKey, "changelist")))
    assert "1,998" in text_of(client.get(url(ApiKey, "change", key.pk)))
    client.post(url(ApiKey, "change", key.pk), {"name": "Theirs"})
    key.refresh_from_db()
    assert (key.name, key.is_active) == ("Theirs", False)
    search(client, secret)
    assert sum(read_counts()) == 2000


@pytest.mark.django_db
@pytest.mark.parametrize("role", ["researcher", "editor"])
def test_only_administrators_manage_keys(role: str, person: Callable[[str], User]) -> None:
    for name, status in ((role, 403), ("administrator", 200)):
        assert client_for(person(name)).get(url(ApiKey, "changelist")).status_code == status
