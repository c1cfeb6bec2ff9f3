"""Pages of ClaimReview markup: lists of them, and changes at the same moment."""

from collections.abc import Callable
from threading import Barrier
from typing import Any

import pytest
from django.db import connection, transaction
from pytest_django import DjangoAssertNumQueries

from claims import workflow
from claims.exchange.factcheck.page_service import _locked, page_create, page_update
from claims.exchange.factcheck.responses import Refused
from claims.models import Review, ReviewVersion
from claims.workflow import apply_transition
from claimsapi.core.errors import Conflict, Stale
from claimsapi.core.models import User
from tests import factories as make
from tests.claims.exchange.factcheck.accounts import (
    PAGES,
    SITE,
    Caller,
    just_before,
    markup,
    page,
    publish,
    refused,
)
from tests.concurrency import PATIENCE, Together


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("asked", "field"),
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
def test_a_list_that_is_asked_wrongly_is_told_so(
    asked: dict[str, str], field: str, editor: Caller
) -> None:
    refused(editor.send("get", PAGES, asked), 400, "INVALID_ARGUMENT", field)


@pytest.mark.django_db
def test_a_list_goes_on_from_its_token_and_takes_the_same_queries_for_many(
    editor: Caller, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    two = f"https://{SITE}/1#two"
    for number in range(3):
        url = f"https://{SITE}/{number}"
        more = [markup(url=two, claimReviewed="More")] if number == 1 else []
        editor.made(markup(), *more, pageUrl=url)
    asked = {"organization": f"www.{SITE}", "pageSize": "2"}
    with django_assert_num_queries(7):
        first = editor.send("get", PAGES, asked).json()
    assert [one["pageUrl"] for one in first["claimReviewMarkupPages"]] == [
        f"https://{SITE}/2",
        f"https://{SITE}/1",
    ]
    assert len(first["claimReviewMarkupPages"][1]["claimReviewMarkups"]) == 2
    token = {"pageToken": first["nextPageToken"], "offset": "7"}
    last = editor.send("get", PAGES, asked | token).json()
    assert [one["pageUrl"] for one in last["claimReviewMarkupPages"]] == [f"https://{SITE}/0"]
    assert "nextPageToken" not in last
    refused(editor.send("get", PAGES, asked | token | {"pageSize": "3"}), 400, "INVALID_ARGUMENT")
    [one] = editor.listed(organization=SITE, offset="1", pageSize="1")
    assert one["pageUrl"] == f"https://{SITE}/1"
    [one] = editor.listed(url=f"HTTPS://{SITE}/1?utm_source=x#two")
    assert one["pageUrl"] == f"https://{SITE}/1"
    with django_assert_num_queries(7):
        editor.listed(organization=SITE)


@pytest.mark.django_db
def test_a_page_that_is_withdrawn_while_it_is_listed_is_left_out(editor: Caller) -> None:
    for number in range(2):
        editor.made(pageUrl=f"https://{SITE}/{number}")
    second = Review.objects.order_by("pk")[1]
    publish(second)
    version = second.versions.get()

    def retract() -> None:
        make.move(version, workflow.RETRACT, make.UserFactory(role="editor"), "Gone.")

    with just_before('SELECT "claims_reviewversion"."id"', retract):
        [left] = editor.listed(organization=SITE)
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
def test_an_update_names_the_page_and_the_version_that_it_changes(
    members: dict[str, Any], field: str, editor: Caller
) -> None:
    made = editor.made()
    refused(editor.update(made["name"], page(**members)), 400, "INVALID_ARGUMENT", field)


@pytest.mark.django_db
def test_an_update_on_an_old_version_changes_nothing(editor: Caller) -> None:
    made = editor.made()
    now = editor.update(made["name"], page(markup(claimDate=None), versionId=made["versionId"]))
    late = page(markup(claimReviewed="Other"), versionId=made["versionId"])
    refused(editor.update(made["name"], late), 409, "ABORTED")
    assert editor.got(made["name"]) == now.json()
    assert Review.objects.get().claim.text == "Ferries are late"


@pytest.mark.django_db(transaction=True)
def test_of_two_updates_at_once_one_wins_and_the_other_is_told(
    editor: Caller, together: Together
) -> None:
    made = editor.made()

    def act(day: int) -> Callable[[], Any]:
        body = page(markup(claimDate=f"2024-05-0{day}"), versionId=made["versionId"])
        return lambda: page_writing(made["name"], body, editor.user)

    results = together(act(2), act(3))
    assert sorted(type(one).__name__ for one in results) == ["Refused", "dict"]
    [told] = [one for one in results if isinstance(one, Refused)]
    assert (told.code, told.status) == (409, "ABORTED")
    [won] = [one for one in results if isinstance(one, dict)]
    assert editor.got(made["name"]) == won


def page_writing(name: str, body: Any, user: User) -> Any:
    try:
        return page_update(page_id=name.removeprefix("pages/"), body=body, user=user)
    except Refused as told:
        return told


@pytest.mark.django_db(transaction=True)
def test_of_two_pages_made_at_once_at_one_address_one_is_made(
    editor: Caller, together: Together
) -> None:
    make.PublisherFactory(site=SITE)

    def act() -> Any:
        try:
            return page_create(body=page(), user=editor.user)
        except Refused as told:
            return told

    results = together(act, act)
    assert sorted(type(one).__name__ for one in results) == ["Refused", "dict"]
    assert Review.objects.count() == 1


@pytest.mark.django_db(transaction=True)
@pytest.mark.skipif(connection.vendor != "postgresql", reason="SQLite has one writer.")
def test_a_page_that_is_being_changed_holds_up_nobody_who_refers_to_its_records(
    editor: Caller, together: Together
) -> None:
    editor.made()
    review, barrier = Review.objects.get(), Barrier(2)

    def change() -> None:
        with transaction.atomic():
            _locked(page()["pageUrl"], SITE, editor.user)
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
def test_of_an_update_and_a_submission_at_once_one_wins(editor: Caller, together: Together) -> None:
    made = editor.made()
    draft = ReviewVersion.objects.get()
    make.EvidenceFactory(version=draft)
    draft.refresh_from_db()
    body = page(markup(claimDate=None), versionId=editor.got(made["name"])["versionId"])

    def submit() -> Any:
        return apply_transition(
            record=draft, transition=workflow.SUBMIT, user=editor.user, revision=draft.revision
        )

    results = together(lambda: page_writing(made["name"], body, editor.user), submit)
    [told] = [one for one in results if isinstance(one, Exception)]
    assert isinstance(told, Conflict | Stale | Refused)
    now = ReviewVersion.objects.get()
    changed = "claimDate" not in editor.got(made["name"])["claimReviewMarkups"][0]
    assert (now.state == "submitted") != changed
