"""What is answered where there is no page, or where one cannot be made."""

import re
from typing import Any

import pytest
from django.http import HttpRequest, HttpResponse
from django.test import Client, RequestFactory
from lxml import html
from pytest_django import DjangoAssertNumQueries

from claimsapi.core.api.error_views import server_error

GERMAN: Any = {"HTTP_ACCEPT_LANGUAGE": "de"}


@pytest.mark.parametrize("address", ["/nothing/", "/nothing/at/all.html", "/health/nothing/"])
def test_an_address_that_there_is_not_has_a_page_that_reads_nothing(
    address: str,
    db: None,
    client: Client,
    django_assert_num_queries: DjangoAssertNumQueries,
) -> None:
    with django_assert_num_queries(0):
        answer = client.get(address)
    assert answer.status_code == 404
    root = html.document_fromstring(answer.content)
    [heading] = root.iter("h1")
    assert heading.text_content() == "There is no such page"
    assert "/reviews/" in root.xpath("//main//a/@href")
    assert root.xpath("//meta[@name='robots']/@content") == ["noindex"]
    assert "default-src 'self'" in answer["Content-Security-Policy"]


@pytest.mark.django_db
def test_a_missing_page_speaks_the_language_of_the_browser(client: Client) -> None:
    for address in ("/nothing/", "/reviews/nothing/", "/speakers/nothing/"):
        answer = client.get(address, **GERMAN)
        assert answer.status_code == 404
        assert "Diese Seite gibt es nicht" in answer.content.decode()
        assert '<html lang="de"' in answer.content.decode()
        assert answer["Content-Language"] == "de"
        assert "Accept-Language" in answer["Vary"]
        assert "There is no such page" in client.get(address).content.decode()


@pytest.mark.django_db
def test_a_missing_resource_of_the_api_stays_a_problem(client: Client) -> None:
    for address in ("/api/v1/nothing/", "/api/v1/reviews/nothing/"):
        answer = client.get(address, **GERMAN)
        assert answer.status_code == 404
        assert answer["Content-Type"] == "application/problem+json"


def test_a_fault_has_a_page_that_needs_nothing() -> None:
    answer: HttpResponse = server_error(RequestFactory().get("/reviews/"))
    assert answer.status_code == 500
    content = answer.content.decode()
    assert "Something went wrong" in content
    assert "Etwas ist schiefgegangen" in content
    assert re.findall(r"(?:src|href|style)\s*=|<style|<script", content) == []
    assert server_error(api())["Content-Type"] == "application/problem+json"


def api() -> HttpRequest:
    return RequestFactory().get("/api/v1/reviews/")
