"""The enumerations of sources."""

from django.db.models import TextChoices


class Precision(TextChoices):
    """How much of a date is known."""

    DAY = "day"
    MONTH = "month"
    YEAR = "year"
    UNKNOWN = "unknown"


class SpeakerKind(TextChoices):
    """What a speaker is; an anonymous source is known only as described."""

    PERSON = "person"
    ORGANIZATION = "organization"
    ANONYMOUS = "anonymous"


class DocumentKind(TextChoices):
    """What sort of work a document is."""

    ARTICLE = "article"
    TRANSCRIPT = "transcript"
    SPEECH = "speech"
    POST = "post"
    DATASET = "dataset"
    REPORT = "report"
    IMAGE = "image"
    VIDEO = "video"
