"""SQL of the public index and its tally: how their rows follow from the records.

The index has one row for each public claim and each combination of its speakers, reviews and
topics. 0 in a column means "any". Verdict and publisher of one row belong to one published review.
So a list filtered by speaker, verdict, publisher and topic reads one range of one index, in order.

The tally counts the public claims of each facet value.
"""

from collections.abc import Iterator
from typing import Final

from claims.choices import PUBLIC_STATES_SQL, Verdict, VersionState
from claims.read_models.claim_sql import (
    CLAIM_ITSELF_SQL,
    CLAIM_OF_ROW_SQL,
    CLAIM_OF_VERSION_SQL,
    IS_PUBLIC_SQL,
    LISTING_CHANGED_SQL,
    LOCK_CLAIMS_SQL,
    LOCK_REVIEW_SQL,
)
from claimsapi.core.database.guards import columns_changed
from claimsapi.core.database.read_models import Operation, RefreshTrigger, for_each_row

INDEX_TABLE: Final = "claims_publicclaim"
TALLY_TABLE: Final = "claims_publictally"

# The columns that a filter compares. Their order is that of the table's index.
DIMENSIONS: Final = ("speaker", "verdict", "publisher", "topic")

# A claim with more combinations has only the rows with one dimension, where verdict and publisher
# of a review count as one. It also has one row with OVERFLOW in every dimension. While any claim
# has it, filters by several dimensions use the records instead of the index.
MAX_ROWS_PER_CLAIM: Final = 4096
OVERFLOW: Final = -1

VERDICT_CODES: Final = {str(verdict): code for code, verdict in enumerate(Verdict.values, 1)}

_COLUMNS: Final = (
    "claim_id, speaker, verdict, publisher, topic, created_at, public_id, language, year"
)
_ALL_CLAIMS: Final = "IS NOT NULL"
_PUBLISHED: Final = f"'{VersionState.PUBLISHED}'"
_CURRENT_VERSIONS: Final = f"""
    claims_review w
    JOIN claims_reviewversion v ON v.review_id = w.id AND v.state = {_PUBLISHED}
    JOIN claims_rating g ON g.id = v.rating_id"""
_VERDICT_TO_CODE: Final = (
    "CASE g.verdict "
    + " ".join(f"WHEN '{verdict}' THEN {code}" for verdict, code in VERDICT_CODES.items())
    + " END"
)
_CODE_TO_VERDICT: Final = " ".join(
    f"WHEN {code} THEN '{verdict}'" for verdict, code in VERDICT_CODES.items()
)
# The limit cuts nothing off. It makes the subquery a materialized step: without it both databases
# compute the claim's columns again for each combination.
_MATERIALIZE: Final = "LIMIT 9223372036854775807"


def _year(vendor: str, timestamp: str) -> str:
    # SQLite stores timestamps as text in UTC. PostgreSQL converts from the session's time zone.
    if vendor == "sqlite":
        return f"CAST(substr({timestamp}, 1, 4) AS integer)"
    return f"CAST(EXTRACT(YEAR FROM {timestamp} AT TIME ZONE 'UTC') AS integer)"


def _public_claims(vendor: str, condition: str) -> str:
    """A subquery ``c`` of the public claims. ``size`` is their number of combinations."""
    newest = f"(SELECT max(v.published_at) FROM {_CURRENT_VERSIONS} WHERE w.claim_id = c.id)"
    # A review contributes three rows: verdict and publisher, verdict only, publisher only.
    return f"""(
        SELECT c.id, c.created_at, c.public_id, c.language,
            coalesce({_year(vendor, newest)}, 0) AS year,
            (1 + (SELECT count(DISTINCT speaker_id) FROM claims_statement x
                  WHERE x.claim_id = c.id))
            * (1 + 3 * (SELECT count(*) FROM {_CURRENT_VERSIONS} WHERE w.claim_id = c.id))
            * (1 + (SELECT count(*) FROM claims_claim_topics x WHERE x.claim_id = c.id)) AS size
        FROM claims_claim c
        WHERE c.id {condition} AND {IS_PUBLIC_SQL}
        {_MATERIALIZE}) c"""


