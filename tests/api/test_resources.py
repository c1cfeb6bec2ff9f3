"""Every resource of the API, each joined to the battery by what is its own."""

from typing import Any, ClassVar
from uuid import uuid4

from claims import workflow
from claims.models import Correction, Review
from tests import factories as make
from tests.api.battery import ReadingCases, ResourceCases


def asked(**cases: tuple[Any, Any]) -> dict[str, tuple[Any, Any]]:
    """Cases of what is equal or not, with those of the list and of the complement beside each."""
    made: dict[str, tuple[Any, Any]] = {}
    for name, (fitting, other) in cases.items():
        made[name] = (fitting, other)
        made[f"{name}__in"] = (f"{other},{fitting}", other)
        made[f"{name}__not"] = (other, fitting)
    return made


LATER = "2100-01-01T00:00:00Z"


def of_statement(statement: Any) -> dict[str, tuple[Any, Any]]:
    """Cases of what a statement says, of `said`."""
    return {
        **asked(
            document=(statement.document.public_id, uuid4()),
            document__publisher=(statement.document.publisher.public_id, uuid4()),
            quotation=("indirect", "direct"),
            source_given=("unknown", "linked"),
        ),
        "stated_on__gte": ("2025-03", "2025-04"),
        "stated_on__lt": ("2025-04", "2025-03-31"),
    }


def of_speaker(statement: Any) -> dict[str, tuple[Any, Any]]:
    """Cases of who said it."""
    return asked(
        speaker=(statement.speaker.public_id, uuid4()),
        speaker__slug=(statement.speaker.slug, "other"),
        speaker__kind=("person", "anonymous"),
    )


def of_role() -> dict[str, tuple[Any, Any]]:
    return asked(organization=("Harbour Authority", "harbour authority"))


def of_claim(status: str = "unreviewed") -> dict[str, tuple[Any, Any]]:
    """Cases of the claim itself."""
    return asked(
        status=(status, "in_review"),
        kind=("event", "position"),
        checkability=("checkable", "not_yet"),
        language=("en", "de"),
    )


def of_its_claim(status: str = "unreviewed") -> dict[str, tuple[Any, Any]]:
    return {f"claim__{name}": values for name, values in of_claim(status).items()}


def of_review(version: Any) -> dict[str, tuple[Any, Any]]:
    """Cases of a version that stands."""
    moment = version.published_at.isoformat()
    return {
        **asked(
            verdict=("false", "true"),
            rating=(version.rating.public_id, uuid4()),
        ),
        "reviewed_at__gte": (moment, LATER),
        "reviewed_at__lt": (LATER, moment),
    }


def of_publisher(publisher: Any) -> dict[str, tuple[Any, Any]]:
    return asked(
        publisher=(publisher.public_id, uuid4()), publisher__slug=(publisher.slug, "other")
    )


def topic_of(claim: Any) -> dict[str, tuple[Any, Any]]:
    return asked(topic=(claim.topics.get().slug, "other"))


def said_publicly(**values: Any) -> Any:
    """A statement of a reviewed claim, with all that it can be found by."""
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


def standing(claim: Any) -> Any:
    return claim.reviews.get().versions.get(state="published")


