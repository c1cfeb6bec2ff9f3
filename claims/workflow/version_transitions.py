"""The moves of review versions: from a draft to what is published, and what closes it."""

from typing import Final

from django.db.models import Q
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from claims.choices import IMPORT_ACTION, ClaimStatus, VersionState
from claims.models import Claim, Review, ReviewVersion
from claims.slugs import make_slug
from claims.workflow import publication_checks
from claims.workflow.events import VERSION_PUBLISHED, VERSION_RETRACTED
from claims.workflow.transition import PUBLIC_NOTE, REASON, Transition, TransitionInput
from claimsapi.core.ledger.audit_context import actor_name
from claimsapi.core.models import Entry, User, with_new_revision


def _not_by_its_author(version: ReviewVersion, user: User) -> str:
    """Two people stand for what is published: neither its author nor whoever changed it publishes.

    Who changed it, or its evidence, the ledger knows.
    """
    if version.author == user:
        return _("You wrote this version: another person publishes it.")
    written = Entry.objects.filter(
        Q(object=version.public_id) | Q(part_of=version.public_id),
        actor=actor_name(user),
        action__in=("create", "change", "delete", IMPORT_ACTION),
    )
    if written.exists():
        return _("You changed this version: another person publishes it.")
    return ""


def _supersede(version: ReviewVersion, given: TransitionInput) -> None:
    published = ReviewVersion.objects.filter(review=version.review, state=VersionState.PUBLISHED)
    published.update(**with_new_revision(state=VersionState.SUPERSEDED, closed_at=given.at))


def _show_reviewed(version: ReviewVersion, given: TransitionInput) -> None:
    review = version.review
    slug = review.slug or make_slug(review.claim.text, review.public_id, "review")
    Review.objects.filter(pk=version.review_id).update(**with_new_revision(slug=slug))
    claim = Claim.objects.filter(pk=version.review.claim_id).exclude(status=ClaimStatus.REVIEWED)
    claim.update(**with_new_revision(status=ClaimStatus.REVIEWED, status_reason=""))
    VERSION_PUBLISHED.emit(version, given.at)


def _show_retracted(version: ReviewVersion, given: TransitionInput) -> None:
    Review.objects.filter(pk=version.review_id).update(**with_new_revision())
    claim = version.review.claim
    if not ReviewVersion.objects.filter(review__claim=claim, state=VersionState.PUBLISHED).exists():
        reviewed = Claim.objects.filter(pk=claim.pk, status=ClaimStatus.REVIEWED)
        reviewed.update(**with_new_revision(status=ClaimStatus.IN_REVIEW))
    VERSION_RETRACTED.emit(version, given.at)


SUBMIT: Final = Transition(
    "submit",
    gettext_noop("Submit"),
    (VersionState.DRAFT,),
    VersionState.SUBMITTED,
    "claims.change_reviewversion",
    missing=publication_checks.find_obstacles,
    changes=lambda given: {"submitted_at": given.at, "return_reason": ""},
)
RETURN: Final = Transition(
    "return",
    gettext_noop("Return to author"),
    (VersionState.SUBMITTED,),
    VersionState.DRAFT,
    "claims.publish_reviewversion",
    asks=REASON,
    changes=lambda given: {"return_reason": given.text},
)
PUBLISH: Final = Transition(
    "publish",
    gettext_noop("Publish"),
    (VersionState.SUBMITTED,),
    VersionState.PUBLISHED,
    "claims.publish_reviewversion",
    objection=_not_by_its_author,
    missing=publication_checks.find_obstacles,
    changes=lambda given: {"editor": given.user, "published_at": given.at},
    before=_supersede,
    after=_show_reviewed,
)
RETRACT: Final = Transition(
    "retract",
    gettext_noop("Retract"),
    (VersionState.PUBLISHED,),
    VersionState.RETRACTED,
    "claims.retract_reviewversion",
    asks=PUBLIC_NOTE,
    changes=lambda given: {"retraction_note": given.text, "closed_at": given.at},
    after=_show_retracted,
)
