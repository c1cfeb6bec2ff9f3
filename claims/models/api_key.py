"""API keys of clients of the Fact Check Tools API, and their request counts."""

from typing import ClassVar

from django.db import models
from django.utils.translation import gettext_lazy as _

from claims.querysets import ApiKeyCountManager, ApiKeyManager
from claimsapi.core.database.constraints import Unique, not_blank
from claimsapi.core.database.fields import TimestampField


class ApiKey(models.Model):
    """A key that an administrator issued to a client. The table stores its digest only.

    A key grants no access. It identifies the client, so that its requests can be counted.
    """

    name = models.CharField(
        max_length=100, unique=True, help_text=_("The client, such as a newsroom or a program.")
    )
    prefix = models.CharField(
        _("begins with"),
        max_length=8,
        editable=False,
        help_text=_("The first characters of the key."),
    )
    digest = models.CharField(max_length=64, unique=True, editable=False)  # SHA-256, in hexadecimal
    is_active = models.BooleanField(
        _("active"), default=True, help_text=_("Clear it to revoke the key.")
    )
    made_at = TimestampField(_("created"), auto_now_add=True)

    objects = ApiKeyManager()

    class Meta:
        verbose_name = _("API key")
        ordering: ClassVar = ["name"]
        constraints: ClassVar = [not_blank("name")]

    def __str__(self) -> str:
        return self.name

    def natural_key(self) -> tuple[str]:
        return (self.digest,)


class ApiKeyCount(models.Model):
    """The number of requests with a key on a day (UTC)."""

    key = models.ForeignKey(ApiKey, models.CASCADE, related_name="counts")
    day = models.DateField()
    requests = models.PositiveBigIntegerField(default=0)

    objects = ApiKeyCountManager()

    class Meta:
        default_permissions = ()
        ordering: ClassVar = ["-day"]
        constraints: ClassVar = [
            Unique(
                "claims_apikeycount_one_per_day",
                _("The key has a count for this day already."),
                fields=["key", "day"],
            ),
        ]

    def __str__(self) -> str:
        return f"{self.key}, {self.day}: {self.requests}"

    def natural_key(self) -> tuple[str, str]:
        return (self.key.digest, self.day.isoformat())
