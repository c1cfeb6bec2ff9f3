"""What is asked of the servers, as each is asked it, and what must be answered."""

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
FAR: Final = 20_000  # a page deep in the list, where there are so many
TABLE: Final = "claims_claim"
# Datasette without what it adds to a page for people: counts and suggested facets.
FLAT: Final = {"_shape": "objects", "_size": PAGE, "_nocount": 1, "_nofacet": 1, "_nosuggest": 1}

Check = Callable[[dict[str, bytes]], bool]

# What is filtered by, and whether many claims have the value, few or none.
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
    """One question, as each server is asked it, and whether the answers are right."""

    name: str
    paths: dict[str, str]
    right: Check
    headers: dict[str, str] = field(default_factory=dict)
    status: int = 200
    slow: bool = False
    tail: bool = False  # whether the slowest of many requests are asked for


@dataclass(frozen=True, slots=True)
class By:
    """What one filter is called by the API, the ORM, the limit and Datasette.

    Datasette finds a claim through a table and its column; it cannot through two.
    """

    parameter: str
    lookup: str
    fact: str
    through: tuple[str, str] | None = None


FACTS: Final = {
    "speaker": By(
        "speaker__slug", "statements__speaker", "speaker", ("claims_statement", "speaker_id")
    ),
    "verdict": By("verdict", "reviews__versions__rating__verdict", "verdict"),
    "publisher": By(
        "publisher__slug", "reviews__publisher", "publisher", ("claims_review", "publisher_id")
    ),
    "topic": By("topic", "topics", "topic", ("claims_claim_topics", "topic_id")),
    "created": By("created_at__lt", "created_at__lt", "before"),
}


