"""``claims:search``: results, parameters, errors and field masks."""

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone
from hypothesis import given
from hypothesis import strategies as st
from pytest_django import DjangoAssertNumQueries

from claims import workflow
from claims.exchange.claimreview.dates import format_timestamp
from claims.exchange.claimreview.extractor import Item
from claims.exchange.factcheck.field_mask import apply_mask, parse_mask
from claims.exchange.importing.importer import ReviewImporter
from claims.exchange.importing.rows import read_rows
from claims.exchange.importing.service import get_import_author
from claims.models import Review, ReviewVersion, Statement
from tests import factories as make
from tests.claims.exchange.claimreview.corpus import plain
from tests.claims.exchange.factcheck.accounts import Caller, publish, run_before_query

SEARCH = "/v1alpha1/claims:search"


def create_reviews() -> None:
    """Create an imported review, an own one in German, and records that are not public."""
    imported = plain(inLanguage="en-GB", name="Not all of them")
    list(ReviewImporter(author=get_import_author()).run(read_rows(iter([Item(imported)]))))
    own = make.published_version(
        review__claim__text="Fähren sind teuer",
        review__claim__language="de",
        headline="Teuer",
        summary="Ja.",
    )
    make.StatementFactory(
        claim=own.review.claim, speaker__name="Bo", stated_on="2020-02-03", stated_precision="day"
    )
    make.submitted_version(review__claim__text="Ferries are secret", headline="Secret")
    make.retracted_version(review__claim__text="Ferries are retracted")


def texts(client: Client, **parameters: Any) -> list[str]:
    response = client.get(SEARCH, parameters)
    assert response.status_code == 200, response.content
    return [claim["text"] for claim in response.json().get("claims", [])]


@pytest.mark.django_db
def test_a_claim_has_its_reviews_and_no_empty_members(client: Client) -> None:
    create_reviews()
    [claim] = client.get(SEARCH, {"query": "fähren"}).json()["claims"]
    review = Review.objects.get(claim__language="de")
    [serialized] = claim["claimReview"]
    assert claim | {"claimReview": []} == {
        "text": "Fähren sind teuer",
        "claimant": "Bo",
        "claimDate": "2020-02-03T00:00:00Z",
        "claimReview": [],
    }
    assert serialized["url"] == f"http://localhost:8000/reviews/{review.slug}/"
    assert serialized["languageCode"] == "de"
    assert serialized["publisher"]["site"] == review.publisher.site
    assert client.get(SEARCH, {"query": "zebra"}).json() == {}


@pytest.mark.django_db
def test_a_claim_without_a_known_day_has_no_date(client: Client) -> None:
    create_reviews()
    date = {"stated_on": "2020-02-01", "stated_precision": "month"}
    Statement.objects.filter(speaker__name="Bo").update(**date)
    [claim] = client.get(SEARCH, {"query": "fähren"}).json()["claims"]
    assert "claimDate" not in claim


@pytest.mark.django_db
def test_the_search_finds_only_published_reviews(client: Client) -> None:
    create_reviews()
    assert texts(client, query="ferries") == ["Ferries are late"]
    assert texts(client, query="secret") == texts(client, query="retracted") == []


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("parameters", "number"),
    [
        ({"reviewPublisherSiteFilter": "checker.example"}, 1),
        ({"reviewPublisherSiteFilter": "www.Checker.example"}, 1),
        ({"reviewPublisherSiteFilter": "other.example"}, 0),
        ({"query": "late", "languageCode": "en"}, 1),
        ({"query": "late", "languageCode": "en-US"}, 1),
        ({"query": "late", "languageCode": "de"}, 0),
        ({"query": "late", "maxAgeDays": "1"}, 0),
        ({"query": "late", "maxAgeDays": "2147483647"}, 1),
        ({"query": "teuer", "maxAgeDays": "1"}, 1),
        ({"query": "late", "offset": "1"}, 0),
        ({"query": "late", "key": "any", "alt": "json", "prettyPrint": "false"}, 1),
    ],
)
def test_each_parameter_filters_the_results(
    parameters: dict[str, str], number: int, client: Client
) -> None:
    create_reviews()
    assert len(texts(client, **parameters)) == number


@pytest.mark.django_db
def test_the_age_is_that_of_the_review_or_of_a_statement(client: Client) -> None:
    create_reviews()
    claim = Review.objects.get(origin="imported").claim
    make.StatementFactory(
        claim=claim, stated_on=timezone.now().date() - timedelta(days=3), stated_precision="day"
    )
    assert texts(client, query="late", maxAgeDays="2") == []
    assert texts(client, query="late", maxAgeDays="5") == ["Ferries are late"]


