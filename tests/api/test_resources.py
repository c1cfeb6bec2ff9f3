"""Every resource of the API, with its records, bodies and filters for the shared cases."""

from typing import Any, ClassVar
from uuid import uuid4

from claims import workflow
from claims.models import Correction, Review
from tests import factories as make
from tests.api.resource_cases import ReadingCases, ResourceCases


def equality_cases(**cases: tuple[Any, Any]) -> dict[str, tuple[Any, Any]]:
    """Add the cases of ``__in`` and ``__not`` to those of each equality filter."""
    filters: dict[str, tuple[Any, Any]] = {}
    for name, (matching, other) in cases.items():
        filters[name] = (matching, other)
        filters[f"{name}__in"] = (f"{other},{matching}", other)
        filters[f"{name}__not"] = (other, matching)
    return filters


LATER = "2100-01-01T00:00:00Z"


def statement_filters(statement: Any) -> dict[str, tuple[Any, Any]]:
    """Filters by a statement of `publish_statement`."""
    return {
        **equality_cases(
            document=(statement.document.public_id, uuid4()),
            document__publisher=(statement.document.publisher.public_id, uuid4()),
            quotation=("indirect", "direct"),
            source_given=("unknown", "linked"),
        ),
        "stated_on__gte": ("2025-03", "2025-04"),
        "stated_on__lt": ("2025-04", "2025-03-31"),
    }


def speaker_filters(statement: Any) -> dict[str, tuple[Any, Any]]:
    """Filters by a statement's speaker."""
    return equality_cases(
        speaker=(statement.speaker.public_id, uuid4()),
        speaker__slug=(statement.speaker.slug, "other"),
        speaker__kind=("person", "anonymous"),
    )


def role_filters() -> dict[str, tuple[Any, Any]]:
    return equality_cases(organization=("Harbour Authority", "harbour authority"))


def claim_filters(status: str = "unreviewed") -> dict[str, tuple[Any, Any]]:
    """Filters by a claim."""
    return equality_cases(
        status=(status, "in_review"),
        kind=("event", "position"),
        checkability=("checkable", "not_yet"),
        language=("en", "de"),
    )


def nested_claim_filters(status: str = "unreviewed") -> dict[str, tuple[Any, Any]]:
    return {f"claim__{name}": values for name, values in claim_filters(status).items()}


def review_filters(version: Any) -> dict[str, tuple[Any, Any]]:
    """Filters by a published version."""
    timestamp = version.published_at.isoformat()
    return {
        **equality_cases(
            verdict=("false", "true"),
            rating=(version.rating.public_id, uuid4()),
        ),
        "reviewed_at__gte": (timestamp, LATER),
        "reviewed_at__lt": (LATER, timestamp),
    }


def publisher_filters(publisher: Any) -> dict[str, tuple[Any, Any]]:
    return equality_cases(
        publisher=(publisher.public_id, uuid4()), publisher__slug=(publisher.slug, "other")
    )


def topic_filters(claim: Any) -> dict[str, tuple[Any, Any]]:
    return equality_cases(topic=(claim.topics.get().slug, "other"))


def publish_statement(**values: Any) -> Any:
    """Make a statement of a reviewed claim, with a value for every filter."""
    version = make.published_version()
    version.review.claim.topics.add(make.TopicFactory())
    affiliation = make.AffiliationFactory()
    return make.StatementFactory(
        claim=version.review.claim,
        speaker=affiliation.speaker,
        affiliation=affiliation,
        stated_on="2025-03-01",
        stated_precision="month",
        **values,
    )


def published_version(claim: Any) -> Any:
    return claim.reviews.get().versions.get(state="published")


def id_of(record: Any) -> str:
    """Return the id of a record for a request body."""
    return str(record.public_id)


