"""The database returns the same bytes that the serializers render."""

from datetime import UTC, datetime
from functools import cache
from typing import Any

import orjson
import pytest
from django.contrib.auth.models import Permission
from django.db import connection, models, transaction
from django.db.backends.base.base import BaseDatabaseWrapper
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from rest_framework import serializers

from claims.api.serializers.claim import TopicSerializer
from claims.api.urls import router as claims_router
from claims.api.views import ReviewVersionViewSet
from claims.models import Assignment, Claim, Topic
from claimsapi.core.api.projection import NotCompilable, Projection
from claimsapi.core.api.serializers import RecordSerializer
from claimsapi.core.api.sparse_fields import PermissionScope, SparseFieldset
from claimsapi.core.text import find_unprintable
from sources.choices import Precision
from sources.urls import router as sources_router
from tests import factories as make
from tests.api.private_work import make_public_records

VIEWS: list[Any] = [view for _, view, _ in (*claims_router.registry, *sources_router.registry)]
VIEWS.append(ReviewVersionViewSet)
TEXTS = st.text(
    st.characters(exclude_categories=["Cs"], exclude_characters="\x00"), min_size=1, max_size=40
)
# Characters with a meaning in JSON, SQL or format strings.
SPECIAL = st.sampled_from(
    [
        "'",
        '"',
        "\\",
        "%s%%",
        "{0}",
        "\x01\x1f\x7f",
        "\n\r\t\b\f",
        "</script>",
        "\u2028",
        "💥",
        "ש\u202e",
    ]
)
TIMESTAMPS = st.datetimes(timezones=st.just(UTC))
DATES = st.dates()


@st.composite
def words(draw: st.DrawFn) -> list[str]:
    return draw(st.lists(st.one_of(TEXTS, SPECIAL), min_size=24, max_size=24))


def full_scope() -> PermissionScope:
    names = Permission.objects.filter(codename__startswith="view_")
    return PermissionScope(
        frozenset(f"{p.content_type.app_label}.{p.codename}" for p in names.select_related())
    )


def make_records(words: list[str], timestamp: Any, day: Any, precision: str) -> None:
    """Make records of every model with these texts and dates, and some with null fields."""
    a, b, c, d, e, f, *more = words
    publisher = make.PublisherFactory(name=a)
    first_of = {"month": {"day": 1}, "year": {"month": 1, "day": 1}}.get(precision, {})
    date = None if precision == Precision.UNKNOWN else day.replace(**first_of)
    dated = {"published_on": date, "published_precision": precision}
    document = make.DocumentFactory(title=b, publisher=publisher, byline=c, **dated)
    bare = make.DocumentFactory(publisher=None, url=None)
    snapshot = make.SnapshotFactory(document=document, retrieved_at=timestamp)
    speaker = make.SpeakerFactory(name=d, description=e)
    role = make.AffiliationFactory(speaker=speaker, role=f, organization=more[0])
    make.IdentifierFactory(speaker=speaker)
    claim = make.ClaimFactory(text=more[1], kind="", language="", listed_at=timestamp)
    claim.topics.add(*(make.TopicFactory(name=f"{more[2]} {n}") for n in range(2)))
    make.StatementFactory(
        claim=claim,
        document=document,
        snapshot=snapshot,
        speaker=speaker,
        affiliation=role,
        attributed_as=more[3],
        exact=more[4],
        prefix=more[5],
        suffix=more[6],
        stated_on=date,
        stated_precision=precision,
    )
    make.StatementFactory(claim=claim, document=bare, speaker=None, quotation="authorial")
    make.StatementFactory(claim=claim, document=None)
    make.ClaimRelationFactory(from_claim=claim, to_claim=make.ClaimFactory(listed=True))
    make.ClaimRelationFactory(from_claim=make.ClaimFactory(), to_claim=claim, method=more[7])
    make.AssignmentFactory(claim=claim)
    make.AssignmentFactory(assignee=None, priority="urgent")
    scale = make.RatingScaleFactory(name=more[8], publisher=publisher)
    rating = make.RatingFactory(
        scale=scale,
        label=more[9],
        definition=more[10],
    )
    review = make.ReviewFactory(claim=claim, publisher=publisher)
    first = make.ReviewVersionFactory(
        review=review,
        rating=rating,
        **{
            # The next version copies these texts and validates them.
            name: "!" + "".join(c for c in text if not find_unprintable(c))
            for name, text in zip(("headline", "summary", "body"), more[11:14], strict=True)
        },
    )
    make.EvidenceFactory(version=first, document=bare, note=more[14], locator=more[15])
    make.EvidenceFactory(version=first, is_primary=True)
    make.EvidenceFactory(version=first, is_confidential=True, confidential_reason=more[16])
    make.move(first, make.workflow.SUBMIT, first.author)
    make.move(first, make.workflow.PUBLISH, make.UserFactory(role="editor"))
    make.corrected_version(first, headline=more[17])
    make.submitted_version(review__claim=claim)
    make.ReviewVersionFactory(rating=None)
    make.retracted_version()


@cache
def projection(view: Any, expand: tuple[str, ...], scope: PermissionScope) -> Projection:
    """Compile each projection once for all examples."""
    rows, serializer = rows_and_serializer(view, expand, scope)
    return Projection(serializer, rows)


