"""The desk's figures: what was found, how long it took, what waits, and what we chose to check.

Each function counts the claims that a question finds among those that its asker may see; what it
says of reviews, statements and corrections is what that person may see of them. A claim with two
speakers, topics or verdicts counts for each of them. Verdicts and the balance count only the
reviews that are asked for, the others every review of the claims that are found.
"""

import statistics
from collections import Counter, defaultdict
from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any, Final

from django.db.models import CharField, Count, Exists, Min, OuterRef, Q, QuerySet
from django.db.models.functions import Cast, Substr
from django.utils import timezone

from claims.choices import PUBLIC_STATES, UNDECIDED_STATUSES, Verdict
from claims.models import Claim, Correction, ReviewVersion, Topic
from claims.search.filters import ClaimFilterSet
from claimsapi.core.ledger.models import Entry
from sources.models import Speaker

MAX_ROWS: Final = 20  # speakers, organizations and topics, the most frequent
MAX_PERIODS: Final = 600  # months, or years, from the first to the last, among which gaps are shown
DAY: Final = timedelta(days=1)
AGE_BANDS: Final = (  # from which age on, in days
    ("under_1_day", 0),
    ("under_7_days", 1),
    ("under_30_days", 7),
    ("30_days_and_more", 30),
)

Figures = dict[str, Any]
_NUMBER: Final = Count("claim", distinct=True)


def count_verdicts(question: ClaimFilterSet) -> Figures:
    """What was found: by verdict, by speaker, and by the month (UTC) of publication."""
    standing = _standing(question)
    found = standing.values_list("rating__verdict")
    count = Count("review__claim", distinct=True)
    rows = standing.annotate(month=_month("published_at")).values_list("month", "rating__verdict")
    by_month: dict[str, Counter[str]] = defaultdict(Counter)
    for month, verdict, number in rows.annotate(number=count):
        by_month[month][verdict] = number
    return {
        "claims": standing.aggregate(number=count)["number"],
        "by_verdict": _in_order(dict(found.annotate(number=count))),
        "by_speaker": _by_speaker(question),
        "by_month": [
            {"month": month, "verdicts": _in_order(by_month[month])}
            for month in fill_months(by_month)
        ],
    }