def _index_rows(vendor: str, condition: str) -> str:
    """A query of the index rows of some claims. ``condition`` follows a claim's id.

    Every subquery repeats the condition. Each one then starts from its claim's rows by an index on
    ``claim_id``, and none scans its table.
    """
    no_dimension = "s.speaker + r.verdict + r.publisher + t.topic = 0"
    number_of_dimensions = " + ".join(
        f"CASE WHEN {dimension} > 0 THEN 1 ELSE 0 END"
        for dimension in ("s.speaker", "r.verdict + r.publisher", "t.topic")
    )
    return f"""
        SELECT c.id, s.speaker, r.verdict, r.publisher, t.topic, c.created_at, c.public_id,
            CASE WHEN {no_dimension} THEN c.language ELSE '' END,
            CASE WHEN {no_dimension} THEN c.year ELSE 0 END
        FROM {_public_claims(vendor, condition)}
        JOIN (
            SELECT id AS claim_id, 0 AS speaker FROM claims_claim WHERE id {condition}
            UNION
            SELECT claim_id, speaker_id FROM claims_statement
            WHERE speaker_id IS NOT NULL AND claim_id {condition}
        ) s ON s.claim_id = c.id
        JOIN (
            SELECT id AS claim_id, 0 AS verdict, 0 AS publisher FROM claims_claim
            WHERE id {condition}
            UNION
            SELECT w.claim_id, f.verdict * {_VERDICT_TO_CODE}, f.publisher * w.publisher_id
            FROM {_CURRENT_VERSIONS}
            CROSS JOIN (
                SELECT 1 AS verdict, 1 AS publisher UNION ALL SELECT 1, 0 UNION ALL SELECT 0, 1
            ) f
            WHERE w.claim_id {condition}
        ) r ON r.claim_id = c.id
        JOIN (
            SELECT id AS claim_id, 0 AS topic FROM claims_claim WHERE id {condition}
            UNION
            SELECT claim_id, topic_id FROM claims_claim_topics WHERE claim_id {condition}
        ) t ON t.claim_id = c.id
        WHERE c.size <= {MAX_ROWS_PER_CLAIM} OR {number_of_dimensions} <= 1
        UNION ALL
        SELECT c.id, {OVERFLOW}, {OVERFLOW}, {OVERFLOW}, {OVERFLOW}, c.created_at, c.public_id,
            '', 0
        FROM {_public_claims(vendor, condition)}
        WHERE c.size > {MAX_ROWS_PER_CLAIM}"""


def _refresh_statements(vendor: str, condition: str) -> Iterator[str]:
    """Statements that bring the index rows of some claims up to date.

    They leave correct rows alone: most writes change few rows, and each written row costs two
    index entries.
    """
    rows = f"SELECT * FROM ({_index_rows(vendor, condition)}) d"
    yield f"DELETE FROM {INDEX_TABLE} WHERE claim_id {condition} AND ({_COLUMNS}) NOT IN ({rows})"
    yield f"INSERT INTO {INDEX_TABLE} ({_COLUMNS}) {rows} WHERE true ON CONFLICT DO NOTHING"


def _facet_values(row: str, source: str) -> str:
    """A query of the facets and values that index rows count for.

    ``row`` names an index row. ``source`` is the query's FROM and WHERE up to its last condition.
    A claim counts once per value, because only the rows with exactly one dimension count.
    """
    selects = []
    for dimension in DIMENSIONS:
        value = f"CAST({row}.{dimension} AS text)"
        if dimension == "verdict":
            value = f"CASE {row}.verdict {_CODE_TO_VERDICT} END"
        others = "".join(f" AND {row}.{other} = 0" for other in DIMENSIONS if other != dimension)
        selects.append(
            f"SELECT '{dimension}' AS facet, {value} AS value"
            f" {source} {row}.{dimension} > 0{others}"
        )
    # The row without any dimension exists once per claim and has its language and year.
    claim_row = f"{source} " + " AND ".join(f"{row}.{dimension} = 0" for dimension in DIMENSIONS)
    selects.append(f"SELECT 'language', {row}.language {claim_row} AND {row}.language <> ''")
    selects.append(f"SELECT 'year', CAST({row}.year AS text) {claim_row} AND {row}.year > 0")
    selects.append(f"SELECT 'all', '' {claim_row}")
    return " UNION ALL ".join(selects)


def _facet_values_of_claims(condition: str) -> str:
    return _facet_values("i", f"FROM {INDEX_TABLE} i WHERE i.claim_id {condition} AND")


