"""Passages of snapshots: the base of statements and evidence. See also ``passage_rules``."""

from typing import Any, ClassVar

from django.core.exceptions import ValidationError
from django.db import models
from django.utils.translation import gettext_lazy as _

from claims.text_selectors import to_text_quote
from claimsapi.core.i18n.translation import translate
from claimsapi.core.models import Record
from claimsapi.core.text import normalize_newlines
from sources.models import Document, Snapshot


class Passage(Record):
    """The exact words of a passage and their position: the W3C Web Annotation selectors.

    ``exact``, ``prefix`` and ``suffix`` are its text quote selector, ``start`` and ``end`` its text
    position selector: code points of the snapshot's text, half-open. If the snapshot has no text
    yet, the passage has its position only and receives its words later.
    """

    verbatim: ClassVar = frozenset({"exact", "prefix", "suffix"})

    document: models.ForeignKey[Any, Any] = models.ForeignKey(
        Document, models.PROTECT, related_name="%(class)ss"
    )
    snapshot = models.ForeignKey(
        Snapshot, models.PROTECT, related_name="%(class)ss", blank=True, null=True
    )
    exact = models.TextField(blank=True, help_text=_("The exact words of the quotation."))
    prefix = models.CharField(
        max_length=64, blank=True, help_text=_("A few words before the quotation.")
    )
    suffix = models.CharField(
        max_length=64, blank=True, help_text=_("A few words after the quotation.")
    )
    start = models.PositiveIntegerField(blank=True, null=True)
    end = models.PositiveIntegerField(blank=True, null=True)

    class Meta:
        abstract = True

    def clean(self) -> None:
        """Fill in the words from the snapshot's text; refuse words that differ from it."""
        super().clean()
        if self.snapshot is None or self.start is None or self.end is None:
            return
        # Without the text, only the length can be checked. The words come with the text.
        if self.snapshot.text is None:
            if self.snapshot.length is not None and self.end > self.snapshot.length:
                raise ValidationError(
                    {
                        "end": _("The text has only {length} characters.").format(
                            length=self.snapshot.length
                        )
                    }
                )
            return
        try:
            selection = to_text_quote(self.snapshot.text, self.start, self.end)
        except ValueError as error:
            raise ValidationError({"end": translate(error)}) from None
        # A form sends every line end as LF, the snapshot keeps its own: ignore the difference.
        if self.exact and normalize_newlines(self.exact) != normalize_newlines(selection.exact):
            raise ValidationError({"exact": _("The snapshot's text differs at this position.")})
        self.exact, self.prefix, self.suffix = (
            selection.exact,
            selection.prefix,
            selection.suffix,
        )
