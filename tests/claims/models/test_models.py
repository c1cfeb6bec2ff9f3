"""What the database itself refuses of claims and reviews, by whatever way it is written."""

import datetime
from collections.abc import Callable
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.utils import timezone

from claims.choices import PUBLIC_STATES, RelationKind, VersionState
from claims.models import Claim, Evidence, Rating, ReviewVersion
from claims.services.reviews import prepare_next_version
from sources.models import Snapshot
from tests.database_rules import insert, overwrite, proves, refused, remove, replace, unproven
from tests.factories import (
    TEXT,
    AffiliationFactory,
    ApiKeyCountFactory,
    ApiKeyFactory,
    AssignmentFactory,
    ClaimFactory,
    ClaimRelationFactory,
    DocumentFactory,
    EvidenceFactory,
    LabelVerdictFactory,
    PublisherFactory,
    RatingFactory,
    RatingScaleFactory,
    ReviewFactory,
    ReviewVersionFactory,
    SnapshotFactory,
    SpeakerFactory,
    StatementFactory,
    TopicFactory,
    UserFactory,
    WebhookDeliveryFactory,
    WebhookEndpointFactory,
    published_version,
    retracted_version,
    submitted_version,
)

pytestmark = pytest.mark.django_db

Make = Callable[..., Any]
Row = tuple[str, Make, dict[str, Any], dict[str, Any]]

EARLIER = datetime.datetime(2020, 1, 1, tzinfo=datetime.UTC)
DAY, MONTH, YEAR = (datetime.date(2024, m, d) for m, d in ((5, 17), (5, 1), (1, 1)))
QUOTE = "“We were on time,”"
SHIP = "spokeswoman. 🛳\n"


def superseded_version(**values: Any) -> ReviewVersion:
    """A version in whose place a newer one stands."""
    first = published_version(**values)
    second = next_version(first)
    move_raw(second, state="submitted", submitted_at=timezone.now())
    move_raw(first, state="superseded", closed_at=timezone.now())
    move_raw(second, state="published", published_at=timezone.now(), editor=UserFactory())
    first.refresh_from_db()
    return first


def next_version(version: ReviewVersion, note: str = "We had the wrong ferry.") -> ReviewVersion:
    """The draft that is prepared beside a published version."""
    return prepare_next_version(
        review=version.review, author=version.author, kind="correction", note=note
    )


def move_raw(version: ReviewVersion, **values: Any) -> None:
    overwrite(version, **values)
    version.refresh_from_db()


MAKERS: dict[str, Callable[..., ReviewVersion]] = {
    "draft": ReviewVersionFactory,
    "submitted": submitted_version,
    "published": published_version,
    "superseded": superseded_version,
    "retracted": retracted_version,
}
NOT_DRAFT = [state for state in MAKERS if state != "draft"]


def quoted(words: str, make: Make = StatementFactory, **values: Any) -> Any:
    """A passage with these words of the factories' text."""
    snapshot = values.pop("snapshot", None) or SnapshotFactory()
    start = TEXT.index(words)
    return make(
        document=snapshot.document,
        snapshot=snapshot,
        exact=words,
        start=start,
        end=start + len(words),
        **values,
    )


def awaiting(make: Make = StatementFactory, **values: Any) -> Any:
    """A passage whose text is not held here."""
    snapshot = SnapshotFactory(text=None, length=len(TEXT))
    place = {"start": 4, "end": 11}
    return make(document=snapshot.document, snapshot=snapshot, **{**place, **values})


def receive(snapshot: Snapshot, text: str = TEXT) -> None:
    """Fill in the text of a snapshot that was announced."""
    overwrite(
        snapshot, text=text, length=len(text), size=len(text.encode()), retrieved_at=timezone.now()
    )


