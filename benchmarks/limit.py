"""The limit: a plain ASGI application with one hand-written statement that builds claims as JSON.

It uses no framework. Parameters of a page are the values of the public index's dimensions and the
position after which the page starts. ``id`` is a claim's id as the database stores it. ``/export``
returns all claims.
"""

import os
import sqlite3
from collections.abc import Awaitable, Callable, Iterator, Sequence
from itertools import islice
from typing import Any, Final
from urllib.parse import parse_qsl

import psycopg

URL: Final = os.environ["DATABASE_URL"]
SQLITE: Final = URL.startswith("sqlite:///")
BATCH: Final = 500  # rows of an export that are sent at a time
EVERYTHING: Final = 1 << 62
DIMENSIONS: Final = ("speaker", "verdict", "publisher", "topic")
NEWEST: Final = {"before": "9999-01-01", "before_id": "0" * 32}  # later than every claim


# Both databases concatenate text in the same way, and faster than their own JSON functions.
def text(column: str) -> str:
    return f"json_quote({column})" if SQLITE else f"to_json({column})::text"


def number(column: str) -> str:
    return f"coalesce(CAST({column} AS text), 'null')"


def identifier(column: str) -> str:
    # SQLite stores UUIDs as 32 hexadecimal digits.
    if not SQLITE:
        return f"'\"' || {column}::text || '\"'"
    parts = ((1, 8), (9, 4), (13, 4), (17, 4), (21, 12))
    dashed = " || '-' || ".join(f"substr({column}, {start}, {size})" for start, size in parts)
    return f"'\"' || {dashed} || '\"'"


def timestamp(column: str) -> str:
    # SQLite stores timestamps as text in UTC, with a space instead of the T.
    if SQLITE:
        return f"coalesce('\"' || replace({column}, ' ', 'T') || 'Z\"', 'null')"
    form = 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'
    formatted = f"replace(to_char({column}, '{form}'), '.000000', '')"
    return f"coalesce('\"' || {formatted} || '\"', 'null')"


def date(column: str) -> str:
    return f"coalesce('\"' || {column} || '\"', 'null')"


def record(**members: str) -> str:
    pairs = " || ',' || ".join(f"'\"{name}\":' || {value}" for name, value in members.items())
    return f"'{{' || {pairs} || '}}'"


def unless_null(column: str, value: str) -> str:
    return f"CASE WHEN {column} IS NULL THEN 'null' ELSE {value} END"


def json_list(value: str, rows: str) -> str:
    """SQL of a JSON list of the values, in the order of the rows."""
    joined = "group_concat(j, ',')" if SQLITE else "string_agg(j, ',')"
    return f"(SELECT '[' || coalesce({joined}, '') || ']' FROM (SELECT {value} AS j FROM {rows}) r)"


def record_of(alias: str, *columns: str) -> str:
    members = {column: text(f"{alias}.{column}") for column in columns}
    return record(id=identifier(f"{alias}.public_id"), **members)


def relations(this: str, other: str) -> str:
    claim = record_of("o", "text", "kind", "status", "language")
    members = {"kind": text("x.kind"), "state": text("x.state")}
    return json_list(
        record(id=identifier("x.public_id"), **members, claim=claim),
        f"claims_claimrelation x JOIN claims_claim o ON o.id = x.{other}_id"
        f" WHERE x.{this}_id = c.id AND x.state = 'confirmed' ORDER BY x.public_id",
    )


