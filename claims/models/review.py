"""Reviews, their versions and their evidence. The rules are in ``review_rules``."""

from typing import ClassVar

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from claims.choices import CorrectionKind, ReviewOrigin, Stance, VersionState
from claims.models.claim import Claim
from claims.models.passage import Passage
from claims.models.rating import Rating
from claims.models.review_rules import (
    EVIDENCE_CONSTRAINTS,
    EVIDENCE_GUARDS,
    FOREIGN_RATING,
    REVIEW_CONSTRAINTS,
    REVIEW_GUARDS,
    VERSION_CONSTRAINTS,
    VERSION_GUARDS,
)
from claims.querysets import EvidenceQuerySet, ReviewQuerySet, ReviewVersionQuerySet
from claimsapi.core.database.fields import TimestampField
from claimsapi.core.database.functions import WithoutFragment
from claimsapi.core.models import Record
from sources.models import Publisher


class Review(Record):
    """One publisher's assessment of one claim, written at this desk or imported."""

    guards: ClassVar = REVIEW_GUARDS

    part_of: ClassVar = ("claim",)
    revealed_relations: ClassVar = ("claim", "publisher")

    claim = models.ForeignKey(Claim, models.PROTECT, related_name="reviews")
    publisher = models.ForeignKey(Publisher, models.PROTECT, related_name="reviews")
    # Only the importer sets it: an own review and an imported one have different rules.
    origin = models.CharField(
        max_length=8, choices=ReviewOrigin, default=ReviewOrigin.OWN, editable=False
    )
    slug = models.SlugField(
        max_length=80,
        unique=True,
        blank=True,
        null=True,
        editable=False,
        help_text=_("The last part of its page's URL, set at its first publication."),
    )
    identifier = models.CharField(
        max_length=2000,
        blank=True,
        editable=False,
        help_text=_("The URL or number of an imported review at its publisher."),
    )

    objects = ReviewQuerySet.as_manager()

    class Meta:
        ordering: ClassVar = ["-public_id"]
        permissions: ClassVar = [("import_review", "Can import the reviews of other publishers")]
        constraints: ClassVar = REVIEW_CONSTRAINTS
        indexes: ClassVar = [
            # The importer finds existing reviews by publisher and identifier.
            models.Index(
                "publisher",
                "identifier",
                condition=Q(origin=ReviewOrigin.IMPORTED),
                name="claims_review_imported",
            ),
            # The Fact Check Tools API finds all reviews of one page, with or without a fragment.
            models.Index(
                "publisher",
                WithoutFragment(F("identifier")),
                condition=Q(origin=ReviewOrigin.IMPORTED),
                name="claims_review_page",
            ),
            # Keyset pages of the API read these in order, without a sort.
            models.Index("created_at", "public_id", name="claims_review_created"),
            models.Index("updated_at", "public_id", name="claims_review_updated"),
        ]

    def __str__(self) -> str:
        return f"{self.publisher} on: {self.claim}"

    @property
    def original_url(self) -> str:
        """The URL of an imported review at its publisher, empty if it has none."""
        is_url = self.identifier.startswith(("https://", "http://"))
        return self.identifier if is_url else ""


class ReviewVersion(Record):
    """One version of a review: editable as a draft only, and final once published.

    ``editor`` published it and is never its author. ``closed_at`` is the time at which a newer
    version superseded it, or at which it was retracted.
    """

    guards: ClassVar = VERSION_GUARDS

    part_of: ClassVar = ("review",)
    counts_in_parent: ClassVar = True
    revealed_relations: ClassVar = ("review", "rating", "evidence")

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
        blank=True, editable=False, help_text=_("Why an editor last returned it to its author.")
    )
    correction_kind = models.CharField(
        _("correction"), max_length=13, choices=CorrectionKind, blank=True
    )
    correction_note = models.TextField(
        _("public note"), blank=True, help_text=_("The public explanation of the correction.")
    )
    retraction_note = models.TextField(
        blank=True, editable=False, help_text=_("The public explanation of the retraction.")
    )
    markup = models.TextField(
        blank=True,
        editable=False,
        help_text=_("The ClaimReview markup of an imported version, as JSON in ASCII."),
    )

    objects = ReviewVersionQuerySet.as_manager()

    class Meta:
        ordering: ClassVar = ["-public_id"]
        permissions: ClassVar = [
            ("publish_reviewversion", "Can publish and return review versions"),
            ("retract_reviewversion", "Can retract published review versions"),
        ]
        constraints: ClassVar = VERSION_CONSTRAINTS
        indexes: ClassVar = [
            models.Index("published_at", "public_id", name="claims_version_published"),
            # The index serves the public lists in their order.
            models.Index(
                "published_at",
                "public_id",
                condition=Q(state=VersionState.PUBLISHED),
                name="claims_version_standing",
            ),
            # The next two serve the halves of the view of corrections in their order.
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
            raise ValidationError({"rating": ValidationError(FOREIGN_RATING, code="own_rating")})


class Evidence(Passage):
    """A document that supports a review version's finding, with the passage that matters."""

    guards: ClassVar = EVIDENCE_GUARDS

    part_of: ClassVar = ("version",)
    counts_in_parent: ClassVar = True
    revealed_relations: ClassVar = ("document",)

    version = models.ForeignKey(ReviewVersion, models.CASCADE, related_name="evidence")
    stance = models.CharField(max_length=12, choices=Stance)
    locator = models.CharField(
        max_length=300,
        blank=True,
        help_text=_("The position in the document: page, table, minute."),
    )
    is_primary = models.BooleanField(
        _("primary source"),
        default=False,
        help_text=_("The document is the origin of the fact, not a report of it."),
    )
    note = models.TextField(blank=True, help_text=_("What the document shows."))
    is_confidential = models.BooleanField(_("confidential"), default=False)
    confidential_reason = models.CharField(max_length=500, blank=True)

    objects = EvidenceQuerySet.as_manager()

    class Meta:
        ordering: ClassVar = ["public_id"]
        verbose_name_plural = _("evidence")
        constraints: ClassVar = EVIDENCE_CONSTRAINTS

    def __str__(self) -> str:
        return f"{self.get_stance_display()}: {self.document}"
