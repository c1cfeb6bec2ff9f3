"""What is checked before a review version is submitted and published, each rule in plain words.

What must be right blocks; what should be right warns. The rules are those of our own house and of
the guidelines for ClaimReview markup, which a broken rule would keep out of search engines.
"""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import pairwise
from typing import Final

from django.utils.translation import gettext as _

from claims.choices import PUBLIC_STATES, ClaimStatus, ReviewOrigin, Verdict
from claims.models import Rating, ReviewVersion

# `claimReviewed` is cut in search results beyond about this many characters.
LONGEST_CLAIM: Final = 75
# The common verdicts that are degrees of truth, the truest first.
_DEGREES: Final = (
    Verdict.TRUE,
    Verdict.MOSTLY_TRUE,
    Verdict.MIXED,
    Verdict.MOSTLY_FALSE,
    Verdict.FALSE,
)


@dataclass(frozen=True, slots=True)
class Check:
    """A rule, and whether the version keeps it. ``sentence`` says what to do where it does not.

    ``code`` is stable, for programs; ``label`` names the rule where it is kept.
    """

    code: str
    label: str
    sentence: str
    blocks: bool
    kept: bool


def run_checks(version: ReviewVersion) -> list[Check]:
    """Every rule, with whether the version keeps it: those that block first."""
    found = [*_must(version), *_should(version)]
    return sorted(found, key=lambda check: not check.blocks)


def find_obstacles(version: ReviewVersion) -> list[str]:
    """What must be mended before the version is submitted or published."""
    return [check.sentence for check in _must(version) if not check.kept]


def _must(version: ReviewVersion) -> Iterator[Check]:
    def rule(code: str, label: str, sentence: str, *, kept: bool) -> Check:
        return Check(code, label, sentence, blocks=True, kept=kept)

    rating, corrects = version.rating, version.number > 1
    yield rule("rating", _("It has a rating"), _("Choose a rating."), kept=rating is not None)
    yield rule(
        "summary",
        _("It has a summary"),
        _("Write a summary."),
        kept=bool(version.summary.strip()),
    )
    yield rule(
        "evidence",
        _("It rests on evidence"),
        _("Add at least one piece of evidence."),
        kept=version.evidence.exists(),
    )
    if corrects:
        yield rule(
            "correction_kind",
            _("The correction has its kind"),
            _("Say what kind of correction this version is."),
            kept=bool(version.correction_kind),
        )
        yield rule(
            "correction_note",
            _("The correction has its public note"),
            _("Write the public note of the correction."),
            kept=bool(version.correction_note.strip()),
        )
    yield rule(
        "claim_open",
        _("The claim is not rejected"),
        _("Reopen the rejected claim."),
        kept=version.review.claim.status != ClaimStatus.REJECTED,
    )
    if rating is not None and rating.value is not None:
        fault = _off_scale(rating)
        yield rule("rating_value", _("The rating lies on its scale"), fault, kept=not fault)


def _off_scale(rating: Rating) -> str:
    """Why the rating's number cannot be one of a scale; empty if it can."""
    numbers = [value for value in _values(rating) if value is not None]
    best, worst = max(numbers), min(numbers)
    if worst < 1:
        return _(
            "The rating's scale has the number %(number)s: numbers of a scale begin at 1. "
            "Choose a rating of another scale."
        ) % {"number": worst}
    if best == worst:
        return _(
            "The rating's scale has one number only: a scale has a best and a worst. "
            "Choose a rating of another scale."
        )
    return ""


def _values(rating: Rating) -> list[int | None]:
    return list(rating.scale.ratings.values_list("value", flat=True))


def _should(version: ReviewVersion) -> Iterator[Check]:
    def rule(code: str, label: str, sentence: str, *, kept: bool) -> Check:
        return Check(code, label, sentence, blocks=False, kept=kept)

    claim, publisher = version.review.claim, version.review.publisher
    yield rule(
        "claim_length",
        _("The claim is short enough for search results"),
        _("The claim has %(length)s characters: search results show about %(most)s of them.")
        % {"length": len(claim.text), "most": LONGEST_CLAIM},
        kept=len(claim.text) <= LONGEST_CLAIM,
    )
    yield rule(
        "headline",
        _("It has a headline"),
        _("Write a headline: readers find the review by it."),
        kept=bool(version.headline.strip()),
    )
    yield from _about_rating(version, rule)
    evidence = list(version.evidence.values_list("is_primary", "is_confidential"))
    yield rule(
        "primary_source",
        _("It cites a primary source"),
        _("No piece of evidence is a primary source: cite the origin of the fact."),
        kept=any(primary for primary, _confidential in evidence),
    )
    yield rule(
        "evidence_shown",
        _("Readers see what it rests on"),
        _("All evidence is confidential: readers cannot follow the finding."),
        kept=not evidence or not all(confidential for _primary, confidential in evidence),
    )
    yield rule(
        "appearance",
        _("The claim's appearance has an address"),
        _("No statement of the claim is in a document with an address: nobody can look it up."),
        kept=claim.statements.filter(document__url__isnull=False).exists(),
    )
    yield rule(
        "corrections_policy",
        _("The publisher's corrections policy is linked"),
        _("%(publisher)s has no link to its corrections policy: add it on the publisher's page.")
        % {"publisher": publisher},
        kept=bool(publisher.corrections_policy_url),
    )
    others = claim.reviews.filter(origin=ReviewOrigin.OWN, versions__state__in=PUBLIC_STATES)
    yield rule(
        "one_review",
        _("No other review of ours judges the claim"),
        _("Another review of ours judges this claim: its markup would be on two pages."),
        kept=not others.exclude(pk=version.review_id).exists(),
    )


def _about_rating(version: ReviewVersion, rule: Callable[..., Check]) -> Iterator[Check]:
    rating = version.rating
    if rating is None:
        return
    words = {str(rating.label), str(Verdict(rating.verdict).value).replace("_", " ")}
    named = next(
        (word for word in sorted(words) if _stands_in(word, version.review.claim.text)), ""
    )
    yield rule(
        "verdict_in_claim",
        _("The claim's text does not hold the verdict"),
        _("The claim's text has the verdict's word '%(word)s' in it: a claim is neutral.")
        % {"word": named},
        kept=not named,
    )
    yield rule(
        "rating_mapped",
        _("The rating stands for a common verdict"),
        _("Nobody has decided which common verdict '%(label)s' stands for.")
        % {"label": rating.label},
        kept=rating.verdict != Verdict.UNMAPPED,
    )
    if rating.value is not None:
        yield rule(
            "scale_order",
            _("The scale's best number is its truest"),
            _(
                "The numbers of the rating's scale do not rise with the truth: the nearer to the "
                "best number, the truer."
            ),
            kept=_rises_with_truth(rating),
        )


def _stands_in(word: str, text: str) -> bool:
    return re.search(rf"\b{re.escape(word)}\b", text, re.IGNORECASE) is not None


def _rises_with_truth(rating: Rating) -> bool:
    degrees = rating.scale.ratings.filter(verdict__in=_DEGREES, value__isnull=False)
    by_truth = sorted(
        degrees.values_list("verdict", "value"),
        key=lambda row: _DEGREES.index(row[0]),
    )
    return all(truer[1] > less[1] or truer[0] == less[0] for truer, less in pairwise(by_truth))