TOPICS: Final = json_list(
    record_of("t", "slug", "name"),
    "claims_claim_topics x JOIN claims_topic t ON t.id = x.topic_id"
    " WHERE x.claim_id = c.id ORDER BY t.public_id",
)
DOCUMENT: Final = record(
    id=identifier("d.public_id"),
    kind=text("d.kind"),
    title=text("d.title"),
    url=text("d.url"),
    publisher=unless_null("b.id", record_of("b", "slug", "name", "site")),
    published_on=date("d.published_on"),
)
AFFILIATION: Final = record(
    id=identifier("a.public_id"),
    role=text("a.role"),
    organization=text("a.organization"),
    start_on=date("a.start_on"),
    end_on=date("a.end_on"),
)
STATEMENTS: Final = json_list(
    record(
        id=identifier("s.public_id"),
        speaker=unless_null("p.id", record_of("p", "slug", "name", "kind")),
        affiliation=unless_null("a.id", AFFILIATION),
        document=DOCUMENT,
        **{name: text(f"s.{name}") for name in ("quotation", "attributed_as", "exact")},
        **{name: text(f"s.{name}") for name in ("prefix", "suffix")},
        **{name: number(f's."{name}"') for name in ("start", "end")},
        stated_on=date("s.stated_on"),
        source_given=text("s.source_given"),
    ),
    "claims_statement s LEFT JOIN sources_speaker p ON p.id = s.speaker_id"
    " LEFT JOIN sources_affiliation a ON a.id = s.affiliation_id"
    " JOIN sources_document d ON d.id = s.document_id"
    " LEFT JOIN sources_publisher b ON b.id = d.publisher_id"
    " WHERE s.claim_id = c.id ORDER BY s.created_at, s.public_id",
)
RATING: Final = record(
    id=identifier("g.public_id"),
    label=text("g.label"),
    value=number("g.value"),
    verdict=text("g.verdict"),
    scale=text("k.slug"),
    scale_version=number("k.version"),
)
REVIEWS: Final = json_list(
    record(
        id=identifier("w.public_id"),
        publisher=record_of("b", "slug", "name", "site"),
        current_version=record(
            state=text("v.state"),
            rating=RATING,
            headline=text("v.headline"),
            summary=text("v.summary"),
            published_at=timestamp("v.published_at"),
        ),
    ),
    "claims_review w JOIN sources_publisher b ON b.id = w.publisher_id"
    " JOIN claims_reviewversion v ON v.review_id = w.id AND v.state = 'published'"
    " JOIN claims_rating g ON g.id = v.rating_id JOIN claims_ratingscale k ON k.id = g.scale_id"
    " WHERE w.claim_id = c.id ORDER BY w.public_id",
)
CLAIM: Final = record(
    id=identifier("c.public_id"),
    **{name: text(f"c.{name}") for name in ("text", "kind", "checkability", "status")},
    **{name: text(f"c.{name}") for name in ("status_reason", "language")},
    topics=TOPICS,
    decidable_on=date("c.decidable_on"),
    listed_at=timestamp("c.listed_at"),
    statements=STATEMENTS,
    reviews=REVIEWS,
    relations_out=relations("from_claim", "to_claim"),
    relations_in=relations("to_claim", "from_claim"),
    created_at=timestamp("c.created_at"),
    updated_at=timestamp("c.updated_at"),
)
# The placeholder of a parameter.
MARK: Final = "?" if SQLITE else "%s"
# The range of the index comes first, as a subquery: only its 50 claims are turned into JSON.
PAGE: Final = (
    f"SELECT {CLAIM} FROM (SELECT claim_id, created_at, public_id FROM claims_publicclaim WHERE "
    + "".join(f"{dimension} = {MARK} AND " for dimension in DIMENSIONS)
    + f"(created_at, public_id) < ({MARK}, {MARK})"
    f" ORDER BY created_at DESC, public_id DESC LIMIT {MARK}) i"
    " JOIN claims_claim c ON c.id = i.claim_id ORDER BY i.created_at DESC, i.public_id DESC"
)
DETAIL: Final = f"SELECT {CLAIM} FROM claims_claim c WHERE c.public_id = {MARK}"


def connect() -> Callable[[str, Sequence[Any]], Iterator[tuple[str]]]:
    """Connect and return a function that runs a statement. Both drivers prepare it once."""
    if SQLITE:
        return sqlite3.connect(URL.removeprefix("sqlite:///")).execute
    connection = psycopg.connect(URL, autocommit=True, options="-c TimeZone=UTC")

    def run(statement: str, values: Sequence[Any]) -> Iterator[tuple[str]]:
        # A page is fetched at once. The export streams, so that it does not fill the memory.
        if EVERYTHING not in values:
            return iter(connection.execute(statement, values, prepare=True))
        return connection.cursor().stream(statement, values, size=BATCH)

    return run


run = connect()


def page(parameters: dict[str, str], size: int) -> Iterator[tuple[str]]:
    values = [int(parameters.get(dimension, 0)) for dimension in DIMENSIONS]
    position = {**NEWEST, **parameters}
    return run(PAGE, (*values, position["before"], position["before_id"], size))


def body(path: str, parameters: dict[str, str]) -> Iterator[bytes]:
    """Yield the response body in the chunks in which it is sent."""
    if path == "/export":
        rows = page({}, EVERYTHING)
        while batch := list(islice(rows, BATCH)):
            yield "".join(f"{row[0]}\n" for row in batch).encode()
    elif "id" in parameters:
        yield next(run(DETAIL, (parameters["id"],)))[0].encode()
    else:
        yield f'{{"results":[{",".join(row[0] for row in page(parameters, 50))}]}}'.encode()


async def application(
    scope: dict[str, Any], _: Any, send: Callable[[dict[str, Any]], Awaitable[None]]
) -> None:
    chunks = body(scope["path"], dict(parse_qsl(scope["query_string"].decode())))
    start = {"headers": [(b"content-type", b"application/json")], "status": 200}
    await send({"type": "http.response.start", **start})
    for chunk in chunks:
        await send({"type": "http.response.body", "body": chunk, "more_body": True})
    await send({"type": "http.response.body", "body": b""})
