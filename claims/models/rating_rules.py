"""The rules of rating scales, ratings and label decisions that the database enforces.

A scale is frozen once a review version uses one of its ratings: published reviews rely on its
wording. An imported scale still receives ratings, since its labels arrive one by one.
"""

from typing import Final

from django.db.models import Q
from django.db.models.constraints import BaseConstraint
from django.utils.translation import gettext_lazy as _

from claims.choices import ReviewOrigin, Verdict
from claimsapi.core.database.constraints import Check, Unique, not_blank, one_of
from claimsapi.core.database.guards import Guard, columns_changed, forbid_replace

_FROZEN: Final = _("A rating scale in use is frozen: create its next version.")


def _in_use(scale: str) -> str:
    """Return an SQL condition: a review version uses a rating of the scale."""
    return (
        "EXISTS (SELECT 1 FROM claims_reviewversion v JOIN claims_rating r ON r.id = v.rating_id"
        f" WHERE r.scale_id = {scale})"
    )


SCALE_CONSTRAINTS: Final[list[BaseConstraint]] = [
    not_blank("name"),
    one_of("origin", ReviewOrigin),
    Check(
        "claims_ratingscale_imported_has_publisher",
        _("An imported scale needs a publisher."),
        Q(origin=ReviewOrigin.OWN) | Q(publisher__isnull=False),
    ),
    Unique(
        "claims_ratingscale_one_imported",
        _("The publisher has an imported scale already."),
        # All labels of imported reviews of a publisher are in this one scale.
        fields=["publisher"],
        condition=Q(origin=ReviewOrigin.IMPORTED),
    ),
    Unique(
        "claims_ratingscale_one_of_each_version",
        _("A scale with this slug and version exists already."),
        fields=["slug", "version"],
    ),
]

SCALE_GUARDS: Final = (
    Guard(
        "frozen",
        on="UPDATE",
        sentence=_FROZEN,
        refuse_when=columns_changed("slug", "version", "name", "publisher_id", "origin")
        + f" AND {_in_use('OLD.id')}",
    ),
    forbid_replace("claims_ratingscale"),
)

RATING_CONSTRAINTS: Final[list[BaseConstraint]] = [
    not_blank("label"),
    one_of("verdict", Verdict),
    Unique(
        "claims_rating_label_once",
        _("The scale has a rating with this label already."),
        fields=["scale", "label"],
    ),
    Unique(
        "claims_rating_in_order",
        _("The scale has a rating at this position already."),
        fields=["scale", "position"],
    ),
]

RATING_GUARDS: Final = (
    Guard(
        "frozen",
        on="UPDATE",
        sentence=_FROZEN,
        refuse_when=(
            "("
            + columns_changed("scale_id", "label", "position", "value", "definition")
            # An unmapped rating still receives its verdict, once.
            + " OR OLD.verdict <> NEW.verdict AND OLD.verdict <> 'unmapped')"
            + f" AND ({_in_use('OLD.scale_id')} OR {_in_use('NEW.scale_id')})"
        ),
    ),
    Guard(
        "frozen",
        on="INSERT",
        sentence=_FROZEN,
        # An imported scale in use still receives ratings.
        refuse_when=(
            "EXISTS (SELECT 1 FROM claims_ratingscale o WHERE o.id = NEW.scale_id"
            f" AND o.origin = '{ReviewOrigin.OWN}') AND {_in_use('NEW.scale_id')}"
        ),
    ),
    Guard("frozen", on="DELETE", sentence=_FROZEN, refuse_when=_in_use("OLD.scale_id")),
)

LABEL_VERDICT_CONSTRAINTS: Final[list[BaseConstraint]] = [
    not_blank("label"),
    not_blank("key"),
    one_of("verdict", Verdict),
    Check(
        "claims_labelverdict_verdict_mapped",
        _("Choose the verdict that the label means."),
        ~Q(verdict=Verdict.UNMAPPED),
    ),
    Unique(
        "claims_labelverdict_once",
        _("A decision on this label exists already."),
        fields=["key", "site"],
    ),
]