class TestTopics(ResourceCases):
    path = "topics"
    change: ClassVar = {"name": "Harbours"}

    def public(self) -> Any:
        topic = make.TopicFactory()
        make.ClaimFactory(listed=True).topics.add(topic)
        return topic

    def hidden(self) -> Any:
        topic = make.TopicFactory()
        make.ClaimFactory().topics.add(topic)
        return topic

    def body(self) -> dict[str, Any]:
        return {"slug": "ferries", "name": "Ferries"}

    def filters(self, record: Any) -> dict[str, tuple[Any, Any]]:
        return {"slug": (record.slug, "other")}


class TestPublishers(ResourceCases):
    path = "publishers"
    change: ClassVar = {"name": "Harbour Post"}

    def public(self) -> Any:
        document = make.DocumentFactory()
        make.StatementFactory(document=document, claim=make.ClaimFactory(listed=True))
        return document.publisher

    def hidden(self) -> Any:
        return make.DocumentFactory().publisher

    def body(self) -> dict[str, Any]:
        return {"slug": "post", "name": "Post", "site": "post.example"}

    def filters(self, record: Any) -> dict[str, tuple[Any, Any]]:
        return {"slug": (record.slug, "other"), "site": (record.site, "other.example")}


class TestSpeakers(ResourceCases):
    path = "speakers"
    change: ClassVar = {"description": "Of the harbour."}

    def public(self) -> Any:
        return publish_statement().speaker

    def hidden(self) -> Any:
        return make.StatementFactory().speaker

    def body(self) -> dict[str, Any]:
        return {"slug": "ada-quill", "name": "Ada Quill", "kind": "person"}

    def filters(self, record: Any) -> dict[str, tuple[Any, Any]]:
        statement = record.statements.get()
        version = published_version(statement.claim)
        return {
            **equality_cases(slug=(record.slug, "other"), kind=("person", "organization")),
            **role_filters(),
            **statement_filters(statement),
            **nested_claim_filters("reviewed"),
            **topic_filters(statement.claim),
            **review_filters(version),
            **publisher_filters(version.review.publisher),
        }


class TestAffiliations(ResourceCases):
    path = "affiliations"
    change: ClassVar = {"role": "Director", "start_on": "2024-03", "end_on": None}

    def public(self) -> Any:
        affiliation = make.AffiliationFactory()
        make.StatementFactory(speaker=affiliation.speaker, claim=make.ClaimFactory(listed=True))
        return affiliation

    def hidden(self) -> Any:
        return make.AffiliationFactory()

    def body(self) -> dict[str, Any]:
        return {"speaker": id_of(make.SpeakerFactory()), "role": "Captain"}

    def filters(self, record: Any) -> dict[str, tuple[Any, Any]]:
        return {"speaker": (record.speaker.public_id, uuid4())}


class TestIdentifiers(ResourceCases):
    path = "identifiers"
    change: ClassVar = {"url": "https://register.example/other"}

    def public(self) -> Any:
        identifier = make.IdentifierFactory()
        make.StatementFactory(speaker=identifier.speaker, claim=make.ClaimFactory(listed=True))
        return identifier

    def hidden(self) -> Any:
        return make.IdentifierFactory()

    def body(self) -> dict[str, Any]:
        return {"speaker": id_of(make.SpeakerFactory()), "url": "https://register.example/x"}

    def filters(self, record: Any) -> dict[str, tuple[Any, Any]]:
        return {
            "speaker": (record.speaker.public_id, uuid4()),
            "url": (record.url, "https://register.example/none"),
        }


class TestDocuments(ResourceCases):
    path = "documents"
    change: ClassVar = {"title": "Ferries late again", "published_on": "2026-10-03"}

    def public(self) -> Any:
        snapshot = make.SnapshotFactory()
        make.StatementFactory(document=snapshot.document, claim=make.ClaimFactory(listed=True))
        return snapshot.document

    def hidden(self) -> Any:
        return make.StatementFactory().document

    def body(self) -> dict[str, Any]:
        return {"title": "Ferries late", "url": f"https://post.example/{uuid4()}"}

    def filters(self, record: Any) -> dict[str, tuple[Any, Any]]:
        return {
            "kind": ("article", "report"),
            "kind__in": ("article,post", "report"),
            "publisher": (record.publisher.public_id, uuid4()),
            "language": ("en", "de"),
            "url": (record.url, "https://other.example/"),
            "sha256": (record.snapshots.get().sha256, "0" * 64),
        }


