"""The desk's statistics: verdicts, durations, the queue, returns, corrections and the balance.

Each function takes a filter set and counts the claims that it matches and that its user may see.
Of their reviews, statements and corrections it counts those that the user may see. A claim with
two speakers, topics or verdicts counts for each of them. Verdicts and the balance count only the
reviews that meet the filters. The other figures count all reviews of the matching claims.
"""

import statistics
from collections import Counter, defaultdict
from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any, Final

from django.db.models import Count, Exists, Min, OuterRef, Q, QuerySet
from django.utils import timezone

from claims.choices import PUBLIC_STATES, UNDECIDED_STATUSES, Verdict
from claims.models import Claim, Correction, ReviewVersion, Topic
from claims.reports.counts import count_most_frequent, describe_records, month_of, year_of
from claims.search.filters import ClaimFilterSet
from claimsapi.core.ledger.models import Entry
from sources.models import Speaker

MAX_ROWS: Final = 20  # speakers, organizations and topics, the most frequent
MAX_PERIODS: Final = 600  # months or years in one series, including those without claims
DAY: Final = timedelta(days=1)
AGE_BANDS: Final = (  # name and lowest age in days
    ("under_1_day", 0),
    ("under_7_days", 1),
    ("under_30_days", 7),
    ("30_days_and_more", 30),
)

Figures = dict[str, Any]


def count_verdicts(filterset: ClaimFilterSet) -> Figures:
    """Verdicts of published reviews: in total, by speaker, and by month of publication (UTC)."""
    versions = _matching_versions(filterset)
    number = Count("review__claim", distinct=True)
    rows = versions.annotate(month=month_of("published_at")).values_list("month", "rating__verdict")
    # Grouped in the database, so the number of claims does not change the number of rows.
    by_month: dict[str, Counter[str]] = defaultdict(Counter)
    for month, verdict, count in rows.annotate(number=number):
        by_month[month][verdict] = count
    return {
        "claims": versions.aggregate(number=number)["number"],
        "by_verdict": _count_by_verdict(versions),
        "by_speaker": _count_by_speaker(filterset, versions),
        "by_month": [
            {"month": month, "verdicts": _order_verdicts(by_month[month])}
            for month in fill_months(by_month)
        ],
    }


def measure_durations(filterset: ClaimFilterSet) -> Figures:
    """Days from the creation of a claim's record to its first publication.

    Claims that were published before their record was created, such as imported ones, are left out.
    """
    versions = ReviewVersion.objects.filter(
        review__claim__in=_matching_claims(filterset),
        review__identifier="",
        state__in=PUBLIC_STATES,
    )
    rows = versions.order_by().values_list("review__claim", "review__claim__created_at")
    days: list[float] = []
    by_month: dict[str, list[float]] = defaultdict(list)
    for _claim, created_at, published_at in rows.annotate(first=Min("published_at")):
        # Imported reviews are older than their claim's record.
        if published_at >= created_at:
            days.append((published_at - created_at) / DAY)
            by_month[f"{published_at:%Y-%m}"].append(days[-1])
    lower, median, upper = _quartiles(days)
    return {
        "claims": len(days),
        "lower_quartile_days": lower,
        "median_days": median,
        "upper_quartile_days": upper,
        "by_month": [
            {
                "month": month,
                "claims": len(by_month.get(month, ())),
                "median_days": _quartiles(by_month.get(month, []))[1],
            }
            for month in fill_months(by_month)
        ],
    }


