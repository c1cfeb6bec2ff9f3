"""Full-text search in the API: matches, their order, and visibility."""

from collections.abc import Callable
from typing import Any

import pytest
from django.contrib.auth.models import AnonymousUser
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from rest_framework.test import APIClient

from claims.models import Claim
from claims.search import text_queries
from claims.search.query import parse_query
from tests import factories as make

URL = "/api/v1/claims/"


def search(client: APIClient, q: str, **parameters: Any) -> list[str]:
    response = client.get(URL, {"q": q, "page_size": 200, **parameters})
    assert response.status_code == 200, response.content
    return [row["text"] for row in response.json()["results"]]


def create_listed_claim(text: str, **values: Any) -> Claim:
    claim: Claim = make.ClaimFactory(text=text, listed=True, **values)
    return claim


def test_words_phrases_prefixes_and_exclusions_match(public: APIClient) -> None:
    late, early = (
        create_listed_claim("The ferry was late in May."),
        create_listed_claim("The late bus met the ferry."),
    )
    assert set(search(public, "ferry late")) == {late.text, early.text}
    assert search(public, '"ferry was late"') == [late.text]
    assert search(public, "ferry -bus") == [late.text]
    assert search(public, 'ferry -"late bus"') == [late.text]
    assert set(search(public, "ferr*")) == {late.text, early.text}
    assert search(public, "FERRY may") == [late.text]
    assert search(public, "boat") == search(public, "-boat") == search(public, "%") == []


@pytest.mark.parametrize(
    ("language", "text", "q"),
    [
        ("en", "Ministers were vaccinating children.", "vaccinated child's"),
        ("en-GB", "The ferries sank.", "ferry"),
        ("de", "Die Häuser brannten nieder.", "Häusern"),
        ("fr", "Les députés ont voté les lois.", "député loi"),
        ("es", "Los trenes llegaron tarde.", "tren"),
        ("", "Nothing is stemmed here.", "stemmed"),
    ],
)
def test_words_match_by_the_stems_of_the_claims_language(
    public: APIClient, language: str, text: str, q: str
) -> None:
    create_listed_claim(text, language=language)
    words = q.split()
    assert search(public, words[0]) == [text]


def test_irregular_forms_do_not_match(public: APIClient) -> None:
    create_listed_claim("He went home.", language="en")
    assert search(public, "go") == []


def test_a_search_covers_all_public_text_of_a_claim(public: APIClient) -> None:
    version = make.published_version(headline="A zebra crossing", summary="Of marble.")
    claim = version.review.claim
    speaker = make.SpeakerFactory(name="Wanda Quagga")
    make.StatementFactory(claim=claim, speaker=speaker, exact="“Herons everywhere”")
    for q in ("zebra", "marble", "quagga", '"wanda quagga"', "heron", claim.text):
        assert search(public, q) == [claim.text], q


def test_results_are_in_order_of_relevance_across_pages(public: APIClient) -> None:
    version = make.published_version(summary="Also about a walrus.")
    titled = create_listed_claim("A walrus sank a ferry.")
    for _ in range(3):
        make.StatementFactory(
            claim=create_listed_claim("On animals."), exact="the walrus and others"
        )
    first = public.get(URL, {"q": "walrus", "page_size": 2, "count": "exact"}).json()
    assert first["results"][0]["text"] == titled.text
    assert (first["ranked"], first["count"], first["count_is"]) == ("all", 5, "exact")
    rest, page = [row["id"] for row in first["results"]], first
    while page["next"]:
        page = public.get(page["next"]).json()
        rest += [row["id"] for row in page["results"]]
    assert len(rest) == len(set(rest)) == 5
    assert str(version.review.claim.public_id) in rest
    before = public.get(page["previous"]).json()
    assert [row["id"] for row in before["results"]] == rest[2:4]
    newest = search(public, "walrus", ordering="-created_at")
    assert newest[-1] == version.review.claim.text
    assert search(public, "walrus", ordering="relevance")[0] == titled.text


def test_a_search_combines_with_other_filters_and_formats(public: APIClient) -> None:
    german, english = (
        create_listed_claim("Die Fähre ferry.", language="de"),
        create_listed_claim("The ferry."),
    )
    assert search(public, "ferry", language="de") == [german.text]
    assert search(public, "ferry", language__not="de") == [english.text]
    lines = public.get(URL, {"q": "ferry"}, headers={"Accept": "application/x-ndjson"})
    assert len(b"".join(lines.streaming_content).splitlines()) == 2


def test_the_answer_says_if_only_the_newest_matches_are_ranked(
    public: APIClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(text_queries, "MAX_RANKED", 2)
    claims = [create_listed_claim(f"Ferry {word}.") for word in ("one", "two", "three")]
    page = public.get(URL, {"q": "ferry", "count": "estimate"}).json()
    assert [row["text"] for row in page["results"]] == [c.text for c in claims[:0:-1]]
    assert (page["ranked"], page["count"], page["count_is"]) == ("newest", 2, "at_least")
    assert public.get(URL, {"q": "ferry", "count": "exact"}).status_code == 400
    assert len(search(public, "ferry", ordering="created_at")) == 3


def test_only_searches_can_be_ordered_by_relevance(public: APIClient) -> None:
    response = public.get(URL, {"ordering": "relevance"})
    assert response.status_code == 400
    assert response.json()["errors"][0]["parameter"] == "ordering"


@pytest.mark.django_db
@settings(
    max_examples=60,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(st.text(st.characters(exclude_categories=["Cs", "Cc"]), max_size=60))
def test_any_text_is_a_valid_query(db: None, text: str) -> None:
    user = AnonymousUser()
    rows = Claim.objects.visible_to(user)
    terms = parse_query(text)
    assert list(text_queries.filter_by_text(rows, terms, user)) == []
    assert text_queries.rank_matches(rows, terms, user, narrowed=True) == ([], True)


@pytest.mark.parametrize(
    "q",
    [
        '"',
        '""',
        "*",
        "-",
        "a:b",
        "NEAR(",
        "{x} : y",
        "^a",
        "a" * 9_000,
        "漢字",
        "שלום",
        "🛳",
        "_",
        "é́",
    ],
)
def test_text_with_syntax_characters_is_a_valid_query(public: APIClient, q: str) -> None:
    assert search(public, q) == []


def test_only_the_desk_finds_text_that_is_not_public(
    public: APIClient, client_of: Callable[..., APIClient]
) -> None:
    version = make.published_version(headline="Zebra")
    draft = make.submitted_version(headline="Quokka")
    make.submitted_correction(version, headline="Okapi")
    unlisted = create_listed_claim("A narwhal.")
    Claim.objects.filter(pk=unlisted.pk).update(listed_at=None)
    desk = client_of("auditor")
    for q in ("quokka", "okapi", "narwhal", draft.review.claim.text.rstrip(".")):
        assert search(public, q) == [], q
        assert len(search(desk, q)) == 1, q
    assert search(public, "zebra") == [version.review.claim.text]
    assert search(desk, "zebra") == []  # the desk's text has the new draft's words instead


def test_hidden_claims_do_not_change_the_public_ranking(public: APIClient) -> None:
    for n in range(4):
        create_listed_claim(f"Ferry {n} and a whale{' whale' * n}.")
    before = search(public, "ferry whale")
    for _ in range(20):
        make.ClaimFactory(text="A whale.")
    assert search(public, "ferry whale") == before
