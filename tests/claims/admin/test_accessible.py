"""Axe finds no violation on the pages of Django admin, for writers and readers."""

from collections.abc import Iterator
from typing import Any

from django.db.models import Model
from django.utils import timezone
from playwright.sync_api import Page, expect

from claims.models import ApiKey, Claim, ReviewVersion
from claimsapi.core.models import User
from sources.models import Document, Speaker
from tests import factories as make
from tests.claims.admin.browser import assert_accessible, in_browser, sign_in
from tests.claims.admin.pages import change_url, url
from tests.claims.admin.test_lists import ADMINISTRATORS_ONLY, MAKERS, NOT_ADDED

pytestmark = in_browser

# Histories and confirmations have one template for all records; their colours are those of others.
FOR_ALL = (Claim, Speaker)


def pages_to_write() -> Iterator[str]:
    for model, maker in MAKERS.items():
        if model in {User, ApiKey, *ADMINISTRATORS_ONLY}:
            continue  # an administrator's
        record = maker()
        yield change_url(record)
        if model not in NOT_ADDED:
            yield url(model, "add")


def pages_to_read() -> Iterator[str]:
    yield "/desk/"
    yield "/desk/claims/"
    yield "/desk/password_change/"
    for model, maker in MAKERS.items():
        record: Any = maker()
        yield url(model, "changelist")
        if model in FOR_ALL:
            yield url(model, "delete", record.pk)
            yield url(model, "history", record.pk)
            yield f"{url(model, 'history', record.pk)}?at={record.created_at:%Y-%m-%dT%H:%M:59Z}"
    yield f"{url(Document, 'changelist')}?q=nothing+is+called+that"


def walk(page: Page, addresses: Iterator[str]) -> None:
    for address in addresses:
        page.goto(address)
        of_these = any(f"/{model._meta.model_name}/" in address for model in FOR_ALL)
        assert_accessible(page, schemes=("light", "dark") if of_these else ("light",))


def test_the_forms_are_accessible(page: Page) -> None:
    sign_in(page, make.UserFactory(role="editor"))
    walk(page, pages_to_write())


def test_the_forms_of_an_administrator_are_accessible(page: Page) -> None:
    sign_in(page, make.UserFactory(role="administrator"))
    walk(page, iter((change_url(make.ApiKeyCountFactory().key), url(ApiKey, "add"))))


def test_lists_histories_and_confirmations_are_accessible(page: Page) -> None:
    page.goto("/desk/login/")
    assert_accessible(page)
    sign_in(page, make.UserFactory(role="editor", is_superuser=True))
    walk(page, pages_to_read())


def test_read_only_pages_are_accessible(page: Page) -> None:
    version = make.submitted_version()
    records: list[Model] = [version, version.review.claim, make.SnapshotFactory(), version.author]
    sign_in(page, make.UserFactory(role="auditor"))
    walk(page, iter([url(Claim, "changelist"), *map(change_url, records)]))


def test_confirmations_and_rejected_forms_are_accessible(page: Page) -> None:
    version = make.submitted_version()
    sign_in(page, make.UserFactory(role="editor"))
    page.goto(change_url(version))
    page.get_by_role("button", name="Return to author").click()
    expect(page.locator("textarea[name=text]")).to_be_visible()  # the page that asks is there
    assert_accessible(page)
    page.goto(url(ReviewVersion, "changelist"))
    page.goto(url(Document, "add"))
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.locator(".errornote")).to_be_visible()
    assert_accessible(page)


def test_accounts_popups_and_bulk_actions_are_accessible(page: Page) -> None:
    make.SpeakerFactory()
    person = make.UserFactory(role="researcher")
    sign_in(page, make.UserFactory(role="administrator"))
    popup = f"{url(Speaker, 'add')}?_popup=1"
    walk(page, iter([change_url(person), url(User, "add"), url(User, "changelist"), popup]))
    sign_in(page, make.UserFactory(is_superuser=True))
    page.goto(url(Speaker, "changelist"))
    page.locator("#action-toggle").check()
    page.locator("[name=action]").select_option("delete_selected")
    page.get_by_role("button", name="Go").click()
    expect(page.get_by_role("button", name="Yes, I’m sure")).to_be_visible()
    assert_accessible(page)


def test_autocomplete_fields_are_accessible(page: Page) -> None:
    statement = make.StatementFactory()
    make.TopicFactory()
    sign_in(page, make.UserFactory(role="editor"))
    page.goto(change_url(statement.claim))
    for field in ("id_topics", "id_statements-0-speaker"):
        page.locator(f"#{field} + .select2 .select2-selection").click()
        expect(page.locator(".select2-results__option[role=option]").first).to_be_visible()
        assert_accessible(page)
        page.keyboard.type("nothing is called that")
        expect(page.locator(".select2-results__message")).to_be_visible()
        assert_accessible(page, schemes=("light",))
        page.keyboard.press("Escape")


def test_the_pages_of_webhooks_are_accessible(page: Page) -> None:
    endpoint = make.WebhookEndpointFactory(
        url=f"https://agency.example/{'a-long-way/' * 12}", failing_since=timezone.now()
    )
    delivery = make.WebhookDeliveryFactory(
        endpoint=endpoint,
        event="review.published",
        version=make.published_version(),
        answer="x" * 900,
    )
    sign_in(page, make.UserFactory(role="administrator"))
    for address in (
        url(endpoint, "changelist"),
        change_url(endpoint),
        url(delivery, "changelist"),
        change_url(delivery),
        url(endpoint, "add"),
    ):
        page.goto(address)
        assert_accessible(page)
    page.goto(change_url(endpoint))
    page.get_by_role("button", name="New secret").click()
    expect(page.get_by_role("button", name="Create a new secret")).to_be_visible()
    assert_accessible(page)
    page.get_by_role("button", name="Create a new secret").click()
    expect(page.get_by_text("whsec_")).to_be_visible()
    assert_accessible(page)
