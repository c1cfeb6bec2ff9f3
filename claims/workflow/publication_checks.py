"""Checks of a review version before it is submitted or published.

A failed check either blocks the transition or only warns. The rules are our own and those of the
guidelines for ClaimReview markup: search engines ignore markup that breaks them.
"""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import pairwise
from typing import Final

from django.utils.translation import gettext as _

from claims.choices import PUBLIC_STATES, ClaimStatus, ReviewOrigin, Verdict
from claims.models import Rating, ReviewVersion
from claims.rating_scales import MIN_NUMBER, find_markup_range

# Search results cut `claimReviewed` after about this many characters.
SEARCH_RESULT_LENGTH: Final = 75  # characters
# The common verdicts that are degrees of truth, from true to false.
_DEGREES: Final = (
    Verdict.TRUE,
    Verdict.MOSTLY_TRUE,
    Verdict.MIXED,
    Verdict.MOSTLY_FALSE,
    Verdict.FALSE,
)


@dataclass(frozen=True, slots=True)
class PublicationCheck:
    """The result of one rule.

    ``code`` is a stable name for programs. ``label`` describes a version that passes.
    ``sentence`` tells the author how to correct a version that fails. A failed check with
    ``blocks`` prevents the transition.
    """

    code: str
    label: str
    sentence: str
    blocks: bool
    passed: bool


def run_checks(version: ReviewVersion) -> list[PublicationCheck]:
    """Run all checks; return the blocking ones first."""
    return [*_blocking_checks(version), *_warning_checks(version)]


def find_unmet_requirements(version: ReviewVersion) -> list[str]:
    """Return a sentence for each failed check that blocks submission and publication."""
    return [check.sentence for check in _blocking_checks(version) if not check.passed]


def _blocking_checks(version: ReviewVersion) -> Iterator[PublicationCheck]:
    def rule(code: str, label: str, sentence: str, *, passed: bool) -> PublicationCheck:
        return PublicationCheck(code, label, sentence, blocks=True, passed=passed)

    rating = version.rating
    yield rule("rating", _("It has a rating"), _("Choose a rating."), passed=rating is not None)
    yield rule(
        "summary",
        _("It has a summary"),
        _("Write a summary."),
        passed=bool(version.summary.strip()),
    )
    yield rule(
        "evidence",
        _("It has evidence"),
        _("Add at least one piece of evidence."),
        passed=version.evidence.exists(),
    )
    if version.number > 1:
        yield rule(
            "correction_kind",
            _("The correction has a kind"),
            _("Choose the kind of correction."),
            passed=bool(version.correction_kind),
        )
        yield rule(
            "correction_note",
            _("The correction has a public note"),
            _("Write the public note of the correction."),
            passed=bool(version.correction_note.strip()),
        )
    yield rule(
        "claim_open",
        _("The claim is not rejected"),
        _("Reopen the rejected claim."),
        passed=version.review.claim.status != ClaimStatus.REJECTED,
    )
    if rating is not None and rating.value is not None:
        problem = _scale_problem(rating)
        yield rule("rating_value", _("The rating fits its scale"), problem, passed=not problem)


def _scale_problem(rating: Rating) -> str:
    """Return why the scale's numbers are unfit for markup; empty if they are fit."""
    values = rating.scale.ratings.exclude(value=None).values_list("value", flat=True)
    numbers = [number for number in values if number is not None]
    if find_markup_range(numbers) is not None:
        return ""
    if min(numbers) < MIN_NUMBER:
        return _(
            "The rating's scale has the number %(number)s, but numbers must start at 1. "
            "Choose a rating of another scale."
        ) % {"number": min(numbers)}
    return _(
        "The rating's scale has only one number, but it needs a best and a worst one. "
        "Choose a rating of another scale."
    )


