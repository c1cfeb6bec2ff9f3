"""Open reviews and prepare their next versions."""

from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from claims.choices import (
    OPEN_STATES,
    PUBLIC_STATES,
    ClaimStatus,
    CorrectionKind,
    ReviewOrigin,
    VersionState,
)
from claims.models import Claim, Review, ReviewVersion
from claimsapi.core.errors import Conflict
from claimsapi.core.identifiers import uuid7
from claimsapi.core.models import User, with_new_revision
from sources.models import Publisher


def open_review(*, claim: Claim, publisher: Publisher, author: User, **content: Any) -> Review:
    """Open a publisher's review of a claim with its first draft.

    ``content`` has values of the draft: rating, headline, summary, body. An unreviewed claim
    becomes 'in review'. Raises ``Conflict`` if the publisher already has a review of the claim, or
    if the claim is rejected.
    """
    with transaction.atomic():
        # The lock makes the check of the status and the change of the status one step.
        claim = Claim.objects.select_for_update().get(pk=claim.pk)
        if claim.status == ClaimStatus.REJECTED:
            raise Conflict(_("The claim was rejected. Reopen it before you review it."))
        review = claim.reviews.filter(publisher=publisher, origin=ReviewOrigin.OWN).first()
        if review is not None and review.versions.exists():
            message = _(
                "%(publisher)s already has a review of this claim. Prepare its next version."
            )
            raise Conflict(message % {"publisher": publisher})
        # A review whose only draft was deleted exists without a version: use it again.
        if review is None:
            review = Review.objects.create(claim=claim, publisher=publisher)
        version = ReviewVersion(review=review, number=1, author=author, **content)
        version.clean()
        version.save()
        Claim.objects.filter(pk=claim.pk, status=ClaimStatus.UNREVIEWED).update(
            **with_new_revision(status=ClaimStatus.IN_REVIEW)
        )
    return review


def prepare_next_version(
    *, review: Review, author: User, kind: CorrectionKind | str, note: str = ""
) -> ReviewVersion:
    """Prepare the next version of a published review as a draft.

    The draft is a copy of the latest public version and its evidence. The public version stays
    unchanged until the draft is published. Raises ``Conflict`` if the review has no public version,
    or if it has an open version already.
    """
    with transaction.atomic():
        # The lock keeps two authors from preparing the same version number.
        review = Review.objects.select_for_update().get(pk=review.pk)
        if review.identifier:
            raise Conflict(
                _(
                    "This review was imported as ClaimReview markup. "
                    "Import its next version in the same way."
                )
            )
        if review.versions.filter(state__in=OPEN_STATES).exists():
            raise Conflict(_("The review has an open version. Edit that version."))
        latest = review.versions.filter(state__in=PUBLIC_STATES).order_by("-number").first()
        if latest is None:
            raise Conflict(_("This review has no published version yet."))
        version = ReviewVersion(
            review=review,
            number=latest.number + 1,
            state=VersionState.DRAFT,
            author=author,
            correction_kind=kind,
            correction_note=note,
            **{name: getattr(latest, name) for name in ("rating", "headline", "summary", "body")},
        )
        version.clean()
        version.save()
        copy_evidence(before=latest, after=version)
    return version


def copy_evidence(*, before: ReviewVersion, after: ReviewVersion) -> None:
    """Copy the evidence of a version to the draft that follows it."""
    for evidence in before.evidence.order_by("public_id"):
        # Without a primary key, save() inserts a new row.
        evidence.pk, evidence.public_id, evidence.revision = None, uuid7(), 1
        evidence.version = after
        evidence._state.adding = True
        evidence.save()


def open_draft(review: Review) -> ReviewVersion:
    """Return the review's draft. Raises ``Conflict`` if the review has no draft to edit."""
    version: ReviewVersion | None = review.versions.filter(state__in=OPEN_STATES).first()
    if version is None:
        raise Conflict(_("The review has no open version. Prepare the next version first."))
    if version.state != VersionState.DRAFT:
        raise Conflict(_("The version was submitted. Return it before you edit it."))
    return version
