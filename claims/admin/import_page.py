"""The page on which the reviews of others are brought in: a file is tried, then taken."""

import base64
import hashlib
from collections.abc import Collection
from dataclasses import dataclass, field
from itertools import islice
from typing import Any, Final

from django import forms
from django.conf import settings
from django.core.exceptions import PermissionDenied
from django.core.files.uploadedfile import UploadedFile
from django.db import OperationalError
from django.http import HttpRequest, HttpResponse
from django.template.defaultfilters import filesizeformat
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from claims.choices import ReviewOrigin, Verdict
from claims.exchange.claimreview.extractor import extract_items
from claims.exchange.claimreview.parser import ParsedReview
from claims.exchange.importing.rows import Outcome, Row, read_rows
from claims.exchange.importing.service import NOTHING_FOUND, report_as_csv, start_import
from claims.models import LabelVerdict, Rating, Review
from claims.rating_labels import map_verdict
from claimsapi.core.admin import RecordAdmin, truncate_text
from claimsapi.core.i18n.translation import translate
from claimsapi.core.text import find_unprintable
from claimsapi.core.uploads import is_too_large

PERMISSION: Final = "claims.import_review"
MOST_ROWS: Final = 1000  # of a file: some 15 seconds on a slow machine
COMMAND: Final = "manage.py import_claimreview"
_LONGEST_CLAIM: Final = 300  # characters of one on the page
_MOST_NAMES: Final = 3

OUTCOMES: Final = {
    Outcome.CREATED: gettext_lazy("New"),
    Outcome.UPDATED: gettext_lazy("Changed"),
    Outcome.SAME: gettext_lazy("Known already"),
    Outcome.REJECTED: gettext_lazy("Rejected"),
}


class UploadForm(forms.Form):
    """A file; ``tried`` names the one of which the person saw what would become."""

    file = forms.FileField(label=gettext_lazy("File with ClaimReview markup"))
    tried = forms.CharField(required=False, max_length=64, widget=forms.HiddenInput)

    def clean_file(self) -> UploadedFile:
        file: UploadedFile = self.cleaned_data["file"]
        if (file.size or 0) > settings.UPLOAD_MAX_BYTES:
            raise forms.ValidationError(too_large_sentence())
        return file


def too_large_sentence() -> str:
    return _(
        "The file is larger than %(size)s, which is what this page takes: ask an operator to bring "
        "it in with “%(command)s”, which takes files of any size."
    ) % {"size": filesizeformat(settings.UPLOAD_MAX_BYTES), "command": COMMAND}


class Verdicts:
    """The common verdicts that the labels of some sites stand for, or will when they are met."""

    def __init__(self, sites: Collection[str]) -> None:
        known = Rating.objects.filter(
            scale__origin=ReviewOrigin.IMPORTED, scale__publisher__site__in=sites
        )
        named = known.values_list("scale__publisher__site", "label", "verdict")
        self._known = {(site, label): verdict for site, label, verdict in named}
        self._decided = {
            (key, site): verdict
            for key, site, verdict in LabelVerdict.objects.values_list("key", "site", "verdict")
        }

    def of(self, found: ParsedReview) -> str:
        """In the reader's language."""
        known = self._known.get((found.site, found.label))
        return str(Verdict(known or map_verdict(found.label, found.site, self._decided)).label)


def _told_of(found: ParsedReview, verdicts: Verdicts) -> dict[str, Any]:
    """What a person sees of a review before deciding to take it."""
    names = [claimant.name for claimant in found.claimants]
    more = ["…"] if len(names) > _MOST_NAMES else []
    return {
        "identifier": found.identifier,
        "claim": truncate_text(found.claim, _LONGEST_CLAIM),
        "language": found.language,
        "claimants": ", ".join([*names[:_MOST_NAMES], *more]),
        "publisher": found.publisher,
        "label": found.label,
        "verdict": verdicts.of(found),
    }