def rows_and_serializer(
    view: Any, expand: tuple[str, ...], scope: PermissionScope
) -> tuple[Any, Any]:
    fieldset = SparseFieldset(expand=expand)
    rows = view.queryset.all().visible_to(scope).for_api(scope)
    rows = fieldset.expand_queryset(rows, view.serializer_class, view.expandable, scope)
    return rows, fieldset.build_serializer(view.serializer_class, view.expandable)


def assert_same_bytes(view: Any, expand: tuple[str, ...], scope: PermissionScope) -> None:
    """Compare the bytes from the database with those of the serializer."""
    rows, serializer = rows_and_serializer(view, expand, scope)
    records = list(rows.order_by("pk"))
    projected = projection(view, expand, scope).fetch_records([record.pk for record in records])
    assert len(projected) == len(records), view
    assert records or rows.model is Assignment, view  # assignments are never public
    for record, projected_record in zip(records, projected, strict=True):
        rendered = orjson.dumps(serializer.to_representation(record))
        assert projected_record.text.encode() == rendered, (view, expand)


@pytest.mark.django_db
@settings(
    max_examples=6,
    phases=[Phase.explicit, Phase.generate],
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture],
)
@given(words(), TIMESTAMPS, DATES, st.sampled_from(Precision.values))
def test_every_resource_is_projected_as_its_serializer_renders_it(
    db: None, words: list[str], timestamp: Any, day: Any, precision: str
) -> None:
    with transaction.atomic():
        make_records(words, timestamp, day, precision)
        for scope in (PermissionScope(frozenset()), full_scope()):
            for view in VIEWS:
                assert_same_bytes(view, (), scope)
        transaction.set_rollback(True)


@pytest.mark.django_db
def test_an_expanded_record_is_projected_as_its_own_resource() -> None:
    make_records(
        [f"word {n}" for n in range(24)], datetime(2000, 1, 1, tzinfo=UTC), None, "unknown"
    )
    for scope in (PermissionScope(frozenset()), full_scope()):
        for view in VIEWS:
            # One relation at a time: Django confuses prefetches below two keys to one model.
            for name in view.expandable:
                assert_same_bytes(view, (name,), scope)


@pytest.mark.django_db
def test_a_hidden_record_is_not_projected() -> None:
    make_public_records()
    hidden = make.ClaimFactory()
    view = VIEWS[1]
    assert view.queryset.model is Claim
    rows = (
        view.queryset.all()
        .visible_to(PermissionScope(frozenset()))
        .for_api(PermissionScope(frozenset()))
    )
    assert Projection(view.serializer_class(), rows).fetch_records([hidden.pk]) == []


@pytest.mark.parametrize(
    "field",
    [
        serializers.SerializerMethodField(method_name="anything"),
        serializers.JSONField(source="name"),
        serializers.IntegerField(source="name"),
        serializers.ListField(source="name"),
    ],
)
def test_a_field_that_only_python_can_render_is_not_compiled(field: serializers.Field) -> None:
    class OddSerializer(RecordSerializer):
        odd = field

        class Meta:
            model = Topic
            fields = ("odd",)

    with pytest.raises(NotCompilable):
        Projection(OddSerializer(), Topic.objects.all())


def test_a_serializer_with_its_own_rendering_is_not_compiled() -> None:
    class OwnSerializer(RecordSerializer):
        class Meta:
            model = Topic
            fields = ("slug",)

        def to_representation(self, instance: models.Model) -> Any:
            return {"slug": str(instance)}

    with pytest.raises(NotCompilable):
        Projection(OwnSerializer(), Topic.objects.all())


def test_a_projection_keeps_no_connection_since_threads_share_it(db: None) -> None:
    projection = Projection(TopicSerializer(), Topic.objects.all())
    assert not any(isinstance(value, BaseDatabaseWrapper) for value in vars(projection).values())


def count_prepared() -> int:
    """Count the prepared statements of this connection on the server."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM pg_prepared_statements")
        [count] = cursor.fetchone()
    return int(count)


@pytest.mark.skipif(connection.vendor != "postgresql", reason="SQLite's driver prepares by itself.")
@pytest.mark.django_db
def test_a_postgresql_connection_prepares_each_statement_once_and_keeps_a_limited_number(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    topic = make.TopicFactory()
    before = count_prepared()
    columns = ("slug", "name", "created_at", "updated_at")
    projections = [
        Projection(TopicSerializer(), Topic.objects.all(), columns=columns[:n]) for n in range(5)
    ]
    for _ in range(2):
        assert projections[0].fetch_records([topic.pk])
        assert count_prepared() == before + 1
    monkeypatch.setattr(connection.connection, "prepared_max", before + 2)
    for projection in [*projections, *projections]:
        [record] = projection.fetch_records([topic.pk])
        assert str(topic.slug) in record.text
        assert 0 < count_prepared() <= before + 2


@pytest.mark.skipif(connection.vendor != "postgresql", reason="SQLite has no pooler.")
@pytest.mark.django_db
def test_without_a_prepare_threshold_as_behind_a_pooler_nothing_is_prepared(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    topic = make.TopicFactory()
    monkeypatch.setattr(connection.connection, "prepare_threshold", None)
    before = count_prepared()
    projection = Projection(TopicSerializer(), Topic.objects.all(), columns=["slug", "slug"])
    assert projection.fetch_records([topic.pk])
    assert count_prepared() == before
