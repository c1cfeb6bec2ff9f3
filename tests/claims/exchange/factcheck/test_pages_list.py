"""Pages of ClaimReview markup: lists, and simultaneous changes."""

from collections.abc import Callable
from threading import Barrier
from typing import Any

import pytest
from django.db import connection, transaction
from pytest_django import DjangoAssertNumQueries

from claims import workflow
from claims.exchange.factcheck.page_service import create_page, lock_page, update_page
from claims.exchange.factcheck.responses import ApiError
from claims.models import Review, ReviewVersion
from claims.workflow import apply_transition
from claimsapi.core.errors import Conflict, Stale
from claimsapi.core.models import User
from tests import factories as make
from tests.claims.exchange.factcheck.accounts import (
    PAGES,
    SITE,
    Caller,
    build_markup,
    build_page,
    check_error,
    publish,
    run_before_query,
)
from tests.concurrency import PATIENCE, Together


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("parameters", "field"),
    [
        ({}, "url"),
        ({"url": "https://checker.example/", "organization": SITE}, "url"),
        ({"url": "no address"}, "url"),
        ({"organization": "no host"}, "organization"),
        ({"organization": SITE, "pageSize": "x"}, "pageSize"),
        ({"organization": SITE, "offset": "-1"}, "offset"),
        ({"organization": SITE, "offset": "10001"}, "offset"),
        ({"url": "https://localhost/"}, "url"),
        ({"organization": SITE, "pageToken": "x"}, "pageToken"),
        ({"organization": SITE, "fields": "a("}, "fields"),
        ({"organization": SITE, "colour": "red"}, "colour"),
    ],
)
def test_an_invalid_list_parameter_is_reported_by_its_name(
    parameters: dict[str, str], field: str, editor: Caller
) -> None:
    check_error(editor.send("get", PAGES, parameters), 400, "INVALID_ARGUMENT", field)


@pytest.mark.django_db
def test_a_list_continues_from_its_token_and_needs_the_same_queries_for_many_pages(
    editor: Caller, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    two = f"https://{SITE}/1#two"
    for number in range(3):
        url = f"https://{SITE}/{number}"
        more = [build_markup(url=two, claimReviewed="More")] if number == 1 else []
        editor.create_page(build_markup(), *more, pageUrl=url)
    parameters = {"organization": f"www.{SITE}", "pageSize": "2"}
    with django_assert_num_queries(7):
        first = editor.send("get", PAGES, parameters).json()
    assert [one["pageUrl"] for one in first["claimReviewMarkupPages"]] == [
        f"https://{SITE}/2",
        f"https://{SITE}/1",
    ]
    assert len(first["claimReviewMarkupPages"][1]["claimReviewMarkups"]) == 2
    token = {"pageToken": first["nextPageToken"], "offset": "7"}
    last = editor.send("get", PAGES, parameters | token).json()
    assert [one["pageUrl"] for one in last["claimReviewMarkupPages"]] == [f"https://{SITE}/0"]
    assert "nextPageToken" not in last
    check_error(
        editor.send("get", PAGES, parameters | token | {"pageSize": "3"}), 400, "INVALID_ARGUMENT"
    )
    [one] = editor.list_pages(organization=SITE, offset="1", pageSize="1")
    assert one["pageUrl"] == f"https://{SITE}/1"
    [one] = editor.list_pages(url=f"HTTPS://{SITE}/1?utm_source=x#two")
    assert one["pageUrl"] == f"https://{SITE}/1"
    with django_assert_num_queries(7):
        editor.list_pages(organization=SITE)


@pytest.mark.django_db
def test_a_page_that_is_withdrawn_between_two_queries_is_left_out(editor: Caller) -> None:
    for number in range(2):
        editor.create_page(pageUrl=f"https://{SITE}/{number}")
    second = Review.objects.order_by("pk")[1]
    publish(second)
    version = second.versions.get()

    def retract() -> None:
        make.move(version, workflow.RETRACT, make.UserFactory(role="editor"), "Gone.")

    with run_before_query('SELECT "claims_reviewversion"."id"', retract):
        [left] = editor.list_pages(organization=SITE)
    assert left["pageUrl"] == f"https://{SITE}/0"


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("members", "field"),
    [
        ({}, "versionId"),
        ({"versionId": "x", "pageUrl": f"https://{SITE}/other"}, "pageUrl"),
        ({"versionId": "x", "name": "pages/other"}, "name"),
        ({"versionId": 3}, "versionId"),
    ],
)
def test_an_update_needs_the_right_name_url_and_version(
    members: dict[str, Any], field: str, editor: Caller
) -> None:
    page = editor.create_page()
    check_error(
        editor.put_page(page["name"], build_page(**members)), 400, "INVALID_ARGUMENT", field
    )