# The rule, what the row is at first, what may not be written to it, and what may.
ROWS: list[Row] = [
    ("claims_topic_name_not_blank", TopicFactory, {"name": ""}, {"name": "Ferries"}),
    ("claims_claim_text_not_blank", ClaimFactory, {"text": ""}, {"text": "x"}),
    ("claims_claim_kind_known", ClaimFactory, {"kind": "rumour"}, {"kind": "causal"}),
    ("claims_claim_kind_known", ClaimFactory, {"kind": " "}, {"kind": ""}),
    (
        "claims_claim_checkability_known",
        ClaimFactory,
        {"checkability": "maybe"},
        {"checkability": "partly"},
    ),
    ("claims_claim_status_known", ClaimFactory, {"status": "done"}, {"status": "reviewed"}),
    *(
        (
            "claims_claim_decision_has_reason",
            ClaimFactory,
            {"status": status},
            {"status": status, "status_reason": "It is a wish."},
        )
        for status in ("rejected", "not_checkable")
    ),
    (
        "claims_claim_rejected_not_listed",
        lambda: ClaimFactory(listed=True),
        {"status": "rejected", "status_reason": "A wish."},
        {"status": "not_checkable", "status_reason": "A wish."},
    ),
    (
        "claims_claim_rejected_not_listed",
        lambda: ClaimFactory(status="rejected", status_reason="A wish."),
        {"listed_at": EARLIER},
        {"listed_at": EARLIER, "status": "unreviewed"},
    ),
    ("claims_claimrelation_kind_known", ClaimRelationFactory, {"kind": "x"}, {"kind": "repeats"}),
    (
        "claims_claimrelation_state_known",
        ClaimRelationFactory,
        {"state": "maybe"},
        {"state": "rejected"},
    ),
    ("claims_ratingscale_name_not_blank", RatingScaleFactory, {"name": ""}, {"name": "x"}),
    ("claims_rating_label_not_blank", RatingFactory, {"label": ""}, {"label": "Pants on Fire"}),
    ("claims_rating_verdict_known", RatingFactory, {"verdict": "other"}, {"verdict": "unmapped"}),
    ("claims_review_origin_known", ReviewFactory, {"origin": "stolen"}, {"origin": "imported"}),
    (
        "claims_review_own_has_no_identifier",
        ReviewFactory,
        {"identifier": "x"},
        {"identifier": "x", "origin": "imported"},
    ),
    (
        "claims_ratingscale_origin_known",
        lambda: RatingScaleFactory(publisher=PublisherFactory()),
        {"origin": "stolen"},
        {"origin": "imported"},
    ),
    (
        "claims_ratingscale_imported_has_publisher",
        RatingScaleFactory,
        {"origin": "imported"},
        {"version": 2},
    ),
    *(
        (f"claims_labelverdict_{rule}", LabelVerdictFactory, bad, {"site": "x.example"})
        for rule, bad in (
            ("label_not_blank", {"label": ""}),
            ("key_not_blank", {"key": ""}),
            ("verdict_known", {"verdict": "other"}),
            ("decided", {"verdict": "unmapped"}),
        )
    ),
    (
        "claims_statement_speaker_or_document",
        lambda: StatementFactory(document=None),
        {"speaker": None, "quotation": "authorial"},
        {"quotation": "direct"},
    ),
    (
        "claims_statement_snapshot_of_document",
        lambda: quoted(QUOTE),
        {"document": None},
        {"document": None, "snapshot": None, "start": None, "end": None},
    ),
    (
        "claims_statement_quotation_known",
        StatementFactory,
        {"quotation": "loose"},
        {"quotation": "mixed"},
    ),
    (
        "claims_statement_source_given_known",
        StatementFactory,
        {"source_given": "rumour"},
        {"source_given": "linked"},
    ),
    (
        "claims_claim_decidable_precision_known claims_claim_decidable_precision_fits",
        ClaimFactory,
        {"decidable_precision": "decade", "decidable_on": YEAR},
        {"decidable_precision": "year", "decidable_on": YEAR},
    ),
    (
        "claims_assignment_priority_known",
        AssignmentFactory,
        {"priority": "soon"},
        {"priority": "urgent"},
    ),
    (
        "claims_statement_stated_precision_known claims_statement_stated_precision_fits",
        StatementFactory,
        {"stated_precision": "decade", "stated_on": YEAR},
        {"stated_precision": "year", "stated_on": YEAR},
    ),
    *(
        (
            "claims_statement_stated_precision_fits",
            StatementFactory,
            {"stated_on": on, "stated_precision": precision},
            {"stated_on": good, "stated_precision": precision},
        )
        for on, precision, good in (
            (DAY, "month", MONTH),
            (DAY, "year", YEAR),
            (MONTH, "year", YEAR),
            (DAY, "unknown", None),
            (None, "day", DAY),
            (None, "month", MONTH),
            (None, "year", YEAR),
        )
    ),
    (
        "claims_statement_authorial_has_no_speaker",
        StatementFactory,
        {"quotation": "authorial"},
        {"quotation": "authorial", "speaker": None},
    ),
    (
        "claims_statement_authorial_has_no_speaker",
        StatementFactory,
        {"speaker": None},
        {"quotation": "direct"},
    ),
    ("claims_evidence_stance_known", EvidenceFactory, {"stance": "hints"}, {"stance": "context"}),
    (
        "claims_evidence_confidential_has_reason",
        EvidenceFactory,
        {"is_confidential": True},
        {"is_confidential": True, "confidential_reason": "It would name the source."},
    ),
    (
        "claims_evidence_confidential_has_reason",
        EvidenceFactory,
        {"confidential_reason": "It would name the source."},
        {"is_confidential": False},
    ),
    (
        "claims_reviewversion_two_people",
        lambda: submitted_version(author=UserFactory(pk=901, role="researcher")),
        {"state": "published", "published_at": EARLIER, "editor_id": 901},
        {"return_reason": "Not yet."},
    ),
    (
        "claims_reviewversion_correction_known claims_reviewversion_correction_from_second",
        lambda: ReviewVersionFactory(number=2),
        {"correction_kind": "typo"},
        {"correction_kind": "update"},
    ),
    *(
        ("claims_reviewversion_correction_from_second", ReviewVersionFactory, bad, {"number": 2})
        for bad in (
            {"correction_kind": "update"},
            {"correction_note": "We were wrong."},
            {"number": 0},
        )
    ),
    *(
        (
            "claims_reviewversion_correction_from_second",
            lambda: ReviewVersionFactory(number=2),
            {"state": "submitted", "submitted_at": EARLIER, **bad},
            {
                "state": "submitted",
                "submitted_at": EARLIER,
                "correction_kind": "update",
                "correction_note": "We were wrong.",
            },
        )
        for bad in ({}, {"correction_kind": "update"}, {"correction_note": "We were wrong."})
    ),
    (
        "claims_reviewversion_submitted_has_time",
        ReviewVersionFactory,
        {"state": "submitted"},
        {"state": "submitted", "submitted_at": EARLIER},
    ),
    (
        "claims_reviewversion_closed_has_time",
        published_version,
        {"state": "superseded"},
        {"state": "superseded", "closed_at": EARLIER},
    ),
    (
        "claims_reviewversion_closed_has_time",
        published_version,
        {"closed_at": EARLIER},
        {"state": "superseded", "closed_at": EARLIER},
    ),
    (
        "claims_reviewversion_closed_has_time",
        ReviewVersionFactory,
        {"closed_at": EARLIER},
        {"headline": "x"},
    ),
    (
        "claims_reviewversion_retraction_has_note",
        published_version,
        {"state": "retracted", "closed_at": EARLIER},
        {"state": "retracted", "closed_at": EARLIER, "retraction_note": "Another ferry."},
    ),
    *(
        (
            "claims_reviewversion_retraction_has_note",
            make,
            {"retraction_note": "x"},
            {"revision": 9},
        )
        for make in (ReviewVersionFactory, submitted_version)
    ),
    (
        "claims_reviewversion_state_known",
        ReviewVersionFactory,
        {"state": "lost"},
        {"state": "draft"},
    ),
    *(
        (
            f"claims_{name}_passage_in_order",
            lambda make=make: quoted(QUOTE, make),
            bad,
            {"start": None, "end": None},
        )
        for name, make in (("statement", StatementFactory), ("evidence", EvidenceFactory))
        for bad in ({"start": 9, "end": 9}, {"start": 9, "end": 8}, {"snapshot": None})
    ),
    ("claims_webhookendpoint_name_not_blank", WebhookEndpointFactory, {"name": ""}, {"name": "A"}),
    ("claims_webhookendpoint_has_secret", WebhookEndpointFactory, {"secret": ""}, {"secret": "x"}),
    (
        "claims_webhookendpoint_switched_off",
        WebhookEndpointFactory,
        {"switched_off_at": EARLIER},
        {"switched_off_at": EARLIER, "is_active": False},
    ),
    (
        "claims_webhookdelivery_event_known",
        lambda: WebhookDeliveryFactory(event="review.published", version=published_version()),
        {"event": "review.read"},
        {"event": "review.corrected"},
    ),
    (
        "claims_webhookdelivery_state_known",
        WebhookDeliveryFactory,
        {"state": "lost", "due_at": None, "finished_at": EARLIER},
        {"state": "given_up", "due_at": None, "finished_at": EARLIER},
    ),
    (
        "claims_webhookdelivery_fault_known",
        WebhookDeliveryFactory,
        {"fault": "bad luck"},
        {"fault": "time"},
    ),
    *(
        (
            "claims_webhookdelivery_waits_or_ended",
            WebhookDeliveryFactory,
            bad,
            {"state": "delivered", "due_at": None, "finished_at": EARLIER},
        )
        for bad in (
            {"due_at": None},
            {"finished_at": EARLIER},
            {"state": "delivered"},
            {"state": "delivered", "due_at": None},
        )
    ),
    (
        "claims_webhookdelivery_about_a_version",
        WebhookDeliveryFactory,
        {"event": "review.published"},
        {"due_at": EARLIER},
    ),
]
# A row that breaks one rule of a version's state breaks others too, of which any may be the first.
ALSO = {
    "claims_reviewversion_state_known": (
        "claims_reviewversion_move_update",
        "claims_reviewversion_published_complete",
    ),
    "claims_statement_passage_in_order": ("claims_statement_true_to_text_update",),
    "claims_evidence_passage_in_order": ("claims_evidence_true_to_text_update",),
}


