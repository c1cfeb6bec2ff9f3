"""The benchmark's cases: the request for each server and the check of the answers."""

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlencode
from uuid import UUID

from django.db import connection
from django.db.models import Count, QuerySet

from benchmarks.generate import COMMON, word
from claims.choices import Verdict
from claims.models import Claim, Topic
from claimsapi.core.api.keyset import Cursor
from sources.models import Publisher, Speaker

PAGE: Final = 50
FAR: Final = 20_000  # number of a page deep in the list, if the list is that long
TABLE: Final = "claims_claim"
# Datasette without counts and suggested facets, which it adds for people.
FLAT: Final = {"_shape": "objects", "_size": PAGE, "_nocount": 1, "_nofacet": 1, "_nosuggest": 1}

Check = Callable[[dict[str, bytes]], bool]

# Filters, and whether many claims, few or none have the value.
# An absent value with a frequent one is the worst case of a plan that starts from the wrong index.
FILTERS: Final[tuple[dict[str, str], ...]] = (
    {"speaker": "frequent"},
    {"speaker": "rare"},
    {"speaker": "absent"},
    {"verdict": "frequent"},
    {"verdict": "rare"},
    {"publisher": "frequent"},
    {"publisher": "rare"},
    {"topic": "frequent"},
    {"topic": "rare"},
    {"topic": "absent"},
    {"created": "frequent"},
    {"verdict": "frequent", "speaker": "frequent"},
    {"verdict": "rare", "topic": "frequent"},
    {"topic": "frequent", "speaker": "absent"},
    {"verdict": "frequent", "speaker": "frequent", "publisher": "frequent"},
    {"verdict": "rare", "topic": "rare", "publisher": "rare"},
    {"verdict": "frequent", "topic": "absent", "created": "frequent"},
)


@dataclass(frozen=True, slots=True)
class Case:
    """A request, with its path on each server, and the check of the answers."""

    name: str
    paths: dict[str, str]
    check: Check
    headers: dict[str, str] = field(default_factory=dict)
    status: int = 200
    slow: bool = False
    tail: bool = False  # whether it needs many requests, for the 99th percentile


@dataclass(frozen=True, slots=True)
class Filter:
    """A filter's names in the API, the ORM and the limit, and its table and column for Datasette.

    Datasette can join through one table only.
    """

    parameter: str
    lookup: str
    limit_name: str
    through: tuple[str, str] | None = None


FILTER_NAMES: Final = {
    "speaker": Filter(
        "speaker__slug", "statements__speaker", "speaker", ("claims_statement", "speaker_id")
    ),
    "verdict": Filter("verdict", "reviews__versions__rating__verdict", "verdict"),
    "publisher": Filter(
        "publisher__slug", "reviews__publisher", "publisher", ("claims_review", "publisher_id")
    ),
    "topic": Filter("topic", "topics", "topic", ("claims_claim_topics", "topic_id")),
    "created": Filter("created_at__lt", "created_at__lt", "before"),
}