def sent(record: Any) -> str:
    """How a record is named in a body."""
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
        return said_publicly().speaker

    def hidden(self) -> Any:
        return make.StatementFactory().speaker

    def body(self) -> dict[str, Any]:
        return {"slug": "ada-quill", "name": "Ada Quill", "kind": "person"}

    def filters(self, record: Any) -> dict[str, tuple[Any, Any]]:
        statement = record.statements.get()
        version = standing(statement.claim)
        return {
            **asked(slug=(record.slug, "other"), kind=("person", "organization")),
            **of_role(),
            **of_statement(statement),
            **of_its_claim("reviewed"),
            **topic_of(statement.claim),
            **of_review(version),
            **of_publisher(version.review.publisher),
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
        return {"speaker": sent(make.SpeakerFactory()), "role": "Captain"}

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
        return {"speaker": sent(make.SpeakerFactory()), "url": "https://register.example/x"}

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
        claim = said_publicly().claim
        make.ClaimRelationFactory(from_claim=claim, to_claim=make.ClaimFactory(listed=True))
        claim.refresh_from_db()
        return claim

    def hidden(self) -> Any:
        return make.submitted_version().review.claim

    def body(self) -> dict[str, Any]:
        return {"text": "A ferry sank.", "kind": "event", "topics": [sent(make.TopicFactory())]}

    def filters(self, record: Any) -> dict[str, tuple[Any, Any]]:
        statement, version = record.statements.get(), standing(record)
        other = record.relations_out.get().to_claim
        return {
            **of_claim("reviewed"),
            **topic_of(record),
            **of_speaker(statement),
            **of_role(),
            **of_statement(statement),
            **of_review(version),
            **of_publisher(version.review.publisher),
            **asked(contradicts=(other.public_id, uuid4())),
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
            "from_claim": sent(make.ClaimFactory()),
            "to_claim": sent(make.ClaimFactory()),
            "kind": "repeats",
        }

    def filters(self, record: Any) -> dict[str, tuple[Any, Any]]:
        return {
            **asked(kind=("contradicts", "repeats"), state=("confirmed", "suggested")),
            "from_claim": (record.from_claim.public_id, record.to_claim.public_id),
            "to_claim": (record.to_claim.public_id, record.from_claim.public_id),
        }


class TestStatements(ResourceCases):
    path = "statements"
    change: ClassVar = {"attributed_as": "the spokeswoman", "stated_on": "2026"}

    def public(self) -> Any:
        snapshot = make.SnapshotFactory()
        return said_publicly(document=snapshot.document, snapshot=snapshot)

    def hidden(self) -> Any:
        return make.StatementFactory()

    def body(self) -> dict[str, Any]:
        return {
            "claim": sent(make.ClaimFactory()),
            "document": sent(make.DocumentFactory()),
            "speaker": sent(make.SpeakerFactory()),
            "quotation": "indirect",
        }

    def filters(self, record: Any) -> dict[str, tuple[Any, Any]]:
        version = standing(record.claim)
        return {
            "claim": (record.claim.public_id, uuid4()),
            **of_speaker(record),
            **of_role(),
            **of_statement(record),
            **of_its_claim("reviewed"),
            **topic_of(record.claim),
            **of_review(version),
            **of_publisher(version.review.publisher),
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
        return {"scale": sent(scale), "label": "Pants", "position": 1, "verdict": "false"}

    def filters(self, record: Any) -> dict[str, tuple[Any, Any]]:
        return {"scale": (record.scale.public_id, uuid4()), **asked(verdict=("false", "true"))}


class TestReviews(ResourceCases):
    path = "reviews"
    change: ClassVar = {"headline": "No ferry sank", "summary": "None did.", "body": "The log."}

    def public(self) -> Any:
        return Review.objects.get(claim=said_publicly().claim)

    def hidden(self) -> Any:
        return make.submitted_version().review

    def body(self) -> dict[str, Any]:
        return {
            "claim": sent(make.ClaimFactory()),
            "publisher": sent(make.PublisherFactory()),
            "summary": "None did.",
        }

    def filters(self, record: Any) -> dict[str, tuple[Any, Any]]:
        moment = record.versions.get().published_at.isoformat()
        return {
            "claim": (record.claim.public_id, uuid4()),
            **of_publisher(record.publisher),
            **of_review(record.versions.get()),
            **asked(state=("published", "draft"), origin=("own", "imported")),
            "published_at__gte": (moment, LATER),
            "published_at__lt": (LATER, moment),
            "changed_since": (moment, LATER),
            **of_its_claim("reviewed"),
            **topic_of(record.claim),
            **of_speaker(record.claim.statements.get()),
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
            "review": sent(make.ReviewVersionFactory().review),
            "document": sent(make.DocumentFactory()),
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
    moments = ("at",)
    seen_by_staff = False  # staff read a correction in the making with its review
    has_past = False

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
