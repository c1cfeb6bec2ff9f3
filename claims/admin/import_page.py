"""The page that imports other publishers' reviews: a first upload previews, a second imports."""

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
MAX_ROWS: Final = 1000  # per file: some 15 seconds on a slow machine
COMMAND: Final = "manage.py import_claimreview"
_MAX_CLAIM_LENGTH: Final = 300  # characters of a claim on the page
_MAX_CLAIMANTS: Final = 3

OUTCOME_LABELS: Final = {
    Outcome.CREATED: gettext_lazy("New"),
    Outcome.UPDATED: gettext_lazy("Changed"),
    Outcome.SAME: gettext_lazy("Unchanged"),
    Outcome.REJECTED: gettext_lazy("Rejected"),
}


class UploadForm(forms.Form):
    """A file. ``tried`` is the SHA-256 of the file whose preview the user saw."""

    file = forms.FileField(label=gettext_lazy("File with ClaimReview markup"))
    tried = forms.CharField(required=False, max_length=64, widget=forms.HiddenInput)

    def clean_file(self) -> UploadedFile:
        file: UploadedFile = self.cleaned_data["file"]
        if (file.size or 0) > settings.UPLOAD_MAX_BYTES:
            raise forms.ValidationError(too_large_message())
        return file


def too_large_message() -> str:
    return _(
        "The file is larger than %(size)s, the limit of this page. "
        "Ask an operator to import it with “%(command)s”, which has no limit."
    ) % {"size": filesizeformat(settings.UPLOAD_MAX_BYTES), "command": COMMAND}


class VerdictLookup:
    """Looks up the common verdict of labels: from existing ratings, else by the import's rules."""

    def __init__(self, sites: Collection[str]) -> None:
        ratings = Rating.objects.filter(
            scale__origin=ReviewOrigin.IMPORTED, scale__publisher__site__in=sites
        )
        rows = ratings.values_list("scale__publisher__site", "label", "verdict")
        self._by_rating = {(site, label): verdict for site, label, verdict in rows}
        self._by_decision = {
            (key, site): verdict
            for key, site, verdict in LabelVerdict.objects.values_list("key", "site", "verdict")
        }

    def label(self, review: ParsedReview) -> str:
        """Return the verdict of a review in the user's language."""
        verdict = self._by_rating.get((review.site, review.label)) or map_verdict(
            review.label, review.site, self._by_decision
        )
        return str(Verdict(verdict).label)


def _review_cells(review: ParsedReview, verdicts: VerdictLookup) -> dict[str, Any]:
    """Return the values of a review that its row of the table shows."""
    names = [claimant.name for claimant in review.claimants]
    more = ["…"] if len(names) > _MAX_CLAIMANTS else []
    return {
        "identifier": review.identifier,
        "claim": truncate_text(review.claim, _MAX_CLAIM_LENGTH),
        "language": review.language,
        "claimants": ", ".join([*names[:_MAX_CLAIMANTS], *more]),
        "publisher": review.publisher,
        "label": review.label,
        "verdict": verdicts.label(review),
    }


