"""One page per case: a claim with its source, speakers, evidence, history and what to do next."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any, Final
from urllib.parse import urlencode

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import Prefetch, Q
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect, QueryDict
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from claims.admin.assigning import people
from claims.admin.buttons import Button, ButtonsAdminMixin, staff
from claims.checks import Check, checks
from claims.choices import OPEN_STATES, PUBLIC_STATES, Priority, RelationState, VersionState
from claims.highlighting import Span, places, segments
from claims.models import Claim, ClaimRelation, Evidence, Review, ReviewVersion, Statement
from claims.services.assigning import may_assign
from claimsapi.core.text import with_line_feeds
from sources.models import Snapshot

CHANGES: Final = 8  # of the history
PLACES: Final = 20  # at which the same words are offered
AROUND: Final = 40  # characters shown before and after such a place


@dataclass(frozen=True, slots=True)
class Mark:
    """A statement's passage in the text: its number there, and where it leads."""

    number: int
    url: str
    title: str
    mine: bool


@dataclass(frozen=True, slots=True)
class Part:
    """A stretch of the text, with the passages over it, the shortest first, and those ending."""

    start: int
    text: str
    marks: list[Mark]
    ending: list[Mark]


@dataclass(frozen=True, slots=True)
class Source:
    """A snapshot's text with every statement's passage, of this claim and of others."""

    snapshot: Snapshot
    parts: list[Part]
    text: str


@dataclass(frozen=True, slots=True)
class Side:
    """A publisher's review: the version that is worked on, and the one that is published."""

    review: Review
    open: ReviewVersion | None
    published: ReviewVersion | None
    buttons: dict[int, list[Button]]
    review_buttons: list[Button]
    checks: list[Check] = field(default_factory=list)


class CaseAdminMixin(ButtonsAdminMixin):
    """Adds the case to a claim's pages."""

    def get_urls(self) -> list[URLPattern]:
        wrap = self.admin_site.admin_view
        return [
            path("<int:pk>/case/", wrap(require_safe(self.case_view)), name="claims_claim_case"),
            path("<int:pk>/quote/", wrap(require_POST(self.quote_view)), name="claims_claim_quote"),
            *super().get_urls(),
        ]

    def case_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Everything about one claim on one page."""
        self.record_for(request, pk)
        return self._page(request, pk, request.GET.get("snapshot"))

    def _page(
        self, request: HttpRequest, pk: int, snapshot: str | None, words: str = ""
    ) -> HttpResponse:
        claim = _claim(pk)
        user = staff(request)
        sides = [self._side(request, review) for review in _reviews(claim)]
        texts = _snapshots(claim) if user.has_perm("sources.view_snapshot") else []
        source = _source(claim, _chosen(texts, snapshot))
        here = f"{self.page_url('case', pk)}?{request.GET.urlencode()}".rstrip("?")
        context = {
            **self.admin_site.each_context(request),
            "title": claim.text,
            "opts": self.opts,
            "claim": claim,
            "buttons": self.buttons(request, claim),
            "statements": claim.statements.all(),
            "relations": _relations(claim),
            "sides": sides,
            "published": any(
                version.state in PUBLIC_STATES
                for side in sides
                for version in side.review.versions.all()
            ),
            "source": source,
            "texts": texts,
            "words": words,
            "places": _found(claim, source, words),
            "changes": self.latest(request, claim, CHANGES),
            "may": _may(request),
            "priorities": Priority.choices,
            "people": people() if may_assign(user) else [],
            "next": here,
        }
        return TemplateResponse(request, "admin/claims/case.html", context)

    def quote_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Lead from a selection, or from words of the text, to a statement filled in with it."""
        claim = self.record_for(request, pk)
        if not request.user.has_perm("claims.add_statement"):
            raise PermissionDenied
        snapshot = _held(request, request.POST.get("snapshot"))
        words = with_line_feeds(request.POST.get("words", ""))
        place, fault = _place(snapshot.text or "", request.POST, words)
        if place is not None:
            return HttpResponseRedirect(_adding(claim, snapshot, *place))
        messages.error(request, fault)
        return self._page(request, pk, str(snapshot.pk), words)

    def case_of(self, record: Any) -> Any:
        return record

    def _side(self, request: HttpRequest, review: Review) -> Side:
        versions: list[ReviewVersion] = review.shown  # type: ignore[attr-defined]  # prefetched
        now = next((v for v in versions if v.state in OPEN_STATES), None)
        published = next((v for v in versions if v.state == VersionState.PUBLISHED), None)
        if published is None and now is None:
            published = versions[0] if versions else None  # retracted
        version_page: Any = self.admin_site.get_model_admin(ReviewVersion)
        review_page: Any = self.admin_site.get_model_admin(Review)
        shown = [version for version in (now, published) if version is not None]
        return Side(
            review,
            now,
            published,
            {version.pk: version_page.moves(request, version) for version in shown},
            review_page.preparing(request, review),
            checks(now) if now is not None else [],
        )


