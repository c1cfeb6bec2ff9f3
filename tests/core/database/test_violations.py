"""Rules carry codes in the database and sentences in Python: errors show the sentence."""

from collections.abc import Callable
from typing import Any

import pytest
from django.apps import apps
from django.core.exceptions import ValidationError
from django.core.management import call_command
from django.db import IntegrityError, connection, models, transaction
from django.utils import translation

from claims.choices import RelationKind
from claims.models import Claim, ClaimRelation, Rating, Review, ReviewVersion, Topic
from claimsapi.core.database.constraints import Check, Unique
from claimsapi.core.database.guards import create_statements, guard_triggers
from claimsapi.core.database.violations import describe_violation, find_code, sentences
from claimsapi.core.models import User
from tests import factories as make

OUR_APPS = ("core", "sources", "claims")


def our_constraints() -> list[Any]:
    our_models = [model for app in OUR_APPS for model in apps.get_app_config(app).get_models()]
    return [constraint for model in our_models for constraint in model._meta.constraints]


def test_every_constraint_and_guard_has_a_code_and_a_sentence() -> None:
    constraints = our_constraints()
    assert all(isinstance(constraint, Check | Unique) for constraint in constraints)
    codes = [constraint.name for constraint in constraints]
    codes += [trigger.name for trigger in guard_triggers("sqlite")]
    assert len(codes) == len(set(codes))
    assert set(codes) <= sentences().keys()
    assert {code for code, sentence in sentences().items() if not str(sentence).endswith(".")} == (
        set()
    )


def test_every_sentence_belongs_to_a_constraint_or_a_guard() -> None:
    codes = {constraint.name for constraint in our_constraints()}
    codes |= {trigger.name for trigger in guard_triggers("postgresql")}
    codes |= {trigger.name for trigger in guard_triggers("sqlite")}
    truncations = {f"guard_{trigger.table}_truncate" for trigger in guard_triggers("postgresql")}
    assert sentences().keys() == codes | truncations


@pytest.mark.django_db
def test_a_new_sentence_needs_no_migration(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for constraint in our_constraints():
        monkeypatch.setattr(constraint, "sentence", "Another sentence.")
    try:
        call_command("makemigrations", check=True, dry_run=True, no_color=True)
    except SystemExit:
        pytest.fail(capsys.readouterr().out)


@pytest.mark.parametrize("vendor", ["sqlite", "postgresql"])
def test_a_trigger_contains_the_code_and_no_sentence(vendor: str) -> None:
    statements = list(create_statements(vendor))
    assert not any(
        str(trigger.guard.sentence) in sql
        for trigger in guard_triggers(vendor)
        for sql in statements
    )
    assert all(
        any(f"'{trigger.name}'" in sql for sql in statements) for trigger in guard_triggers(vendor)
    )


def test_a_migration_describes_djangos_own_constraint() -> None:
    check, unique = Check("c", "No.", models.Q(a=1)), Unique("u", "No.", fields=["a"])
    assert (
        check.deconstruct()
        == models.CheckConstraint(name="c", condition=models.Q(a=1)).deconstruct()
    )
    assert unique.deconstruct() == models.UniqueConstraint(name="u", fields=["a"]).deconstruct()
    assert check.clone().sentence == unique.clone().sentence == "No."


def break_check() -> None:
    Claim.objects.filter(pk=make.ClaimFactory().pk).update(text="")


def break_unique_fields() -> None:
    rating: Any = make.RatingFactory(position=1)
    other: Any = make.RatingFactory(scale=rating.scale, position=2)
    Rating.objects.filter(pk=other.pk).update(position=1)


def break_conditional_unique() -> None:
    review: Any = make.ReviewFactory()
    Review.objects.bulk_create([Review(claim=review.claim, publisher=review.publisher)])


def break_unique_expressions() -> None:
    relation: Any = make.ClaimRelationFactory(kind=RelationKind.SAME_AS)
    turned = {"from_claim": relation.to_claim, "to_claim": relation.from_claim}
    ClaimRelation.objects.bulk_create([ClaimRelation(**turned, kind=RelationKind.SAME_AS)])


def break_guard() -> None:
    version = make.submitted_version()
    ReviewVersion.objects.filter(pk=version.pk).update(summary="Other.")


def break_shared_guard() -> None:
    topic = make.TopicFactory()
    Topic.objects.filter(pk=topic.pk).update(id=99_999)


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("break_rule", "code", "sentence"),
    [
        (break_check, "claims_claim_text_not_blank", "text: enter a text."),
        (
            break_unique_fields,
            "claims_rating_in_order",
            "The scale has a rating at this position already.",
        ),
        (
            break_conditional_unique,
            "claims_review_one_own_review",
            "This publisher has a review of the claim already: prepare its next version.",
        ),
        (
            break_unique_expressions,
            "claims_claimrelation_once_either_way",
            "These claims have this relation already.",
        ),
        (
            break_guard,
            "guard_claims_reviewversion_frozen_update",
            (
                "Only a draft can be edited: return a submitted version first. "
                "A published version never changes."
            ),
        ),
        (
            break_shared_guard,
            "guard_claims_topic_same_id_update",
            "A record keeps its primary key.",
        ),
    ],
)
def test_an_error_of_the_database_names_the_sentence_of_the_broken_rule(
    break_rule: Callable[[], None], code: str, sentence: str
) -> None:
    with pytest.raises(IntegrityError) as caught, transaction.atomic():
        break_rule()
    assert find_code(caught.value) == code
    assert describe_violation(caught.value) == sentence
    with translation.override("de"):
        assert describe_violation(caught.value) != sentence


