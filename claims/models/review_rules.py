"""The rules of reviews, review versions and evidence that the database enforces.

Each rule has its code, its sentence for people and its condition. The condition of a constraint
holds for every row; that of a guard describes the writes to refuse.
"""

from typing import Final

from django.db.models import F, Q
from django.db.models.constraints import BaseConstraint
from django.utils.translation import gettext_lazy as _

from claims.choices import (
    OPEN_STATES,
    PUBLIC_STATES,
    PUBLIC_STATES_SQL,
    VERSION_TRANSITIONS,
    CorrectionKind,
    ReviewOrigin,
    Stance,
    VersionState,
)
from claims.models.passage_rules import passage_guards
from claimsapi.core.database.constraints import (
    Check,
    Unique,
    one_of,
    one_of_sentence,
    passage_in_order,
)
from claimsapi.core.database.guards import Guard, columns_changed, forbid_replace

# --- reviews

REVIEW_CONSTRAINTS: Final[list[BaseConstraint]] = [
    one_of("origin", ReviewOrigin),
    Unique(
        "claims_review_one_own_review",
        _("This publisher has a review of the claim already: prepare its next version."),
        fields=["claim", "publisher"],
        # Other publishers may have checked one claim several times.
        condition=Q(origin=ReviewOrigin.OWN),
    ),
    Check(
        "claims_review_own_has_no_identifier",
        _("Only an imported review can have an identifier."),
        Q(identifier="") | Q(origin=ReviewOrigin.IMPORTED),
    ),
]

REVIEW_GUARDS: Final = (
    Guard(
        "identity",
        on="UPDATE",
        sentence=_("A submitted review keeps its claim and publisher."),
        # We decide which of our claims an imported review is about, and may decide again.
        refuse_when=(
            f"({columns_changed('publisher_id', 'origin')}"
            f" OR {columns_changed('claim_id')} AND OLD.origin = '{ReviewOrigin.OWN}')"
            " AND EXISTS (SELECT 1 FROM claims_reviewversion v"
            " WHERE v.review_id = OLD.id AND v.state <> 'draft')"
        ),
    ),
    Guard(
        "same_slug",
        on="UPDATE",
        sentence=_("The URL of a published review never changes."),
        # The slug is set at the first publication: from then on, others link to the page.
        refuse_when="OLD.slug IS NOT NULL AND " + columns_changed("slug"),
    ),
    forbid_replace("claims_review"),
)

# --- review versions

FOREIGN_RATING: Final = _(
    "The rating belongs to another publisher: choose one of this publisher's ratings or a common "
    "one."
)
IMPORTED_FINDING: Final = _(
    "The finding of this version comes from ClaimReview markup: change it at its source. Evidence "
    "and correction can be edited here."
)

_HAS_FOREIGN_RATING: Final = (
    "EXISTS (SELECT 1 FROM claims_rating r JOIN claims_ratingscale s ON s.id = r.scale_id"
    " JOIN claims_review w ON w.id = NEW.review_id"
    " WHERE r.id = NEW.rating_id AND s.publisher_id <> w.publisher_id)"
)
_ALLOWED_TRANSITIONS: Final = " OR ".join(
    f"(OLD.state = '{source}' AND NEW.state = '{target}')" for source, target in VERSION_TRANSITIONS
)

