"""Pages of ClaimReview markup: who may make them, and what is refused."""

from typing import Any

import pytest
from django.conf import LazySettings
from django.test import Client

from claims.exchange.factcheck.page_parser import InvalidPage, parse_page
from claims.models import Review
from tests import factories as make
from tests.claims.exchange.factcheck.accounts import (
    PAGES,
    SITE,
    Caller,
    markup,
    page,
    publish,
    refused,
)


@pytest.mark.django_db
@pytest.mark.parametrize("role", [None, "researcher", "auditor"])
def test_who_lacks_a_permission_is_refused(role: str | None, editor: Caller) -> None:
    made = editor.made()
    caller = Caller(make.UserFactory(role=role))
    refused(caller.create(page()), 403, "PERMISSION_DENIED")
    name = f"/v1alpha1/{made['name']}"
    body = page(versionId=made["versionId"])
    expected = (404, "NOT_FOUND") if role is None else (403, "PERMISSION_DENIED")
    refused(caller.update(made["name"], body), 403, "PERMISSION_DENIED")
    refused(caller.send("delete", name), 403, "PERMISSION_DENIED")
    if role is None:
        refused(caller.send("get", name), *expected)
        assert caller.listed(organization=SITE) == caller.listed(url=made["pageUrl"]) == []
    else:
        assert caller.got(made["name"]) == made
    assert editor.got(made["name"]) == made


@pytest.mark.django_db
@pytest.mark.parametrize(
    "header", ["", "Bearer", "Bearer x", "Bearer \xff", "Basic eDp5", "Token x", "Bearer a b"]
)
def test_without_a_good_token_nothing_is_told(header: str, editor: Caller) -> None:
    made = editor.made()
    client = Client()
    client.force_login(editor.user)
    headers = {"authorization": header} if header else {}
    for method, path in (
        ("get", PAGES),
        ("post", PAGES),
        ("get", f"/v1alpha1/{made['name']}"),
        ("put", f"/v1alpha1/{made['name']}"),
        ("delete", f"/v1alpha1/{made['name']}"),
        ("get", "/v1alpha1/pages/none"),
    ):
        answer = getattr(client, method)(path, headers=headers)
        refused(answer, 401, "UNAUTHENTICATED")
        assert answer["WWW-Authenticate"] == "Bearer"


@pytest.mark.django_db
def test_the_desks_own_form_of_the_header_is_read_too(editor: Caller) -> None:
    editor.headers = {"authorization": editor.headers["authorization"].replace("Bearer", "Token")}
    assert editor.listed(organization=SITE) == []


@pytest.mark.django_db
def test_of_an_account_without_a_role_only_the_published_is_shown(editor: Caller) -> None:
    two = markup(url=f"https://{SITE}/ferries#two", claimReviewed="Ferries are dear")
    made = editor.made(two, markup())
    stranger = Caller(make.UserFactory())
    publish(Review.objects.order_by("pk")[1])
    [before] = stranger.listed(organization=SITE)
    assert before["claimReviewMarkups"] == [markup(url=f"https://{SITE}/ferries")]
    sent = editor.got(made["name"])
    sent["claimReviewMarkups"][1]["rating"]["textualRating"] = "Secret"
    assert editor.update(made["name"], sent).status_code == 200
    assert stranger.listed(organization=SITE) == stranger.listed(url=made["pageUrl"]) == [before]
    assert stranger.got(before["name"]) == before
    refused(stranger.send("get", f"/v1alpha1/{made['name']}"), 404, "NOT_FOUND")


@pytest.mark.django_db
def test_a_page_is_made_once_and_of_our_own_sites_only(editor: Caller) -> None:
    editor.made()
    refused(editor.create(page()), 409, "ALREADY_EXISTS", "pageUrl")
    other = page(pageUrl="https://other.example/ferries")
    refused(editor.create(other), 403, "PERMISSION_DENIED", "pageUrl")
    assert Review.objects.count() == 1


@pytest.mark.django_db
@pytest.mark.parametrize(
    "own",
    [
        f"https://{SITE}/reviews/ferries-1234/",
        f"http://{SITE}/reviews/ferries-1234/",
        f"https://www.{SITE}:8443//%72eviews/./x",
        f"https://{SITE}/Reviews",
    ],
)
def test_a_page_that_the_desk_itself_makes_is_not_made(
    own: str, editor: Caller, settings: LazySettings
) -> None:
    settings.SITE_URL = f"https://{SITE}"
    refused(editor.create(page(pageUrl=own)), 400, "INVALID_ARGUMENT", "pageUrl")
    assert not Review.objects.exists()


def rated(**members: Any) -> dict[str, Any]:
    return page(markup(rating={"textualRating": "False", **members}))


FIRST = "claimReviewMarkups[0]"


