"""The enumerations of sources."""

from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _


class Precision(TextChoices):
    """How much of a date is known."""

    DAY = "day", _("Day")
    MONTH = "month", _("Month")
    YEAR = "year", _("Year")
    UNKNOWN = "unknown", _("Unknown")


class SpeakerKind(TextChoices):
    """What a speaker is; an anonymous source is known only as described."""

    PERSON = "person", _("Person")
    ORGANIZATION = "organization", _("Organization")
    ANONYMOUS = "anonymous", _("Anonymous")


class DocumentKind(TextChoices):
    """What sort of work a document is."""

    ARTICLE = "article", _("Article")
    TRANSCRIPT = "transcript", _("Transcript")
    SPEECH = "speech", _("Speech")
    POST = "post", _("Post")
    DATASET = "dataset", _("Dataset")
    REPORT = "report", _("Report")
    IMAGE = "image", _("Image")
    VIDEO = "video", _("Video")
