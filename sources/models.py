"""Publishers, speakers, documents and snapshots."""

from typing import Any, ClassVar

from django.core.exceptions import ValidationError
from django.core.validators import RegexValidator
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Length, Lower
from django.utils.text import slugify
from django.utils.translation import gettext_lazy as _
from django.utils.translation import gettext_noop

from claimsapi.core.database.constraints import date_fits_precision, not_blank, one_of
from claimsapi.core.database.fields import TimestampField
from claimsapi.core.database.guards import Guard, columns_changed, forbid_replace
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

# The shape of a BCP 47 tag (RFC 5646), without its registry: 'en', 'pt-BR', 'zh-Hant-TW'.
is_language_tag = RegexValidator(
    r"\A[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8})*\Z",
    _("Write a language tag such as en or pt-BR (BCP 47)."),
)


def language_field(**options: Any) -> models.CharField:
    """A column for a BCP 47 language tag, empty if unknown."""
    return models.CharField(
        max_length=35,
        validators=[is_language_tag],
        help_text=_("A language tag (BCP 47), such as en or pt-BR."),
        **options,
    )


def precision_field() -> models.CharField:
    """The column beside a date that says how much of it is known."""
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
        help_text=_("The address of the page on which it says how it corrects its mistakes."),
    )

    objects = SourceQuerySet.as_manager()

    class Meta:
        ordering: ClassVar = ["name", "public_id"]
        constraints: ClassVar = [
            not_blank("name"),
            models.CheckConstraint(
                name="sources_publisher_site_bare",
                condition=Q(site=Lower("site"))
                & ~Q(site__startswith="www.")
                & ~Q(site__contains="/")
                & Q(site__contains="."),
                violation_error_message=_("site: a host in lower case, without www. and path."),
            ),
        ]

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
    """A person, an organization, or an anonymous source as it was described."""

    reveals: ClassVar = ("affiliations", "identifiers")

    slug = models.SlugField(max_length=80, unique=True)
    name = models.CharField(max_length=200)
    kind = models.CharField(max_length=12, choices=SpeakerKind)
    description = models.CharField(
        max_length=500,
        blank=True,
        help_text=_("Who this is; for an anonymous source, as described."),
    )

    objects = SpeakerQuerySet.as_manager()

    class Meta:
        ordering: ClassVar = ["name", "public_id"]
        constraints: ClassVar = [not_blank("name"), one_of("kind", SpeakerKind)]

    def __str__(self) -> str:
        return self.name


class Identifier(Record):
    """An address that means one speaker and nobody else: ``sameAs`` of schema.org.

    A page of an encyclopedia or a register, an official site, an account.
    """

    guards: ClassVar = (
        Guard(
            "identity",
            "UPDATE",
            columns_changed("speaker_id"),
            gettext_noop("An identifier stays with its speaker."),
        ),
    )

    part_of: ClassVar = ("speaker",)

    speaker = models.ForeignKey(Speaker, models.CASCADE, related_name="identifiers")
    url = models.CharField(_("URL"), max_length=MAX_URL_LENGTH, unique=True)

    objects = IdentifierQuerySet.as_manager()

    class Meta:
        ordering: ClassVar = ["public_id"]
        constraints: ClassVar = [not_blank("url")]

    def __str__(self) -> str:
        return self.url

    def clean(self) -> None:
        super().clean()
        try:
            self.url = canonicalize_url(self.url)
        except ValueError as error:
            raise ValidationError({"url": translate(error)}) from None


