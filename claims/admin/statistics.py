"""The desk's statistics page."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Final

from django import forms
from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.utils.dateparse import parse_date
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_safe

from claims.admin.actions import staff_user
from claims.admin.filter_form import ClaimFilterForm
from claims.choices import UNDECIDED_STATUSES, CorrectionKind, Verdict
from claims.models import Claim
from claims.reports import statistics
from claims.reports.charts import Bar, Count, draw_bars, draw_measures
from claims.search.filters import ClaimFilterSet
from sources.models import Publisher, Speaker

MAX_SPEAKERS: Final = 50  # at most this many match a name in the filter
_AGE_LABELS: Final = {
    "under_1_day": gettext_lazy("Under a day"),
    "under_7_days": gettext_lazy("1 to 7 days"),
    "under_30_days": gettext_lazy("7 to 30 days"),
    "30_days_and_more": gettext_lazy("30 days and more"),
}


@dataclass(frozen=True, slots=True)
class Chart:
    """A bar chart with its heading. ``note`` explains the counts."""

    name: str
    title: str
    note: str
    bars: list[Bar]
    unit: str = ""


class StatisticsFilterForm(ClaimFilterForm):
    """Filters the claims that the page counts."""

    publisher__slug = forms.ModelChoiceField(
        Publisher.objects.filter(reviews__isnull=False).distinct().order_by("name"),
        to_field_name="slug",
        label=gettext_lazy("Publisher"),
        required=False,
        empty_label=gettext_lazy("Any"),
    )
    verdict = forms.ChoiceField(label=gettext_lazy("Verdict"), required=False)
    since = forms.DateField(
        label=gettext_lazy("Published from"),
        required=False,
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
    )
    until = forms.DateField(
        label=gettext_lazy("Published before"),
        required=False,
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.set_choices("verdict", Verdict.choices)

    def api_parameters(self) -> dict[str, str]:
        """Return the filters as parameters of the API, so that both count the same claims."""
        filters = {name: value for name, value in self.cleaned_data.items() if value}
        parameters: dict[str, str] = {}
        for name in ("topic", "publisher__slug"):
            if name in filters:
                parameters[name] = filters[name].slug
        for name in ("verdict", "kind"):
            if name in filters:
                parameters[name] = filters[name]
        for name, parameter in (("since", "reviewed_at__gte"), ("until", "reviewed_at__lt")):
            if name in filters:
                parameters[parameter] = f"{filters[name].isoformat()}T00:00:00Z"
        if "speaker" in filters:
            speakers = Speaker.objects.filter(name__icontains=filters["speaker"]).order_by("name")
            slugs = speakers.values_list("slug", flat=True)[:MAX_SPEAKERS]
            # No slug is "-": without a match the page must count nothing, not everything.
            parameters["speaker__slug__in"] = ",".join(slugs) or "-"
        return parameters


@require_safe
def statistics_view(request: HttpRequest) -> HttpResponse:
    """Show verdicts, durations, open work and the balance of topics and speakers."""
    user = staff_user(request)
    if not user.has_perm("claims.view_claim"):
        raise PermissionDenied
    form = StatisticsFilterForm(request.GET)
    parameters = form.api_parameters() if form.is_valid() else {}
    filterset = ClaimFilterSet(parameters, Claim.objects.visible_to(user), request=request)
    context = {
        **admin.site.each_context(request),
        "title": _("Statistics"),
        "form": form,
        "is_filtered": bool(parameters),
    }
    if form.is_valid() and filterset.is_valid():
        figures = {name: count(filterset) for name, count in statistics.STATISTICS.items()}
        charts = [chart for chart in _charts(figures) if chart.bars]
        context |= {"figures": figures, "charts": charts}
    return TemplateResponse(request, "admin/claims/statistics.html", context)


def _charts(figures: dict[str, statistics.Figures]) -> list[Chart]:
    """Return all charts of the page, also those without bars."""
    verdicts, durations, balance = (figures[name] for name in ("verdicts", "durations", "balance"))
    note = _("A claim with several of them counts once for each.")
    return [
        Chart("verdicts", _("Verdicts"), "", _single_bars(_verdict_counts(verdicts["by_verdict"]))),
        Chart(
            "speakers",
            _("Verdicts by speaker"),
            note,
            draw_bars(
                [(row["name"], _verdict_counts(row["verdicts"])) for row in verdicts["by_speaker"]]
            ),
        ),
        Chart(
            "months",
            _("Verdicts by month of publication"),
            _("Published reviews only."),
            draw_bars(
                [
                    (_month_label(r["month"]), _verdict_counts(r["verdicts"]))
                    for r in verdicts["by_month"]
                ]
            ),
        ),
        Chart(
            "durations",
            _("Days from claim to verdict"),
            _("The median of the claims first published in the month."),
            draw_measures(
                [(_month_label(row["month"]), row["median_days"]) for row in durations["by_month"]]
            ),
            _("days"),
        ),
        Chart(
            "queue",
            _("Age of open claims"),
            _("Claims without a decision."),
            draw_bars(
                [
                    (
                        str(_AGE_LABELS[row["age"]]),
                        [
                            Count(str(status.label), row[status.value], status.value)
                            for status in UNDECIDED_STATUSES
                        ],
                    )
                    for row in figures["queue"]["by_age"]
                ]
                if figures["queue"]["claims"]
                else []
            ),
        ),
        Chart(
            "corrections",
            _("Corrections by kind"),
            "",
            _single_bars(
                [
                    Count(str(CorrectionKind(row["value"]).label), row["count"])
                    for row in figures["corrections"]["by_kind"]
                ]
            ),
        ),
        Chart("topics", _("Checked claims by topic"), note, _bars_by_name(balance["by_topic"])),
        Chart("people", _("Checked claims by speaker"), note, _bars_by_name(balance["by_speaker"])),
        Chart(
            "organizations",
            _("Checked claims by affiliation"),
            _("By the speaker's role in the statement."),
            _single_bars([Count(r["value"], r["count"]) for r in balance["by_organization"]]),
        ),
    ]


def _verdict_counts(counts: Sequence[statistics.Figures]) -> list[Count]:
    return [Count(str(Verdict(row["value"]).label), row["count"], row["value"]) for row in counts]


def _bars_by_name(rows: Sequence[statistics.Figures]) -> list[Bar]:
    return _single_bars([Count(row["name"], row["count"]) for row in rows])


def _single_bars(counts: Sequence[Count]) -> list[Bar]:
    """Return a bar for each count."""
    return draw_bars([(count.label, [count]) for count in counts])


def _month_label(month: str) -> str:
    first = parse_date(f"{month}-01")
    return date_format(first, "YEAR_MONTH_FORMAT") if isinstance(first, date) else month
