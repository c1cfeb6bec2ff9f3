"""Publishers, speakers, documents and snapshots. The rules are in ``sources.rules``."""

from typing import Any, ClassVar

from django.core.exceptions import ValidationError
from django.core.validators import RegexValidator
from django.db import models
from django.utils.text import slugify
from django.utils.translation import gettext_lazy as _

from claimsapi.core.database.fields import TimestampField
from claimsapi.core.i18n.translation import translate
from claimsapi.core.models import Record
from claimsapi.core.partial_date import PartialDate
from sources.canonical import MAX_URL_LENGTH, canonicalize_site, canonicalize_url
from sources.choices import DocumentKind, Precision, SpeakerKind
from sources.querysets import (
    AffiliationQuerySet,
    DocumentQuerySet,
    IdentifierQuerySet,
    SnapshotQuerySet,
    SourceQuerySet,
    SpeakerQuerySet,
)
from sources.rules import (
    AFFILIATION_CONSTRAINTS,
    AFFILIATION_GUARDS,
    DOCUMENT_CONSTRAINTS,
    IDENTIFIER_CONSTRAINTS,
    IDENTIFIER_GUARDS,
    PUBLISHER_CONSTRAINTS,
    SNAPSHOT_CONSTRAINTS,
    SNAPSHOT_GUARDS,
    SPEAKER_CONSTRAINTS,
)

# The syntax of a BCP 47 tag (RFC 5646) without its registry: 'en', 'pt-BR', 'zh-Hant-TW'.
is_language_tag = RegexValidator(
    r"\A[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8})*\Z",
    _("Enter a language tag such as en or pt-BR (BCP 47)."),
)


def language_field(**options: Any) -> models.CharField:
    """Return a field for a BCP 47 language tag, empty if unknown."""
    return models.CharField(
        max_length=35,
        validators=[is_language_tag],
        help_text=_("A language tag (BCP 47), such as en or pt-BR."),
        **options,
    )


def precision_field() -> models.CharField:
    """Return the field for the precision of a date."""
    return models.CharField(max_length=7, choices=Precision, default=Precision.UNKNOWN)


class Publisher(Record):
    """An organization that publishes documents or fact-checks, identified by its site."""

    slug = models.SlugField(max_length=80, unique=True)
    name = models.CharField(max_length=200)
    site = models.CharField(
        max_length=253, unique=True, help_text=_("Its host without www., such as example.org.")
    )
    corrections_policy_url = models.CharField(
        _("corrections policy"),
        max_length=MAX_URL_LENGTH,
        blank=True,
        help_text=_("The URL of the page that explains how it corrects mistakes."),
    )

    objects = SourceQuerySet.as_manager()

    class Meta:
        ordering: ClassVar = ["name", "public_id"]
        constraints: ClassVar = PUBLISHER_CONSTRAINTS

    def __str__(self) -> str:
        return self.name

    def clean(self) -> None:
        super().clean()
        try:
            self.site = canonicalize_site(self.site)
        except ValueError as error:
            raise ValidationError({"site": translate(error)}) from None
        try:
            if self.corrections_policy_url:
                self.corrections_policy_url = canonicalize_url(self.corrections_policy_url)
        except ValueError as error:
            raise ValidationError({"corrections_policy_url": translate(error)}) from None


class Speaker(Record):
    """A person, an organization, or an anonymous source with its description."""

    revealed_relations: ClassVar = ("affiliations", "identifiers")

    slug = models.SlugField(max_length=80, unique=True)
    name = models.CharField(max_length=200)
    kind = models.CharField(max_length=12, choices=SpeakerKind)
    description = models.CharField(
        max_length=500,
        blank=True,
        help_text=_("A short description; for an anonymous source, the words of the document."),
    )

    objects = SpeakerQuerySet.as_manager()

    class Meta:
        ordering: ClassVar = ["name", "public_id"]
        constraints: ClassVar = SPEAKER_CONSTRAINTS

    def __str__(self) -> str:
        return self.name


class Identifier(Record):
    """A URL that identifies one speaker: ``sameAs`` of schema.org.

    Examples are a page of an encyclopedia or a register, an official site, an account.
    """

    guards: ClassVar = IDENTIFIER_GUARDS

    part_of: ClassVar = ("speaker",)

    speaker = models.ForeignKey(Speaker, models.CASCADE, related_name="identifiers")
    url = models.CharField(_("URL"), max_length=MAX_URL_LENGTH, unique=True)

    objects = IdentifierQuerySet.as_manager()

    class Meta:
        ordering: ClassVar = ["public_id"]
        constraints: ClassVar = IDENTIFIER_CONSTRAINTS

    def __str__(self) -> str:
        return self.url

    def clean(self) -> None:
        super().clean()
        try:
            self.url = canonicalize_url(self.url)
        except ValueError as error:
            raise ValidationError({"url": translate(error)}) from None