@pytest.mark.parametrize(("rules", "make", "bad", "good"), ROWS)
def test_what_breaks_a_rule_is_refused_and_its_neighbour_is_not(
    rules: str, make: Make, bad: dict[str, Any], good: dict[str, Any]
) -> None:
    record = make()
    with refused(*rules.split(), *ALSO.get(rules, ())):
        overwrite(record, **bad)
    overwrite(record, **good)


proves(*" ".join(rules for rules, *_rest in ROWS).split())

UNIQUE: list[tuple[str, Make, str, Any]] = [
    ("claims_topic_slug_unique", TopicFactory, "slug", "another"),
    ("claims_topic_name_unique", TopicFactory, "name", "Another"),
    ("claims_webhookendpoint_name_unique", WebhookEndpointFactory, "name", "Another"),
]


@pytest.mark.parametrize(("rule", "make", "field", "another"), UNIQUE)
def test_what_names_a_record_names_no_second_one(
    rule: str, make: Make, field: str, another: Any
) -> None:
    first, second = make(), make()
    with refused(rule):
        overwrite(second, **{field: getattr(first, field)})
    overwrite(second, **{field: another})


proves(*(rule for rule, *_rest in UNIQUE))


# --- passages


@pytest.mark.parametrize("make", [StatementFactory, EvidenceFactory])
@pytest.mark.parametrize("words", [QUOTE, SHIP, "🛳", TEXT, "T", "\n“"])
@proves("claims_statement_true_to_text_update", "claims_evidence_true_to_text_update")
def test_a_quotation_is_what_the_text_says_there(make: Make, words: str) -> None:
    passage = quoted(words, make)
    rule = f"{passage._meta.db_table}_true_to_text_update"
    for other in (words + " ", words[:-1], words.replace("“", '"') + "\ufe0f", ""):
        with refused(rule):
            overwrite(passage, exact=other)
    overwrite(passage, exact=words)


@pytest.mark.parametrize("make", [StatementFactory, EvidenceFactory])
@proves("claims_statement_true_to_text_insert", "claims_evidence_true_to_text_insert")
def test_a_quotation_is_added_only_as_the_text_says_it(make: Make) -> None:
    passage = quoted(SHIP, make)
    elsewhere = {"claim": ClaimFactory()} if make is StatementFactory else {}
    with refused(f"{passage._meta.db_table}_true_to_text_insert"):
        insert(passage, exact="spokesman. 🛳\n", **elsewhere)
    insert(passage, **elsewhere)


def test_places_are_counted_in_code_points_not_in_units_of_utf_16() -> None:
    text = "🛳🛳 late"
    snapshot = SnapshotFactory(text=text)
    statement = StatementFactory(
        document=snapshot.document, snapshot=snapshot, start=3, end=7, exact="late"
    )
    with refused("claims_statement_true_to_text_update"):
        overwrite(statement, start=5, end=9)


def test_a_quotation_does_not_move_to_where_other_words_stand() -> None:
    statement = quoted(QUOTE)
    with refused("claims_statement_true_to_text_update"):
        overwrite(statement, start=statement.start + 1, end=statement.end + 1)


def test_a_passage_ends_within_its_text() -> None:
    statement = quoted(SHIP)
    with refused("claims_statement_true_to_text_update", "claims_statement_passage_in_order"):
        overwrite(statement, end=len(TEXT) + 50)


@pytest.mark.parametrize("make", [StatementFactory, EvidenceFactory])
@pytest.mark.parametrize("half", [{"start": None}, {"end": None}])
def test_a_passage_has_both_ends_or_none(make: Make, half: dict[str, None]) -> None:
    passage = awaiting(make)
    with refused(f"{passage._meta.db_table}_passage_in_order"):
        overwrite(passage, **half)
    overwrite(passage, start=None, end=None)


def test_a_passage_whose_text_is_not_held_waits_for_its_words() -> None:
    statement = awaiting()
    receive(statement.snapshot)
    with refused("claims_statement_true_to_text_update"):
        overwrite(statement, exact="planes ")
    overwrite(statement, exact="ferries")


