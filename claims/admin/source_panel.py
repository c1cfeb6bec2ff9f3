"""The source panel of a case: a snapshot's text with its passages, and quotations from it."""

from dataclasses import dataclass
from itertools import islice
from typing import Any, Final
from urllib.parse import urlencode

from django import forms
from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.db.models import Q
from django.http import Http404, HttpRequest, QueryDict
from django.urls import reverse
from django.utils.translation import gettext as _

from claims.admin.actions import parse_key
from claims.admin.highlighting import Span, split_segments
from claims.models import Claim, Statement
from claims.text_selectors import find_quotation
from claimsapi.core.admin import RecordSelect
from claimsapi.core.text import normalize_newlines, parse_digits
from sources.models import Document, Snapshot

MAX_OCCURRENCES: Final = 20  # offered for one quotation
CONTEXT_LENGTH: Final = 40  # characters before and after an occurrence


class OtherDocumentForm(forms.Form):
    """Asks for another document in which the claim may appear."""

    def __init__(self, site: Any, *args: Any) -> None:
        super().__init__(*args)
        widget = RecordSelect(Statement._meta.get_field("document"), site)
        self.fields["document"] = forms.ModelChoiceField(
            Document.objects.all(), required=False, widget=widget
        )
        self.fields["document"].label = _("Read another document")

    def document(self) -> Document | None:
        """Return the selected document, or None."""
        return self.cleaned_data.get("document") if self.is_valid() else None


@dataclass(frozen=True, slots=True)
class Mark:
    """A highlighted statement: its number in the text and the link to it.

    ``is_own`` is true for statements of the case's claim, false for those of other claims.
    """

    number: int
    url: str
    title: str
    is_own: bool


@dataclass(frozen=True, slots=True)
class Part:
    """A stretch of the text.

    ``mark`` is the shortest passage over it. ``overlaps`` is true if other passages cover it too.
    ``ending`` has the marks of the passages that end with it.
    """

    start: int
    text: str
    mark: Mark | None
    overlaps: bool
    ending: list[Mark]


@dataclass(frozen=True, slots=True)
class Source:
    """A snapshot's text, split into parts by the statements of all claims."""

    snapshot: Snapshot
    parts: list[Part]
    text: str


def load_snapshots(claim: Claim, other: Document | None) -> list[Snapshot]:
    """Load the snapshots with text of the claim's documents, the newest first.

    The snapshots of ``other``, the document that the user selected, come before them.
    """
    documents = Q(document__statements__claim=claim) | Q(document=other and other.pk)
    snapshots = (
        Snapshot.objects.filter(documents, text__isnull=False)
        .select_related("document")
        .defer("text")  # megabytes each; load_source() reads the text of one
        .distinct()
        .order_by("document", "-retrieved_at", "-pk")
    )
    return sorted(snapshots, key=lambda snapshot: snapshot.document != other)


def select_snapshot(snapshots: list[Snapshot], key: str | None) -> Snapshot | None:
    """Return the snapshot with this primary key, else the first one."""
    by_key = (snapshot for snapshot in snapshots if str(snapshot.pk) == key)
    return next(by_key, snapshots[0] if snapshots else None)


def load_source(claim: Claim, snapshot: Snapshot | None) -> Source | None:
    """Load a snapshot's text and mark the passages of all statements in it."""
    if snapshot is None or snapshot.text is None:
        return None
    # Statements of all claims: the user sees which words have a statement already.
    rows = Statement.objects.filter(snapshot=snapshot, start__isnull=False)
    marks, spans = {}, []
    for number, row in enumerate(rows.select_related("claim").order_by("start", "pk"), 1):
        if row.start is not None and row.end is not None:
            is_own = row.claim_id == claim.pk
            url = f"{'' if is_own else case_url(row.claim)}#statement-{row.pk}"
            marks[row.pk] = Mark(number, url, row.claim.text, is_own)
            spans.append(Span(row.start, row.end, row.pk))
    parts = [
        Part(
            segment.start,
            segment.text,
            marks.get(segment.key),
            segment.overlaps,
            [marks[key] for key in segment.ending],
        )
        for segment in split_segments(snapshot.text, spans)
    ]
    return Source(snapshot, parts, snapshot.text)


def find_occurrences(claim: Claim, source: Source | None, words: str) -> list[tuple[str, str]]:
    """Find a quotation in the source.

    Returns for each occurrence the URL of the form for its statement, and the text around it.
    """
    if source is None or not words.strip():
        return []
    text = source.text
    return [
        (
            add_statement_url(claim, source.snapshot, start, end),
            f"…{text[max(0, start - CONTEXT_LENGTH) : end + CONTEXT_LENGTH]}…",
        )
        for start, end in islice(find_quotation(text, words), MAX_OCCURRENCES)
    ]


def get_snapshot_or_404(request: HttpRequest, key: str | None) -> Snapshot:
    """Load a snapshot with its text. Raises ``PermissionDenied`` or ``Http404``."""
    if not request.user.has_perm("sources.view_snapshot"):
        raise PermissionDenied
    pk = parse_key(key)
    if pk is None:
        raise Http404
    snapshots = Snapshot.objects.filter(pk=pk, text__isnull=False)
    snapshot: Snapshot | None = snapshots.select_related("document").first()
    if snapshot is None:
        raise Http404
    return snapshot


def resolve_selection(text: str, post: QueryDict, words: str) -> tuple[tuple[int, int] | None, str]:
    """Resolve a selection in the text to its position.

    Uses ``start`` and ``end`` of the form if the script set them, else the only occurrence of the
    words. Returns the position, or None and an error message.
    """
    start, end = (_parse_position(post.get(name)) for name in ("start", "end"))
    if start is None or end is None:
        return _resolve_words(text, words)
    if not start < end <= len(text):
        error = _(
            "The text has %(length)d characters and no passage at this position. "
            "Select the words again."
        )
        return None, error % {"length": len(text)}
    # The browser may have counted in another version of the text: compare the words.
    if words and normalize_newlines(text[start:end]) != words:
        return None, _("The text has other words at this position. Select the words again.")
    return (start, end), ""


def _resolve_words(text: str, words: str) -> tuple[tuple[int, int] | None, str]:
    """Return the position of the words' only occurrence, or None and an error message."""
    if not words.strip():
        return None, _("Select words in the text, or type them exactly as in the text.")
    # One more than the maximum is enough to know that there are too many.
    match list(islice(find_quotation(text, words), MAX_OCCURRENCES + 1)):
        case []:
            error = _("The text does not contain these words. Type them exactly as in the text.")
        case [position]:
            return position, ""
        case positions if len(positions) <= MAX_OCCURRENCES:
            error = _("The text contains these words %(number)d times. Choose one place below.")
            error %= {"number": len(positions)}
        case _more:
            error = _("The text contains these words more than %(number)d times. Type more words.")
            error %= {"number": MAX_OCCURRENCES}
    return None, error


def _parse_position(text: str | None) -> int | None:
    return parse_digits(text or "", 9)


def add_statement_url(claim: Claim, snapshot: Snapshot, start: int, end: int) -> str:
    """Return the URL of the form for a statement of the claim at a position of the snapshot."""
    query = {"claim": claim.pk, "snapshot": snapshot.pk, "start": start, "end": end}
    return f"{reverse('admin:claims_statement_add')}?{urlencode(query)}"


def case_url(claim: Claim) -> str:
    """Return the URL of a claim's case page."""
    return reverse(f"{admin.site.name}:claims_claim_case", args=[claim.pk])