def _claim(pk: int) -> Claim:
    statements = (
        Statement.objects.select_related(
            "speaker", "affiliation", "document__publisher", "snapshot"
        )
        .defer("snapshot__text")
        .prefetch_related("speaker__affiliations")
        .order_by("stated_on", "pk")
    )
    rows = Claim.objects.select_related("assignment__assignee")
    claim: Claim = rows.prefetch_related("topics", Prefetch("statements", statements)).get(pk=pk)
    return claim


def _reviews(claim: Claim) -> Iterable[Review]:
    evidence = Evidence.objects.select_related("document__publisher").order_by("pk")
    versions = (
        ReviewVersion.objects.select_related("rating__scale", "author", "editor")
        .prefetch_related(Prefetch("evidence", evidence))
        .order_by("-number")
    )
    rows = Review.objects.filter(claim=claim).select_related("publisher").order_by("pk")
    found = list(rows.prefetch_related("versions", Prefetch("versions", versions, to_attr="shown")))
    for review in found:
        review.claim = claim
        for version in review.shown:
            version.review = review
    return found


def _relations(claim: Claim) -> list[tuple[ClaimRelation, Claim]]:
    """How the claim relates to others, in both directions, but for what was rejected."""
    rows = ClaimRelation.objects.filter(Q(from_claim=claim) | Q(to_claim=claim))
    rows = rows.exclude(state=RelationState.REJECTED).select_related("from_claim", "to_claim")
    return [
        (relation, relation.to_claim if relation.from_claim == claim else relation.from_claim)
        for relation in rows.order_by("kind", "pk")
    ]


def _snapshots(claim: Claim) -> list[Snapshot]:
    """The texts that are held of the documents in which the claim appears, the newest first."""
    return list(
        Snapshot.objects.filter(document__statements__claim=claim, text__isnull=False)
        .select_related("document")
        .defer("text")
        .distinct()
        .order_by("document", "-retrieved_at", "-pk")
    )


def _chosen(texts: list[Snapshot], asked: str | None) -> Snapshot | None:
    return next((text for text in texts if str(text.pk) == asked), texts[0] if texts else None)


def _source(claim: Claim, snapshot: Snapshot | None) -> Source | None:
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
            [marks[key] for key in segment.keys],
            [marks[key] for key in segment.ending],
        )
        for segment in segments(snapshot.text, spans)
    ]
    return Source(snapshot, parts, snapshot.text)


def _found(claim: Claim, source: Source | None, words: str) -> list[tuple[str, str]]:
    """Where the words stand that somebody wrote: an address, and a little of the text around."""
    if source is None or not words.strip():
        return []
    text = source.text
    return [
        (
            _adding(claim, source.snapshot, start, end),
            f"…{text[max(0, start - AROUND) : end + AROUND]}…",
        )
        for start, end in places(text, words)[:PLACES]
    ]


def _held(request: HttpRequest, key: str | None) -> Snapshot:
    if not request.user.has_perm("sources.view_snapshot"):
        raise PermissionDenied
    if not (key and key.isascii() and key.isdecimal() and len(key) < 19):
        raise Http404
    found = Snapshot.objects.filter(pk=int(key), text__isnull=False).select_related("document")
    snapshot: Snapshot | None = found.first()
    if snapshot is None:
        raise Http404
    return snapshot


def _place(text: str, asked: QueryDict, words: str) -> tuple[tuple[int, int] | None, str]:
    """The passage that is meant, or a sentence why there is none."""
    start, end = (_whole(asked.get(name)) for name in ("start", "end"))
    if start is not None and end is not None:
        if not start < end <= len(text):
            return None, _("The text has %(length)d characters: there is no such passage.") % {
                "length": len(text)
            }
        if words and with_line_feeds(text[start:end]) != words:
            return None, _("The text has other words at that place. Select them again.")
        return (start, end), ""
    found = places(text, words)
    match len(found):
        case 0:
            return None, _("Select words of the text, or write them as they stand in it.")
        case 1:
            return found[0], ""
    told = _("These words stand at %(number)d places of the text: choose one below.")
    return None, told % {"number": len(found)}


def _whole(text: str | None) -> int | None:
    return int(text) if text and text.isascii() and text.isdecimal() and len(text) < 10 else None


def _adding(claim: Claim, snapshot: Snapshot, start: int, end: int) -> str:
    """The address of the form for a statement at that place."""
    place = {"claim": claim.pk, "snapshot": snapshot.pk, "start": start, "end": end}
    return f"{reverse('admin:claims_statement_add')}?{urlencode(place)}"


def _may(request: HttpRequest) -> dict[str, bool]:
    """What this person may do from here, by name of the permission."""
    return {
        name: request.user.has_perm(f"claims.{name}")
        for name in (
            "change_claim",
            "add_statement",
            "change_statement",
            "add_review",
            "add_claimrelation",
            "change_reviewversion",
            "view_reviewversion",
        )
    }


def case_url(claim: Claim) -> str:
    """The address of a claim's case."""
    return reverse(f"{admin.site.name}:claims_claim_case", args=[claim.pk])
