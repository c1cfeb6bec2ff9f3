"""The pages for unknown URLs and for server errors."""

import re
from typing import Any

import pytest
from django.http import HttpRequest, HttpResponse
from django.test import Client, RequestFactory
from lxml import html
from pytest_django import DjangoAssertNumQueries

from claimsapi.core.api.error_views import server_error

GERMAN: Any = {"HTTP_ACCEPT_LANGUAGE": "de"}


@pytest.mark.parametrize("url", ["/nothing/", "/nothing/at/all.html", "/health/nothing/"])
def test_an_unknown_url_has_a_page_without_queries(
    url: str,
    db: None,
    client: Client,
    django_assert_num_queries: DjangoAssertNumQueries,
) -> None:
    with django_assert_num_queries(0):
        response = client.get(url)
    assert response.status_code == 404
    root = html.document_fromstring(response.content)
    [heading] = root.iter("h1")
    assert heading.text_content() == "Page not found"
    assert "/reviews/" in root.xpath("//main//a/@href")
    assert root.xpath("//meta[@name='robots']/@content") == ["noindex"]
    assert "default-src 'self'" in response["Content-Security-Policy"]


@pytest.mark.django_db
def test_the_page_for_404_is_in_the_language_of_the_browser(client: Client) -> None:
    for url in ("/nothing/", "/reviews/nothing/", "/speakers/nothing/"):
        response = client.get(url, **GERMAN)
        assert response.status_code == 404
        assert "Seite nicht gefunden" in response.content.decode()
        assert '<html lang="de"' in response.content.decode()
        assert response["Content-Language"] == "de"
        assert "Accept-Language" in response["Vary"]
        assert "Page not found" in client.get(url).content.decode()


@pytest.mark.django_db
def test_a_missing_resource_of_the_api_is_a_problem_document(client: Client) -> None:
    for url in ("/api/v1/nothing/", "/api/v1/reviews/nothing/"):
        response = client.get(url, **GERMAN)
        assert response.status_code == 404
        assert response["Content-Type"] == "application/problem+json"


def test_the_page_for_500_needs_no_other_resource() -> None:
    response: HttpResponse = server_error(RequestFactory().get("/reviews/"))
    assert response.status_code == 500
    content = response.content.decode()
    assert "Something went wrong" in content
    assert "Etwas ist schiefgegangen" in content
    assert re.findall(r"(?:src|href|style)\s*=|<style|<script", content) == []
    assert server_error(api_request())["Content-Type"] == "application/problem+json"


def api_request() -> HttpRequest:
    return RequestFactory().get("/api/v1/reviews/")