@pytest.mark.parametrize("make", [StatementFactory, EvidenceFactory])
@pytest.mark.parametrize(
    "values", [{"exact": "planes "}, {"exact": "ferry"}, {"end": len(TEXT) + 1}]
)
@proves(
    "sources_snapshot_fits_claims_statement_update", "sources_snapshot_fits_claims_evidence_update"
)
def test_a_text_that_contradicts_a_passage_is_not_received(
    make: Make, values: dict[str, Any]
) -> None:
    passage = awaiting(make, **values)
    with refused(f"sources_snapshot_fits_{passage._meta.db_table}_update"):
        receive(passage.snapshot)
    overwrite(passage, exact="ferries", end=11)
    receive(passage.snapshot)


@pytest.mark.parametrize("make", [StatementFactory, EvidenceFactory])
@proves("claims_statement_same_document_update", "claims_evidence_same_document_update")
def test_a_passage_lies_in_a_snapshot_of_its_document(make: Make) -> None:
    passage = quoted(QUOTE, make)
    rule = f"{passage._meta.db_table}_same_document_update"
    with refused(rule):
        overwrite(passage, document=DocumentFactory())
    with refused(rule):
        overwrite(passage, snapshot=SnapshotFactory())
    overwrite(passage, snapshot=SnapshotFactory(document=passage.document))


@pytest.mark.parametrize("make", [StatementFactory, EvidenceFactory])
@proves("claims_statement_same_document_insert", "claims_evidence_same_document_insert")
def test_a_passage_is_added_only_with_a_snapshot_of_its_document(make: Make) -> None:
    passage = quoted(QUOTE, make)
    with refused(f"{passage._meta.db_table}_same_document_insert"):
        insert(passage, document=DocumentFactory())


# --- statements


@proves("claims_assignment_claim_id_unique")
def test_a_claim_is_with_one_person_at_a_time() -> None:
    assignment = AssignmentFactory()
    with refused("claims_assignment_claim_id_unique"):
        insert(assignment)
    insert(assignment, claim=ClaimFactory())


@proves("claims_statement_own_role_update")
def test_a_role_is_one_of_the_speaker() -> None:
    statement = StatementFactory()
    with refused("claims_statement_own_role_update"):
        overwrite(statement, affiliation=AffiliationFactory())
    overwrite(statement, affiliation=AffiliationFactory(speaker=statement.speaker))
    with refused("claims_statement_own_role_update"):
        overwrite(statement, speaker=SpeakerFactory())


def test_a_statement_without_a_speaker_has_no_role() -> None:
    statement = StatementFactory(speaker=None, quotation="authorial")
    with refused("claims_statement_own_role_update"):
        overwrite(statement, affiliation=AffiliationFactory())


@proves("claims_statement_own_role_insert")
def test_a_statement_is_added_only_with_a_role_of_its_speaker() -> None:
    statement = StatementFactory()
    with refused("claims_statement_own_role_insert"):
        insert(statement, affiliation=AffiliationFactory())
    insert(statement, affiliation=AffiliationFactory(speaker=statement.speaker))


def test_a_role_in_which_something_was_said_does_not_pass_to_another_speaker() -> None:
    role = AffiliationFactory()
    StatementFactory(speaker=role.speaker, affiliation=role)
    with refused("sources_affiliation_identity_update"):
        overwrite(role, speaker=SpeakerFactory())


@pytest.mark.parametrize("quotation", ["direct", "mixed", "indirect"])
def test_an_authorial_statement_that_gets_a_speaker_is_authorial_no_more(quotation: str) -> None:
    statement = StatementFactory(speaker=None, quotation="authorial")
    with refused("claims_statement_authorial_has_no_speaker"):
        overwrite(statement, speaker=SpeakerFactory())
    with refused("claims_statement_authorial_has_no_speaker"):
        overwrite(statement, quotation=quotation)
    overwrite(statement, speaker=SpeakerFactory(), quotation=quotation)


@proves("claims_statement_once_per_passage")
def test_a_claim_has_one_statement_at_a_passage() -> None:
    statement = quoted(QUOTE)
    with refused("claims_statement_once_per_passage"):
        insert(statement)
    insert(statement, claim=ClaimFactory())


def test_statements_without_a_place_are_many() -> None:
    insert(StatementFactory())


# --- relations of claims


@proves("claims_claimrelation_two_claims")
def test_a_claim_does_not_relate_to_itself() -> None:
    relation = ClaimRelationFactory()
    with refused("claims_claimrelation_two_claims"):
        overwrite(relation, to_claim=relation.from_claim)
    overwrite(relation, to_claim=ClaimFactory())


@pytest.mark.parametrize("kind", RelationKind.values)
@proves("claims_claimrelation_once")
def test_two_claims_relate_in_one_way_once(kind: str) -> None:
    relation = ClaimRelationFactory(kind=kind)
    with refused("claims_claimrelation_once", "claims_claimrelation_once_either_way"):
        insert(relation)
    insert(relation, to_claim=ClaimFactory())


@pytest.mark.parametrize("kind", ["same_as", "contradicts"])
@proves("claims_claimrelation_once_either_way")
def test_a_relation_that_reads_both_ways_is_recorded_once(kind: str) -> None:
    relation = ClaimRelationFactory(kind=kind)
    turned = {"from_claim": relation.to_claim, "to_claim": relation.from_claim}
    with refused("claims_claimrelation_once_either_way"):
        insert(relation, **turned)
    insert(relation, **turned, kind="repeats")


@pytest.mark.parametrize("kind", ["repeats", "narrower_than", "part_of"])
def test_a_relation_that_has_a_direction_may_also_hold_the_other_way(kind: str) -> None:
    relation = ClaimRelationFactory(kind=kind)
    insert(relation, from_claim=relation.to_claim, to_claim=relation.from_claim)


# --- rating scales


def used_rating(**values: Any) -> Rating:
    """A rating that a review uses."""
    rating = RatingFactory(**values)
    ReviewVersionFactory(rating=rating)
    return rating


@proves("claims_ratingscale_one_of_each_version")
def test_a_scale_has_one_of_each_version() -> None:
    scale = RatingScaleFactory()
    with refused("claims_ratingscale_one_of_each_version"):
        insert(scale)
    insert(scale, version=2)


