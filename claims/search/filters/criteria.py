"""Criteria of claims, statements, reviews and topics, shared by the filter sets."""

from dataclasses import replace
from typing import Final

from claims.choices import Checkability, ClaimKind, ClaimStatus, Quotation, SourceGiven, Verdict
from claimsapi.core.api.filter_criteria import Criterion
from sources.choices import SpeakerKind

EXAMPLE_ID: Final = "0199e2a4-1b2c-7d3e-8f40-123456789abc"


def related_criteria(
    relation: str, *criteria: Criterion, prefix: str = "", path: str = ""
) -> tuple[Criterion, ...]:
    """Return the criteria for a related record, with a prefix for each name and path."""
    return tuple(
        replace(
            criterion,
            relation=relation,
            name=f"{prefix}{criterion.name}",
            path=f"{path}{criterion.path}",
        )
        for criterion in criteria
    )


CLAIM_ID: Final = Criterion(
    "claim", "id", "claim__public_id", "The claim's id", EXAMPLE_ID, lookups=("exact",)
)

CLAIM_CRITERIA: Final = (
    Criterion(
        "status", "choice", "status", "Where it stands in our work", "reviewed", choices=ClaimStatus
    ),
    Criterion("kind", "choice", "kind", "Kind of proposition", "statistic", choices=ClaimKind),
    Criterion(
        "checkability",
        "choice",
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
    Criterion("speaker", "id", "speaker__public_id", "Id of who said it", EXAMPLE_ID),
    Criterion("speaker__slug", "text", "speaker__slug", "Slug of who said it", "ada-quill"),
    Criterion(
        "speaker__kind", "choice", "speaker__kind", "What said it", "anonymous", choices=SpeakerKind
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
    Criterion(
        "document", "id", "document__public_id", "Id of a document in which it appears", EXAMPLE_ID
    ),
    Criterion(
        "document__publisher",
        "id",
        "document__publisher__public_id",
        "Id of the publisher of a document in which it appears",
        EXAMPLE_ID,
    ),
    Criterion(
        "quotation", "choice", "quotation", "How the words are given", "direct", choices=Quotation
    ),
    Criterion(
        "source_given",
        "choice",
        "source_given",
        "What source the document gives",
        "linked",
        choices=SourceGiven,
    ),
    Criterion(
        "stated_on", "date", "stated", "Said, the whole of what is known of the date,", "2025-03"
    ),
)

# Of a standing version: the one of its review that is published now.
VERDICT: Final = Criterion(
    "verdict", "choice", "rating__verdict", "The verdict that stands", "false", choices=Verdict
)
RATING: Final = Criterion(
    "rating",
    "id",
    "rating__public_id",
    "Id of the rating that stands, the publisher's word",
    EXAMPLE_ID,
)
REVIEWED_AT: Final = Criterion(
    "reviewed_at",
    "timestamp",
    "published_at",
    "The version that stands was published",
    "2026-11-23T12:00:00Z",
)
PUBLISHER_CRITERIA: Final = (
    Criterion(
        "publisher", "id", "publisher__public_id", "Id of the review's publisher", EXAMPLE_ID
    ),
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
    "has_evidence",
    "boolean",
    "",
    "Whether there is evidence that you may see",
    "true",
    relation="evidence",
)
CONTRADICTS: Final = Criterion(
    "contradicts",
    "id",
    "",
    "Id of a claim that it contradicts, or that contradicts it",
    EXAMPLE_ID,
    method="match_contradicting",
)
