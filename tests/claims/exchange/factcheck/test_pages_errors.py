"""Pages of ClaimReview markup: permissions and rejected requests."""

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
    build_markup,
    build_page,
    check_error,
    publish,
)


@pytest.mark.django_db
@pytest.mark.parametrize("role", [None, "researcher", "auditor"])
def test_a_role_without_permission_cannot_change_pages(role: str | None, editor: Caller) -> None:
    page = editor.create_page()
    caller = Caller(make.UserFactory(role=role))
    check_error(caller.post_page(build_page()), 403, "PERMISSION_DENIED")
    name = f"/v1alpha1/{page['name']}"
    body = build_page(versionId=page["versionId"])
    expected = (404, "NOT_FOUND") if role is None else (403, "PERMISSION_DENIED")
    check_error(caller.put_page(page["name"], body), 403, "PERMISSION_DENIED")
    check_error(caller.send("delete", name), 403, "PERMISSION_DENIED")
    if role is None:
        check_error(caller.send("get", name), *expected)
        assert caller.list_pages(organization=SITE) == caller.list_pages(url=page["pageUrl"]) == []
    else:
        assert caller.get_page(page["name"]) == page
    assert editor.get_page(page["name"]) == page


@pytest.mark.django_db
@pytest.mark.parametrize(
    "header", ["", "Bearer", "Bearer x", "Bearer \xff", "Basic eDp5", "Token x", "Bearer a b"]
)
def test_a_request_without_a_valid_token_is_rejected(header: str, editor: Caller) -> None:
    page = editor.create_page()
    client = Client()
    client.force_login(editor.user)
    headers = {"authorization": header} if header else {}
    for method, path in (
        ("get", PAGES),
        ("post", PAGES),
        ("get", f"/v1alpha1/{page['name']}"),
        ("put", f"/v1alpha1/{page['name']}"),
        ("delete", f"/v1alpha1/{page['name']}"),
        ("get", "/v1alpha1/pages/none"),
    ):
        response = getattr(client, method)(path, headers=headers)
        check_error(response, 401, "UNAUTHENTICATED")
        assert response["WWW-Authenticate"] == "Bearer"


@pytest.mark.django_db
def test_the_token_header_of_the_desks_own_api_is_accepted(editor: Caller) -> None:
    editor.headers = {"authorization": editor.headers["authorization"].replace("Bearer", "Token")}
    assert editor.list_pages(organization=SITE) == []


@pytest.mark.django_db
def test_an_account_without_a_role_sees_only_published_versions(editor: Caller) -> None:
    two = build_markup(url=f"https://{SITE}/ferries#two", claimReviewed="Ferries are dear")
    page = editor.create_page(two, build_markup())
    stranger = Caller(make.UserFactory())
    publish(Review.objects.order_by("pk")[1])
    [before] = stranger.list_pages(organization=SITE)
    assert before["claimReviewMarkups"] == [build_markup(url=f"https://{SITE}/ferries")]
    body = editor.get_page(page["name"])
    body["claimReviewMarkups"][1]["rating"]["textualRating"] = "Secret"
    assert editor.put_page(page["name"], body).status_code == 200
    assert (
        stranger.list_pages(organization=SITE)
        == stranger.list_pages(url=page["pageUrl"])
        == [before]
    )
    assert stranger.get_page(before["name"]) == before
    check_error(stranger.send("get", f"/v1alpha1/{page['name']}"), 404, "NOT_FOUND")


@pytest.mark.django_db
def test_a_page_is_created_once_and_only_for_our_own_sites(editor: Caller) -> None:
    editor.create_page()
    check_error(editor.post_page(build_page()), 409, "ALREADY_EXISTS", "pageUrl")
    other = build_page(pageUrl="https://other.example/ferries")
    check_error(editor.post_page(other), 403, "PERMISSION_DENIED", "pageUrl")
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
def test_a_page_that_the_desk_itself_publishes_is_rejected(
    own: str, editor: Caller, settings: LazySettings
) -> None:
    settings.SITE_URL = f"https://{SITE}"
    check_error(editor.post_page(build_page(pageUrl=own)), 400, "INVALID_ARGUMENT", "pageUrl")
    assert not Review.objects.exists()


def rated(**members: Any) -> dict[str, Any]:
    return build_page(build_markup(rating={"textualRating": "False", **members}))


FIRST = "claimReviewMarkups[0]"


