"""Enumerations of sources."""

from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _


class Precision(TextChoices):
    """The precision of a date."""

    DAY = "day", _("Day")
    MONTH = "month", _("Month")
    YEAR = "year", _("Year")
    UNKNOWN = "unknown", _("Unknown")


class SpeakerKind(TextChoices):
    """The kind of speaker. An anonymous source has no name, only a description."""

    PERSON = "person", _("Person")
    ORGANIZATION = "organization", _("Organization")
    ANONYMOUS = "anonymous", _("Anonymous")


class DocumentKind(TextChoices):
    """The kind of a document."""

    ARTICLE = "article", _("Article")
    TRANSCRIPT = "transcript", _("Transcript")
    SPEECH = "speech", _("Speech")
    POST = "post", _("Post")
    DATASET = "dataset", _("Dataset")
    REPORT = "report", _("Report")
    IMAGE = "image", _("Image")
    VIDEO = "video", _("Video")