def rebuild_statements(vendor: str) -> Iterator[str]:
    """Statements that empty the index and the tally and fill them from the records."""
    if vendor == "postgresql":
        # Without statistics the planner takes tables that were just filled for empty ones.
        tables = ("claim", "claim_topics", "statement", "review", "reviewversion", "rating")
        yield "ANALYZE " + ", ".join(f"claims_{table}" for table in tables)
    yield f"DELETE FROM {TALLY_TABLE}"
    yield f"DELETE FROM {INDEX_TABLE}"
    yield f"INSERT INTO {INDEX_TABLE} ({_COLUMNS}) {_index_rows(vendor, _ALL_CLAIMS)}"
    yield f"""
        INSERT INTO {TALLY_TABLE} (facet, value, n)
        SELECT facet, value, count(*) FROM ({_facet_values_of_claims(_ALL_CLAIMS)}) f
        GROUP BY facet, value"""


def _sqlite_tally_triggers() -> Iterator[RefreshTrigger]:
    """Triggers that count each index row as it is inserted or deleted.

    One counter per value is enough on SQLite, which has one writer at a time.
    """
    steps: tuple[tuple[Operation, str, int], ...] = (("INSERT", "NEW", 1), ("DELETE", "OLD", -1))
    for operation, row, step in steps:
        values = _facet_values(row, "WHERE")
        body = f"""
            INSERT INTO {TALLY_TABLE} (facet, value, n)
            SELECT f.facet, f.value, 0 FROM ({values}) f
            WHERE NOT EXISTS (
                SELECT 1 FROM {TALLY_TABLE} t WHERE t.facet = f.facet AND t.value = f.value);
            UPDATE {TALLY_TABLE} SET n = n + {step} WHERE (facet, value) IN ({values});"""
        number_of_dimensions = " + ".join(f"({row}.{dimension} <> 0)" for dimension in DIMENSIONS)
        yield RefreshTrigger(INDEX_TABLE, operation, body, f"{number_of_dimensions} <= 1")


def _postgresql_body(claims: str, lock: str) -> str:
    """PL/pgSQL that refreshes the index and adds the difference to the tally.

    Writers of one claim wait for each other. On the tally no writer waits: SKIP LOCKED leaves a
    counter that another transaction holds, and the difference becomes a row of its own. The next
    writer adds these rows up. Only values whose count changes are written.
    """
    keys = (
        f"ARRAY(SELECT f.facet || ':' || f.value FROM ({_facet_values_of_claims('= ANY(ids)')}) f)"
    )
    refresh = "; ".join(_refresh_statements("postgresql", "= ANY(ids)"))
    # "= ANY(ids)" lets the planner start from the ids by index. "IN (SELECT unnest(ids))" counts
    # as a join, which it puts last when a query has more than join_collapse_limit tables.
    return f"""
        DECLARE ids bigint[]; before text[]; change record;
        BEGIN
            {lock} ids := ARRAY({claims});
            {LOCK_CLAIMS_SQL}
            IF EXISTS (SELECT 1 FROM {INDEX_TABLE} WHERE claim_id = ANY(ids))
                OR EXISTS (SELECT 1 FROM claims_claim c WHERE c.id = ANY(ids) AND {IS_PUBLIC_SQL})
            THEN
                before := {keys};
                {refresh};
                FOR change IN
                    SELECT split_part(k.key, ':', 1) AS facet,
                        substr(k.key, strpos(k.key, ':') + 1) AS value, sum(k.n) AS n
                    FROM (
                        SELECT unnest(before) AS key, -1 AS n UNION ALL SELECT unnest({keys}), 1
                    ) k
                    GROUP BY k.key HAVING sum(k.n) <> 0
                LOOP
                    WITH gone AS (
                        DELETE FROM {TALLY_TABLE} WHERE id IN (
                            SELECT t.id FROM {TALLY_TABLE} t
                            WHERE t.facet = change.facet AND t.value = change.value
                            FOR UPDATE SKIP LOCKED)
                        RETURNING n)
                    INSERT INTO {TALLY_TABLE} (facet, value, n)
                    SELECT change.facet, change.value, change.n + coalesce(sum(n), 0) FROM gone;
                END LOOP;
            END IF;
        END;"""