class TestClaims(ResourceCases):
    path = "claims"
    change: ClassVar = {"text": "The ferries were late in October."}

    def public(self) -> Any:
        claim = publish_statement().claim
        make.ClaimRelationFactory(from_claim=claim, to_claim=make.ClaimFactory(listed=True))
        claim.refresh_from_db()
        return claim

    def hidden(self) -> Any:
        return make.submitted_version().review.claim

    def body(self) -> dict[str, Any]:
        return {"text": "A ferry sank.", "kind": "event", "topics": [id_of(make.TopicFactory())]}

    def filters(self, record: Any) -> dict[str, tuple[Any, Any]]:
        statement, version = record.statements.get(), published_version(record)
        other = record.relations_out.get().to_claim
        return {
            **claim_filters("reviewed"),
            **topic_filters(record),
            **speaker_filters(statement),
            **role_filters(),
            **statement_filters(statement),
            **review_filters(version),
            **publisher_filters(version.review.publisher),
            **equality_cases(contradicts=(other.public_id, uuid4())),
            "has_evidence": ("true", "false"),
            "q": ("ferries late", "zebra"),
        }


class TestClaimRelations(ResourceCases):
    path = "claim-relations"
    change: ClassVar = {"state": "rejected"}

    def public(self) -> Any:
        return make.ClaimRelationFactory(
            from_claim=make.ClaimFactory(listed=True), to_claim=make.ClaimFactory(listed=True)
        )

    def hidden(self) -> Any:
        return make.ClaimRelationFactory(from_claim=make.ClaimFactory(listed=True))

    def body(self) -> dict[str, Any]:
        return {
            "from_claim": id_of(make.ClaimFactory()),
            "to_claim": id_of(make.ClaimFactory()),
            "kind": "repeats",
        }

    def filters(self, record: Any) -> dict[str, tuple[Any, Any]]:
        return {
            **equality_cases(kind=("contradicts", "repeats"), state=("confirmed", "suggested")),
            "from_claim": (record.from_claim.public_id, record.to_claim.public_id),
            "to_claim": (record.to_claim.public_id, record.from_claim.public_id),
        }


class TestStatements(ResourceCases):
    path = "statements"
    change: ClassVar = {"attributed_as": "the spokeswoman", "stated_on": "2026"}

    def public(self) -> Any:
        snapshot = make.SnapshotFactory()
        return publish_statement(document=snapshot.document, snapshot=snapshot)

    def hidden(self) -> Any:
        return make.StatementFactory()

    def body(self) -> dict[str, Any]:
        return {
            "claim": id_of(make.ClaimFactory()),
            "document": id_of(make.DocumentFactory()),
            "speaker": id_of(make.SpeakerFactory()),
            "quotation": "indirect",
        }

    def filters(self, record: Any) -> dict[str, tuple[Any, Any]]:
        version = published_version(record.claim)
        return {
            "claim": (record.claim.public_id, uuid4()),
            **speaker_filters(record),
            **role_filters(),
            **statement_filters(record),
            **nested_claim_filters("reviewed"),
            **topic_filters(record.claim),
            **review_filters(version),
            **publisher_filters(version.review.publisher),
        }


class TestRatingScales(ResourceCases):
    path = "rating-scales"
    writers = ("editor", "administrator")
    change: ClassVar = {"name": "Truth scale"}

    def public(self) -> Any:
        publisher = make.PublisherFactory()
        version = make.published_version(
            review__publisher=publisher, rating__scale__publisher=publisher
        )
        return version.rating.scale

    def hidden(self) -> Any:
        return make.submitted_version().rating.scale

    def body(self) -> dict[str, Any]:
        return {"slug": "truth", "name": "Truth"}

    def filters(self, record: Any) -> dict[str, tuple[Any, Any]]:
        return {
            "slug": (record.slug, "other"),
            "publisher": (record.publisher.public_id, uuid4()),
        }