@proves("claims_ratingscale_one_imported")
def test_a_publisher_has_one_imported_scale() -> None:
    scale = RatingScaleFactory(publisher=PublisherFactory(), origin="imported")
    with refused("claims_ratingscale_one_imported"):
        insert(scale, version=2)
    insert(scale, version=2, origin="own")
    insert(scale, version=3, publisher=PublisherFactory())


def test_the_words_of_an_imported_scale_become_known_one_by_one() -> None:
    scale = RatingScaleFactory(publisher=PublisherFactory(), origin="imported")
    used = RatingFactory(scale=scale)
    review = ReviewFactory(publisher=scale.publisher)
    ReviewVersionFactory(rating=used, review=review)
    insert(used, label="Half true", position=31_000)
    with refused("claims_rating_frozen_update"):
        overwrite(used, label="Half true!")
    with refused("claims_ratingscale_frozen_update"):
        overwrite(scale, origin="own")


@proves("claims_labelverdict_once")
def test_a_label_of_a_publisher_is_decided_on_once() -> None:
    decided = LabelVerdictFactory()
    with refused("claims_labelverdict_once"):
        insert(decided)
    insert(decided, site="x.example")


@proves(
    "claims_apikey_name_not_blank",
    "claims_apikey_name_unique",
    "claims_apikey_digest_unique",
    "claims_apikeycount_one_a_day",
)
def test_a_key_has_its_own_name_and_digest_and_a_count_for_each_day() -> None:
    count = ApiKeyCountFactory()
    key, other = count.key, ApiKeyFactory()
    for column, value, rule in (
        ("name", "", "name_not_blank"),
        ("name", other.name, "name_unique"),
        ("digest", other.digest, "digest_unique"),
    ):
        with refused(f"claims_apikey_{rule}"):
            overwrite(key, **{column: value})
    with refused("claims_apikeycount_one_a_day"):
        ApiKeyCountFactory(key=key, day=count.day)
    ApiKeyCountFactory(key=other, day=count.day)


@proves("claims_rating_label_once", "claims_rating_in_order")
def test_a_scale_has_a_label_and_a_place_once() -> None:
    rating = RatingFactory(label="False", position=5)
    with refused("claims_rating_label_once"):
        insert(rating, position=6)
    with refused("claims_rating_in_order"):
        insert(rating, label="True")
    insert(rating, label="True", position=6)
    insert(rating, scale=RatingScaleFactory())


@pytest.mark.parametrize("column", ["slug", "version", "publisher"])
@proves("claims_ratingscale_frozen_update")
def test_a_scale_in_use_is_frozen(column: str) -> None:
    values = {"slug": "s", "version": 9, "publisher": PublisherFactory()}
    with refused("claims_ratingscale_frozen_update"):
        overwrite(used_rating().scale, **{column: values[column]})
    overwrite(RatingFactory().scale, **{column: values[column]})


RATING: dict[str, Any] = {
    "label": "Half true",
    "position": 31_000,
    "value": 3,
    "definition": "Partly so.",
    "verdict": "mixed",
}


@pytest.mark.parametrize("column", [*RATING, "scale"])
@proves("claims_rating_frozen_update")
def test_a_rating_of_a_scale_in_use_is_frozen(column: str) -> None:
    value = {**RATING, "scale": RatingScaleFactory()}[column]
    with refused("claims_rating_frozen_update"):
        overwrite(used_rating(), **{column: value})
    overwrite(RatingFactory(), **{column: value})


def test_a_rating_that_no_review_uses_is_frozen_with_its_scale() -> None:
    unused = RatingFactory()
    ReviewVersionFactory(rating=RatingFactory(scale=unused.scale))
    with refused("claims_rating_frozen_update"):
        overwrite(unused, label="Half true")


def test_a_rating_does_not_move_into_a_scale_in_use() -> None:
    with refused("claims_rating_frozen_update"):
        overwrite(RatingFactory(), scale=used_rating().scale)
    overwrite(RatingFactory(), scale=RatingScaleFactory())


@proves("claims_rating_frozen_insert")
def test_a_scale_in_use_gets_no_further_rating() -> None:
    used, unused = used_rating(), RatingFactory()
    with refused("claims_rating_frozen_insert"):
        insert(used, label="Half true", position=31_000)
    insert(unused, label="Half true", position=31_000)


@proves("claims_rating_frozen_delete")
def test_a_scale_in_use_loses_no_rating() -> None:
    unused = RatingFactory()
    remove(RatingFactory(scale=unused.scale))
    ReviewVersionFactory(rating=RatingFactory(scale=unused.scale))
    with refused("claims_rating_frozen_delete"):
        remove(unused)


def test_an_undecided_verdict_is_decided_once() -> None:
    rating = used_rating(verdict="unmapped")
    overwrite(rating, verdict="mostly_true")
    for other in ("unmapped", "false"):
        with refused("claims_rating_frozen_update"):
            overwrite(rating, verdict=other)


def test_deciding_a_verdict_changes_nothing_else() -> None:
    with refused("claims_rating_frozen_update"):
        overwrite(used_rating(verdict="unmapped"), verdict="true", label="Half true")


# --- reviews


@proves("claims_review_one_of_our_own")
def test_a_publisher_has_one_own_review_of_a_claim() -> None:
    review = ReviewFactory()
    with refused("claims_review_one_of_our_own"):
        insert(review)
    insert(review, origin="imported")
    insert(review, origin="imported")
    insert(review, publisher=PublisherFactory())


@pytest.mark.parametrize("column", ["claim", "publisher"])
@pytest.mark.parametrize("state", MAKERS)
@proves("claims_review_identity_update")
def test_a_review_that_was_submitted_stays_that_of_its_claim_and_publisher(
    state: str, column: str
) -> None:
    review = MAKERS[state]().review
    other = {"claim": ClaimFactory(), "publisher": PublisherFactory()}[column]
    if state == "draft":
        overwrite(review, **{column: other})
    else:
        with refused("claims_review_identity_update"):
            overwrite(review, **{column: other})