VERSION_CONSTRAINTS: Final[list[BaseConstraint]] = [
    one_of("state", VersionState),
    Unique(
        "claims_reviewversion_numbered_once",
        _("The review has a version with this number already."),
        fields=["review", "number"],
    ),
    Unique(
        "claims_reviewversion_one_open",
        _("The review has an open version already."),
        fields=["review"],
        condition=Q(state__in=OPEN_STATES),
    ),
    Unique(
        "claims_reviewversion_one_published",
        _("The review has a published version already."),
        fields=["review"],
        condition=Q(state=VersionState.PUBLISHED),
    ),
    Check(
        "claims_reviewversion_two_people",
        _("The author cannot publish the version: another editor must."),
        # Open versions have no editor, and neither have imported ones.
        Q(editor__isnull=True) | ~Q(editor=F("author")),
    ),
    Check(
        "claims_reviewversion_published_complete",
        _(
            "A published version needs a rating, a summary, an editor and a publication time; an "
            "imported one needs its markup, a rating and a publication time."
        ),
        Q(state__in=OPEN_STATES, published_at__isnull=True, editor__isnull=True)
        # A version written at this desk has an editor; an imported one has markup.
        | Q(
            ~Q(summary=""),
            state__in=PUBLIC_STATES,
            rating__isnull=False,
            published_at__isnull=False,
            editor__isnull=False,
            markup="",
        )
        | Q(
            ~Q(markup=""),
            state__in=PUBLIC_STATES,
            rating__isnull=False,
            published_at__isnull=False,
        ),
    ),
    Check(
        "claims_reviewversion_submitted_has_time",
        _("A submitted version needs the time of its submission."),
        Q(state=VersionState.DRAFT) | Q(submitted_at__isnull=False),
    ),
    Check(
        "claims_reviewversion_closed_has_time",
        _("A superseded or retracted version needs a closing time; other versions have none."),
        Q(state__in=(VersionState.SUPERSEDED, VersionState.RETRACTED), closed_at__isnull=False)
        | Q(state__in=(*OPEN_STATES, VersionState.PUBLISHED), closed_at__isnull=True),
    ),
    Check(
        "claims_reviewversion_correction_valid",
        one_of_sentence("correction_kind", CorrectionKind),
        Q(correction_kind__in=["", *CorrectionKind.values]),
    ),
    Check(
        "claims_reviewversion_correction_from_second",
        _("Version 2 and later need a correction kind and a public note; version 1 has neither."),
        Q(number=1, correction_kind="", correction_note="")
        # A draft may be incomplete until its submission.
        | Q(number__gte=2, state=VersionState.DRAFT)
        | Q(~Q(correction_kind=""), ~Q(correction_note=""), number__gte=2),
    ),
    Check(
        "claims_reviewversion_retraction_has_note",
        _("A retracted version needs a public note; other versions have none."),
        Q(~Q(retraction_note=""), state=VersionState.RETRACTED)
        | Q(~Q(state=VersionState.RETRACTED), retraction_note=""),
    ),
]

VERSION_GUARDS: Final = (
    Guard(
        "frozen",
        on="UPDATE",
        sentence=_(
            "Only a draft can be edited: return a submitted version first. A published version "
            "never changes."
        ),
        refuse_when="OLD.state <> 'draft' AND "
        + columns_changed(
            "review_id",
            "number",
            "rating_id",
            "headline",
            "summary",
            "body",
            "author_id",
            "correction_kind",
            "correction_note",
            "markup",
        ),
    ),
    Guard(
        "published_frozen",
        on="UPDATE",
        sentence=_("The times, the editor and the return reason of a published version are final."),
        refuse_when=f"OLD.state IN {PUBLIC_STATES_SQL} AND "
        + columns_changed(
            "editor_id", "submitted_at", "published_at", "created_at", "return_reason"
        ),
    ),
    Guard(
        "closed_frozen",
        on="UPDATE",
        sentence=_("The closing time and the retraction note of a version are final."),
        refuse_when="OLD.closed_at IS NOT NULL AND "
        + columns_changed("closed_at", "retraction_note"),
    ),
    Guard(
        "transition",
        on="UPDATE",
        sentence=_("This change of state is not allowed: a draft is submitted, then published."),
        # An imported version is created as a draft, receives its evidence, and is published at
        # once, without a submission.
        refuse_when=(
            f"OLD.state <> NEW.state AND NOT ({_ALLOWED_TRANSITIONS}"
            f" OR OLD.state = '{VersionState.DRAFT}'"
            f" AND NEW.state = '{VersionState.PUBLISHED}' AND NEW.markup <> '')"
        ),
    ),
    Guard(
        "imported_finding",
        on="UPDATE",
        sentence=IMPORTED_FINDING,
        # An import writes the finding together with new markup.
        refuse_when="OLD.markup <> '' AND OLD.markup = NEW.markup AND "
        + columns_changed("rating_id", "headline", "summary", "body"),
    ),
    Guard(
        "own_rating",
        on="INSERT",
        sentence=FOREIGN_RATING,
        refuse_when=_HAS_FOREIGN_RATING,
    ),
    Guard(
        "own_rating",
        on="UPDATE",
        sentence=FOREIGN_RATING,
        # The review may have changed its publisher while the version was a draft: the submission
        # checks the rating again.
        refuse_when=(
            f"({columns_changed('rating_id', 'review_id')}"
            " OR OLD.state = 'draft' AND NEW.state <> 'draft')"
            f" AND {_HAS_FOREIGN_RATING}"
        ),
    ),
    Guard(
        "needs_evidence",
        on="UPDATE",
        sentence=_("A review needs at least one piece of evidence before publication."),
        # Imported versions skip the submission and may have no evidence.
        refuse_when=(
            "OLD.state = 'submitted' AND NEW.state = 'published' AND NOT EXISTS"
            " (SELECT 1 FROM claims_evidence e WHERE e.version_id = NEW.id)"
        ),
    ),
    Guard(
        "only_draft_deleted",
        on="DELETE",
        sentence=_("Only a draft can be deleted."),
        refuse_when="OLD.state <> 'draft'",
    ),
    forbid_replace("claims_reviewversion"),
)