class Cases:
    """The questions; the reference asks the ORM for rows in the plainest way."""

    def __init__(self, claims: int) -> None:
        self.claims = claims
        self.every = Claim.objects.order_by("-created_at", "-public_id")

    @cached_property
    def values(self) -> dict[str, dict[str, Any]]:
        """A frequent, a rare and an absent value of each fact."""
        found: dict[str, dict[str, Any]] = {
            "speaker": _values(Speaker.objects.annotate(n=Count("statements"))),
            "publisher": _values(Publisher.objects.annotate(n=Count("reviews"))),
            "topic": _values(Topic.objects.annotate(n=Count("claims"))),
            "verdict": {"frequent": Verdict.values[0], "rare": Verdict.values[-1]},
        }
        return found | {"created": {"frequent": self.every[self.claims // 2].created_at}}

    def all(self) -> Iterator[Case]:
        yield self.listed("list", {})
        for asked in FILTERS:
            name = ", ".join(f"{fact} ({how})" for fact, how in asked.items())
            yield self.listed(f"filtered: {name}", asked)
        yield self.deep()
        yield self.detail()
        yield self.facets("facets: of all", {})
        yield self.facets("facets: verdict (frequent)", {"verdict": Verdict.values[0]})
        yield self.searched("search: common word", word(COMMON))
        # The rarer a word, the longer it is.
        words = " ".join(claim.text for claim in self.every[:PAGE]).lower().replace(".", "").split()
        yield self.searched("search: rare word", max(words, key=len))
        yield self.exported()

    def listed(self, name: str, asked: dict[str, str]) -> Case:
        wanted = {FACTS[fact]: self.values[fact][how] for fact, how in asked.items()}
        words = urlencode({by.parameter: _word(value) for by, value in wanted.items()})
        found = self.every.filter(**{by.lookup: value for by, value in wanted.items()})
        paths = {
            "product": f"/api/v1/claims/?{words}",
            "stock": f"/claims/?{words}",
            "limit": f"/?{urlencode({by.fact: _number(value) for by, value in wanted.items()})}",
            "Datasette": _flat(wanted),
        }
        right = _page(found.distinct()[:PAGE])
        return Case(name, {k: v for k, v in paths.items() if v}, right, tail=not asked)

    def deep(self) -> Case:
        number = far(self.claims)
        start = PAGE * (number - 1)
        last = self.every[start - 1]
        place = (last.created_at.isoformat(), str(last.public_id))
        cursor = Cursor("-created_at", backwards=False, values=place)
        before = {"before": _number(last.created_at), "before_id": _stored(last.public_id)}
        paths = {
            "product": f"/api/v1/claims/?cursor={cursor}",
            "stock": f"/claims/?page={number}",
            "limit": f"/?{urlencode(before)}",
        }
        return Case("page", paths, _page(self.every[start : start + PAGE]), tail=True)

    def detail(self) -> Case:
        claim = self.every[self.claims // 2]
        path = f"/claims/{claim.public_id}/"
        limit = f"/?id={_stored(claim.public_id)}"
        paths = {"product": f"/api/v1{path}", "stock": path, "limit": limit}
        return Case("detail", paths, _page([claim]))

    def facets(self, name: str, asked: dict[str, str]) -> Case:
        """Compare the facet of verdicts, which leaves the filter by verdict aside."""
        verdict = "reviews__versions__rating__verdict"
        found = self.every.order_by().exclude(**{verdict: None}).values_list(verdict)
        counts = dict(found.annotate(n=Count("pk", distinct=True)))

        def right(answers: dict[str, bytes]) -> bool:
            values = json.loads(answers["product"])["verdict"]["values"]
            return {row["value"]: row["count"] for row in values} == counts

        return Case(name, {"product": f"/api/v1/claims/facets/?{urlencode(asked)}"}, right)

    def searched(self, name: str, sought: str) -> Case:
        def right(answers: dict[str, bytes]) -> bool:
            rows = json.loads(answers["product"])["results"]
            # Its stem: other forms of the word are found too.
            return bool(rows) and all(sought[:-1] in json.dumps(row).lower() for row in rows)

        return Case(name, {"product": f"/api/v1/claims/?q={sought}"}, right)

    def exported(self) -> Case:
        def right(answers: dict[str, bytes]) -> bool:
            rows = {name: list(map(json.loads, a.splitlines())) for name, a in answers.items()}
            whole = len(rows["product"]) == self.claims
            return whole and all(others == rows["product"] for others in rows.values())

        return Case(
            "NDJSON",
            {"product": "/api/v1/claims/", "limit": "/export"},
            right,
            {"Accept": "application/x-ndjson"},
            slow=True,
        )


def far(claims: int) -> int:
    """The page that is deep in the list."""
    return min(FAR, claims // PAGE)


def _values(found: QuerySet[Any]) -> dict[str, Any]:
    rows = list(found.order_by("-n", "pk"))
    return {"frequent": rows[0], "rare": [row for row in rows if row.n][-1], "absent": rows[-1]}


def _word(value: Any) -> str:
    return str(value.isoformat() if isinstance(value, datetime) else getattr(value, "slug", value))


def _number(value: Any) -> Any:
    """The value as the index has it."""
    if isinstance(value, datetime):
        return str(value.replace(tzinfo=None))
    return getattr(value, "pk", None) or Verdict.values.index(value) + 1


def _stored(identifier: UUID) -> str:
    return identifier.hex if connection.vendor == "sqlite" else str(identifier)


def _flat(wanted: dict[By, Any]) -> str:
    """The rows of the claims' table alone, as Datasette is asked for them; empty if it cannot."""
    asked: list[tuple[str, Any]] = [*FLAT.items(), ("_sort_desc", "created_at")]
    for by, value in wanted.items():
        if by.through:
            table, column = by.through
            through = {"table": table, "column": column, "value": str(value.pk)}
            asked.append(("_through", json.dumps(through)))
        elif by.fact == "before":
            asked.append((by.parameter, _number(value)))
        else:
            return ""
    database = Path(connection.settings_dict["NAME"]).stem
    return f"/{database}/{TABLE}.json?{urlencode(asked)}"


def _page(found: Any) -> Check:
    """Whether all answer with these claims in this order, and those that nest alike in full."""
    expected = [claim.public_id for claim in found]

    def right(answers: dict[str, bytes]) -> bool:
        rows = {name: _rows(answer) for name, answer in answers.items()}
        whole = [found for name, found in rows.items() if name != "Datasette"]
        return all(
            [UUID(row.get("public_id") or row["id"]) for row in found] == expected
            for found in rows.values()
        ) and all(found == whole[0] for found in whole)

    return right


def _rows(body: bytes) -> list[Any]:
    answer = json.loads(body)
    return list(answer.get("results") or answer.get("rows") or ([answer] if "id" in answer else []))