@pytest.mark.django_db
def test_an_error_of_a_unique_column_names_no_value() -> None:
    first, second = make.TopicFactory(slug="hidden"), make.TopicFactory()
    with pytest.raises(IntegrityError) as caught, transaction.atomic():
        Topic.objects.filter(pk=second.pk).update(slug=first.slug)
    assert find_code(caught.value) == ""
    assert describe_violation(caught.value) == (
        "A record with the same identifying values exists already."
    )


@pytest.mark.django_db
def test_columns_of_several_unique_constraints_name_no_constraint_on_sqlite() -> None:
    draft: Any = make.ReviewVersionFactory()
    copy = ReviewVersion(review=draft.review, number=2, author=draft.author)
    with pytest.raises(IntegrityError) as caught, transaction.atomic():
        ReviewVersion.objects.bulk_create([copy])
    is_sqlite = connection.vendor == "sqlite"
    assert find_code(caught.value) == ("" if is_sqlite else "claims_reviewversion_one_open")


@pytest.mark.parametrize(
    "message",
    [
        "FOREIGN KEY constraint failed",
        'update or delete on table "a" violates foreign key constraint "b" on table "c"',
    ],
)
def test_an_error_of_a_foreign_key_has_a_sentence(message: str) -> None:
    assert describe_violation(IntegrityError(message)) == (
        "The change refers to a missing record, or removes one that is in use."
    )


def test_an_unknown_error_has_a_general_sentence() -> None:
    error = IntegrityError("NOT NULL constraint failed: claims_claim.text")
    assert describe_violation(error) == "The change breaks a rule of the database."


@pytest.mark.django_db
def test_validation_shows_the_sentence_and_the_code() -> None:
    rating: Any = make.RatingFactory(position=1)
    double = Rating(scale=rating.scale, label="Other", position=1)
    with pytest.raises(ValidationError) as caught:
        double.validate_constraints()
    assert caught.value.messages == ["The scale has a rating at this position already."]
    assert [error.code for error in caught.value.error_dict["__all__"]] == [
        "claims_rating_in_order"
    ]
    user = User(username="@mira")
    with pytest.raises(ValidationError, match="A login cannot begin with @"):
        user.validate_constraints()