@proves("claims_review_same_address_update", "claims_review_slug_unique")
def test_the_address_of_a_review_never_changes() -> None:
    review, other = published_version().review, ReviewFactory()
    review.refresh_from_db()
    for another in ("other", None):
        with refused("claims_review_same_address_update"):
            overwrite(review, slug=another)
    with refused("claims_review_slug_unique"):
        overwrite(other, slug=review.slug)
    overwrite(other, slug="other")


def test_an_imported_review_may_turn_out_to_be_about_another_claim() -> None:
    review = published_version(review__origin="imported").review
    overwrite(review, claim=ClaimFactory())
    with refused("claims_review_identity_update"):
        overwrite(review, origin="own")


# --- review versions


@proves("claims_reviewversion_numbered_once", "claims_reviewversion_one_open")
def test_a_review_has_one_version_of_each_number() -> None:
    published = published_version()
    draft = next_version(published)
    with refused("claims_reviewversion_numbered_once"):
        overwrite(draft, number=1, correction_kind="", correction_note="")
    overwrite(draft, number=3)


@proves("claims_reviewversion_own_rating_insert", "claims_reviewversion_own_rating_update")
def test_a_version_is_rated_in_the_words_of_its_publisher_or_in_common_ones() -> None:
    draft: Any = ReviewVersionFactory()
    own = RatingFactory(scale__publisher=draft.review.publisher)
    foreign = RatingFactory(scale__publisher=PublisherFactory())
    with refused("claims_reviewversion_own_rating_update"):
        overwrite(draft, rating=foreign)
    with refused("claims_reviewversion_own_rating_insert"):
        insert(draft, review=ReviewFactory(), rating=foreign)
    draft.rating = foreign
    with pytest.raises(ValidationError, match="belongs to another publisher"):
        draft.clean()
    for fitting in (own, RatingFactory(), None):
        overwrite(draft, rating=fitting)
    overwrite(draft, rating=own)
    draft.refresh_from_db()
    draft.clean()
    insert(draft, review=ReviewFactory(publisher=draft.review.publisher))


def test_a_draft_whose_review_got_another_publisher_is_not_submitted_with_its_rating() -> None:
    draft = ReviewVersionFactory()
    overwrite(draft, rating=RatingFactory(scale__publisher=draft.review.publisher))
    overwrite(draft.review, publisher=PublisherFactory())
    overwrite(draft, headline="Other")
    with refused("claims_reviewversion_own_rating_update"):
        overwrite(draft, state="submitted", submitted_at=EARLIER)


@pytest.mark.parametrize("make", [ReviewVersionFactory, submitted_version])
def test_a_review_has_one_open_version(make: Make) -> None:
    version = make()
    with refused("claims_reviewversion_one_open"):
        insert(version, number=2, state="draft")
    insert(version, review=ReviewFactory(), state="draft")


@proves("claims_reviewversion_one_published")
def test_a_review_has_one_published_version() -> None:
    first = published_version()
    second = next_version(first)
    overwrite(second, state="submitted", submitted_at=EARLIER)
    publish = {"state": "published", "published_at": EARLIER, "editor": first.editor}
    with refused("claims_reviewversion_one_published"):
        overwrite(second, **publish)
    overwrite(first, state="superseded", closed_at=EARLIER)
    overwrite(second, **publish)


@pytest.mark.parametrize(
    ("draft", "publication"),
    [
        ({"rating": None}, {}),
        ({"summary": ""}, {}),
        ({}, {"published_at": None}),
        ({}, {"editor": None}),
    ],
)
@proves("claims_reviewversion_published_complete")
def test_a_published_version_is_complete(
    draft: dict[str, Any], publication: dict[str, Any]
) -> None:
    version, whole = ReviewVersionFactory(**draft), ReviewVersionFactory()
    for each in (version, whole):
        EvidenceFactory(version=each)
        overwrite(each, state="submitted", submitted_at=EARLIER)
    publish = {"state": "published", "published_at": EARLIER, "editor": UserFactory()}
    with refused("claims_reviewversion_published_complete"):
        overwrite(version, **publish | publication)
    overwrite(whole, **publish)


def test_an_imported_version_has_its_markup_in_place_of_summary_and_editor() -> None:
    bare = {"summary": "", "rating": RatingFactory()}
    publish = {"state": "published", "submitted_at": EARLIER, "published_at": EARLIER}
    version, imported = ReviewVersionFactory(**bare), ReviewVersionFactory(**bare, markup="{}")
    with refused("claims_reviewversion_move_update"):
        overwrite(version, **publish)
    overwrite(imported, **publish)


@pytest.mark.parametrize("make", [ReviewVersionFactory, submitted_version])
def test_an_open_version_has_neither_editor_nor_time_of_publication(make: Make) -> None:
    version = make()
    for early in ({"editor": UserFactory()}, {"published_at": EARLIER}):
        with refused("claims_reviewversion_published_complete"):
            overwrite(version, **early)


@proves("claims_reviewversion_evidence_update")
def test_a_version_is_published_with_evidence() -> None:
    version = ReviewVersionFactory()
    overwrite(version, state="submitted", submitted_at=timezone.now())
    publish = {"state": "published", "published_at": EARLIER, "editor": UserFactory()}
    with refused("claims_reviewversion_evidence_update"):
        overwrite(version, **publish)
    overwrite(version, state="draft")
    EvidenceFactory(version=version)
    overwrite(version, state="submitted")
    overwrite(version, **publish)


LEGAL = {
    ("draft", "submitted"),
    ("submitted", "draft"),
    ("submitted", "published"),
    ("published", "superseded"),
    ("published", "retracted"),
}


def belonging(state: str, version: ReviewVersion) -> dict[str, Any]:
    """The columns that belong to a version in this state."""
    public, closed = state in PUBLIC_STATES, state in {"superseded", "retracted"}
    return {
        "state": state,
        "submitted_at": version.submitted_at or (EARLIER if state != "draft" else None),
        "published_at": (version.published_at or EARLIER) if public else None,
        "editor": (version.editor or UserFactory()) if public else None,
        "closed_at": EARLIER if closed else None,
        "retraction_note": "Another ferry." if state == "retracted" else "",
    }