class Cases:
    """Builds the cases. The reference answer comes from plain queries of the ORM."""

    def __init__(self, claims: int) -> None:
        self.claims = claims
        self.claims_in_order = Claim.objects.order_by("-created_at", "-public_id")

    @cached_property
    def values(self) -> dict[str, dict[str, Any]]:
        """A frequent, a rare and an absent value of each filter."""
        values: dict[str, dict[str, Any]] = {
            "speaker": _values(Speaker.objects.annotate(n=Count("statements"))),
            "publisher": _values(Publisher.objects.annotate(n=Count("reviews"))),
            "topic": _values(Topic.objects.annotate(n=Count("claims"))),
            "verdict": {"frequent": Verdict.values[0], "rare": Verdict.values[-1]},
        }
        return values | {"created": {"frequent": self.claims_in_order[self.claims // 2].created_at}}

    def all(self) -> Iterator[Case]:
        yield self.list("list", {})
        for filters in FILTERS:
            name = ", ".join(f"{field} ({frequency})" for field, frequency in filters.items())
            yield self.list(f"filtered: {name}", filters)
        yield self.far_page()
        yield self.detail()
        yield self.facets("facets: of all", {})
        yield self.facets("facets: verdict (frequent)", {"verdict": Verdict.values[0]})
        yield self.search("search: common word", word(COMMON))
        # The rarer a word, the longer it is.
        words = (
            " ".join(claim.text for claim in self.claims_in_order[:PAGE])
            .lower()
            .replace(".", "")
            .split()
        )
        yield self.search("search: rare word", max(words, key=len))
        yield self.export()

    def list(self, name: str, filters: dict[str, str]) -> Case:
        values = {
            FILTER_NAMES[field]: self.values[field][frequency]
            for field, frequency in filters.items()
        }
        query = urlencode({f.parameter: _api_value(value) for f, value in values.items()})
        limit = urlencode({f.limit_name: _index_value(value) for f, value in values.items()})
        paths = {
            "product": f"/api/v1/claims/?{query}",
            "stock": f"/claims/?{query}",
            "limit": f"/?{limit}",
            "Datasette": _datasette_path(values),
        }
        rows = self.claims_in_order.filter(**{f.lookup: value for f, value in values.items()})
        check = _check_page(rows.distinct()[:PAGE])
        return Case(name, {k: v for k, v in paths.items() if v}, check, tail=not filters)

    def far_page(self) -> Case:
        number = far_page_number(self.claims)
        start = PAGE * (number - 1)
        last = self.claims_in_order[start - 1]
        position = (last.created_at.isoformat(), str(last.public_id))
        # Each server gets the position in its own form: a cursor, a page number, or the values.
        cursor = Cursor("-created_at", backwards=False, values=position)
        before = {"before": _index_value(last.created_at), "before_id": _stored_id(last.public_id)}
        paths = {
            "product": f"/api/v1/claims/?cursor={cursor}",
            "stock": f"/claims/?page={number}",
            "limit": f"/?{urlencode(before)}",
        }
        check = _check_page(self.claims_in_order[start : start + PAGE])
        return Case("page", paths, check, tail=True)

    def detail(self) -> Case:
        claim = self.claims_in_order[self.claims // 2]
        path = f"/claims/{claim.public_id}/"
        limit = f"/?id={_stored_id(claim.public_id)}"
        paths = {"product": f"/api/v1{path}", "stock": path, "limit": limit}
        return Case("detail", paths, _check_page([claim]))

    def facets(self, name: str, filters: dict[str, str]) -> Case:
        """Check the facet of verdicts, which ignores the filter by verdict."""
        verdict = "reviews__versions__rating__verdict"
        rows = self.claims_in_order.order_by().exclude(**{verdict: None}).values_list(verdict)
        counts = dict(rows.annotate(n=Count("pk", distinct=True)))

        def check(answers: dict[str, bytes]) -> bool:
            values = json.loads(answers["product"])["verdict"]["values"]
            return {row["value"]: row["count"] for row in values} == counts

        return Case(name, {"product": f"/api/v1/claims/facets/?{urlencode(filters)}"}, check)

    def search(self, name: str, text: str) -> Case:
        def check(answers: dict[str, bytes]) -> bool:
            rows = json.loads(answers["product"])["results"]
            # Its stem: the search also matches other forms of the word.
            return bool(rows) and all(text[:-1] in json.dumps(row).lower() for row in rows)

        return Case(name, {"product": f"/api/v1/claims/?q={text}"}, check)

    def export(self) -> Case:
        def check(answers: dict[str, bytes]) -> bool:
            rows = {name: list(map(json.loads, a.splitlines())) for name, a in answers.items()}
            # Parsed rows, so that white space and the order of members do not count.
            complete = len(rows["product"]) == self.claims
            return complete and all(others == rows["product"] for others in rows.values())

        return Case(
            "NDJSON",
            {"product": "/api/v1/claims/", "limit": "/export"},
            check,
            {"Accept": "application/x-ndjson"},
            slow=True,
        )


def far_page_number(claims: int) -> int:
    """Return the number of the page deep in the list."""
    return min(FAR, claims // PAGE)


def _values(queryset: QuerySet[Any]) -> dict[str, Any]:
    rows = list(queryset.order_by("-n", "pk"))
    return {"frequent": rows[0], "rare": [row for row in rows if row.n][-1], "absent": rows[-1]}


def _api_value(value: Any) -> str:
    return str(value.isoformat() if isinstance(value, datetime) else getattr(value, "slug", value))


def _index_value(value: Any) -> Any:
    """The value as the public index stores it."""
    if isinstance(value, datetime):
        return str(value.replace(tzinfo=None))
    return getattr(value, "pk", None) or Verdict.values.index(value) + 1


def _stored_id(identifier: UUID) -> str:
    return identifier.hex if connection.vendor == "sqlite" else str(identifier)


def _datasette_path(values: dict[Filter, Any]) -> str:
    """Return Datasette's path for the rows of the claim table; empty if it cannot filter them."""
    parameters: list[tuple[str, Any]] = [*FLAT.items(), ("_sort_desc", "created_at")]
    for name, value in values.items():
        if name.through:
            table, column = name.through
            through = {"table": table, "column": column, "value": str(value.pk)}
            parameters.append(("_through", json.dumps(through)))
        elif name.limit_name == "before":
            parameters.append((name.parameter, _index_value(value)))
        else:
            return ""
    database = Path(connection.settings_dict["NAME"]).stem
    return f"/{database}/{TABLE}.json?{urlencode(parameters)}"


def _check_page(claims: Any) -> Check:
    """Build the check of a page: these claims in this order, and equal JSON if it nests records.

    Datasette's flat rows are compared by id only.
    """
    expected = [claim.public_id for claim in claims]

    def check(answers: dict[str, bytes]) -> bool:
        rows = {name: _rows(answer) for name, answer in answers.items()}
        nested = [page for name, page in rows.items() if name != "Datasette"]
        return all(
            [UUID(row.get("public_id") or row["id"]) for row in page] == expected
            for page in rows.values()
        ) and all(page == nested[0] for page in nested)

    return check


def _rows(body: bytes) -> list[Any]:
    answer = json.loads(body)
    return list(answer.get("results") or answer.get("rows") or ([answer] if "id" in answer else []))
