"""Reviews, their versions, and the evidence that they rest on."""

from typing import ClassVar

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import gettext_noop

from claims.choices import (
    OPEN_STATES,
    PUBLIC_STATES,
    VERSION_MOVES,
    CorrectionKind,
    ReviewOrigin,
    Stance,
    VersionState,
)
from claims.models.claim import Claim
from claims.models.passage import Passage, passage_guards
from claims.models.rating import Rating
from claims.querysets import EvidenceQuerySet, ReviewQuerySet, ReviewVersionQuerySet
from claimsapi.core.database.constraints import one_of, one_of_message, passage_in_order
from claimsapi.core.database.fields import TimestampField
from claimsapi.core.database.functions import WithoutAnchor
from claimsapi.core.database.guards import Guard, columns_changed, forbid_replace
from claimsapi.core.models import Record
from sources.models import Publisher

_MOVES = " OR ".join(
    f"(OLD.state = '{start}' AND NEW.state = '{end}')" for start, end in VERSION_MOVES
)
_FOREIGN_RATING = (
    "EXISTS (SELECT 1 FROM claims_rating r JOIN claims_ratingscale s ON s.id = r.scale_id"
    " JOIN claims_review w ON w.id = NEW.review_id"
    " WHERE r.id = NEW.rating_id AND s.publisher_id <> w.publisher_id)"
)
_OWN_RATINGS = gettext_noop(
    "The rating is of another publisher: use one of the review's own, or a common one."
)

AS_MARKED = gettext_noop(
    "The finding of this version came as ClaimReview markup: change it where it came from. Its "
    "evidence and its correction are written at the desk."
)


class Review(Record):
    """One publisher's assessment of one claim, made at this desk or brought in from elsewhere."""

    guards: ClassVar = (
        Guard(
            "identity",
            "UPDATE",
            # Which of our claims an imported review is about is our own finding, and may change.
            f"({columns_changed('publisher_id', 'origin')}"
            f" OR {columns_changed('claim_id')} AND OLD.origin = '{ReviewOrigin.OWN}')"
            " AND EXISTS (SELECT 1 FROM claims_reviewversion v"
            " WHERE v.review_id = OLD.id AND v.state <> 'draft')",
            gettext_noop("A review that was submitted stays that of its claim and publisher."),
        ),
        Guard(
            "same_address",
            "UPDATE",
            "OLD.slug IS NOT NULL AND " + columns_changed("slug"),
            gettext_noop("The address of a published review never changes."),
        ),
        forbid_replace("claims_review"),
    )

    part_of: ClassVar = ("claim",)
    reveals: ClassVar = ("claim", "publisher")

    claim = models.ForeignKey(Claim, models.PROTECT, related_name="reviews")
    publisher = models.ForeignKey(Publisher, models.PROTECT, related_name="reviews")
    origin = models.CharField(
        max_length=8, choices=ReviewOrigin, default=ReviewOrigin.OWN, editable=False
    )
    slug = models.SlugField(
        max_length=80,
        unique=True,
        blank=True,
        null=True,
        editable=False,
        help_text=_("The last part of its page's address, from its first publication on."),
    )
    identifier = models.CharField(
        max_length=2000,
        blank=True,
        editable=False,
        help_text=_("Of an imported review its address, or how its publisher numbers it."),
    )

    objects = ReviewQuerySet.as_manager()

    class Meta:
        ordering: ClassVar = ["-public_id"]
        permissions: ClassVar = [("import_review", "Can bring in the reviews of others")]
        constraints: ClassVar = [
            one_of("origin", ReviewOrigin),
            models.UniqueConstraint(
                fields=["claim", "publisher"],
                condition=Q(origin=ReviewOrigin.OWN),
                name="claims_review_one_of_our_own",
                violation_error_message=_(
                    "This publisher has a review of the claim: prepare its next version."
                ),
            ),
            models.CheckConstraint(
                name="claims_review_own_has_no_identifier",
                condition=Q(identifier="") | Q(origin=ReviewOrigin.IMPORTED),
                violation_error_message=_("An imported review, and only that, has an identifier."),
            ),
        ]
        indexes: ClassVar = [
            models.Index(
                "publisher",
                "identifier",
                condition=Q(origin=ReviewOrigin.IMPORTED),
                name="claims_review_imported",
            ),
            models.Index(
                "publisher",
                WithoutAnchor(F("identifier")),
                condition=Q(origin=ReviewOrigin.IMPORTED),
                name="claims_review_page",
            ),
            models.Index("created_at", "public_id", name="claims_review_created"),
            models.Index("updated_at", "public_id", name="claims_review_updated"),
        ]

    def __str__(self) -> str:
        return f"{self.publisher} on: {self.claim}"

    @property
    def original(self) -> str:
        """Of an imported review the address of its publisher's page, empty if there is none."""
        is_address = self.identifier.startswith(("https://", "http://"))
        return self.identifier if is_address else ""