@pytest.mark.parametrize("end", VersionState.values)
@pytest.mark.parametrize("start", VersionState.values)
@proves("claims_reviewversion_move_update")
def test_a_version_moves_only_as_its_life_goes(start: str, end: str) -> None:
    version = MAKERS[start]()
    if start == "draft":
        EvidenceFactory(version=version)
    if start == end:
        overwrite(version, state=end)
    elif (start, end) in LEGAL:
        overwrite(version, **belonging(end, version))
    else:
        with refused(
            "claims_reviewversion_move_update",
            "claims_reviewversion_published_for_ever_update",
            "claims_reviewversion_closed_for_ever_update",
        ):
            overwrite(version, **belonging(end, version))


CONTENT: dict[str, Any] = {
    "number": 7,
    "headline": "Other",
    "summary": "Other.",
    "body": "Other.",
    "correction_kind": "update",
    "correction_note": "Other.",
    "markup": "{}",
    "review": ReviewFactory,
    "rating": RatingFactory,
    "author": UserFactory,
}
# Written by the moves, and by every write.
MOVING = {"id", "public_id", "state", "revision", "updated_at", "submitted_at"}
PUBLICATION: dict[str, Any] = {
    "editor": UserFactory,
    "published_at": EARLIER,
    "submitted_at": EARLIER,
    "created_at": EARLIER,
    "return_reason": "Never said.",
}
CLOSING: dict[str, Any] = {"closed_at": EARLIER, "retraction_note": "We were right."}


def test_every_column_of_a_version_is_known_to_the_tests_below() -> None:
    columns = {field.name for field in ReviewVersion._meta.concrete_fields}
    assert columns == {*CONTENT, *PUBLICATION, *CLOSING, *MOVING}


@pytest.mark.parametrize("column", CONTENT)
@pytest.mark.parametrize("state", NOT_DRAFT)
@proves("claims_reviewversion_frozen_update")
def test_the_content_of_a_version_is_edited_in_a_draft_only(state: str, column: str) -> None:
    value = CONTENT[column]() if callable(CONTENT[column]) else CONTENT[column]
    with refused("claims_reviewversion_frozen_update"):
        overwrite(MAKERS[state](), **{column: value})
    draft = ReviewVersionFactory(number=2)
    overwrite(draft, **{column: value})


@pytest.mark.parametrize("column", ["rating", "headline", "summary", "body"])
@proves("claims_reviewversion_as_marked_update")
def test_the_finding_of_a_draft_that_came_as_markup_changes_with_it_only(column: str) -> None:
    draft = ReviewVersionFactory(markup="{}")
    value = CONTENT[column]() if callable(CONTENT[column]) else CONTENT[column]
    with refused("claims_reviewversion_as_marked_update"):
        overwrite(draft, **{column: value})
    overwrite(draft, **{column: value, "markup": '{"found":{}}'})


def test_a_version_is_not_edited_while_it_is_returned() -> None:
    version = submitted_version()
    with refused("claims_reviewversion_frozen_update"):
        overwrite(version, state="draft", summary="Other.")
    overwrite(version, state="draft")
    overwrite(version, summary="Other.")


@pytest.mark.parametrize("column", PUBLICATION)
@pytest.mark.parametrize("state", PUBLIC_STATES)
@proves("claims_reviewversion_published_for_ever_update")
def test_what_was_published_when_and_by_whom_never_changes(state: str, column: str) -> None:
    value = PUBLICATION[column]
    with refused("claims_reviewversion_published_for_ever_update"):
        overwrite(MAKERS[state](), **{column: value() if callable(value) else value})
    overwrite(submitted_version(), submitted_at=EARLIER)


@pytest.mark.parametrize(
    ("state", "column"),
    [("retracted", "retraction_note"), ("retracted", "closed_at"), ("superseded", "closed_at")],
)
@proves("claims_reviewversion_closed_for_ever_update")
def test_what_the_public_was_told_at_the_close_never_changes(state: str, column: str) -> None:
    with refused("claims_reviewversion_closed_for_ever_update"):
        overwrite(MAKERS[state](), **{column: CLOSING[column]})


@pytest.mark.parametrize("state", NOT_DRAFT)
@proves("claims_reviewversion_published_delete")
def test_only_a_draft_is_deleted(state: str) -> None:
    version = MAKERS[state]()
    with refused("claims_reviewversion_published_delete"):
        remove(version)
    with refused("claims_reviewversion_published_delete", "claims_evidence_frozen_delete"):
        ReviewVersion.objects.filter(pk=version.pk).delete()
    assert version.evidence.exists()
    remove(ReviewVersionFactory())


# --- evidence

OTHER: dict[str, Any] = {
    "created_at": EARLIER,
    "stance": "supports",
    "locator": "p. 4",
    "is_primary": True,
    "note": "Other.",
    "is_confidential": True,
    "confidential_reason": "Other.",
    "exact": "Other.",
    "prefix": "Other.",
    "suffix": "Other.",
    "start": 1,
    "end": 2,
    "version": ReviewVersionFactory,
    "document": DocumentFactory,
    "snapshot": SnapshotFactory,
}


def test_every_column_of_evidence_is_known_to_the_tests_below() -> None:
    columns = {field.name for field in Evidence._meta.concrete_fields}
    assert columns == {*OTHER, "id", "public_id", "revision", "updated_at"}


def evidence_of(state: str, **values: Any) -> Evidence:
    """A quotation that a version in this state rests on."""
    version = ReviewVersionFactory()
    evidence: Evidence = quoted(
        QUOTE, EvidenceFactory, version=version, prefix="late.\n", suffix=" said", **values
    )
    advance(version, state)
    evidence.refresh_from_db()
    return evidence


def advance(version: ReviewVersion, state: str) -> None:
    """Move a draft by raw writes as far as the state."""
    path = {"draft": [], "submitted": ["submitted"], "published": ["submitted", "published"]}
    for step in path.get(state, ["submitted", "published", state]):
        move_raw(version, **belonging(step, version))