@dataclass(slots=True)
class Result:
    """The result of an import, or of its preview. ``digest`` is the file's SHA-256."""

    name: str
    digest: str
    is_preview: bool
    rows: list[Row] = field(default_factory=list)
    counts: dict[Outcome, int] = field(default_factory=dict)
    is_truncated: bool = False  # the file has more rows than the page reads
    error: str = ""
    note: str = ""

    @property
    def labeled_counts(self) -> list[tuple[str, int]]:
        return [(str(label), self.counts.get(o, 0)) for o, label in OUTCOME_LABELS.items()]

    @property
    def number_to_write(self) -> int:
        return self.counts.get(Outcome.CREATED, 0) + self.counts.get(Outcome.UPDATED, 0)

    @property
    def can_be_imported(self) -> bool:
        """Whether the next upload of the same file imports it."""
        if not self.is_preview or self.is_truncated or self.error:
            return False
        return self.number_to_write > 0

    def table_rows(self) -> list[dict[str, Any]]:
        """Return the values of each row of the table, with the URL of an existing review."""
        # One query for all reviews and one for all verdicts: a file has up to 1,000 rows.
        public_ids = [row.review for row in self.rows if row.review]
        reviews = Review.objects.filter(public_id__in=public_ids).values_list("public_id", "pk")
        urls = {str(n): reverse("admin:claims_review_change", args=[pk]) for n, pk in reviews}
        verdicts = VerdictLookup({row.parsed.site for row in self.rows if row.parsed is not None})
        return [
            {
                "number": row.number,
                "outcome": OUTCOME_LABELS[row.outcome or Outcome.REJECTED],
                "url": urls.get(row.review, ""),
                "messages": [message for message in (row.reason, *row.notes) if message],
                **(_review_cells(row.parsed, verdicts) if row.parsed is not None else {}),
            }
            for row in self.rows
        ]

    def report_url(self) -> str:
        """Return the CSV report as a data URL, so that the server need not store it."""
        content = base64.b64encode(report_as_csv(self.rows).encode()).decode()
        return f"data:text/csv;charset=utf-8;base64,{content}"


def import_file(file: UploadedFile, *, tried: str) -> Result:
    """Import a file if ``tried`` is its SHA-256, else preview the import without writing."""
    # The upload may differ from the previewed file: the hash decides before anything is written.
    digest = hashlib.sha256()
    for chunk in file.chunks():
        digest.update(chunk)
    # The ledger stores the name as the reason, and a client may send any characters in it.
    name = file.name if file.name and not find_unprintable(file.name) else ""
    result = Result(name=name, digest=digest.hexdigest(), is_preview=tried != digest.hexdigest())
    importer = start_import(dry_run=result.is_preview)
    stream: Any = file.file
    stream.seek(0)
    rows = read_rows(extract_items(stream))
    try:
        # The iterator stops after MAX_ROWS, and one more row tells whether the file has more.
        for row in importer.run(islice(rows, MAX_ROWS), source=name):
            row.markup, row.normalized = "", {}  # free the memory: the page does not show them
            result.rows.append(row)
        result.is_truncated = next(rows, None) is not None
    except OperationalError:
        # Each batch is a transaction of its own, so the batches before stay.
        result.error = _(
            "The database did not accept the next rows. The rows before are saved. "
            "Import the same file again to add the missing rows."
        )
    result.counts = dict(importer.counts)
    if not result.rows and not result.error:
        result.error = translate(NOTHING_FOUND)
    return result


class ImportAdminMixin(RecordAdmin):
    """Adds the import page to the admin of reviews."""

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view(self.import_view)
        return [path("import/", view, name="claims_review_import"), *super().get_urls()]

    def import_view(self, request: HttpRequest) -> HttpResponse:
        """Show the upload form, and the result of an upload."""
        if not request.user.has_perm(PERMISSION):
            raise PermissionDenied
        form, result = UploadForm(), None
        if request.method == "POST":
            form = UploadForm(request.POST, request.FILES)
            # The upload handler drops the content of a request that is too large, so the form
            # itself would only report a missing file.
            if is_too_large(request.META.get("CONTENT_LENGTH")):
                form.errors["file"] = form.error_class([too_large_message()])
            elif form.is_valid():
                tried = form.cleaned_data["tried"]
                result = import_file(form.cleaned_data["file"], tried=tried)
                form = UploadForm(
                    initial={"tried": result.digest if result.can_be_imported else ""}
                )
                if tried and result.is_preview:
                    result.note = _(
                        "This is not the file that you previewed. "
                        "Below is the preview of this file."
                    )
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "title": _("Import reviews"),
            "form": form,
            "result": result,
            "max_rows": MAX_ROWS,
            "max_size": filesizeformat(settings.UPLOAD_MAX_BYTES),
            "command": COMMAND,
        }
        return TemplateResponse(request, "admin/claims/import_reviews.html", context)