@pytest.mark.django_db
def test_a_token_continues_only_its_own_search_and_overrides_the_offset(client: Client) -> None:
    for number in range(5):
        make.published_version(review__claim__text=f"Whale {number}")
    first = client.get(SEARCH, {"query": "whale", "pageSize": "2"}).json()
    token = first["nextPageToken"]
    parameters = {"query": "whale", "pageSize": "2", "pageToken": token, "offset": "4"}
    assert texts(client, **parameters) == ["Whale 2", "Whale 1"]
    for other in ({"query": "whales"}, {"pageSize": "3"}, {"languageCode": "en"}):
        assert client.get(SEARCH, parameters | other).status_code == 400


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("parameters", "field"),
    [
        ({}, "query"),
        ({"query": " "}, "query"),
        ({"query": "a\0b"}, "query"),
        ({"query": "a " * 3000}, "query"),
        ({"query": "a", "maxAgeDays": "-1"}, "maxAgeDays"),
        ({"query": "a", "pageSize": "1.5"}, "pageSize"),
        ({"query": "a", "offset": "9" * 30}, "offset"),
        ({"query": "a", "offset": "10001"}, "offset"),
        ({"query": "a", "languageCode": "klingon!"}, "languageCode"),
        ({"reviewPublisherSiteFilter": "no host"}, "reviewPublisherSiteFilter"),
        ({"query": "a", "pageToken": "x"}, "pageToken"),
        ({"query": "a", "colour": "red"}, "colour"),
        ({"query": ["a", "b"]}, "query"),
        ({"query": "a", "alt": "xml"}, "alt"),
        ({"query": "a", "fields": "claims("}, "fields"),
        ({"query": "a", "fields": "claims(" * 50}, "fields"),
        ({"query": "a", "fields": "a/" * 900 + "a"}, "fields"),
    ],
)
def test_an_invalid_parameter_is_reported_by_its_name(
    parameters: dict[str, Any], field: str, client: Client
) -> None:
    response = client.get(SEARCH, parameters)
    assert response.status_code == 400
    error = response.json()["error"]
    assert error["status"] == "INVALID_ARGUMENT"
    assert error["details"][0]["fieldViolations"][0]["field"] == field
    assert error["message"]


@pytest.mark.django_db
def test_a_form_is_read_only_with_the_override_header(client: Client) -> None:
    create_reviews()
    form = {"query": "late"}
    override = {"HTTP_X_HTTP_METHOD_OVERRIDE": "GET"}
    kind = "application/x-www-form-urlencoded"
    sent = client.post(SEARCH, "query=late", content_type=kind, **override)  # type: ignore[arg-type]
    assert [claim["text"] for claim in sent.json()["claims"]] == ["Ferries are late"]
    assert client.post(SEARCH, form).status_code == 405
    for body, status in ((b"query=" + b"a" * 300_000, 400), (b"query=%ff", 200), (b"\xff=1", 400)):
        response = client.post(SEARCH, body, content_type=kind, **override)  # type: ignore[arg-type]
        assert response.status_code == status
        assert "claims" not in response.json()


def test_too_many_parameters_are_an_error_in_the_format_of_the_api(client: Client) -> None:
    many = "&".join(f"a{number}=1" for number in range(1100))
    override = {"X-HTTP-Method-Override": "GET"}
    kind = "application/x-www-form-urlencoded"
    for response in (
        client.get(f"{SEARCH}?{many}"),
        client.post(SEARCH, many, content_type=kind, headers=override),
    ):
        assert response.status_code == 400
        assert response.json()["error"]["status"] == "INVALID_ARGUMENT"


@pytest.mark.parametrize("path", ["", "x", "claims", "claims:search/", "\0", "a\nb"])
def test_an_unknown_url_is_an_error_in_the_format_of_the_api(path: str, client: Client) -> None:
    response = client.get(f"/v1alpha1/{path}")
    assert response.status_code == 404
    assert response.json()["error"]["status"] == "NOT_FOUND"


