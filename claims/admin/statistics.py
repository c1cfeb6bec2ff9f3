"""The desk's figures as a page."""

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

from claims.admin.actions import staff
from claims.admin.filter_form import ClaimFilterForm
from claims.choices import UNDECIDED_STATUSES, CorrectionKind, Verdict
from claims.models import Claim
from claims.reports import statistics
from claims.reports.charts import Bar, Count, draw_bars, draw_measures
from claims.search.filters import ClaimFilterSet
from sources.models import Publisher, Speaker

SPEAKERS: Final = 50  # of whose names a part is given
_AGES: Final = {
    "under_1_day": gettext_lazy("Under a day"),
    "under_7_days": gettext_lazy("1 to 7 days"),
    "under_30_days": gettext_lazy("7 to 30 days"),
    "30_days_and_more": gettext_lazy("30 days and more"),
}


@dataclass(frozen=True, slots=True)
class Chart:
    """A drawing with its heading; ``note`` says what is counted."""

    name: str
    title: str
    note: str
    bars: list[Bar]
    unit: str = ""


class StatisticsFilterForm(ClaimFilterForm):
    """Which claims are counted."""

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
        self.offer("verdict", Verdict.choices)

    def question(self) -> dict[str, str]:
        """The same as parameters of the API."""
        asked = {name: value for name, value in self.cleaned_data.items() if value}
        found: dict[str, str] = {}
        for name in ("topic", "publisher__slug"):
            if name in asked:
                found[name] = asked[name].slug
        for name in ("verdict", "kind"):
            if name in asked:
                found[name] = asked[name]
        for name, parameter in (("since", "reviewed_at__gte"), ("until", "reviewed_at__lt")):
            if name in asked:
                found[parameter] = f"{asked[name].isoformat()}T00:00:00Z"
        if "speaker" in asked:
            named = Speaker.objects.filter(name__icontains=asked["speaker"]).order_by("name")
            slugs = named.values_list("slug", flat=True)[:SPEAKERS]
            found["speaker__slug__in"] = ",".join(slugs) or "-"  # which no speaker has
        return found


@require_safe
def statistics_view(request: HttpRequest) -> HttpResponse:
    """What was found, how long it took, what waits, and what we chose to check."""
    user = staff(request)
    if not user.has_perm("claims.view_claim"):
        raise PermissionDenied
    form = StatisticsFilterForm(request.GET)
    asked = form.question() if form.is_valid() else {}
    question = ClaimFilterSet(asked, Claim.objects.visible_to(user), request=request)
    context = {
        **admin.site.each_context(request),
        "title": _("Statistics"),
        "form": form,
        "filtered": bool(asked),
    }
    if form.is_valid() and question.is_valid():
        found = {name: count(question) for name, count in statistics.STATISTICS.items()}
        context |= {"found": found, "charts": [chart for chart in _charts(found) if chart.bars]}
    return TemplateResponse(request, "admin/claims/statistics.html", context)


def _charts(found: dict[str, statistics.Figures]) -> list[Chart]:
    verdicts, durations, balance = (found[name] for name in ("verdicts", "durations", "balance"))
    each = _("A claim with several counts for each.")
    return [
        Chart("verdicts", _("Verdicts"), "", _plain(_verdicts(verdicts["by_verdict"]))),
        Chart(
            "speakers",
            _("Verdicts by speaker"),
            each,
            draw_bars(
                [(row["name"], _verdicts(row["verdicts"])) for row in verdicts["by_speaker"]]
            ),
        ),
        Chart(
            "months",
            _("Verdicts by month of publication"),
            _("Of the reviews that stand."),
            draw_bars(
                [(_month(r["month"]), _verdicts(r["verdicts"])) for r in verdicts["by_month"]]
            ),
        ),
        Chart(
            "durations",
            _("Days from claim to verdict"),
            _("The median of the claims first published in the month."),
            draw_measures(
                [(_month(row["month"]), row["median_days"]) for row in durations["by_month"]]
            ),
            _("days"),
        ),
        Chart(
            "queue",
            _("Age of what waits"),
            _("Claims that nobody has decided on."),
            draw_bars(
                [
                    (
                        str(_AGES[row["age"]]),
                        [
                            Count(str(status.label), row[status.value], status.value)
                            for status in UNDECIDED_STATUSES
                        ],
                    )
                    for row in found["queue"]["by_age"]
                ]
                if found["queue"]["claims"]
                else []
            ),
        ),
        Chart(
            "corrections",
            _("Corrections by kind"),
            "",
            _plain(
                [
                    Count(str(CorrectionKind(row["value"]).label), row["count"])
                    for row in found["corrections"]["by_kind"]
                ]
            ),
        ),
        Chart("topics", _("What we checked, by topic"), each, _named(balance["by_topic"])),
        Chart("people", _("What we checked, by speaker"), each, _named(balance["by_speaker"])),
        Chart(
            "organizations",
            _("What we checked, by affiliation"),
            _("Of the role in which it was said."),
            _plain([Count(r["value"], r["count"]) for r in balance["by_organization"]]),
        ),
    ]


def _verdicts(counts: Sequence[statistics.Figures]) -> list[Count]:
    return [Count(str(Verdict(row["value"]).label), row["count"], row["value"]) for row in counts]


def _named(rows: Sequence[statistics.Figures]) -> list[Bar]:
    return _plain([Count(row["name"], row["count"]) for row in rows])


def _plain(counts: Sequence[Count]) -> list[Bar]:
    """One bar for each count."""
    return draw_bars([(count.label, [count]) for count in counts])


def _month(month: str) -> str:
    first = parse_date(f"{month}-01")
    return date_format(first, "YEAR_MONTH_FORMAT") if isinstance(first, date) else month
