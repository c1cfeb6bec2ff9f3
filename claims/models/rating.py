"""Rating scales, and editors' decisions on labels. The rules are in ``rating_rules``."""

from typing import ClassVar

from django.core.exceptions import ValidationError
from django.db import models
from django.utils.translation import gettext_lazy as _

from claims.choices import ReviewOrigin, Verdict
from claims.models.rating_rules import (
    LABEL_VERDICT_CONSTRAINTS,
    RATING_CONSTRAINTS,
    RATING_GUARDS,
    SCALE_CONSTRAINTS,
    SCALE_GUARDS,
)
from claims.querysets import LabelVerdictQuerySet, RatingQuerySet, RatingScaleQuerySet
from claims.rating_labels import label_key
from claimsapi.core.i18n.translation import translate
from claimsapi.core.models import Record
from sources.canonical import canonicalize_site
from sources.models import Publisher


class RatingScale(Record):
    """A publisher's ordered labels for verdicts. It is frozen once a review uses it."""

    guards: ClassVar = SCALE_GUARDS

    revealed_relations: ClassVar = ("ratings", "publisher")

    slug = models.SlugField(max_length=80)
    version = models.PositiveSmallIntegerField(default=1)
    name = models.CharField(max_length=200)
    publisher = models.ForeignKey(
        Publisher,
        models.PROTECT,
        related_name="rating_scales",
        blank=True,
        null=True,
        help_text=_("The publisher who rates by this scale; empty for a common scale."),
    )
    origin = models.CharField(
        max_length=8,
        choices=ReviewOrigin,
        default=ReviewOrigin.OWN,
        editable=False,
        help_text=_("An imported scale lists the labels imported so far, in no order."),
    )

    objects = RatingScaleQuerySet.as_manager()

    class Meta:
        ordering: ClassVar = ["slug", "-version"]
        constraints: ClassVar = SCALE_CONSTRAINTS

    def __str__(self) -> str:
        return _("{name} (version {version})").format(name=self.name, version=self.version)


class Rating(Record):
    """One label of a scale, with its definition and its common verdict."""

    guards: ClassVar = RATING_GUARDS

    part_of: ClassVar = ("scale",)
    revealed_relations: ClassVar = ("scale",)

    scale = models.ForeignKey(RatingScale, models.CASCADE, related_name="ratings")
    label = models.CharField(max_length=200, help_text=_("As the publisher prints it."))
    position = models.PositiveSmallIntegerField(
        help_text=_("Its position on the scale, truest first.")
    )
    value = models.IntegerField(
        blank=True, null=True, help_text=_("Its number on the publisher's scale, if it has one.")
    )
    definition = models.CharField(max_length=1000, blank=True)
    verdict = models.CharField(max_length=15, choices=Verdict, default=Verdict.UNMAPPED)

    objects = RatingQuerySet.as_manager()

    class Meta:
        ordering: ClassVar = ["scale", "position"]
        constraints: ClassVar = RATING_CONSTRAINTS

    def __str__(self) -> str:
        return self.label


class LabelVerdict(Record):
    """An editor's decision: the common verdict of a label that other publishers use.

    A decision for one publisher takes precedence over one for all. It applies to labels of later
    imports; existing ratings keep their verdict.
    """

    label = models.CharField(max_length=200, help_text=_("The label as printed."))
    key = models.CharField(max_length=200, editable=False)
    site = models.CharField(
        max_length=253,
        blank=True,
        help_text=_("The site of the publisher who uses the label; empty for all publishers."),
    )
    verdict = models.CharField(max_length=15, choices=Verdict)

    objects = LabelVerdictQuerySet.as_manager()

    class Meta:
        ordering: ClassVar = ["key", "site"]
        constraints: ClassVar = LABEL_VERDICT_CONSTRAINTS

    def __str__(self) -> str:
        return f"{self.label} ({self.site})" if self.site else self.label

    def clean(self) -> None:
        super().clean()
        # The importer looks labels up by this key, which ignores case and punctuation.
        self.key = label_key(self.label)
        try:
            self.site = canonicalize_site(self.site) if self.site else ""
        except ValueError as error:
            raise ValidationError({"site": translate(error)}) from None
