"""A passage in a snapshot, which statements and evidence rest on."""

from typing import Any, ClassVar

from django.core.exceptions import ValidationError
from django.db import models
from django.utils.translation import gettext_lazy as _
from django.utils.translation import gettext_noop

from claims.selectors import select
from claimsapi.core.database.guards import Guard
from claimsapi.core.i18n.translation import translate
from claimsapi.core.models import Record
from claimsapi.core.text import normalize_newlines
from sources.models import Document, Snapshot

_ELSEWHERE = gettext_noop("The snapshot is one of another document.")
_MISQUOTED = gettext_noop("The quotation is not what the snapshot says there.")


def passage_guards(table: str) -> tuple[Guard, ...]:
    """A passage's words are the snapshot's, and the snapshot is one of the passage's document."""
    contradicted = (
        "OLD.text IS NULL AND NEW.text IS NOT NULL AND EXISTS"
        f" (SELECT 1 FROM {table} p WHERE p.snapshot_id = NEW.id AND p.start IS NOT NULL"
        " AND (p.\"end\" > NEW.length OR p.exact <> ''"
        ' AND substr(NEW.text, p.start + 1, p."end" - p.start) <> p.exact))'
    )
    elsewhere = (
        "NEW.snapshot_id IS NOT NULL AND EXISTS (SELECT 1 FROM sources_snapshot s"
        " WHERE s.id = NEW.snapshot_id AND s.document_id <> NEW.document_id)"
    )
    # substr counts code points on both databases, as the text position selector does.
    misquoted = (
        "NEW.start IS NOT NULL AND EXISTS (SELECT 1 FROM sources_snapshot s"
        " WHERE s.id = NEW.snapshot_id AND s.text IS NOT NULL"
        # CASE, since a negative length would be an error of substr before the constraint speaks.
        ' AND CASE WHEN NEW."end" > NEW.start THEN NEW."end" > s.length'
        ' OR substr(s.text, NEW.start + 1, NEW."end" - NEW.start) <> NEW.exact ELSE FALSE END)'
    )
    text_fits = Guard(
        f"fits_{table}",
        "UPDATE",
        contradicted,
        gettext_noop("The text contradicts a passage that was recorded of it."),
        table="sources_snapshot",
    )
    return text_fits, *(
        Guard(name, operation, condition, message)
        for operation in ("INSERT", "UPDATE")
        for name, condition, message in (
            ("same_document", elsewhere, _ELSEWHERE),
            ("true_to_text", misquoted, _MISQUOTED),
        )
    )


class Passage(Record):
    """The exact words of a passage and where they stand: the W3C Web Annotation selectors.

    ``exact``, ``prefix`` and ``suffix`` are its text quote selector, ``start`` and ``end`` its text
    position selector: code points of the snapshot's text, half-open. A passage of a snapshot whose
    text is not held here knows its place and waits for its words.
    """

    verbatim: ClassVar = frozenset({"exact", "prefix", "suffix"})

    document: models.ForeignKey[Any, Any] = models.ForeignKey(
        Document, models.PROTECT, related_name="%(class)ss"
    )
    snapshot = models.ForeignKey(
        Snapshot, models.PROTECT, related_name="%(class)ss", blank=True, null=True
    )
    exact = models.TextField(blank=True, help_text=_("The words themselves."))
    prefix = models.CharField(max_length=64, blank=True, help_text=_("A few words before."))
    suffix = models.CharField(max_length=64, blank=True, help_text=_("A few words after."))
    start = models.PositiveIntegerField(blank=True, null=True)
    end = models.PositiveIntegerField(blank=True, null=True)

    class Meta:
        abstract = True

    def clean(self) -> None:
        """Fill in the words of a passage whose place and text are known; refuse other words."""
        super().clean()
        if self.snapshot is None or self.start is None or self.end is None:
            return
        if self.snapshot.text is None:
            if self.snapshot.length is not None and self.end > self.snapshot.length:
                raise ValidationError(
                    {
                        "end": _("The text has {length} characters only.").format(
                            length=self.snapshot.length
                        )
                    }
                )
            return
        try:
            found = select(self.snapshot.text, self.start, self.end)
        except ValueError as error:
            raise ValidationError({"end": translate(error)}) from None
        # A form gives every line end as LF: the snapshot has its own.
        if self.exact and normalize_newlines(self.exact) != normalize_newlines(found.exact):
            raise ValidationError({"exact": _("This is not what the snapshot says there.")})
        self.exact, self.prefix, self.suffix = found.exact, found.prefix, found.suffix
