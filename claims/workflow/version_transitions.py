"""Transitions of review versions: from draft to published, superseded or retracted."""

from typing import Final

from django.db.models import Q
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from claims.choices import IMPORT_ACTION, ClaimStatus, VersionState
from claims.models import Claim, Review, ReviewVersion
from claims.slugs import make_slug
from claims.workflow import publication_checks
from claims.workflow.events import VERSION_PUBLISHED, VERSION_RETRACTED
from claims.workflow.transition import PUBLIC_NOTE, REASON, Decision, Transition
from claimsapi.core.ledger.audit_context import actor_name
from claimsapi.core.models import Entry, User, with_new_revision


def _author_denial_reason(version: ReviewVersion, user: User) -> str:
    """Return why this user may not publish: the author and every editor of the version may not.

    Two people answer for each published version. The ledger records who changed the version or its
    evidence, so the rule holds even if an edit was undone.
    """
    if version.author == user:
        return _("You wrote this version. Someone who neither wrote nor edited it must publish it.")
    own_entries = Entry.objects.filter(
        Q(object=version.public_id) | Q(part_of=version.public_id),
        actor=actor_name(user),
        action__in=("create", "change", "delete", IMPORT_ACTION),
    )
    if own_entries.exists():
        return _(
            "You edited this version. Someone who neither wrote nor edited it must publish it."
        )
    return ""


def _supersede(version: ReviewVersion, decision: Decision) -> None:
    published = ReviewVersion.objects.filter(review=version.review, state=VersionState.PUBLISHED)
    published.update(**with_new_revision(state=VersionState.SUPERSEDED, closed_at=decision.at))


def _complete_publication(version: ReviewVersion, decision: Decision) -> None:
    review = version.review
    slug = review.slug or make_slug(review.claim.text, review.public_id, "review")
    Review.objects.filter(pk=version.review_id).update(**with_new_revision(slug=slug))
    claim = Claim.objects.filter(pk=version.review.claim_id).exclude(status=ClaimStatus.REVIEWED)
    claim.update(**with_new_revision(status=ClaimStatus.REVIEWED, status_reason=""))
    VERSION_PUBLISHED.emit(version, decision.at)


def _complete_retraction(version: ReviewVersion, decision: Decision) -> None:
    Review.objects.filter(pk=version.review_id).update(**with_new_revision())
    claim = version.review.claim
    if not ReviewVersion.objects.filter(review__claim=claim, state=VersionState.PUBLISHED).exists():
        reviewed = Claim.objects.filter(pk=claim.pk, status=ClaimStatus.REVIEWED)
        reviewed.update(**with_new_revision(status=ClaimStatus.IN_REVIEW))
    VERSION_RETRACTED.emit(version, decision.at)


SUBMIT: Final = Transition(
    "submit",
    gettext_noop("Submit"),
    (VersionState.DRAFT,),
    VersionState.SUBMITTED,
    "claims.change_reviewversion",
    unmet_requirements=publication_checks.find_unmet_requirements,
    changes=lambda decision: {"submitted_at": decision.at, "return_reason": ""},
)
RETURN: Final = Transition(
    "return",
    gettext_noop("Return to author"),
    (VersionState.SUBMITTED,),
    VersionState.DRAFT,
    "claims.publish_reviewversion",
    text_name=REASON,
    changes=lambda decision: {"return_reason": decision.text},
)
PUBLISH: Final = Transition(
    "publish",
    gettext_noop("Publish"),
    (VersionState.SUBMITTED,),
    VersionState.PUBLISHED,
    "claims.publish_reviewversion",
    denial_reason=_author_denial_reason,
    unmet_requirements=publication_checks.find_unmet_requirements,
    changes=lambda decision: {"editor": decision.user, "published_at": decision.at},
    before=_supersede,
    after=_complete_publication,
)
RETRACT: Final = Transition(
    "retract",
    gettext_noop("Retract"),
    (VersionState.PUBLISHED,),
    VersionState.RETRACTED,
    "claims.retract_reviewversion",
    text_name=PUBLIC_NOTE,
    changes=lambda decision: {"retraction_note": decision.text, "closed_at": decision.at},
    after=_complete_retraction,
)