@pytest.mark.django_db
@pytest.mark.parametrize("number", [1, 10])
def test_a_search_needs_the_same_queries_for_few_and_many_results(
    number: int, client: Client, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    author = get_import_author()
    for n in range(number):
        own = make.published_version().review
        make.StatementFactory(claim=own.claim)
        imported = plain(url=f"https://checker.example/{n}", claimReviewed=own.claim.text)
        list(ReviewImporter(author=author).run(read_rows(iter([Item(imported)]))))
        # Imported reviews of the same claims, so that there are many of both kinds.
        Review.objects.filter(identifier=imported["url"]).update(claim=own.claim)
    client.get(SEARCH, {"query": "ferry"})
    with django_assert_num_queries(4):
        claims = client.get(SEARCH, {"query": "ferry"}).json()["claims"]
    assert [len(claim["claimReview"]) for claim in claims] == [2] * number


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("changes", "date"),
    [
        ({}, "2024-05-03T00:00:00Z"),
        ({"dateModified": "2024-06-01T10:00:00+02:00"}, "2024-05-03T00:00:00Z"),
        (
            {"datePublished": None, "dateModified": "2024-06-01T10:00:00+02:00"},
            "2024-06-01T08:00:00Z",
        ),
        ({"datePublished": "2024-05", "dateModified": "2024-06-01"}, "2024-06-01T00:00:00Z"),
        ({"datePublished": "2024-05"}, None),
        ({"datePublished": None}, None),
    ],
)
def test_the_date_of_an_imported_review_is_that_of_its_markup(
    changes: dict[str, Any], date: str | None, client: Client
) -> None:
    list(ReviewImporter(author=get_import_author()).run(read_rows(iter([Item(plain(**changes))]))))
    [claim] = client.get(SEARCH, {"query": "late"}).json()["claims"]
    [review] = claim["claimReview"]
    assert review.get("reviewDate") == date


@pytest.mark.django_db
def test_the_date_of_a_review_without_its_own_date_is_that_of_its_publication_here(
    client: Client, editor: Caller
) -> None:
    editor.create_page(publishDate=None)
    publish(Review.objects.get())
    [claim] = client.get(SEARCH, {"query": "late"}).json()["claims"]
    published = ReviewVersion.objects.get().published_at
    assert published is not None
    assert claim["claimReview"][0]["reviewDate"] == format_timestamp(published)


@pytest.mark.django_db
def test_a_review_that_is_retracted_between_two_queries_is_left_out(client: Client) -> None:
    first, second = (
        make.published_version(review__claim__text=f"Whale {number}") for number in range(2)
    )
    other = make.published_version(review__claim=second.review.claim)
    editor = make.UserFactory(role="editor")
    client.get(SEARCH, {"query": "whale"})

    def retract() -> None:
        for version in (first, other):
            make.move(version, workflow.RETRACT, editor, "Wrong.")

    with run_before_query('SELECT "claims_reviewversion"."id"', retract):
        [claim] = client.get(SEARCH, {"query": "whale"}).json()["claims"]
    assert claim["text"] == "Whale 1"
    assert [one["publisher"]["site"] for one in claim["claimReview"]] == [
        second.review.publisher.site
    ]


@pytest.mark.django_db
def test_of_a_query_with_too_many_words_the_first_ones_are_searched(client: Client) -> None:
    words = [f"word{number}" for number in range(40)]
    make.published_version(review__claim__text=" ".join(words[:33]))
    make.published_version(review__claim__text=" ".join(words[:31]))
    expected = [" ".join(words[:33])]
    assert texts(client, query=" ".join(words)) == expected
    assert texts(client, query=" ".join(words[:32] * 2)) == expected
    assert texts(client, query=f'"{" ".join(words * 2)}"') == expected
    assert texts(client, query=" ".join(["other", *words])) == []


@pytest.mark.django_db
def test_the_limit_of_the_offset_does_not_apply_with_a_token(client: Client) -> None:
    for number in range(3):
        make.published_version(review__claim__text=f"Whale {number}")
    parameters = {"query": "whale", "pageSize": "2"}
    token = client.get(SEARCH, parameters).json()["nextPageToken"]
    assert texts(client, **parameters, pageToken=token, offset="10001") == ["Whale 0"]
    error = client.get(SEARCH, {**parameters, "offset": "10001"}).json()["error"]
    assert "pageToken" in error["message"]
    assert texts(client, **parameters, offset="10000") == []


def test_a_field_mask_selects_the_named_members() -> None:
    value = {"claims": [{"text": "a", "review": {"url": "b", "title": "c"}}], "token": "d"}
    assert apply_mask(value, parse_mask("claims(text)")) == {"claims": [{"text": "a"}]}
    assert apply_mask(value, parse_mask("claims/review/url, token")) == {
        "claims": [{"review": {"url": "b"}}],
        "token": "d",
    }
    assert apply_mask(value, parse_mask("*")) == value
    assert apply_mask(value, parse_mask("claims/*")) == {"claims": value["claims"]}
    assert apply_mask(value, parse_mask("none")) == {}


@given(st.text(alphabet="ab(),/* ", max_size=40))
def test_every_text_is_a_field_mask_or_a_value_error(text: str) -> None:
    try:
        mask = parse_mask(text)
    except ValueError:
        return
    assert isinstance(mask, dict)