class ReviewVersion(Record):
    """One version of a review. It is edited as a draft only; once published it never changes.

    ``editor`` is who published it, never its author. ``closed_at`` is when a newer version took its
    place or it was retracted.
    """

    guards: ClassVar = (
        Guard(
            "frozen",
            "UPDATE",
            "OLD.state <> 'draft' AND "
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
            gettext_noop(
                "Only a draft can be edited: a submitted version is returned first, and a "
                "published one never changes."
            ),
        ),
        Guard(
            "published_for_ever",
            "UPDATE",
            f"OLD.state IN {tuple(map(str, PUBLIC_STATES))} AND "
            + columns_changed(
                "editor_id", "submitted_at", "published_at", "created_at", "return_reason"
            ),
            gettext_noop("What was published, when and by whom never changes."),
        ),
        Guard(
            "closed_for_ever",
            "UPDATE",
            "OLD.closed_at IS NOT NULL AND " + columns_changed("closed_at", "retraction_note"),
            gettext_noop("When and why a version was closed never changes."),
        ),
        Guard(
            "move",
            "UPDATE",
            # An imported version comes as a draft with its evidence, and is published at once.
            f"OLD.state <> NEW.state AND NOT ({_MOVES} OR OLD.state = '{VersionState.DRAFT}'"
            f" AND NEW.state = '{VersionState.PUBLISHED}' AND NEW.markup <> '')",
            gettext_noop("A review version does not move between these states."),
        ),
        Guard(
            "as_marked",
            "UPDATE",
            "OLD.markup <> '' AND OLD.markup = NEW.markup AND "
            + columns_changed("rating_id", "headline", "summary", "body"),
            AS_MARKED,
        ),
        Guard("own_rating", "INSERT", _FOREIGN_RATING, _OWN_RATINGS),
        Guard(
            "own_rating",
            "UPDATE",
            f"({columns_changed('rating_id', 'review_id')} OR OLD.state = 'draft' AND NEW.state <> 'draft')"
            f" AND {_FOREIGN_RATING}",
            _OWN_RATINGS,
        ),
        Guard(
            "evidence",
            "UPDATE",
            "OLD.state = 'submitted' AND NEW.state = 'published' AND NOT EXISTS"
            " (SELECT 1 FROM claims_evidence e WHERE e.version_id = NEW.id)",
            gettext_noop("A review is published with at least one piece of evidence."),
        ),
        Guard(
            "published",
            "DELETE",
            "OLD.state <> 'draft'",
            gettext_noop("Only a draft can be deleted."),
        ),
        forbid_replace("claims_reviewversion"),
    )

    part_of: ClassVar = ("review",)
    counts_in_whole: ClassVar = True
    reveals: ClassVar = ("review", "rating", "evidence")

    review = models.ForeignKey(Review, models.PROTECT, related_name="versions")
    number = models.PositiveSmallIntegerField()
    state = models.CharField(
        max_length=10, choices=VersionState, default=VersionState.DRAFT, editable=False
    )
    rating = models.ForeignKey(
        Rating, models.PROTECT, related_name="versions", blank=True, null=True
    )
    headline = models.CharField(max_length=300, blank=True)
    summary = models.TextField(blank=True, help_text=_("The finding in a few sentences."))
    body = models.TextField(blank=True, help_text=_("The reasoning."))
    author = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="authored", editable=False
    )
    editor = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        related_name="edited",
        blank=True,
        null=True,
        editable=False,
    )
    submitted_at = TimestampField(blank=True, null=True, editable=False)
    published_at = TimestampField(blank=True, null=True, editable=False)
    closed_at = TimestampField(blank=True, null=True, editable=False)
    return_reason = models.TextField(
        blank=True, editable=False, help_text=_("Why it was last returned to its author.")
    )
    correction_kind = models.CharField(
        _("correction"), max_length=13, choices=CorrectionKind, blank=True
    )
    correction_note = models.TextField(
        _("public note"), blank=True, help_text=_("What the public is told of the correction.")
    )
    retraction_note = models.TextField(
        blank=True, editable=False, help_text=_("What the public is told of the retraction.")
    )

    markup = models.TextField(
        blank=True,
        editable=False,
        help_text=_("Of an imported version the ClaimReview as it was found, as JSON in ASCII."),
    )

    objects = ReviewVersionQuerySet.as_manager()

    class Meta:
        ordering: ClassVar = ["-public_id"]
        permissions: ClassVar = [
            ("publish_reviewversion", "Can publish and return review versions"),
            ("retract_reviewversion", "Can retract published review versions"),
        ]
        constraints: ClassVar = [
            one_of("state", VersionState),
            models.UniqueConstraint(
                fields=["review", "number"], name="claims_reviewversion_numbered_once"
            ),
            models.UniqueConstraint(
                fields=["review"],
                condition=Q(state__in=OPEN_STATES),
                name="claims_reviewversion_one_open",
                violation_error_message=_("The review has an open version already."),
            ),
            models.UniqueConstraint(
                fields=["review"],
                condition=Q(state=VersionState.PUBLISHED),
                name="claims_reviewversion_one_published",
                violation_error_message=_("The review has a published version already."),
            ),
            models.CheckConstraint(
                name="claims_reviewversion_two_people",
                condition=Q(editor__isnull=True) | ~Q(editor=F("author")),
                violation_error_message=_("Author and publishing editor are two people."),
            ),
            models.CheckConstraint(
                name="claims_reviewversion_published_complete",
                condition=Q(state__in=OPEN_STATES, published_at__isnull=True, editor__isnull=True)
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
                violation_error_message=_(
                    "A published version has a rating, a summary, an editor and its time; an "
                    "imported one its markup, a rating and its time."
                ),
            ),
            models.CheckConstraint(
                name="claims_reviewversion_submitted_has_time",
                condition=Q(state=VersionState.DRAFT) | Q(submitted_at__isnull=False),
                violation_error_message=_("A submitted version says when it was submitted."),
            ),
            models.CheckConstraint(
                name="claims_reviewversion_closed_has_time",
                condition=Q(
                    state__in=(VersionState.SUPERSEDED, VersionState.RETRACTED),
                    closed_at__isnull=False,
                )
                | Q(state__in=(*OPEN_STATES, VersionState.PUBLISHED), closed_at__isnull=True),
                violation_error_message=_(
                    "A closed version, and only that one, says when it closed."
                ),
            ),
            models.CheckConstraint(
                name="claims_reviewversion_correction_known",
                condition=Q(correction_kind__in=["", *CorrectionKind.values]),
                violation_error_message=one_of_message("correction_kind", CorrectionKind),
            ),
            models.CheckConstraint(
                name="claims_reviewversion_correction_from_second",
                condition=Q(number=1, correction_kind="", correction_note="")
                | Q(number__gte=2, state=VersionState.DRAFT)
                | Q(~Q(correction_kind=""), ~Q(correction_note=""), number__gte=2),
                violation_error_message=_(
                    "Version 2 and later carry a correction with a public note; version 1 none."
                ),
            ),
            models.CheckConstraint(
                name="claims_reviewversion_retraction_has_note",
                condition=Q(~Q(retraction_note=""), state=VersionState.RETRACTED)
                | Q(~Q(state=VersionState.RETRACTED), retraction_note=""),
                violation_error_message=_("A retraction, and only that, has a public note on it."),
            ),
        ]
        indexes: ClassVar = [
            models.Index("published_at", "public_id", name="claims_version_published"),
            # The public lists, in their order.
            models.Index(
                "published_at",
                "public_id",
                condition=Q(state=VersionState.PUBLISHED),
                name="claims_version_standing",
            ),
            # The two halves of the corrections, in their order.
            models.Index(
                "published_at",
                "public_id",
                condition=Q(number__gte=2),
                name="claims_version_corrects",
            ),
            models.Index(
                "closed_at",
                condition=Q(state=VersionState.RETRACTED),
                name="claims_version_retracted",
            ),
        ]

    def __str__(self) -> str:
        return _("Version {number} of {review}").format(number=self.number, review=self.review)

    def clean(self) -> None:
        super().clean()
        if self.rating is None or self.review_id is None:
            return
        if self.rating.scale.publisher_id not in {None, self.review.publisher_id}:
            raise ValidationError({"rating": ValidationError(_(_OWN_RATINGS), code="own_rating")})