@pytest.mark.parametrize(
    ("body", "field"),
    [
        (page(pageUrl=None), "pageUrl"),
        (page(pageUrl="ftp://checker.example/"), "pageUrl"),
        (page(pageUrl="https://checker.example/#a"), "pageUrl"),
        (page(pageUrl=f"https://checker.example/{'x' * 2000}"), "pageUrl"),
        (page(pageUrl=7), "pageUrl"),
        (page(publishDate="03/04/2020"), "publishDate"),
        (page(publishDate=20240503), "publishDate"),
        (page(claimReviewAuthor="Checker"), "claimReviewAuthor"),
        (page(claimReviewAuthor={"name": "x" * 201}), "claimReviewAuthor.name"),
        (page(claimReviewAuthor={"imageUrl": "logo"}), "claimReviewAuthor.imageUrl"),
        (page(colour="red"), "colour"),
        (page(claimReviewMarkups=[]), "claimReviewMarkups"),
        (page(claimReviewMarkups={}), "claimReviewMarkups"),
        (page(claimReviewMarkups=[{}] * 101), "claimReviewMarkups"),
        (page(claimReviewMarkups=None), "claimReviewMarkups"),
        (page("late"), FIRST),  # type: ignore[arg-type]
        (page(markup(claimReviewed=None)), f"{FIRST}.claimReviewed"),
        (page(markup(claimReviewed=" ")), f"{FIRST}.claimReviewed"),
        (page(markup(claimReviewed="x" * 1001)), f"{FIRST}.claimReviewed"),
        (page(markup(claimReviewed="a\0b")), f"{FIRST}.claimReviewed"),
        (page(markup(claimReviewed="a\u202eb")), f"{FIRST}.claimReviewed"),
        (page(markup(claimReviewed=["Late"])), f"{FIRST}.claimReviewed"),
        (page(markup(), markup()), "claimReviewMarkups[1].claimReviewed"),
        (page(markup(url="https://checker.example/other")), f"{FIRST}.url"),
        (page(markup(claimDate="yesterday")), f"{FIRST}.claimDate"),
        (page(markup(claimFirstAppearance="paper")), f"{FIRST}.claimFirstAppearance"),
        (page(markup(claimAppearances="https://a.example")), f"{FIRST}.claimAppearances"),
        (page(markup(claimAppearances=[1])), f"{FIRST}.claimAppearances"),
        (page(markup(claimAppearances=["https://a.example"] * 101)), f"{FIRST}.claimAppearances"),
        (page(markup(claimAuthor={"jobTitle": "Harbour master"})), f"{FIRST}.claimAuthor.name"),
        (page(markup(claimAuthor={"name": "A", "sameAs": "a b"})), f"{FIRST}.claimAuthor.sameAs"),
        (page(markup(claimAuthor={"name": "A", "age": 3})), f"{FIRST}.claimAuthor.age"),
        (page(markup(rating=None)), f"{FIRST}.rating.textualRating"),
        (rated(textualRating=""), f"{FIRST}.rating.textualRating"),
        (rated(textualRating="x" * 201), f"{FIRST}.rating.textualRating"),
        (rated(ratingValue=6), f"{FIRST}.rating.ratingValue"),
        (rated(ratingValue="1"), f"{FIRST}.rating.ratingValue"),
        (rated(ratingValue=1.5), f"{FIRST}.rating.ratingValue"),
        (rated(ratingValue=True), f"{FIRST}.rating.ratingValue"),
        (rated(ratingValue=-1), f"{FIRST}.rating.ratingValue"),
        (rated(ratingValue=2**31), f"{FIRST}.rating.ratingValue"),
        (rated(bestRating=5), f"{FIRST}.rating.ratingValue"),
        (rated(ratingValue=3, bestRating=3, worstRating=3), f"{FIRST}.rating.bestRating"),
        ([], ""),
        ("page", ""),
        (7, ""),
        (None, "pageUrl"),
    ],
)
def test_what_does_not_fit_is_named(body: Any, field: str) -> None:
    with pytest.raises(InvalidPage) as refusal:
        parse_page(body)
    assert field in [name for name, _ in refusal.value.violations]
    assert all(fault for _, fault in refusal.value.violations)


@pytest.mark.django_db
def test_nothing_is_made_of_a_page_of_which_one_markup_does_not_fit(editor: Caller) -> None:
    answer = editor.create(page(markup(), markup(claimReviewed="Other", claimDate="soon")))
    refused(answer, 400, "INVALID_ARGUMENT", "claimReviewMarkups[1].claimDate")
    assert not Review.objects.exists()


@pytest.mark.django_db
def test_every_fault_of_a_page_is_told_at_once(editor: Caller) -> None:
    body = page(markup(rating={}, claimDate="soon"), markup(claimReviewed=None), publishDate="x")
    answer = editor.create(body)
    found = [v["field"] for v in answer.json()["error"]["details"][0]["fieldViolations"]]
    assert found == [
        "publishDate",
        f"{FIRST}.claimDate",
        f"{FIRST}.rating.textualRating",
        "claimReviewMarkups[1].claimReviewed",
    ]


@pytest.mark.django_db
@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"\xff",
        b"NaN",
        b'{"pageUrl": "\\ud800"}',
        b'{"pageUrl": "https://a.example/", "pageUrl": "https://b.example/"}',
        b'{"pageUrl": 9223372036854775808}',
        b"[" * 100_000,
        b'{"a":' * 900 + b"1" + b"}" * 900,
        b" " * 1_100_000,
        b'{"claimReviewMarkups": [' + b"{}," * 100_000 + b"{}]}",
    ],
)
def test_hostile_json_is_refused_in_the_same_shape(body: bytes, editor: Caller) -> None:
    refused(editor.create(body), 400, "INVALID_ARGUMENT")
    made = editor.made()
    answer = editor.update(made["name"], body)
    refused(answer, 400, "INVALID_ARGUMENT")
    assert editor.got(made["name"]) == made


@pytest.mark.django_db
def test_other_media_types_and_methods_are_refused(editor: Caller) -> None:
    for kind in (
        "text/plain",
        "application/x-www-form-urlencoded",
        "application/json; charset=utf-7",
    ):
        answer = editor.client.post(PAGES, "{}", content_type=kind, headers=editor.headers)
        refused(answer, 400, "INVALID_ARGUMENT")
    for method, path in (
        ("put", PAGES),
        ("delete", PAGES),
        ("patch", PAGES),
        ("post", f"{PAGES}/x"),
    ):
        refused(editor.send(method, path), 405, "UNIMPLEMENTED")
    for path in (f"{PAGES}/x", f"{PAGES}/{'0' * 32}", f"{PAGES}/a%00b"):
        refused(editor.send("get", path), 404, "NOT_FOUND")
