"""Corrections and retractions of published reviews, as the public sees them."""

from typing import ClassVar

from django.db import models
from django.utils.translation import gettext_lazy as _

from claims.choices import PUBLIC_STATES_SQL, CorrectionKind, VersionState
from claims.models.review import Review, ReviewVersion
from claims.querysets import CorrectionQuerySet


def _select(retraction_id: str) -> str:
    # Both halves must have columns of the same types. SQLite then reads each half in the order of
    # its index and merges them; otherwise it materializes the whole union for every page.
    return (
        "SELECT v.public_id AS public_id, v.correction_kind AS kind, v.published_at AS at,"
        " v.correction_note AS note, v.review_id AS review_id,"
        " (SELECT p.id FROM claims_reviewversion p WHERE p.review_id = v.review_id"
        f" AND p.number < v.number AND p.state IN {PUBLIC_STATES_SQL}"
        " ORDER BY p.number DESC LIMIT 1) AS before_id, v.id AS after_id"
        f" FROM claims_reviewversion v WHERE v.number >= 2 AND v.state IN {PUBLIC_STATES_SQL}"
        f" UNION ALL SELECT {retraction_id}, CAST('{CorrectionKind.RETRACTION}' AS varchar(13)),"
        " v.closed_at, v.retraction_note, v.review_id, v.id, CAST(NULL AS bigint)"
        f" FROM claims_reviewversion v WHERE v.state = '{VersionState.RETRACTED}'"
    )


class Correction(models.Model):
    """A version that superseded a published one, or the retraction of a version.

    It is a view of the versions, so that the two never disagree. A correction has the id of its
    version. A retraction has the same id as a UUID of version 8 (RFC 9562, section 5.8).
    """

    view_sql: ClassVar = {
        "sqlite": _select(
            "CAST(substr(v.public_id, 1, 12) || '8' || substr(v.public_id, 14) AS char(32))"
        ),
        "postgresql": _select(
            "CAST(overlay(CAST(v.public_id AS text) PLACING '8' FROM 15) AS uuid)"
        ),
    }

    public_id = models.UUIDField(_("id"), primary_key=True)
    kind = models.CharField(max_length=13, choices=CorrectionKind)
    at = models.DateTimeField(help_text=_("The time of its publication."))
    note = models.TextField(help_text=_("The public explanation."))
    review = models.ForeignKey(Review, models.DO_NOTHING, related_name="+")
    before = models.ForeignKey(ReviewVersion, models.DO_NOTHING, related_name="+", null=True)
    after = models.ForeignKey(ReviewVersion, models.DO_NOTHING, related_name="+", null=True)

    objects = CorrectionQuerySet.as_manager()

    class Meta:
        managed = False
        db_table = "claims_correction"
        default_permissions = ()
        ordering: ClassVar = ["-at", "-public_id"]

    def __str__(self) -> str:
        return _("{kind} of {review}").format(kind=self.get_kind_display(), review=self.review)