class Affiliation(Record):
    """A role of a speaker at an organization, with its first and last date if known."""

    guards: ClassVar = AFFILIATION_GUARDS

    part_of: ClassVar = ("speaker",)

    speaker = models.ForeignKey(Speaker, models.CASCADE, related_name="affiliations")
    role = models.CharField(max_length=200)
    organization = models.CharField(max_length=200, blank=True)
    start_on = models.DateField(_("from"), blank=True, null=True)
    start_precision = precision_field()
    end_on = models.DateField(_("to"), blank=True, null=True)
    end_precision = precision_field()

    objects = AffiliationQuerySet.as_manager()

    class Meta:
        ordering: ClassVar = ["speaker", "start_on", "public_id"]
        constraints: ClassVar = AFFILIATION_CONSTRAINTS

    def __str__(self) -> str:
        return f"{self.speaker}: {self.title}"

    @property
    def title(self) -> str:
        """The role and the organization."""
        return f"{self.role}, {self.organization}" if self.organization else self.role

    def includes(self, date: PartialDate) -> bool:
        """Whether the role's period can include the date. An unknown date is in no period."""
        if date.day is None or date.last is None:
            return False
        end = PartialDate(self.end_on, self.end_precision).last
        has_started = self.start_on is None or self.start_on <= date.last
        return has_started and (end is None or end >= date.day)


class Document(Record):
    """A work that contains statements or serves as evidence."""

    revealed_relations: ClassVar = ("publisher", "snapshots")

    kind = models.CharField(max_length=10, choices=DocumentKind, default=DocumentKind.ARTICLE)
    title = models.CharField(max_length=500)
    url = models.CharField(
        _("URL"),
        max_length=MAX_URL_LENGTH,
        unique=True,
        blank=True,
        null=True,
        help_text=_("Its canonical URL, if it has one."),
    )
    publisher = models.ForeignKey(
        Publisher, models.PROTECT, related_name="documents", blank=True, null=True
    )
    byline = models.CharField(max_length=300, blank=True)
    published_on = models.DateField(_("published"), blank=True, null=True)
    published_precision = precision_field()
    language = language_field(blank=True)

    objects = DocumentQuerySet.as_manager()

    class Meta:
        ordering: ClassVar = ["-public_id"]
        constraints: ClassVar = DOCUMENT_CONSTRAINTS

    def __str__(self) -> str:
        return self.title

    @property
    def published_date(self) -> PartialDate:
        return PartialDate(self.published_on, self.published_precision)

    def clean(self) -> None:
        super().clean()
        try:
            self.url = canonicalize_url(self.url) if self.url else None
        except ValueError as error:
            raise ValidationError({"url": translate(error)}) from None


class Snapshot(Record):
    """The text of a document at one time.

    ``sha256`` is the hash of the retrieved bytes. ``text`` was extracted from them; it is stored
    character by character, since passages are positions in it. ``text`` is null if this database
    does not have it: the snapshot identifies the bytes, and its passages receive their words later.
    """

    verbatim: ClassVar = frozenset({"text"})
    staff_only_fields: ClassVar = frozenset({"text", "retrieved_at"})
    part_of: ClassVar = ("document",)
    guards: ClassVar = SNAPSHOT_GUARDS

    document = models.ForeignKey(Document, models.PROTECT, related_name="snapshots")
    sha256 = models.CharField(
        _("SHA-256"),
        max_length=64,
        db_index=True,
        help_text=_("The hash of the retrieved bytes, in hexadecimal."),
    )
    media_type = models.CharField(max_length=100)
    size = models.PositiveIntegerField(
        blank=True, null=True, help_text=_("The size of the retrieved bytes.")
    )
    length = models.PositiveIntegerField(
        blank=True,
        null=True,
        help_text=_("The length of the text in characters (Unicode code points)."),
    )
    text = models.TextField(blank=True, null=True)  # noqa: DJ001  null: missing; '' would be a text
    retrieved_at = TimestampField(blank=True, null=True)

    objects = SnapshotQuerySet.as_manager()

    class Meta:
        ordering: ClassVar = ["-public_id"]
        constraints: ClassVar = SNAPSHOT_CONSTRAINTS

    def __str__(self) -> str:
        return _("{sha256}… of {document}").format(sha256=self.sha256[:12], document=self.document)


def free_slug(model: type[Record], name: str) -> str:
    """Return a slug for the name that no record of the model has."""
    manager: Any = model._default_manager
    stem = slugify(name)[:70].strip("-") or model.__name__.lower()
    existing = set(manager.filter(slug__startswith=stem).values_list("slug", flat=True))
    slug, number = stem, 2
    while slug in existing:
        slug, number = f"{stem}-{number}", number + 1
    return slug