def _warning_checks(version: ReviewVersion) -> Iterator[PublicationCheck]:
    def rule(code: str, label: str, sentence: str, *, passed: bool) -> PublicationCheck:
        return PublicationCheck(code, label, sentence, blocks=False, passed=passed)

    claim, publisher = version.review.claim, version.review.publisher
    yield rule(
        "claim_length",
        _("The claim is short enough for search results"),
        _("The claim has %(length)s characters. Search results show about %(most)s.")
        % {"length": len(claim.text), "most": SEARCH_RESULT_LENGTH},
        passed=len(claim.text) <= SEARCH_RESULT_LENGTH,
    )
    yield rule(
        "headline",
        _("It has a headline"),
        _("Write a headline, by which readers find the review."),
        passed=bool(version.headline.strip()),
    )
    yield from _rating_checks(version, rule)
    evidence = list(version.evidence.values_list("is_primary", "is_confidential"))
    yield rule(
        "primary_source",
        _("It cites a primary source"),
        _("No evidence is a primary source. Cite the origin of the fact."),
        passed=any(primary for primary, _confidential in evidence),
    )
    yield rule(
        "evidence_shown",
        _("Readers can see evidence"),
        _("All evidence is confidential. Readers cannot follow the finding."),
        passed=not evidence or not all(confidential for _primary, confidential in evidence),
    )
    yield rule(
        "appearance",
        _("A document with the claim has a URL"),
        _("No statement of the claim is in a document with a URL. Readers cannot look it up."),
        passed=claim.statements.filter(document__url__isnull=False).exists(),
    )
    yield rule(
        "corrections_policy",
        _("The publisher links its corrections policy"),
        _("%(publisher)s has no link to its corrections policy. Add it on the publisher's page.")
        % {"publisher": publisher},
        passed=bool(publisher.corrections_policy_url),
    )
    own_reviews = claim.reviews.filter(origin=ReviewOrigin.OWN, versions__state__in=PUBLIC_STATES)
    yield rule(
        "one_review",
        _("No other review of ours covers the claim"),
        _("Another review of ours covers this claim, so its markup would be on two pages."),
        passed=not own_reviews.exclude(pk=version.review_id).exists(),
    )


def _rating_checks(
    version: ReviewVersion, rule: Callable[..., PublicationCheck]
) -> Iterator[PublicationCheck]:
    rating = version.rating
    if rating is None:
        return
    words = {str(rating.label), str(Verdict(rating.verdict).value).replace("_", " ")}
    claim_text = version.review.claim.text
    verdict_word = next((word for word in sorted(words) if _contains_word(claim_text, word)), "")
    yield rule(
        "verdict_in_claim",
        _("The claim's text does not contain the verdict"),
        _("The claim's text contains the verdict '%(word)s'. Write the claim in neutral words.")
        % {"word": verdict_word},
        passed=not verdict_word,
    )
    yield rule(
        "rating_mapped",
        _("The rating is mapped to a common verdict"),
        _("Choose the common verdict that '%(label)s' means.") % {"label": rating.label},
        passed=rating.verdict != Verdict.UNMAPPED,
    )
    if rating.value is not None:
        yield rule(
            "scale_order",
            _("The scale's numbers rise with the truth"),
            _(
                "The numbers of the rating's scale do not rise with the truth. "
                "Give truer ratings higher numbers."
            ),
            passed=_rises_with_truth(rating),
        )


def _contains_word(text: str, word: str) -> bool:
    return re.search(rf"\b{re.escape(word)}\b", text, re.IGNORECASE) is not None


def _rises_with_truth(rating: Rating) -> bool:
    ratings = rating.scale.ratings.filter(verdict__in=_DEGREES, value__isnull=False)
    by_truth = sorted(
        ratings.values_list("verdict", "value"), key=lambda row: _DEGREES.index(row[0])
    )
    # Ratings with the same verdict may have any numbers.
    return all(truer[1] > less[1] or truer[0] == less[0] for truer, less in pairwise(by_truth))
