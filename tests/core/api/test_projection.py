"""The database writes the very bytes that the serializers would render."""

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
from claimsapi.core.api.projection import NotCompilable, Projection, statement
from claimsapi.core.api.serializers import RecordSerializer
from claimsapi.core.api.sparse_fields import Shape, Sight
from claimsapi.core.text import find_unprintable
from sources.choices import Precision
from sources.urls import router as sources_router
from tests import factories as make
from tests.api.test_leaks import all_shown

VIEWS: list[Any] = [view for _, view, _ in (*claims_router.registry, *sources_router.registry)]
VIEWS.append(ReviewVersionViewSet)
TEXTS = st.text(
    st.characters(exclude_categories=["Cs"], exclude_characters="\x00"), min_size=1, max_size=40
)
# What JSON, SQL or a template could stumble over.
ODD = st.sampled_from(
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
MOMENTS = st.datetimes(timezones=st.just(UTC))
DAYS = st.dates()


@st.composite
def words(draw: st.DrawFn) -> list[str]:
    return draw(st.lists(st.one_of(TEXTS, ODD), min_size=24, max_size=24))


def everything() -> Sight:
    names = Permission.objects.filter(codename__startswith="view_")
    return Sight(
        frozenset(f"{p.content_type.app_label}.{p.codename}" for p in names.select_related())
    )


def world(words: list[str], moment: Any, day: Any, precision: str) -> None:
    """Records of every kind with these words and dates, and with nothing where nothing may be."""
    a, b, c, d, e, f, *more = words
    publisher = make.PublisherFactory(name=a)
    first_of = {"month": {"day": 1}, "year": {"month": 1, "day": 1}}.get(precision, {})
    known = None if precision == Precision.UNKNOWN else day.replace(**first_of)
    dated = {"published_on": known, "published_precision": precision}
    document = make.DocumentFactory(title=b, publisher=publisher, byline=c, **dated)
    bare = make.DocumentFactory(publisher=None, url=None)
    snapshot = make.SnapshotFactory(document=document, retrieved_at=moment)
    speaker = make.SpeakerFactory(name=d, description=e)
    role = make.AffiliationFactory(speaker=speaker, role=f, organization=more[0])
    make.IdentifierFactory(speaker=speaker)
    claim = make.ClaimFactory(text=more[1], kind="", language="", listed_at=moment)
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
        stated_on=known,
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
            # The next version is begun with these words, and asks whether they may stand.
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
def projection(view: Any, expand: tuple[str, ...], sight: Sight) -> Projection:
    """Compile once what serves all examples."""
    rows, serializer = read_by(view, expand, sight)
    return Projection(serializer, rows)


def read_by(view: Any, expand: tuple[str, ...], sight: Sight) -> tuple[Any, Any]:
    shape = Shape(expand=expand)
    rows = view.queryset.all().visible_to(sight).for_api(sight)
    rows = shape.queryset(rows, view.serializer_class, view.expandable, sight)
    return rows, shape.serializer(view.serializer_class, view.expandable)


def assert_same_bytes(view: Any, expand: tuple[str, ...], sight: Sight) -> None:
    """Compare what the database writes with what the serializer renders."""
    rows, serializer = read_by(view, expand, sight)
    records = list(rows.order_by("pk"))
    written = projection(view, expand, sight).records([record.pk for record in records])
    assert len(written) == len(records), view
    assert records or rows.model is Assignment, view  # of which the public sees none
    for record, shown in zip(records, written, strict=True):
        rendered = orjson.dumps(serializer.to_representation(record))
        assert shown.text.encode() == rendered, (view, expand)


@pytest.mark.django_db
@settings(
    max_examples=6,
    phases=[Phase.explicit, Phase.generate],
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture],
)
@given(words(), MOMENTS, DAYS, st.sampled_from(Precision.values))
def test_every_resource_is_written_as_its_serializer_renders_it(
    db: None, words: list[str], moment: Any, day: Any, precision: str
) -> None:
    with transaction.atomic():
        world(words, moment, day, precision)
        for sight in (Sight(frozenset()), everything()):
            for view in VIEWS:
                assert_same_bytes(view, (), sight)
        transaction.set_rollback(True)


@pytest.mark.django_db
def test_what_is_expanded_is_written_as_its_own_resource_shows_it() -> None:
    world([f"word {n}" for n in range(24)], datetime(2000, 1, 1, tzinfo=UTC), None, "unknown")
    for sight in (Sight(frozenset()), everything()):
        for view in VIEWS:
            # One relation at a time: Django confuses prefetches below two keys to one model.
            for name in view.expandable:
                assert_same_bytes(view, (name,), sight)


@pytest.mark.django_db
def test_a_record_that_is_hidden_is_not_written() -> None:
    all_shown()
    hidden = make.ClaimFactory()
    view = VIEWS[1]
    assert view.queryset.model is Claim
    rows = view.queryset.all().visible_to(Sight(frozenset())).for_api(Sight(frozenset()))
    assert Projection(view.serializer_class(), rows).records([hidden.pk]) == []


@pytest.mark.parametrize(
    "field",
    [
        serializers.SerializerMethodField(method_name="anything"),
        serializers.JSONField(source="name"),
        serializers.IntegerField(source="name"),
        serializers.ListField(source="name"),
    ],
)
def test_what_only_python_can_render_is_not_compiled(field: serializers.Field) -> None:
    class OddSerializer(RecordSerializer):
        odd = field

        class Meta:
            model = Topic
            fields = ("odd",)

    with pytest.raises(NotCompilable):
        Projection(OddSerializer(), Topic.objects.all())


def test_a_serializer_that_renders_itself_is_not_compiled() -> None:
    class OwnSerializer(RecordSerializer):
        class Meta:
            model = Topic
            fields = ("slug",)

        def to_representation(self, instance: models.Model) -> Any:
            return {"slug": str(instance)}

    with pytest.raises(NotCompilable):
        Projection(OwnSerializer(), Topic.objects.all())


def test_a_projection_holds_no_connection_which_only_one_thread_may_use(db: None) -> None:
    projection = Projection(TopicSerializer(), Topic.objects.all())
    assert not any(isinstance(value, BaseDatabaseWrapper) for value in vars(projection).values())


def prepared() -> list[str]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT name FROM pg_prepared_statements WHERE name LIKE 'projection_%'")
        return [name for (name,) in cursor.fetchall()]


@pytest.mark.skipif(connection.vendor != "postgresql", reason="SQLite's driver does it itself.")
@pytest.mark.django_db
def test_a_session_of_postgresql_keeps_some_statements_prepared_and_no_more(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    topic = make.TopicFactory()
    monkeypatch.setattr(statement, "_MOST", max(2, len(prepared())))
    columns = ("slug", "name", "created_at", "updated_at")
    projections = [
        Projection(TopicSerializer(), Topic.objects.all(), columns=columns[:n]) for n in range(5)
    ]
    for projection in [*projections, *projections]:
        [record] = projection.records([topic.pk])
        assert str(topic.slug) in record.text
        assert 0 < len(prepared()) <= statement._MOST


@pytest.mark.skipif(connection.vendor != "postgresql", reason="SQLite has no pooler.")
@pytest.mark.django_db
def test_behind_a_pooler_of_transactions_nothing_is_prepared(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    topic = make.TopicFactory()
    monkeypatch.setitem(connection.settings_dict, "DISABLE_SERVER_SIDE_CURSORS", value=True)
    before = prepared()
    projection = Projection(TopicSerializer(), Topic.objects.all(), columns=["slug", "slug"])
    assert projection.records([topic.pk])
    assert prepared() == before