class Affiliation(Record):
    """A role that a speaker held at an organization, from and to as far as known."""

    guards: ClassVar = (
        Guard(
            "identity",
            "UPDATE",
            columns_changed("speaker_id"),
            gettext_noop("A role stays with its speaker."),
        ),
    )

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
        constraints: ClassVar = [
            not_blank("role"),
            one_of("start_precision", Precision),
            one_of("end_precision", Precision),
            *date_fits_precision("start"),
            *date_fits_precision("end"),
            models.CheckConstraint(
                name="sources_affiliation_in_order",
                condition=Q(start_on__isnull=True)
                | Q(end_on__isnull=True)
                | Q(end_on__gte=F("start_on"))
                # 'to 2024' may be any day of it.
                | Q(end_precision=Precision.YEAR, end_on__year=F("start_on__year"))
                | Q(
                    end_precision=Precision.MONTH,
                    end_on__year=F("start_on__year"),
                    end_on__month=F("start_on__month"),
                ),
                violation_error_message=_("A role cannot end before it starts."),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.speaker}: {self.title}"

    @property
    def title(self) -> str:
        """The role and where it was held."""
        return f"{self.role}, {self.organization}" if self.organization else self.role

    def held_on(self, date: PartialDate) -> bool:
        """Whether the role may have been held on that date, as far as both are known."""
        if date.day is None or date.last is None:
            return False
        until = PartialDate(self.end_on, self.end_precision).last
        started = self.start_on is None or self.start_on <= date.last
        return started and (until is None or until >= date.day)


class Document(Record):
    """A work in which something is said, or that serves as evidence."""

    reveals: ClassVar = ("publisher", "snapshots")

    kind = models.CharField(max_length=10, choices=DocumentKind, default=DocumentKind.ARTICLE)
    title = models.CharField(max_length=500)
    url = models.CharField(
        _("URL"),
        max_length=MAX_URL_LENGTH,
        unique=True,
        blank=True,
        null=True,
        help_text=_("Its canonical address, if it has one."),
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
        constraints: ClassVar = [
            not_blank("title"),
            not_blank("url"),
            one_of("kind", DocumentKind),
            one_of("published_precision", Precision),
            *date_fits_precision("published"),
        ]

    def __str__(self) -> str:
        return self.title

    @property
    def published(self) -> PartialDate:
        return PartialDate(self.published_on, self.published_precision)

    def clean(self) -> None:
        super().clean()
        try:
            self.url = canonicalize_url(self.url) if self.url else None
        except ValueError as error:
            raise ValidationError({"url": translate(error)}) from None


class Snapshot(Record):
    """What a document said at one moment.

    ``sha256`` is that of the bytes as they were retrieved; ``text`` is what was extracted from
    them, character by character, since passages are positions in it. A snapshot whose text is not
    held here has ``text`` null: it names the bytes, and its passages wait for them.
    """

    verbatim: ClassVar = frozenset({"text"})
    withheld: ClassVar = frozenset({"text", "retrieved_at"})
    part_of: ClassVar = ("document",)
    guards: ClassVar = (
        Guard(
            "identity",
            "UPDATE",
            columns_changed("document_id", "sha256"),
            gettext_noop("A snapshot names the same bytes of the same document for ever."),
        ),
        Guard(
            "frozen",
            "UPDATE",
            "OLD.text IS NOT NULL AND "
            + columns_changed("text", "media_type", "length", "size", "retrieved_at"),
            gettext_noop(
                "A snapshot never changes: what the document says now is another snapshot."
            ),
        ),
        Guard(
            "as_announced",
            "UPDATE",
            "OLD.length IS NOT NULL AND " + columns_changed("length"),
            gettext_noop("The text has another length than was announced for these bytes."),
        ),
        forbid_replace("sources_snapshot", "document_id", "sha256"),
    )

    document = models.ForeignKey(Document, models.PROTECT, related_name="snapshots")
    sha256 = models.CharField(
        _("SHA-256"),
        max_length=64,
        db_index=True,
        help_text=_("Of the bytes as they were retrieved, in hexadecimal."),
    )
    media_type = models.CharField(max_length=100)
    size = models.PositiveIntegerField(blank=True, null=True, help_text=_("In bytes."))
    length = models.PositiveIntegerField(
        blank=True, null=True, help_text=_("Of the text, in characters (Unicode code points).")
    )
    text = models.TextField(blank=True, null=True)  # noqa: DJ001  null: not held, '' would be held
    retrieved_at = TimestampField(blank=True, null=True)

    objects = SnapshotQuerySet.as_manager()

    class Meta:
        ordering: ClassVar = ["-public_id"]
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["document", "sha256"], name="sources_snapshot_once_per_document"
            ),
            models.CheckConstraint(
                name="sources_snapshot_sha256_hexadecimal",
                condition=Q(sha256__regex=r"\A[0-9a-f]{64}\Z"),
                violation_error_message=_("sha256: 64 hexadecimal digits in lower case."),
            ),
            models.CheckConstraint(
                name="sources_snapshot_text_complete",
                condition=Q(text__isnull=True, retrieved_at__isnull=True)
                | Q(
                    ~Q(text=""),
                    text__isnull=False,
                    length__isnull=False,
                    length=Length("text"),
                    size__isnull=False,
                    retrieved_at__isnull=False,
                ),
                violation_error_message=_(
                    "A text that is held is not empty and comes with length, size and time."
                ),
            ),
        ]

    def __str__(self) -> str:
        return _("{sha256}… of {document}").format(sha256=self.sha256[:12], document=self.document)


def free_slug(model: type[Record], name: str) -> str:
    """Return a slug for the name that no record of the model has yet."""
    manager: Any = model._default_manager
    stem = slugify(name)[:70].strip("-") or model.__name__.lower()
    taken = set(manager.filter(slug__startswith=stem).values_list("slug", flat=True))
    slug, number = stem, 2
    while slug in taken:
        slug, number = f"{stem}-{number}", number + 1
    return slug
