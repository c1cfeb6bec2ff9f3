"""Publishers' rating scales."""

from typing import ClassVar

from django.db import models
from django.utils.translation import gettext_lazy as _
from django.utils.translation import gettext_noop

from claims.choices import Verdict
from claims.querysets import RatingQuerySet, RatingScaleQuerySet
from claimsapi.core.constraints import not_blank, one_of
from claimsapi.core.guards import Guard, changed, not_replaced
from claimsapi.core.models import Record
from sources.models import Publisher

_FROZEN = gettext_noop("A rating scale in use is frozen: make its next version.")


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
            changed("slug", "version", "name", "publisher_id") + f" AND {_in_use('OLD.id')}",
            _FROZEN,
        ),
        not_replaced("claims_ratingscale"),
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

    objects = RatingScaleQuerySet.as_manager()

    class Meta:
        ordering: ClassVar = ["slug", "-version"]
        constraints: ClassVar = [
            not_blank("name"),
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
            + changed("scale_id", "label", "position", "value", "definition")
            # A label that nobody had decided on may be decided once.
            + " OR OLD.verdict <> NEW.verdict AND OLD.verdict <> 'unmapped')"
            + f" AND ({_in_use('OLD.scale_id')} OR {_in_use('NEW.scale_id')})",
            _FROZEN,
        ),
        Guard("frozen", "INSERT", _in_use("NEW.scale_id"), _FROZEN),
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