@pytest.mark.parametrize("column", OTHER)
@pytest.mark.parametrize("state", NOT_DRAFT)
@proves("claims_evidence_frozen_update")
def test_the_evidence_of_a_version_changes_in_a_draft_only(state: str, column: str) -> None:
    evidence = evidence_of(state)
    value = OTHER[column]() if callable(OTHER[column]) else OTHER[column]
    with refused(
        "claims_evidence_frozen_update",
        # which of the triggers comes first is the database's affair
        "claims_evidence_true_to_text_update",
        "claims_evidence_same_document_update",
    ):
        overwrite(evidence, **{column: value})
    overwrite(evidence, revision=9)


@pytest.mark.parametrize("column", ["stance", "locator", "note", "is_primary"])
def test_the_evidence_of_a_draft_changes(column: str) -> None:
    overwrite(evidence_of("draft"), **{column: OTHER[column]})


def test_the_words_of_published_evidence_are_not_taken_away() -> None:
    evidence = evidence_of("published")
    with refused("claims_evidence_frozen_update"):
        overwrite(evidence, prefix="")
    with refused("claims_evidence_frozen_update"):
        overwrite(evidence, exact="", start=None, end=None)


def test_evidence_does_not_move_into_a_submitted_version() -> None:
    with refused("claims_evidence_frozen_update"):
        overwrite(EvidenceFactory(), version=submitted_version())
    overwrite(EvidenceFactory(), version=ReviewVersionFactory())


@pytest.mark.parametrize("state", NOT_DRAFT)
@proves("claims_evidence_frozen_insert")
def test_evidence_is_added_to_a_draft_only(state: str) -> None:
    evidence = evidence_of(state)
    with refused("claims_evidence_frozen_insert"):
        insert(evidence)
    insert(evidence, version=ReviewVersionFactory())


@pytest.mark.parametrize("state", NOT_DRAFT)
@proves("claims_evidence_frozen_delete")
def test_evidence_is_removed_from_a_draft_only(state: str) -> None:
    evidence = evidence_of(state)
    with refused("claims_evidence_frozen_delete"):
        remove(evidence)
    with refused("claims_evidence_frozen_delete"):
        Evidence.objects.filter(pk=evidence.pk).delete()
    remove(evidence_of("draft"))


def test_published_evidence_receives_its_words_once() -> None:
    version = ReviewVersionFactory()
    evidence = awaiting(EvidenceFactory, version=version)
    advance(version, "published")
    receive(evidence.snapshot)
    overwrite(evidence, exact="ferries", prefix="The ", suffix=" were")
    for column in ("exact", "prefix", "suffix"):
        with refused("claims_evidence_frozen_update", "claims_evidence_true_to_text_update"):
            overwrite(evidence, **{column: "planes"})


def test_published_evidence_without_a_place_receives_no_words() -> None:
    version = ReviewVersionFactory()
    evidence = EvidenceFactory(version=version)
    advance(version, "published")
    with refused("claims_evidence_frozen_update"):
        overwrite(evidence, exact="Words that nobody published.")


def test_published_evidence_receives_no_words_before_its_text_is_held() -> None:
    version = ReviewVersionFactory()
    evidence = awaiting(EvidenceFactory, version=version)
    advance(version, "published")
    with refused("claims_evidence_frozen_update"):
        overwrite(evidence, exact="ferries")


# --- around the triggers


@proves("claims_reviewversion_not_replaced_insert")
def test_a_published_version_is_not_replaced_by_an_insert() -> None:
    version = published_version()
    with refused("claims_reviewversion_not_replaced_insert"):
        replace(version, summary="Other.")
    version.refresh_from_db()
    assert version.summary != "Other."


@proves("claims_review_not_replaced_insert")
def test_a_review_is_not_moved_by_an_insert() -> None:
    review = published_version().review
    with refused("claims_review_not_replaced_insert"):
        replace(review, claim_id=ClaimFactory().pk)


@proves("claims_claim_judged_update")
def test_a_claim_with_a_published_verdict_keeps_its_words() -> None:
    open_claim, judged = submitted_version().review.claim, retracted_version().review.claim
    Claim.objects.filter(pk=open_claim.pk).update(text="Other words.")
    Claim.objects.filter(pk=judged.pk).update(kind="statistic")
    with refused("claims_claim_judged_update"):
        Claim.objects.filter(pk=judged.pk).update(text="Other words.")


@proves("claims_evidence_not_replaced_insert")
def test_published_evidence_is_not_replaced_by_an_insert() -> None:
    evidence = published_version().evidence.get()
    with refused("claims_evidence_not_replaced_insert"):
        replace(evidence, note="Other.")
    evidence.refresh_from_db()
    assert evidence.note != "Other."


def test_a_rating_in_use_is_not_replaced_by_an_insert() -> None:
    rating = used_rating()
    with refused(
        "claims_rating_frozen_insert", "claims_rating_frozen_delete", "claims_rating_frozen_update"
    ):
        replace(rating, label="Half true")
    rating.refresh_from_db()
    assert rating.label != "Half true"


@proves("claims_ratingscale_not_replaced_insert")
def test_a_scale_in_use_is_not_replaced_by_an_insert() -> None:
    scale = used_rating().scale
    with refused("claims_ratingscale_not_replaced_insert"):
        replace(scale, slug="other")
    scale.refresh_from_db()
    assert scale.slug != "other"


def test_a_draft_is_changed_and_not_replaced() -> None:
    draft = ReviewVersionFactory()
    with refused("claims_reviewversion_not_replaced_insert"):
        replace(draft, summary="Other.")


def test_every_rule_of_the_claims_is_proven() -> None:
    assert unproven("claims") == set()


def test_a_text_whose_normal_form_is_too_long_is_refused_and_not_cut() -> None:
    claim = ClaimFactory.build(text="\u0958" * 600)  # each is two characters in form C
    with pytest.raises(ValidationError, match="at most 1000 characters"):
        claim.clean()


def test_why_a_published_version_was_once_returned_never_changes() -> None:
    with refused("claims_reviewversion_published_for_ever_update"):
        overwrite(published_version(), return_reason="It never was.")
