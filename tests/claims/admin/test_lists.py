"""Every page of the desk responds, and no list needs more queries for more rows."""

from collections.abc import Callable
from typing import Any

import pytest
from django.contrib import admin
from django.db import connection
from django.db.models import Model
from django.test.utils import CaptureQueriesContext

from claims import models
from claimsapi.core.models import User
from sources.models import Affiliation, Document, Identifier, Publisher, Snapshot, Speaker
from tests import factories
from tests.claims.admin.pages import change_url, client_for, superuser, text_of, url

pytestmark = pytest.mark.django_db


def _claim(**values: Any) -> models.Claim:
    version = factories.published_version()
    claim = version.review.claim
    claim.topics.add(factories.TopicFactory())
    factories.StatementFactory(claim=claim)
    factories.StatementFactory(claim=claim)
    factories.ClaimRelationFactory(from_claim=claim)
    factories.ClaimRelationFactory(to_claim=claim)
    return claim


def _statement() -> models.Statement:
    snapshot = factories.SnapshotFactory()
    role = factories.AffiliationFactory()
    statement = factories.StatementFactory.build(
        claim=factories.ClaimFactory(),
        document=snapshot.document,
        snapshot=snapshot,
        speaker=role.speaker,
        affiliation=role,
        start=0,
        end=11,
    )
    statement.clean()
    statement.save()
    return statement


def _relation() -> models.ClaimRelation:
    return factories.ClaimRelationFactory(decided_by=factories.UserFactory())


def _scale() -> models.RatingScale:
    return factories.RatingFactory(scale__publisher=factories.PublisherFactory()).scale


MAKERS: dict[type[Model], Callable[[], Any]] = {
    Publisher: factories.PublisherFactory,
    Speaker: lambda: factories.AffiliationFactory().speaker,
    Affiliation: factories.AffiliationFactory,
    Identifier: factories.IdentifierFactory,
    Document: lambda: factories.SnapshotFactory().document,
    Snapshot: factories.SnapshotFactory,
    models.Topic: factories.TopicFactory,
    models.Claim: _claim,
    models.ClaimRelation: _relation,
    models.Statement: _statement,
    models.RatingScale: _scale,
    models.Rating: lambda: factories.RatingFactory(scale__publisher=factories.PublisherFactory()),
    models.LabelVerdict: factories.LabelVerdictFactory,
    models.Review: lambda: factories.published_version().review,
    models.ReviewVersion: factories.published_version,
    models.ApiKey: lambda: factories.ApiKeyCountFactory().key,
    models.WebhookEndpoint: factories.WebhookEndpointFactory,
    models.WebhookDelivery: lambda: factories.WebhookDeliveryFactory(
        event="review.published", version=factories.published_version()
    ),
    User: factories.UserFactory,
}
NOT_ADDED = {Snapshot, models.Rating, models.ReviewVersion, models.WebhookDelivery}
ADMINISTRATORS_ONLY = {models.WebhookEndpoint, models.WebhookDelivery}


def _name(model: type[Model]) -> str:
    return model.__name__


def test_every_registered_model_is_tested_here() -> None:
    ours = {m for m in admin.site._registry if m._meta.app_label in {"core", "sources", "claims"}}
    assert ours == set(MAKERS)


@pytest.mark.parametrize("model", MAKERS, ids=_name)
def test_the_list_and_the_pages_of_a_model_respond(model: type[Model]) -> None:
    record = MAKERS[model]()
    client = client_for(superuser())
    assert client.get(url(model, "changelist")).status_code == 200
    assert client.get(url(model, "changelist"), {"q": "harbour"}).status_code == 200
    assert client.get(change_url(record)).status_code == 200
    assert client.get(url(model, "history", record.pk)).status_code == 200
    assert client.get(url(model, "add")).status_code == (403 if model in NOT_ADDED else 200)


@pytest.mark.parametrize("model", MAKERS, ids=_name)
def test_a_list_needs_as_many_queries_for_twenty_rows_as_for_one(model: type[Model]) -> None:
    user = superuser()
    client = client_for(user)

    def queries() -> list[str]:
        with CaptureQueriesContext(connection) as captured:
            assert client.get(url(model, "changelist")).status_code == 200
        return [query["sql"] for query in captured.captured_queries]

    MAKERS[model]()
    client.get(url(model, "changelist"))
    for_one = queries()
    for _ in range(19):
        MAKERS[model]()
    for_twenty = queries()
    assert len(for_twenty) == len(for_one), "\n".join(for_twenty)