class Evidence(Passage):
    """A document that a review version rests on, with the passage relied on."""

    guards: ClassVar = (
        *passage_guards("claims_evidence"),
        forbid_replace("claims_evidence"),
        Guard(
            "frozen",
            "INSERT",
            # Loading a fixture brings evidence after its published version, with its old date.
            "EXISTS (SELECT 1 FROM claims_reviewversion v WHERE v.id = NEW.version_id"
            " AND v.state <> 'draft' AND NEW.created_at > v.submitted_at)",
            gettext_noop("Evidence is added to a draft only."),
            lock="FROM claims_reviewversion v WHERE v.id = NEW.version_id",
        ),
        Guard(
            "frozen",
            "UPDATE",
            "EXISTS (SELECT 1 FROM claims_reviewversion v"
            " WHERE v.id IN (OLD.version_id, NEW.version_id) AND v.state <> 'draft') AND "
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
            )[:-1]
            # A passage whose text was not held here may still receive its words, once.
            + "".join(
                f" OR (OLD.{column} <> NEW.{column} AND (OLD.{column} <> '' OR NEW.start IS NULL"
                " OR NOT EXISTS (SELECT 1 FROM sources_snapshot s"
                " WHERE s.id = NEW.snapshot_id AND s.text IS NOT NULL)))"
                for column in ("exact", "prefix", "suffix")
            )
            + ")",
            gettext_noop("The evidence of a submitted or published version never changes."),
            lock="FROM claims_reviewversion v WHERE v.id = OLD.version_id",
        ),
        Guard(
            "frozen",
            "DELETE",
            "EXISTS (SELECT 1 FROM claims_reviewversion v"
            " WHERE v.id = OLD.version_id AND v.state <> 'draft')",
            gettext_noop("The evidence of a submitted or published version never changes."),
            lock="FROM claims_reviewversion v WHERE v.id = OLD.version_id",
        ),
    )

    part_of: ClassVar = ("version",)
    counts_in_whole: ClassVar = True
    reveals: ClassVar = ("document",)

    version = models.ForeignKey(ReviewVersion, models.CASCADE, related_name="evidence")
    stance = models.CharField(max_length=12, choices=Stance)
    locator = models.CharField(
        max_length=300, blank=True, help_text=_("Where in the document: page, table, minute.")
    )
    is_primary = models.BooleanField(
        _("primary source"),
        default=False,
        help_text=_("The origin of the fact, not a report of it."),
    )
    note = models.TextField(blank=True, help_text=_("What it shows."))
    is_confidential = models.BooleanField(_("confidential"), default=False)
    confidential_reason = models.CharField(max_length=500, blank=True)

    objects = EvidenceQuerySet.as_manager()

    class Meta:
        ordering: ClassVar = ["public_id"]
        verbose_name_plural = _("evidence")
        constraints: ClassVar = [
            one_of("stance", Stance),
            *passage_in_order(),
            models.CheckConstraint(
                name="claims_evidence_confidential_has_reason",
                condition=Q(is_confidential=False, confidential_reason="")
                | Q(~Q(confidential_reason=""), is_confidential=True),
                violation_error_message=_("Confidential evidence, and only that, says why."),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_stance_display()}: {self.document}"