def _index_trigger(  # noqa: PLR0913, PLR0917  the parts of a trigger
    vendor: str, table: str, operation: Operation, claims: str, when: str = "", lock: str = ""
) -> RefreshTrigger:
    """A trigger that refreshes the index rows of the claims that a written row belongs to.

    ``claims`` is a query of their ids, and ``lock`` precedes it on PostgreSQL. In both, ``{row}``
    is the written row.
    """
    claims = for_each_row(operation, claims, " UNION ")
    if vendor == "postgresql":
        locks = for_each_row(operation, lock, " ")
        return RefreshTrigger(table, operation, _postgresql_body(claims, locks), when)
    # Work on claims that never were public costs this condition only.
    concerns_public = f"""(
        EXISTS (SELECT 1 FROM {INDEX_TABLE} WHERE claim_id IN ({claims}))
        OR EXISTS (SELECT 1 FROM claims_claim c WHERE c.id IN ({claims}) AND {IS_PUBLIC_SQL}))"""
    return RefreshTrigger(
        table,
        operation,
        "; ".join(_refresh_statements(vendor, f"IN ({claims})")) + ";",
        f"({when}) AND {concerns_public}" if when else concerns_public,
    )


def refresh_triggers(vendor: str) -> Iterator[RefreshTrigger]:
    """Triggers on every write that changes an index row of a claim that is, or was, public.

    A row may be inserted before the row that it refers to, because foreign keys are checked at the
    end of a transaction. So the insertion of each of them refreshes the index.
    """
    if vendor == "sqlite":
        yield from _sqlite_tally_triggers()

    yield _index_trigger(vendor, "claims_claim", "INSERT", CLAIM_ITSELF_SQL)
    yield _index_trigger(
        vendor,
        "claims_claim",
        "UPDATE",
        CLAIM_ITSELF_SQL,
        f"{LISTING_CHANGED_SQL} OR {columns_changed('created_at', 'language')}",
    )
    yield _index_trigger(vendor, "claims_claim", "DELETE", CLAIM_ITSELF_SQL)

    has_speaker = "{row}.speaker_id IS NOT NULL"
    yield _index_trigger(
        vendor, "claims_statement", "INSERT", CLAIM_OF_ROW_SQL, has_speaker.format(row="NEW")
    )
    yield _index_trigger(
        vendor,
        "claims_statement",
        "UPDATE",
        CLAIM_OF_ROW_SQL,
        columns_changed("claim_id", "speaker_id"),
    )
    yield _index_trigger(
        vendor, "claims_statement", "DELETE", CLAIM_OF_ROW_SQL, has_speaker.format(row="OLD")
    )

    for table, columns in (
        ("claims_claim_topics", ("claim_id", "topic_id")),
        ("claims_review", ("claim_id", "publisher_id")),
    ):
        yield _index_trigger(vendor, table, "INSERT", CLAIM_OF_ROW_SQL)
        yield _index_trigger(vendor, table, "UPDATE", CLAIM_OF_ROW_SQL, columns_changed(*columns))
        yield _index_trigger(vendor, table, "DELETE", CLAIM_OF_ROW_SQL)

    # The rating's verdict must not change while the version's rows are computed.
    lock = f"{LOCK_REVIEW_SQL} PERFORM 1 FROM claims_rating WHERE id = {{row}}.rating_id FOR SHARE;"
    old_public, new_public = (f"{row}.state IN {PUBLIC_STATES_SQL}" for row in ("OLD", "NEW"))
    changed = columns_changed("state", "rating_id", "review_id", "published_at")
    conditions: dict[Operation, str] = {
        "INSERT": new_public,
        "UPDATE": f"({old_public} OR {new_public}) AND {changed}",
        "DELETE": old_public,
    }
    for operation, when in conditions.items():
        yield _index_trigger(
            vendor, "claims_reviewversion", operation, CLAIM_OF_VERSION_SQL, when, lock
        )

    rated_claims = f"""
        SELECT w.claim_id FROM claims_review w
        JOIN claims_reviewversion v ON v.review_id = w.id
        WHERE v.state = {_PUBLISHED} AND v.rating_id = {{row}}.id"""
    yield _index_trigger(vendor, "claims_rating", "INSERT", rated_claims)
    yield _index_trigger(
        vendor, "claims_rating", "UPDATE", rated_claims, columns_changed("verdict")
    )
    yield _index_trigger(vendor, "claims_rating", "DELETE", rated_claims)