@pytest.mark.django_db
def test_an_update_of_an_old_version_is_rejected(editor: Caller) -> None:
    page = editor.create_page()
    current = editor.put_page(
        page["name"], build_page(build_markup(claimDate=None), versionId=page["versionId"])
    )
    late = build_page(build_markup(claimReviewed="Other"), versionId=page["versionId"])
    check_error(editor.put_page(page["name"], late), 409, "ABORTED")
    assert editor.get_page(page["name"]) == current.json()
    assert Review.objects.get().claim.text == "Ferries are late"


@pytest.mark.django_db(transaction=True)
def test_of_two_simultaneous_updates_one_is_rejected(editor: Caller, together: Together) -> None:
    page = editor.create_page()

    def act(day: int) -> Callable[[], Any]:
        body = build_page(build_markup(claimDate=f"2024-05-0{day}"), versionId=page["versionId"])
        return lambda: try_update(page["name"], body, editor.user)

    results = together(act(2), act(3))
    assert sorted(type(one).__name__ for one in results) == ["ApiError", "dict"]
    [error] = [one for one in results if isinstance(one, ApiError)]
    assert (error.code, error.status) == (409, "ABORTED")
    [result] = [one for one in results if isinstance(one, dict)]
    assert editor.get_page(page["name"]) == result


def try_update(name: str, body: Any, user: User) -> Any:
    try:
        return update_page(page_id=name.removeprefix("pages/"), body=body, user=user)
    except ApiError as error:
        return error


@pytest.mark.django_db(transaction=True)
def test_of_two_simultaneous_creations_of_a_page_one_is_rejected(
    editor: Caller, together: Together
) -> None:
    make.PublisherFactory(site=SITE)

    def act() -> Any:
        try:
            return create_page(body=build_page(), user=editor.user)
        except ApiError as error:
            return error

    results = together(act, act)
    assert sorted(type(one).__name__ for one in results) == ["ApiError", "dict"]
    assert Review.objects.count() == 1


@pytest.mark.django_db(transaction=True)
@pytest.mark.skipif(connection.vendor != "postgresql", reason="SQLite has one writer.")
def test_the_lock_of_a_page_does_not_block_references_to_its_records(
    editor: Caller, together: Together
) -> None:
    editor.create_page()
    review, barrier = Review.objects.get(), Barrier(2)

    def change() -> None:
        with transaction.atomic():
            lock_page(build_page()["pageUrl"], SITE, editor.user)
            barrier.wait(PATIENCE)
            barrier.wait(PATIENCE)

    def refer() -> None:
        barrier.wait(PATIENCE)
        try:
            with connection.cursor() as cursor:
                cursor.execute("SET lock_timeout = 1000")
            make.ReviewFactory(publisher=review.publisher)
        finally:
            barrier.wait(PATIENCE)

    together(change, refer)


@pytest.mark.django_db(transaction=True)
def test_of_a_simultaneous_update_and_submission_one_is_rejected(
    editor: Caller, together: Together
) -> None:
    page = editor.create_page()
    draft = ReviewVersion.objects.get()
    make.EvidenceFactory(version=draft)
    draft.refresh_from_db()
    body = build_page(
        build_markup(claimDate=None), versionId=editor.get_page(page["name"])["versionId"]
    )

    def submit() -> Any:
        return apply_transition(
            record=draft, transition=workflow.SUBMIT, user=editor.user, revision=draft.revision
        )

    results = together(lambda: try_update(page["name"], body, editor.user), submit)
    [error] = [one for one in results if isinstance(one, Exception)]
    assert isinstance(error, Conflict | Stale | ApiError)
    current = ReviewVersion.objects.get()
    changed = "claimDate" not in editor.get_page(page["name"])["claimReviewMarkups"][0]
    assert (current.state == "submitted") != changed