def count_undecided_claims(filterset: ClaimFilterSet) -> Figures:
    """Undecided claims (unreviewed or in review), by the age of their records."""
    now = timezone.now()
    rows = filterset.qs.filter(status__in=UNDECIDED_STATUSES).order_by()
    # One query for all bands and statuses.
    counts = rows.aggregate(
        oldest=Min("created_at"),
        **{
            f"{status}_{band}": Count("pk", filter=in_age_band(now, band) & Q(status=status))
            for band in range(len(AGE_BANDS))
            for status in UNDECIDED_STATUSES
        },
    )
    by_age = [
        {"age": name} | {str(status): counts[f"{status}_{band}"] for status in UNDECIDED_STATUSES}
        for band, (name, _lowest) in enumerate(AGE_BANDS)
    ]
    return {
        "claims": sum(row[str(status)] for row in by_age for status in UNDECIDED_STATUSES),
        "oldest": counts["oldest"],
        "by_age": by_age,
    }


def count_returns(filterset: ClaimFilterSet) -> Figures:
    """Submitted versions, and those that were returned to their authors at least once.

    Null for users who may not read unpublished versions.
    """
    if not filterset.request.user.has_perm("claims.view_reviewversion"):
        return {"submitted": None, "returned": None}
    # A version forgets its return when it is submitted again. The ledger does not.
    returns = Entry.objects.filter(
        kind=ReviewVersion._meta.label_lower, object=OuterRef("public_id"), action="return"
    )
    versions = ReviewVersion.objects.filter(
        review__claim__in=_matching_claims(filterset),
        review__identifier="",
        submitted_at__isnull=False,
    )
    return versions.aggregate(
        submitted=Count("pk"), returned=Count("pk", filter=Exists(returns.order_by()))
    )


def count_corrections(filterset: ClaimFilterSet) -> Figures:
    """Corrections of published reviews: in total, by kind, and by year (UTC)."""
    claims = _matching_claims(filterset)
    visible = Correction.objects.visible_to(filterset.request.user).order_by()
    rows = visible.filter(review__claim__in=claims)
    by_kind = dict(rows.values_list("kind").annotate(number=Count("pk")))
    years = rows.annotate(year=year_of("at")).values_list("year")
    by_year = {int(year): count for year, count in years.annotate(number=Count("pk"))}
    published = ReviewVersion.objects.filter(review__claim__in=claims, state__in=PUBLIC_STATES)
    return {
        "reviews": published.aggregate(number=Count("review", distinct=True))["number"],
        "corrected": rows.aggregate(number=Count("review", distinct=True))["number"],
        "corrections": sum(by_kind.values()),
        "by_kind": [{"value": kind, "count": by_kind[kind]} for kind in sorted(by_kind)],
        "by_year": [{"year": year, "count": by_year.get(year, 0)} for year in _fill_gaps(by_year)],
    }


def measure_balance(filterset: ClaimFilterSet) -> Figures:
    """Balance of the checked claims: those with a published verdict, by speaker and topic.

    ``claims`` is the total that the other counts are parts of.
    """
    versions = _matching_versions(filterset)
    checked = Claim.objects.filter(pk__in=versions.values("review__claim"))
    statements = filterset.visible_statements().filter(claim__in=checked.values("pk")).order_by()
    topic_links = Claim.topics.through.objects.filter(claim__in=checked.values("pk")).order_by()
    with_speaker = statements.filter(speaker__isnull=False)
    with_organization = statements.exclude(affiliation__organization="").filter(
        affiliation__isnull=False
    )
    by_organization = count_most_frequent(
        with_organization, "affiliation__organization", "claim", MAX_ROWS
    )
    speakers = count_most_frequent(with_speaker, "speaker", "claim", MAX_ROWS)
    topics = count_most_frequent(topic_links, "topic", "claim", MAX_ROWS)
    no_speaker = checked.exclude(Exists(with_speaker.filter(claim=OuterRef("pk"))))
    no_topic = checked.exclude(Exists(topic_links.filter(claim=OuterRef("pk"))))
    return {
        "claims": checked.count(),
        "found": filterset.qs.count(),
        "by_verdict": _count_by_verdict(versions),
        "by_speaker": describe_records(Speaker, speakers),
        "by_organization": [{"value": name, "count": count} for name, count in by_organization],
        "by_topic": describe_records(Topic, topics),
        "without_speaker": no_speaker.count(),
        "without_topic": no_topic.count(),
    }


