"""The source beside a case: its text with every passage, and words of it that become statements."""

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

from claims.admin.highlighting import Span, places, segments
from claims.models import Claim, Statement
from claimsapi.core.admin import RecordSelect
from claimsapi.core.text import normalize_newlines
from sources.models import Document, Snapshot

PLACES: Final = 20  # at which the same words are offered
AROUND: Final = 40  # characters shown before and after such a place


class OtherDocumentForm(forms.Form):
    """Asks for a document in which the claim may appear too."""

    def __init__(self, site: Any, *args: Any) -> None:
        super().__init__(*args)
        looked_up = RecordSelect(Statement._meta.get_field("document"), site)
        self.fields["document"] = forms.ModelChoiceField(
            Document.objects.all(), required=False, widget=looked_up
        )
        self.fields["document"].label = _("Read another document")

    def document(self) -> Document | None:
        """The document, if one that there is was asked for."""
        return self.cleaned_data.get("document") if self.is_valid() else None


@dataclass(frozen=True, slots=True)
class Mark:
    """A statement's passage in the text: its number there, and where it leads."""

    number: int
    url: str
    title: str
    mine: bool


@dataclass(frozen=True, slots=True)
class Part:
    """A stretch of the text.

    ``mark`` is the shortest passage over it, ``overlaps`` says that others lie over it too, and
    ``ending`` are those that end with it.
    """

    start: int
    text: str
    mark: Mark | None
    overlaps: bool
    ending: list[Mark]


@dataclass(frozen=True, slots=True)
class Source:
    """A snapshot's text with every statement's passage, of this claim and of others."""

    snapshot: Snapshot
    parts: list[Part]
    text: str


def texts_for(claim: Claim, other: Document | None) -> list[Snapshot]:
    """The texts that are held of the documents in which the claim appears, the newest first.

    Those of the document that somebody looks for it in come before them.
    """
    where = Q(document__statements__claim=claim) | Q(document=other and other.pk)
    found = (
        Snapshot.objects.filter(where, text__isnull=False)
        .select_related("document")
        .defer("text")
        .distinct()
        .order_by("document", "-retrieved_at", "-pk")
    )
    return sorted(found, key=lambda text: text.document != other)


def chosen(texts: list[Snapshot], asked: str | None) -> Snapshot | None:
    return next((text for text in texts if str(text.pk) == asked), texts[0] if texts else None)


def source_of(claim: Claim, snapshot: Snapshot | None) -> Source | None:
    if snapshot is None or snapshot.text is None:
        return None
    rows = Statement.objects.filter(snapshot=snapshot, start__isnull=False)
    marks, spans = {}, []
    for number, row in enumerate(rows.select_related("claim").order_by("start", "pk"), 1):
        if row.start is not None and row.end is not None:
            mine = row.claim_id == claim.pk
            place = f"{'' if mine else case_url(row.claim)}#statement-{row.pk}"
            marks[row.pk] = Mark(number, place, row.claim.text, mine)
            spans.append(Span(row.start, row.end, row.pk))
    parts = [
        Part(
            segment.start,
            segment.text,
            marks.get(segment.key),
            segment.overlaps,
            [marks[key] for key in segment.ending],
        )
        for segment in segments(snapshot.text, spans)
    ]
    return Source(snapshot, parts, snapshot.text)


def occurrences(claim: Claim, source: Source | None, words: str) -> list[tuple[str, str]]:
    """Where the words stand that somebody wrote: an address, and a little of the text around."""
    if source is None or not words.strip():
        return []
    text = source.text
    return [
        (
            adding(claim, source.snapshot, start, end),
            f"…{text[max(0, start - AROUND) : end + AROUND]}…",
        )
        for start, end in islice(places(text, words), PLACES)
    ]


def held(request: HttpRequest, key: str | None) -> Snapshot:
    if not request.user.has_perm("sources.view_snapshot"):
        raise PermissionDenied
    if not (key and key.isascii() and key.isdecimal() and len(key) < 19):
        raise Http404
    found = Snapshot.objects.filter(pk=int(key), text__isnull=False).select_related("document")
    snapshot: Snapshot | None = found.first()
    if snapshot is None:
        raise Http404
    return snapshot


def place_in(text: str, asked: QueryDict, words: str) -> tuple[tuple[int, int] | None, str]:
    """The passage that is meant, or a sentence why there is none."""
    start, end = (_whole(asked.get(name)) for name in ("start", "end"))
    if start is None or end is None:
        return _only_place(text, words)
    if not start < end <= len(text):
        told = _("The text has %(length)d characters: there is no such passage.")
        return None, told % {"length": len(text)}
    if words and normalize_newlines(text[start:end]) != words:
        return None, _("The text has other words at that place. Select them again.")
    return (start, end), ""


def _only_place(text: str, words: str) -> tuple[tuple[int, int] | None, str]:
    """The one passage with these words, or a sentence why it is none or which."""
    if not words.strip():
        return None, _("Select words of the text, or write them as they stand in it.")
    match list(islice(places(text, words), PLACES + 1)):
        case []:
            told = _("These words do not stand in the text: write them as they stand there.")
        case [place]:
            return place, ""
        case found if len(found) <= PLACES:
            told = _("These words stand at %(number)d places of the text: choose one below.")
            told %= {"number": len(found)}
        case _found:
            told = _("These words stand at more than %(number)d places: write more of them.")
            told %= {"number": PLACES}
    return None, told


def _whole(text: str | None) -> int | None:
    return int(text) if text and text.isascii() and text.isdecimal() and len(text) < 10 else None


def adding(claim: Claim, snapshot: Snapshot, start: int, end: int) -> str:
    """The address of the form for a statement at that place."""
    place = {"claim": claim.pk, "snapshot": snapshot.pk, "start": start, "end": end}
    return f"{reverse('admin:claims_statement_add')}?{urlencode(place)}"


def case_url(claim: Claim) -> str:
    """The address of a claim's case."""
    return reverse(f"{admin.site.name}:claims_claim_case", args=[claim.pk])