@dataclass(slots=True)
class Result:
    """What became of a file, or in a ``dry`` run would."""

    name: str
    digest: str
    dry: bool
    rows: list[Row] = field(default_factory=list)
    counts: dict[Outcome, int] = field(default_factory=dict)
    cut: bool = False  # rows of the file were left unread
    fault: str = ""
    note: str = ""

    @property
    def told(self) -> list[tuple[str, int]]:
        return [(str(label), self.counts.get(one, 0)) for one, label in OUTCOMES.items()]

    @property
    def to_write(self) -> int:
        return self.counts.get(Outcome.CREATED, 0) + self.counts.get(Outcome.UPDATED, 0)

    @property
    def may_follow(self) -> bool:
        """Whether the file is ready to be brought in."""
        return self.dry and not self.cut and not self.fault and self.to_write > 0

    def lines(self) -> list[dict[str, Any]]:
        """Each row for the page, with the address of its review, if that is here."""
        numbers = [row.review for row in self.rows if row.review]
        here = Review.objects.filter(public_id__in=numbers).values_list("public_id", "pk")
        pages = {str(n): reverse("admin:claims_review_change", args=[pk]) for n, pk in here}
        verdicts = Verdicts({row.parsed.site for row in self.rows if row.parsed is not None})
        return [
            {
                "number": row.number,
                "outcome": OUTCOMES[row.outcome or Outcome.REJECTED],
                "url": pages.get(row.review, ""),
                "said": [sentence for sentence in (row.reason, *row.notes) if sentence],
                **(_told_of(row.parsed, verdicts) if row.parsed is not None else {}),
            }
            for row in self.rows
        ]

    def as_link(self) -> str:
        """The report as a file within the page, so that it need not be kept here."""
        held = base64.b64encode(report_as_csv(self.rows).encode()).decode()
        return f"data:text/csv;charset=utf-8;base64,{held}"


def bring_in(file: UploadedFile, *, tried: str) -> Result:
    """Take the file if it is the one that was tried; else try it, which writes nothing."""
    digest = hashlib.sha256()
    for chunk in file.chunks():
        digest.update(chunk)
    # What the ledger gives as the reason; a name is anything that a program may send.
    name = file.name if file.name and not find_unprintable(file.name) else ""
    result = Result(name=name, digest=digest.hexdigest(), dry=tried != digest.hexdigest())
    run = start_import(dry_run=result.dry)
    stream: Any = file.file
    stream.seek(0)
    found = read_rows(extract_items(stream))
    try:
        for row in run.run(islice(found, MOST_ROWS), source=name):
            row.markup, row.normalized = "", {}  # the report has no use for them
            result.rows.append(row)
        result.cut = next(found, None) is not None
    except OperationalError:
        result.fault = _(
            "The database did not take the next rows. What was written before stays: bring the "
            "same file in again, and only what is missing is written."
        )
    result.counts = dict(run.counts)
    if not result.rows and not result.fault:
        result.fault = translate(NOTHING_FOUND)
    return result


class BringInAdminMixin(RecordAdmin):
    """A page that takes a file of reviews, linked from their list."""

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view(self.bring_in_view)
        return [path("import/", view, name="claims_review_import"), *super().get_urls()]

    def bring_in_view(self, request: HttpRequest) -> HttpResponse:
        if not request.user.has_perm(PERMISSION):
            raise PermissionDenied
        form, result = UploadForm(), None
        if request.method == "POST":
            form = UploadForm(request.POST, request.FILES)
            if is_too_large(request.META.get("CONTENT_LENGTH")):
                form.errors["file"] = form.error_class([too_large_sentence()])
            elif form.is_valid():
                tried = form.cleaned_data["tried"]
                result = bring_in(form.cleaned_data["file"], tried=tried)
                form = UploadForm(initial={"tried": result.digest if result.may_follow else ""})
                if tried and result.dry:
                    result.note = _(
                        "This is another file than the one that you tried, so it was tried now."
                    )
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "title": _("Bring in the reviews of others"),
            "form": form,
            "result": result,
            "most_rows": MOST_ROWS,
            "most_bytes": filesizeformat(settings.UPLOAD_MAX_BYTES),
            "command": COMMAND,
        }
        return TemplateResponse(request, "admin/claims/bringing_in.html", context)
