"""Facts about claims, statements, reviews and topics, whichever record is found by them."""

from dataclasses import replace
from typing import Final

from claims.choices import Checkability, ClaimKind, ClaimStatus, Quotation, SourceGiven, Verdict
from claimsapi.core.api.filter_criteria import Criterion
from sources.choices import SpeakerKind

_ID: Final = "0199e2a4-1b2c-7d3e-8f40-123456789abc"


def related_criteria(
    related: str, *facts: Criterion, prefix: str = "", path: str = ""
) -> tuple[Criterion, ...]:
    """The facts as those of a related record, whose name and path go before theirs."""
    return tuple(
        replace(fact, on=related, name=f"{prefix}{fact.name}", path=f"{path}{fact.path}")
        for fact in facts
    )


CLAIM_CRITERIA: Final = (
    Criterion(
        "status", "word", "status", "Where it stands in our work", "reviewed", choices=ClaimStatus
    ),
    Criterion("kind", "word", "kind", "What sort of proposition", "statistic", choices=ClaimKind),
    Criterion(
        "checkability",
        "word",
        "checkability",
        "How far evidence can decide it",
        "checkable",
        choices=Checkability,
    ),
    Criterion("language", "text", "language", "Language tag of the claim", "en"),
)

TOPIC: Final = Criterion("topic", "text", "topic__slug", "A topic's slug", "ferries")

# Those that the narrow index answers are among these and the topic.
SPEAKER_CRITERIA: Final = (
    Criterion("speaker", "id", "speaker__public_id", "Id of who said it", _ID),
    Criterion("speaker__slug", "text", "speaker__slug", "Slug of who said it", "ada-quill"),
    Criterion(
        "speaker__kind", "word", "speaker__kind", "What said it", "anonymous", choices=SpeakerKind
    ),
)
STATEMENT_CRITERIA: Final = (
    Criterion(
        "organization",
        "text",
        "affiliation__organization",
        "Organization, by its exact name, of the role in which it was said",
        "Harbour Authority",
    ),
    Criterion("document", "id", "document__public_id", "Id of a document in which it appears", _ID),
    Criterion(
        "document__publisher",
        "id",
        "document__publisher__public_id",
        "Id of the publisher of a document in which it appears",
        _ID,
    ),
    Criterion(
        "quotation", "word", "quotation", "How the words are given", "direct", choices=Quotation
    ),
    Criterion(
        "source_given",
        "word",
        "source_given",
        "What source the document gives",
        "linked",
        choices=SourceGiven,
    ),
    Criterion(
        "stated_on", "day", "stated", "Said, the whole of what is known of the date,", "2025-03"
    ),
)

# Of a standing version: the one of its review that is published now.
VERDICT: Final = Criterion(
    "verdict", "word", "rating__verdict", "The verdict that stands", "false", choices=Verdict
)
RATING: Final = Criterion(
    "rating", "id", "rating__public_id", "Id of the rating that stands, the publisher's word", _ID
)
REVIEWED_AT: Final = Criterion(
    "reviewed_at",
    "moment",
    "published_at",
    "The version that stands was published",
    "2026-11-23T12:00:00Z",
)
PUBLISHER_CRITERIA: Final = (
    Criterion("publisher", "id", "publisher__public_id", "Id of the review's publisher", _ID),
    Criterion(
        "publisher__slug", "text", "publisher__slug", "Slug of the review's publisher", "post"
    ),
)
REVIEW_CRITERIA: Final = (
    VERDICT,
    RATING,
    REVIEWED_AT,
    *related_criteria("", *PUBLISHER_CRITERIA, path="review__"),
)

HAS_EVIDENCE: Final = Criterion(
    "has_evidence", "flag", "", "Whether there is evidence that you may see", "true", on="evidence"
)
CONTRADICTS: Final = Criterion(
    "contradicts",
    "id",
    "",
    "Id of a claim that it contradicts, or that contradicts it",
    _ID,
    by="contradicting",
)
