"""Publishers' rating scales."""

from typing import ClassVar

from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import gettext_noop

from claims.choices import ReviewOrigin, Verdict
from claims.querysets import LabelVerdictQuerySet, RatingQuerySet, RatingScaleQuerySet
from claims.rating_labels import label_key
from claimsapi.core.database.constraints import not_blank, one_of
from claimsapi.core.database.guards import Guard, columns_changed, forbid_replace
from claimsapi.core.i18n.translation import translate
from claimsapi.core.models import Record
from sources.canonical import canonicalize_site
from sources.models import Publisher

_FROZEN = gettext_noop("A rating scale in use is frozen: make its next version.")


_OWN = (
    "EXISTS (SELECT 1 FROM claims_ratingscale o WHERE o.id = NEW.scale_id"
    f" AND o.origin = '{ReviewOrigin.OWN}')"
)


def _in_use(scale: str) -> str:
    return (
        "EXISTS (SELECT 1 FROM claims_reviewversion v JOIN claims_rating r ON r.id = v.rating_id"
        f" WHERE r.scale_id = {scale})"
    )


class RatingScale(Record):
    """A publisher's own words for verdicts, in order; frozen once a review uses it."""

    guards: ClassVar = (
        Guard(
            "frozen",
            "UPDATE",
            columns_changed("slug", "version", "name", "publisher_id", "origin")
            + f" AND {_in_use('OLD.id')}",
            _FROZEN,
        ),
        forbid_replace("claims_ratingscale"),
    )

    reveals: ClassVar = ("ratings", "publisher")

    slug = models.SlugField(max_length=80)
    version = models.PositiveSmallIntegerField(default=1)
    name = models.CharField(max_length=200)
    publisher = models.ForeignKey(
        Publisher,
        models.PROTECT,
        related_name="rating_scales",
        blank=True,
        null=True,
        help_text=_("Whose words these are; empty for a scale that anyone may use."),
    )
    origin = models.CharField(
        max_length=8,
        choices=ReviewOrigin,
        default=ReviewOrigin.OWN,
        editable=False,
        help_text=_("An imported scale holds the words that were met so far, in no order."),
    )

    objects = RatingScaleQuerySet.as_manager()

    class Meta:
        ordering: ClassVar = ["slug", "-version"]
        constraints: ClassVar = [
            not_blank("name"),
            one_of("origin", ReviewOrigin),
            models.CheckConstraint(
                name="claims_ratingscale_imported_has_publisher",
                condition=Q(origin=ReviewOrigin.OWN) | Q(publisher__isnull=False),
                violation_error_message=_("An imported scale is its publisher's."),
            ),
            models.UniqueConstraint(
                fields=["publisher"],
                condition=Q(origin=ReviewOrigin.IMPORTED),
                name="claims_ratingscale_one_imported",
                violation_error_message=_("The publisher has an imported scale already."),
            ),
            models.UniqueConstraint(
                fields=["slug", "version"], name="claims_ratingscale_one_of_each_version"
            ),
        ]

    def __str__(self) -> str:
        return _("{name} (version {version})").format(name=self.name, version=self.version)


class Rating(Record):
    """One word of a scale, with its definition and the common verdict that it stands for."""

    guards: ClassVar = (
        Guard(
            "frozen",
            "UPDATE",
            "("
            + columns_changed("scale_id", "label", "position", "value", "definition")
            # A label that nobody had decided on may be decided once.
            + " OR OLD.verdict <> NEW.verdict AND OLD.verdict <> 'unmapped')"
            + f" AND ({_in_use('OLD.scale_id')} OR {_in_use('NEW.scale_id')})",
            _FROZEN,
        ),
        # The words of an imported scale become known one by one.
        Guard("frozen", "INSERT", f"{_OWN} AND {_in_use('NEW.scale_id')}", _FROZEN),
        Guard("frozen", "DELETE", _in_use("OLD.scale_id"), _FROZEN),
    )

    part_of: ClassVar = ("scale",)
    reveals: ClassVar = ("scale",)

    scale = models.ForeignKey(RatingScale, models.CASCADE, related_name="ratings")
    label = models.CharField(max_length=200, help_text=_("As the publisher prints it."))
    position = models.PositiveSmallIntegerField(
        help_text=_("Its place on the scale, truest first.")
    )
    value = models.IntegerField(blank=True, null=True, help_text=_("Its number, if it has one."))
    definition = models.CharField(max_length=1000, blank=True)
    verdict = models.CharField(max_length=15, choices=Verdict, default=Verdict.UNMAPPED)

    objects = RatingQuerySet.as_manager()

    class Meta:
        ordering: ClassVar = ["scale", "position"]
        constraints: ClassVar = [
            not_blank("label"),
            one_of("verdict", Verdict),
            models.UniqueConstraint(fields=["scale", "label"], name="claims_rating_label_once"),
            models.UniqueConstraint(fields=["scale", "position"], name="claims_rating_in_order"),
        ]

    def __str__(self) -> str:
        return self.label


class LabelVerdict(Record):
    """Which common verdict a label of other publishers stands for: an editor's decision.

    One of a publisher's own goes before one for all. It decides on labels that are met from now on;
    ratings that were mapped before stay as they are.
    """

    label = models.CharField(max_length=200, help_text=_("As it is printed."))
    key = models.CharField(max_length=200, editable=False)
    site = models.CharField(
        max_length=253,
        blank=True,
        help_text=_("The site of the publisher whose label it is; empty for that of any."),
    )
    verdict = models.CharField(max_length=15, choices=Verdict)

    objects = LabelVerdictQuerySet.as_manager()

    class Meta:
        ordering: ClassVar = ["key", "site"]
        constraints: ClassVar = [
            not_blank("label"),
            not_blank("key"),
            one_of("verdict", Verdict),
            models.CheckConstraint(
                name="claims_labelverdict_decided",
                condition=~Q(verdict=Verdict.UNMAPPED),
                violation_error_message=_("Choose the verdict that the label stands for."),
            ),
            models.UniqueConstraint(
                fields=["key", "site"],
                name="claims_labelverdict_once",
                violation_error_message=_("There is a decision on this label already."),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.label} ({self.site})" if self.site else self.label

    def clean(self) -> None:
        super().clean()
        self.key = label_key(self.label)
        try:
            self.site = canonicalize_site(self.site) if self.site else ""
        except ValueError as error:
            raise ValidationError({"site": translate(error)}) from None