@pytest.mark.parametrize("model", sorted(set(MAKERS) - ADMINISTRATORS_ONLY, key=_name), ids=_name)
def test_an_auditor_can_view_but_not_submit(model: type[Model]) -> None:
    record = MAKERS[model]()
    client = client_for(factories.UserFactory(role="auditor"))
    page = client.get(change_url(record))
    assert page.status_code == 200
    assert "desk-moves" not in text_of(page)
    assert 'name="_save"' not in text_of(page)
    assert "Seen revision" not in text_of(page)
    assert client.post(change_url(record), {}).status_code == 403
    assert client.post(url(model, "add"), {}).status_code == 403
    assert client.post(url(model, "delete", record.pk), {"post": "yes"}).status_code == 403


def test_a_list_is_searched_by_public_id() -> None:
    wanted: Any
    other: Any
    wanted, other = factories.ClaimFactory(), factories.ClaimFactory()
    page = client_for(superuser()).get(url(wanted, "changelist"), {"q": str(wanted.public_id)})
    assert wanted.text in text_of(page)
    assert other.text not in text_of(page)


def test_the_list_of_claims_shows_speakers_statements_and_the_published_verdict() -> None:
    claim = _claim()
    factories.ReviewVersionFactory(review__claim=claim, rating__label="Never published")
    page = text_of(client_for(superuser()).get(url(models.Claim, "changelist"), {"q": claim.text}))
    for statement in claim.statements.all():
        assert statement.speaker.name in page
    assert '<td class="field-number_of_statements">2</td>' in page
    assert "False (Label" in page
    assert "Never published" not in page


@pytest.mark.parametrize(
    "lookup",
    [
        "created_at__gte=0001-01-01T00:00:00%2B23:59",
        "created_at__lte=9999-12-31T23:59:59-23:59",
        "created_at__year=9999",
        "created_at__year=9999&created_at__month=12&created_at__day=31",
        "created_at__year=99999999999999999999",
        "id__in=99999999999999999999",
    ],
)
def test_a_filter_value_out_of_range_is_no_server_error(lookup: str) -> None:
    factories.ClaimFactory()
    address = url(models.Claim, "changelist")
    answer = client_for(superuser()).get(f"{address}?{lookup}")
    if answer.status_code == 302:
        assert answer["Location"] == f"{address}?e=1"
    else:  # PostgreSQL knows years before the first, and larger numbers than its columns hold
        assert answer.status_code == 200
        assert connection.vendor == "postgresql"


@pytest.mark.parametrize("answer", ["yes", "no"])
def test_claims_are_filtered_by_whether_they_are_listed(answer: str) -> None:
    listed_claim: Any
    unlisted: Any
    listed_claim, unlisted = factories.ClaimFactory(listed=True), factories.ClaimFactory()
    page = text_of(client_for(superuser()).get(url(listed_claim, "changelist"), {"listed": answer}))
    assert (listed_claim.text in page) == (answer == "yes")
    assert (unlisted.text in page) == (answer == "no")


def test_lists_of_snapshots_and_document_pages_do_not_load_texts() -> None:
    snapshot = factories.SnapshotFactory()
    client = client_for(superuser())
    for address in (url(Snapshot, "changelist"), change_url(snapshot.document)):
        with CaptureQueriesContext(connection) as captured:
            client.get(address)
        columns = '"sources_snapshot"."text"'
        assert not [q for q in captured.captured_queries if columns in q["sql"]]


def test_a_snapshot_page_shows_its_text_read_only() -> None:
    snapshot = factories.SnapshotFactory(text="A <b>bold</b> claim.\nNext line.")
    page = text_of(client_for(superuser()).get(change_url(snapshot)))
    assert "A &lt;b&gt;bold&lt;/b&gt; claim.\nNext line." in page
    assert 'name="text"' not in page


def test_no_page_has_inline_scripts_or_styles_or_files_of_another_host() -> None:
    client = client_for(superuser())
    version = factories.submitted_version()
    for address in (change_url(version), url(models.Claim, "changelist")):
        page = text_of(client.get(address))
        assert "desk/desk.css" in page
        assert "style=" not in page
        assert "<script>" not in page
        assert 'src="http' not in page