# The names are those of the API's endpoints and of the desk's charts.
STATISTICS: Final = {
    "verdicts": count_verdicts,
    "durations": measure_durations,
    "queue": count_undecided_claims,
    "returns": count_returns,
    "corrections": count_corrections,
    "balance": measure_balance,
}


def _matching_claims(filterset: ClaimFilterSet) -> QuerySet[Any]:
    claims: QuerySet[Any] = filterset.qs.order_by().values("pk")
    return claims


def _matching_versions(filterset: ClaimFilterSet) -> QuerySet[Any]:
    """Return the published versions of the matching claims that meet the filters themselves."""
    versions: Any = filterset.matching_versions()
    of_claims: QuerySet[Any] = versions.filter(review__claim__in=_matching_claims(filterset))
    return of_claims.order_by()


def _count_by_verdict(versions: QuerySet[Any]) -> list[Figures]:
    rows = versions.values_list("rating__verdict")
    return _order_verdicts(dict(rows.annotate(number=Count("review__claim", distinct=True))))


def _count_by_speaker(filterset: ClaimFilterSet, versions: QuerySet[Any]) -> list[Figures]:
    """Return the speakers with the most claims, and the verdicts on these claims."""
    statements = filterset.visible_statements().filter(
        speaker__isnull=False, claim__reviews__versions__in=versions.values("pk")
    )
    rows = statements.order_by().values_list("speaker", "claim__reviews__versions__rating__verdict")
    verdicts: dict[int, dict[str, int]] = defaultdict(dict)
    for speaker, verdict, count in rows.annotate(number=Count("claim", distinct=True)):
        verdicts[speaker][verdict] = count
    counts = count_most_frequent(statements, "speaker", "claim", MAX_ROWS)
    return [
        {**record, "claims": record["count"], "verdicts": _order_verdicts(verdicts[key])}
        for (key, _), record in zip(counts, describe_records(Speaker, counts), strict=True)
    ]


def _order_verdicts(counts: dict[str, int]) -> list[Figures]:
    """Return the verdicts with a count, in the order of their enumeration."""
    return [
        {"value": verdict, "count": counts[verdict]}
        for verdict in Verdict.values
        if counts.get(verdict)
    ]


def fill_months(months: Iterable[str]) -> list[str]:
    """Return every month from the first to the last, so that a chart shows months without claims.

    If the series would be longer than ``MAX_PERIODS``, only the given months are returned.
    """
    numbers = (int(month[:4]) * 12 + int(month[5:]) - 1 for month in months)
    return [f"{number // 12:04}-{number % 12 + 1:02}" for number in _fill_gaps(numbers)]


def _fill_gaps(numbers: Iterable[int]) -> list[int]:
    # A single wrong date must not make a series of thousands of empty periods.
    present = sorted(numbers)
    if present and present[-1] - present[0] < MAX_PERIODS:
        return list(range(present[0], present[-1] + 1))
    return present


def _quartiles(days: list[float]) -> tuple[float | None, float | None, float | None]:
    match days:
        case []:
            return None, None, None
        case [only]:
            return (round(only, 1),) * 3
    lower, median, upper = statistics.quantiles(days, n=4, method="inclusive")
    return round(lower, 1), round(median, 1), round(upper, 1)


def in_age_band(now: datetime, band: int) -> Q:
    """Return the condition for claims in an age band, given its index in ``AGE_BANDS``."""
    # The first band has no lower bound: a claim created after ``now`` was read is in it too.
    since = Q(created_at__lte=now - AGE_BANDS[band][1] * DAY) if band else Q()
    if band + 1 == len(AGE_BANDS):
        return since
    return since & Q(created_at__gt=now - AGE_BANDS[band + 1][1] * DAY)