# --- evidence

_FROZEN_EVIDENCE: Final = _("The evidence of a submitted or published version never changes.")
# A passage whose snapshot had no text at first may still receive its words, once.
_WORDS_CHANGED: Final = " OR ".join(
    f"(OLD.{column} <> NEW.{column} AND (OLD.{column} <> '' OR NEW.start IS NULL"
    " OR NOT EXISTS (SELECT 1 FROM sources_snapshot s"
    " WHERE s.id = NEW.snapshot_id AND s.text IS NOT NULL)))"
    for column in ("exact", "prefix", "suffix")
)

EVIDENCE_CONSTRAINTS: Final[list[BaseConstraint]] = [
    one_of("stance", Stance),
    passage_in_order(),
    Check(
        "claims_evidence_confidential_has_reason",
        _("Confidential evidence needs a reason; other evidence has none."),
        Q(is_confidential=False, confidential_reason="")
        | Q(~Q(confidential_reason=""), is_confidential=True),
    ),
]

# The guards lock the version: without the lock, one transaction could submit it while another one
# still changes its evidence.
EVIDENCE_GUARDS: Final = (
    *passage_guards("claims_evidence"),
    forbid_replace("claims_evidence"),
    Guard(
        "frozen",
        on="INSERT",
        sentence=_("Evidence can be added to a draft only."),
        # loaddata inserts the evidence of a published version after it, with its old timestamp.
        refuse_when=(
            "EXISTS (SELECT 1 FROM claims_reviewversion v WHERE v.id = NEW.version_id"
            " AND v.state <> 'draft' AND NEW.created_at > v.submitted_at)"
        ),
        lock="FROM claims_reviewversion v WHERE v.id = NEW.version_id",
    ),
    Guard(
        "frozen",
        on="UPDATE",
        sentence=_FROZEN_EVIDENCE,
        refuse_when=(
            "EXISTS (SELECT 1 FROM claims_reviewversion v"
            " WHERE v.id IN (OLD.version_id, NEW.version_id) AND v.state <> 'draft') AND ("
            + columns_changed(
                "created_at",
                "version_id",
                "document_id",
                "snapshot_id",
                "stance",
                "start",
                '"end"',
                "locator",
                "is_primary",
                "note",
                "is_confidential",
                "confidential_reason",
            )
            + f" OR {_WORDS_CHANGED})"
        ),
        lock="FROM claims_reviewversion v WHERE v.id = OLD.version_id",
    ),
    Guard(
        "frozen",
        on="DELETE",
        sentence=_FROZEN_EVIDENCE,
        refuse_when=(
            "EXISTS (SELECT 1 FROM claims_reviewversion v"
            " WHERE v.id = OLD.version_id AND v.state <> 'draft')"
        ),
        lock="FROM claims_reviewversion v WHERE v.id = OLD.version_id",
    ),
)
