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
        "status", "choice", "status", "Status of the desk's work", "reviewed", choices=ClaimStatus
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

SPEAKER_CRITERIA: Final = (
    Criterion("speaker", "id", "speaker__public_id", "The speaker's id", EXAMPLE_ID),
    Criterion("speaker__slug", "text", "speaker__slug", "The speaker's slug", "ada-quill"),
    Criterion(
        "speaker__kind",
        "choice",
        "speaker__kind",
        "Kind of speaker",
        "anonymous",
        choices=SpeakerKind,
    ),
)
STATEMENT_CRITERIA: Final = (
    Criterion(
        "organization",
        "text",
        "affiliation__organization",
        "Exact name of the organization that the speaker spoke for",
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
    Criterion("quotation", "choice", "quotation", "Kind of quotation", "direct", choices=Quotation),
    Criterion(
        "source_given",
        "choice",
        "source_given",
        "How the document names its source",
        "linked",
        choices=SourceGiven,
    ),
    Criterion(
        "stated_on",
        "date",
        "stated",
        "Date of the statement, with its whole period if partial,",
        "2025-03",
    ),
)

# Of the published version of a review.
VERDICT: Final = Criterion(
    "verdict",
    "choice",
    "rating__verdict",
    "Verdict of a published review",
    "false",
    choices=Verdict,
)
RATING: Final = Criterion(
    "rating",
    "id",
    "rating__public_id",
    "Id of a published review's rating",
    EXAMPLE_ID,
)
REVIEWED_AT: Final = Criterion(
    "reviewed_at",
    "timestamp",
    "published_at",
    "Publication of the current version",
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
    "Whether it has evidence that you may see",
    "true",
    relation="evidence",
)
CONTRADICTS: Final = Criterion(
    "contradicts",
    "id",
    "",
    "Id of a claim that it contradicts or that contradicts it",
    EXAMPLE_ID,
    method="match_contradicting",
)