class TestRatings(ResourceCases):
    path = "ratings"
    writers = ("editor", "administrator")
    change: ClassVar = {"definition": "Nothing of it holds."}

    def public(self) -> Any:
        return make.published_version().rating

    def hidden(self) -> Any:
        return make.RatingFactory()

    def body(self) -> dict[str, Any]:
        scale = make.RatingScaleFactory()
        return {"scale": id_of(scale), "label": "Pants", "position": 1, "verdict": "false"}

    def filters(self, record: Any) -> dict[str, tuple[Any, Any]]:
        return {
            "scale": (record.scale.public_id, uuid4()),
            **equality_cases(verdict=("false", "true")),
        }


class TestReviews(ResourceCases):
    path = "reviews"
    change: ClassVar = {"headline": "No ferry sank", "summary": "None did.", "body": "The log."}

    def public(self) -> Any:
        return Review.objects.get(claim=publish_statement().claim)

    def hidden(self) -> Any:
        return make.submitted_version().review

    def body(self) -> dict[str, Any]:
        return {
            "claim": id_of(make.ClaimFactory()),
            "publisher": id_of(make.PublisherFactory()),
            "summary": "None did.",
        }

    def filters(self, record: Any) -> dict[str, tuple[Any, Any]]:
        timestamp = record.versions.get().published_at.isoformat()
        return {
            "claim": (record.claim.public_id, uuid4()),
            **publisher_filters(record.publisher),
            **review_filters(record.versions.get()),
            **equality_cases(state=("published", "draft"), origin=("own", "imported")),
            "published_at__gte": (timestamp, LATER),
            "published_at__lt": (LATER, timestamp),
            "changed_since": (timestamp, LATER),
            **nested_claim_filters("reviewed"),
            **topic_filters(record.claim),
            **speaker_filters(record.claim.statements.get()),
            "has_evidence": ("true", "false"),
        }


class TestEvidence(ResourceCases):
    path = "evidence"
    change: ClassVar = {"locator": "page 3"}

    def public(self) -> Any:
        draft, snapshot = make.ReviewVersionFactory(), make.SnapshotFactory()
        evidence = make.EvidenceFactory(
            version=draft, document=snapshot.document, snapshot=snapshot
        )
        make.move(draft, workflow.SUBMIT, draft.author)
        make.move(draft, workflow.PUBLISH, make.UserFactory(role="editor"))
        return evidence

    def hidden(self) -> Any:
        return make.EvidenceFactory()

    def body(self) -> dict[str, Any]:
        return {
            "review": id_of(make.ReviewVersionFactory().review),
            "document": id_of(make.DocumentFactory()),
            "stance": "refutes",
        }

    def filters(self, record: Any) -> dict[str, tuple[Any, Any]]:
        return {
            "review": (record.version.review.public_id, uuid4()),
            "document": (record.document.public_id, uuid4()),
            "stance": ("refutes", "supports"),
        }


class TestCorrections(ReadingCases):
    path = "corrections"
    timestamps = ("at",)
    visible_to_staff = False  # staff read a draft correction with its review
    has_history = False

    def public(self) -> Any:
        return Correction.objects.get(after=make.corrected_version())

    def hidden(self) -> Any:
        return make.submitted_correction(make.published_version())

    def filters(self, record: Any) -> dict[str, tuple[Any, Any]]:
        return {
            "kind": ("correction", "update"),
            "kind__in": ("correction,update", "retraction"),
            "review": (record.review.public_id, uuid4()),
            "claim": (record.review.claim.public_id, uuid4()),
            "publisher": (record.review.publisher.public_id, uuid4()),
        }