@pytest.mark.parametrize(
    ("body", "field"),
    [
        (build_page(pageUrl=None), "pageUrl"),
        (build_page(pageUrl="ftp://checker.example/"), "pageUrl"),
        (build_page(pageUrl="https://checker.example/#a"), "pageUrl"),
        (build_page(pageUrl=f"https://checker.example/{'x' * 2000}"), "pageUrl"),
        (build_page(pageUrl=7), "pageUrl"),
        (build_page(publishDate="03/04/2020"), "publishDate"),
        (build_page(publishDate=20240503), "publishDate"),
        (build_page(claimReviewAuthor="Checker"), "claimReviewAuthor"),
        (build_page(claimReviewAuthor={"name": "x" * 201}), "claimReviewAuthor.name"),
        (build_page(claimReviewAuthor={"imageUrl": "logo"}), "claimReviewAuthor.imageUrl"),
        (build_page(colour="red"), "colour"),
        (build_page(claimReviewMarkups=[]), "claimReviewMarkups"),
        (build_page(claimReviewMarkups={}), "claimReviewMarkups"),
        (build_page(claimReviewMarkups=[{}] * 101), "claimReviewMarkups"),
        (build_page(claimReviewMarkups=None), "claimReviewMarkups"),
        (build_page("late"), FIRST),  # type: ignore[arg-type]
        (build_page(build_markup(claimReviewed=None)), f"{FIRST}.claimReviewed"),
        (build_page(build_markup(claimReviewed=" ")), f"{FIRST}.claimReviewed"),
        (build_page(build_markup(claimReviewed="x" * 1001)), f"{FIRST}.claimReviewed"),
        (build_page(build_markup(claimReviewed="a\0b")), f"{FIRST}.claimReviewed"),
        (build_page(build_markup(claimReviewed="a\u202eb")), f"{FIRST}.claimReviewed"),
        (build_page(build_markup(claimReviewed=["Late"])), f"{FIRST}.claimReviewed"),
        (build_page(build_markup(), build_markup()), "claimReviewMarkups[1].claimReviewed"),
        (build_page(build_markup(url="https://checker.example/other")), f"{FIRST}.url"),
        (build_page(build_markup(claimDate="yesterday")), f"{FIRST}.claimDate"),
        (build_page(build_markup(claimFirstAppearance="paper")), f"{FIRST}.claimFirstAppearance"),
        (
            build_page(build_markup(claimAppearances="https://a.example")),
            f"{FIRST}.claimAppearances",
        ),
        (build_page(build_markup(claimAppearances=[1])), f"{FIRST}.claimAppearances"),
        (
            build_page(build_markup(claimAppearances=["https://a.example"] * 101)),
            f"{FIRST}.claimAppearances",
        ),
        (
            build_page(build_markup(claimAuthor={"jobTitle": "Harbour master"})),
            f"{FIRST}.claimAuthor.name",
        ),
        (
            build_page(build_markup(claimAuthor={"name": "A", "sameAs": "a b"})),
            f"{FIRST}.claimAuthor.sameAs",
        ),
        (build_page(build_markup(claimAuthor={"name": "A", "age": 3})), f"{FIRST}.claimAuthor.age"),
        (build_page(build_markup(rating=None)), f"{FIRST}.rating.textualRating"),
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
def test_an_invalid_member_is_reported_by_its_path(body: Any, field: str) -> None:
    with pytest.raises(InvalidPage) as error:
        parse_page(body)
    assert field in [name for name, _ in error.value.violations]
    assert all(description for _, description in error.value.violations)


@pytest.mark.django_db
def test_one_invalid_markup_rejects_the_whole_page(editor: Caller) -> None:
    response = editor.post_page(
        build_page(build_markup(), build_markup(claimReviewed="Other", claimDate="soon"))
    )
    check_error(response, 400, "INVALID_ARGUMENT", "claimReviewMarkups[1].claimDate")
    assert not Review.objects.exists()


@pytest.mark.django_db
def test_all_errors_of_a_page_are_reported_at_once(editor: Caller) -> None:
    body = build_page(
        build_markup(rating={}, claimDate="soon"), build_markup(claimReviewed=None), publishDate="x"
    )
    response = editor.post_page(body)
    fields = [v["field"] for v in response.json()["error"]["details"][0]["fieldViolations"]]
    assert fields == [
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
def test_hostile_json_is_rejected_in_the_format_of_the_api(body: bytes, editor: Caller) -> None:
    check_error(editor.post_page(body), 400, "INVALID_ARGUMENT")
    page = editor.create_page()
    response = editor.put_page(page["name"], body)
    check_error(response, 400, "INVALID_ARGUMENT")
    assert editor.get_page(page["name"]) == page


@pytest.mark.django_db
def test_other_media_types_and_methods_are_rejected(editor: Caller) -> None:
    for kind in (
        "text/plain",
        "application/x-www-form-urlencoded",
        "application/json; charset=utf-7",
    ):
        response = editor.client.post(PAGES, "{}", content_type=kind, headers=editor.headers)
        check_error(response, 400, "INVALID_ARGUMENT")
    for method, path in (
        ("put", PAGES),
        ("delete", PAGES),
        ("patch", PAGES),
        ("post", f"{PAGES}/x"),
    ):
        check_error(editor.send(method, path), 405, "UNIMPLEMENTED")
    for path in (f"{PAGES}/x", f"{PAGES}/{'0' * 32}", f"{PAGES}/a%00b"):
        check_error(editor.send("get", path), 404, "NOT_FOUND")