def measure_durations(question: ClaimFilterSet) -> Figures:
    """The days from a claim's first record here to its first publication.

    Claims that were published before they were recorded here, as imported ones are, are left out.
    """
    versions = ReviewVersion.objects.filter(
        review__claim__in=_keys(question), review__identifier="", state__in=PUBLIC_STATES
    )
    rows = versions.order_by().values_list("review__claim", "review__claim__created_at")
    days: list[float] = []
    by_month: dict[str, list[float]] = defaultdict(list)
    for _claim, recorded, published in rows.annotate(first=Min("published_at")):
        if published >= recorded:
            days.append((published - recorded) / DAY)
            by_month[f"{published:%Y-%m}"].append(days[-1])
    lower, middle, upper = _quartiles(days)
    return {
        "claims": len(days),
        "lower_quartile_days": lower,
        "median_days": middle,
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


def count_open_claims(question: ClaimFilterSet) -> Figures:
    """Claims that nobody has decided on, by how long ago they were recorded here."""
    now = timezone.now()
    rows = question.qs.filter(status__in=UNDECIDED_STATUSES).order_by()
    counts = rows.aggregate(
        oldest=Min("created_at"),
        **{
            f"{status}_{place}": Count("pk", filter=in_age_band(now, place) & Q(status=status))
            for place in range(len(AGE_BANDS))
            for status in UNDECIDED_STATUSES
        },
    )
    by_age = [
        {"age": name} | {str(status): counts[f"{status}_{place}"] for status in UNDECIDED_STATUSES}
        for place, (name, _from) in enumerate(AGE_BANDS)
    ]
    return {
        "claims": sum(row[str(status)] for row in by_age for status in UNDECIDED_STATUSES),
        "oldest": counts["oldest"],
        "by_age": by_age,
    }


def count_returns(question: ClaimFilterSet) -> Figures:
    """How many versions were submitted, and how many of them returned at least once.

    Null for who may not read versions that are not published.
    """
    if not question.request.user.has_perm("claims.view_reviewversion"):
        return {"submitted": None, "returned": None}
    returned = Entry.objects.filter(
        kind=ReviewVersion._meta.label_lower, object=OuterRef("public_id"), action="return"
    )
    versions = ReviewVersion.objects.filter(
        review__claim__in=_keys(question), review__identifier="", submitted_at__isnull=False
    )
    return versions.aggregate(
        submitted=Count("pk"), returned=Count("pk", filter=Exists(returned.order_by()))
    )


def count_corrections(question: ClaimFilterSet) -> Figures:
    """How many published reviews were corrected, how often, by kind and by year (UTC)."""
    seen = Correction.objects.visible_to(question.request.user).order_by()
    rows = seen.filter(review__claim__in=_keys(question))
    by_kind = dict(rows.values_list("kind").annotate(number=Count("pk")))
    years = rows.annotate(year=Substr(Cast("at", CharField()), 1, 4)).values_list("year")
    by_year = {int(year): number for year, number in years.annotate(number=Count("pk"))}
    published = ReviewVersion.objects.filter(
        review__claim__in=_keys(question), state__in=PUBLIC_STATES
    )
    return {
        "reviews": published.aggregate(number=Count("review", distinct=True))["number"],
        "corrected": rows.aggregate(number=Count("review", distinct=True))["number"],
        "corrections": sum(by_kind.values()),
        "by_kind": [{"value": kind, "count": by_kind[kind]} for kind in sorted(by_kind)],
        "by_year": [{"year": year, "count": by_year.get(year, 0)} for year in _whole(by_year)],
    }


def measure_balance(question: ClaimFilterSet) -> Figures:
    """What we chose to check: the claims with a standing verdict, by whose they are and what about.

    ``claims`` is how many there are: the whole of which each count is a part.
    """
    standing = _standing(question)
    checked = Claim.objects.filter(pk__in=standing.values("review__claim"))
    said = question.statements().filter(claim__in=checked.values("pk")).order_by()
    topics = question.related_topics().model.objects.filter(claim__in=checked.values("pk"))
    by_verdict = standing.values_list("rating__verdict").annotate(
        number=Count("review__claim", distinct=True)
    )
    speakers = said.filter(speaker__isnull=False)
    roles = said.exclude(affiliation__organization="").filter(affiliation__isnull=False)
    return {
        "claims": checked.count(),
        "found": question.qs.count(),
        "by_verdict": _in_order(dict(by_verdict)),
        "by_speaker": _named(Speaker, _most(speakers, "speaker")),
        "by_organization": [
            {"value": name, "count": count}
            for name, count in _most(roles, "affiliation__organization")
        ],
        "by_topic": _named(Topic, _most(topics.order_by(), "topic")),
        "without_speaker": checked.exclude(Exists(speakers.filter(claim=OuterRef("pk")))).count(),
        "without_topic": checked.exclude(Exists(topics.filter(claim=OuterRef("pk")))).count(),
    }


STATISTICS: Final = {
    "verdicts": count_verdicts,
    "durations": measure_durations,
    "queue": count_open_claims,
    "returns": count_returns,
    "corrections": count_corrections,
    "balance": measure_balance,
}


def _keys(question: ClaimFilterSet) -> QuerySet[Any]:
    found: QuerySet[Any] = question.qs.order_by().values("pk")
    return found


def _standing(question: ClaimFilterSet) -> QuerySet[Any]:
    """The published versions, of the claims that are found, that the question asks for."""
    rows: Any = question.standing().filter(question.conditions_by_relation().get("reviews", Q()))
    found: QuerySet[Any] = rows.filter(review__claim__in=_keys(question)).order_by()
    return found


def _by_speaker(question: ClaimFilterSet) -> list[Figures]:
    """The verdicts of the speakers with the most claims."""
    standing = _standing(question)
    said = question.statements().filter(
        speaker__isnull=False, claim__reviews__versions__in=standing.values("pk")
    )
    rows = said.order_by().values_list("speaker", "claim__reviews__versions__rating__verdict")
    found: dict[int, dict[str, int]] = defaultdict(dict)
    for speaker, verdict, number in rows.annotate(number=_NUMBER):
        found[speaker][verdict] = number
    most = _most(said, "speaker")
    return [
        {**speaker, "claims": speaker["count"], "verdicts": _in_order(found[key])}
        for (key, _), speaker in zip(most, _named(Speaker, most), strict=True)
    ]


def _most(rows: QuerySet[Any], value: str) -> list[tuple[Any, int]]:
    """The most frequent values, by how many claims have them."""
    counts = rows.order_by().values_list(value).annotate(number=_NUMBER)
    return list(counts.order_by("-number", value)[:MAX_ROWS])


def _named(model: Any, counts: list[tuple[int, int]]) -> list[Figures]:
    keys = [key for key, _ in counts]
    rows = {row.pk: row for row in model.objects.filter(pk__in=keys)}
    return [
        {
            "id": rows[key].public_id,
            "slug": rows[key].slug,
            "name": rows[key].name,
            "count": count,
        }
        for key, count in counts
    ]


def _in_order(counts: dict[str, int]) -> list[Figures]:
    """The verdicts that there are, in the order of their enumeration."""
    return [{"value": word, "count": counts[word]} for word in Verdict.values if counts.get(word)]


def _month(column: str) -> Substr:
    # As text, in UTC: SQLite takes a date apart by calling back, which is slow for so many.
    return Substr(Cast(column, CharField()), 1, 7)


def fill_months(found: Iterable[str]) -> list[str]:
    """Every month from the first to the last, so that a gap shows, unless it is of ages."""
    present = (int(month[:4]) * 12 + int(month[5:]) - 1 for month in found)
    return [f"{number // 12:04}-{number % 12 + 1:02}" for number in _whole(present)]


def _whole(found: Iterable[int]) -> list[int]:
    """Every number from the first to the last; of more than can be shown, those that there are."""
    present = sorted(found)
    if present and present[-1] - present[0] < MAX_PERIODS:
        return list(range(present[0], present[-1] + 1))
    return present


def _quartiles(days: list[float]) -> tuple[float | None, float | None, float | None]:
    match days:
        case []:
            return None, None, None
        case [only]:
            return (round(only, 1),) * 3
    lower, middle, upper = statistics.quantiles(days, n=4, method="inclusive")
    return round(lower, 1), round(middle, 1), round(upper, 1)


def in_age_band(now: datetime, place: int) -> Q:
    """Claims of the age band at that place."""
    since = Q(created_at__lte=now - AGE_BANDS[place][1] * DAY) if place else Q()
    if place + 1 == len(AGE_BANDS):
        return since
    return since & Q(created_at__gt=now - AGE_BANDS[place + 1][1] * DAY)
