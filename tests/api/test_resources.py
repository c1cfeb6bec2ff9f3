"""Every resource of the API, each joined to the battery by what is its own."""

from typing import Any, ClassVar
from uuid import uuid4

from claims import workflow
from claims.models import Correction, Review
from tests import factories as make
from tests.api.battery import ReadingCases, ResourceCases


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
        speaker = make.SpeakerFactory()
        make.AffiliationFactory(speaker=speaker)
        make.StatementFactory(speaker=speaker, claim=make.ClaimFactory(listed=True))
        return speaker

    def hidden(self) -> Any:
        return make.StatementFactory().speaker

    def body(self) -> dict[str, Any]:
        return {"slug": "ada-quill", "name": "Ada Quill", "kind": "person"}

    def filters(self, record: Any) -> dict[str, tuple[Any, Any]]:
        return {
            "slug": (record.slug, "other"),
            "kind": ("person", "organization"),
            "kind__in": ("person,anonymous", "organization"),
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
        version = make.published_version()
        claim = version.review.claim
        claim.topics.add(make.TopicFactory())
        make.StatementFactory(claim=claim)
        make.ClaimRelationFactory(from_claim=claim, to_claim=make.ClaimFactory(listed=True))
        claim.refresh_from_db()
        return claim

    def hidden(self) -> Any:
        return make.submitted_version().review.claim

    def body(self) -> dict[str, Any]:
        return {"text": "A ferry sank.", "kind": "event", "topics": [sent(make.TopicFactory())]}

    def filters(self, record: Any) -> dict[str, tuple[Any, Any]]:
        statement = record.statements.get()
        speaker, topic = statement.speaker, record.topics.get()
        return {
            "status": ("reviewed", "unreviewed"),
            "status__in": ("reviewed,in_review", "unreviewed"),
            "kind": ("event", "position"),
            "kind__in": ("event,causal", "position"),
            "checkability": ("checkable", "not_yet"),
            "language": ("en", "de"),
            "topic": (topic.slug, "other"),
            "topic__in": (f"{topic.slug},other", "other,another"),
            "speaker": (speaker.public_id, uuid4()),
            "speaker__in": (f"{speaker.public_id},{uuid4()}", uuid4()),
            "speaker__slug": (speaker.slug, "other"),
            "speaker__kind": ("person", "anonymous"),
            "document": (statement.document.public_id, uuid4()),
            "publisher": (record.reviews.get().publisher.public_id, uuid4()),
            "verdict": ("false", "true"),
            "verdict__in": ("false,mixed", "true,mostly_true"),
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
            "kind": ("contradicts", "repeats"),
            "state": ("confirmed", "suggested"),
            "from_claim": (record.from_claim.public_id, record.to_claim.public_id),
            "to_claim": (record.to_claim.public_id, record.from_claim.public_id),
        }


class TestStatements(ResourceCases):
    path = "statements"
    change: ClassVar = {"attributed_as": "the spokeswoman", "stated_on": "2026"}

    def public(self) -> Any:
        snapshot = make.SnapshotFactory()
        return make.StatementFactory(
            claim=make.ClaimFactory(listed=True), document=snapshot.document, snapshot=snapshot
        )

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
        return {
            "claim": (record.claim.public_id, uuid4()),
            "speaker": (record.speaker.public_id, uuid4()),
            "speaker__in": (f"{uuid4()},{record.speaker.public_id}", uuid4()),
            "document": (record.document.public_id, uuid4()),
            "quotation": ("indirect", "direct"),
            "quotation__in": ("indirect,mixed", "direct"),
            "source_given": ("unknown", "linked"),
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
        return {"scale": (record.scale.public_id, uuid4()), "verdict": ("false", "true")}


class TestReviews(ResourceCases):
    path = "reviews"
    change: ClassVar = {"headline": "No ferry sank", "summary": "None did.", "body": "The log."}

    def public(self) -> Any:
        return Review.objects.get(pk=make.published_version().review_id)

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
            "publisher": (record.publisher.public_id, uuid4()),
            "verdict": ("false", "true"),
            "verdict__in": ("false,mixed", "true"),
            "state": ("published", "draft"),
            "published_at__gte": (moment, "2100-01-01T00:00:00Z"),
            "published_at__lt": ("2100-01-01T00:00:00Z", moment),
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
