"""SQL of the search text: how the two tables of searchable text follow from the records.

Each table has one row per claim. The public table holds public claims and the text that everyone
may read. The desk's table holds all claims and all text. Two tables keep drafts out of public
results and out of the public ranking.

On SQLite they are FTS5 tables with the text and its stems. On PostgreSQL they hold two
``tsvector`` columns with a GIN index each.
"""

from collections.abc import Iterator
from typing import Final

from claims.choices import PUBLIC_STATES_SQL
from claims.read_models.claim_sql import (
    CLAIM_ITSELF_SQL,
    CLAIM_OF_ROW_SQL,
    CLAIM_OF_VERSION_SQL,
    IS_PUBLIC_SQL,
    LISTING_CHANGED_SQL,
    LOCK_CLAIMS_SQL,
    LOCK_REVIEW_SQL,
)
from claims.read_models.stemming import LANGUAGES
from claimsapi.core.database.guards import columns_changed
from claimsapi.core.database.read_models import Operation, RefreshTrigger, for_each_row

PUBLIC_TABLE: Final = "claims_search_public"
DESK_TABLE: Final = "claims_search_desk"
TABLES: Final = (PUBLIC_TABLE, DESK_TABLE)

_OPERATIONS: Final[tuple[Operation, ...]] = ("INSERT", "UPDATE", "DELETE")
_MAX_CHARACTERS: Final = 10_000  # of the title, and of the rest, that are searched


def configuration_name(language: str) -> str:
    """The name of PostgreSQL's text search configuration of a language.

    Our configurations stem words. They have no stop words, so that every word can be found.
    """
    return f"claims_{language}"


def create_statements(vendor: str) -> Iterator[str]:
    """Statements that create the tables, and on PostgreSQL the text search configurations."""
    if vendor == "sqlite":
        for table in TABLES:
            # "remove_diacritics 0" keeps accents, as PostgreSQL's "simple" configuration does.
            yield f"""
                CREATE VIRTUAL TABLE {table} USING fts5(
                    title, rest, title_stems, rest_stems,
                    tokenize = 'unicode61 remove_diacritics 0')"""
        return
    for language, algorithm in LANGUAGES.items():
        name = configuration_name(language)
        yield f"""
            CREATE TEXT SEARCH DICTIONARY {name} (
                TEMPLATE = snowball, Language = {algorithm})"""
        yield f"CREATE TEXT SEARCH CONFIGURATION {name} (COPY = simple)"
        yield f"""
            ALTER TEXT SEARCH CONFIGURATION {name} ALTER MAPPING
            FOR asciiword, asciihword, hword_asciipart, word, hword, hword_part WITH {name}"""
    for table in TABLES:
        yield f"""
            CREATE TABLE {table} (
                claim_id bigint PRIMARY KEY,
                words tsvector NOT NULL,
                stems tsvector NOT NULL)"""
        for column in ("words", "stems"):
            yield f"CREATE INDEX {table}_{column} ON {table} USING gin ({column})"


def drop_statements(vendor: str) -> Iterator[str]:
    """Statements that undo ``create_statements``."""
    for table in TABLES:
        yield f"DROP TABLE {table}"
    for language in LANGUAGES if vendor == "postgresql" else ():
        yield f"DROP TEXT SEARCH CONFIGURATION {configuration_name(language)}"
        yield f"DROP TEXT SEARCH DICTIONARY {configuration_name(language)}"


def claim_id_column(vendor: str) -> str:
    """The column with the claim's id: FTS5 tables have no key but their rowid."""
    return "rowid" if vendor == "sqlite" else "claim_id"


def _texts(vendor: str, table: str, condition: str) -> str:
    """A query of id, language, title and rest of the claims of a table.

    ``condition`` follows a claim's id. The title is the claim's text and its reviews' headlines.
    The rest is the statements' words, their speakers and the reviews' summaries.
    """
    aggregate = "group_concat" if vendor == "sqlite" else "string_agg"
    only_public = f" AND v.state IN {PUBLIC_STATES_SQL}" if table == PUBLIC_TABLE else ""
    only_public_newer = only_public.replace("v.", "n.")
    # The newest version of each review among those that the table's readers may see.
    versions = f"""
        FROM claims_review w JOIN claims_reviewversion v ON v.review_id = w.id
        WHERE w.claim_id = c.id{only_public}
            AND NOT EXISTS (
                SELECT 1 FROM claims_reviewversion n
                WHERE n.review_id = w.id AND n.number > v.number{only_public_newer})"""
    title = f"""
        c.text
        || coalesce((SELECT ' ' || {aggregate}(v.headline, ' ') {versions}), '')"""
    rest = f"""
        coalesce((
            SELECT {aggregate}(
                substr(s.exact, 1, {_MAX_CHARACTERS}) || ' ' || coalesce(p.name, ''), ' ')
            FROM claims_statement s LEFT JOIN sources_speaker p ON p.id = s.speaker_id
            WHERE s.claim_id = c.id), '')
        || coalesce((
            SELECT ' ' || {aggregate}(substr(v.summary, 1, {_MAX_CHARACTERS}), ' ')
            {versions}), '')"""
    return f"""
        SELECT c.id, c.language,
            substr({title}, 1, {_MAX_CHARACTERS}) AS title,
            substr({rest}, 1, {_MAX_CHARACTERS}) AS rest
        FROM claims_claim c
        WHERE c.id {condition}{f" AND {IS_PUBLIC_SQL}" if table == PUBLIC_TABLE else ""}"""


def _insert_statement(vendor: str, table: str, condition: str) -> str:
    texts = _texts(vendor, table, condition)
    if vendor == "sqlite":
        return f"""
            INSERT INTO {table} (rowid, title, rest, title_stems, rest_stems)
            SELECT t.id, t.title, t.rest,
                search_stems(t.title, t.language), search_stems(t.rest, t.language)
            FROM ({texts}) t"""
    cases = " ".join(f"WHEN '{tag}' THEN '{configuration_name(tag)}'" for tag in LANGUAGES)
    own = f"CAST(CASE lower(split_part(t.language, '-', 1)) {cases} ELSE 'simple' END AS regconfig)"
    words, stems = (
        f"setweight(to_tsvector({configuration}, t.title), 'A')"
        f" || setweight(to_tsvector({configuration}, t.rest), 'B')"
        for configuration in ("'simple'", own)
    )
    return f"""
        INSERT INTO {table} (claim_id, words, stems)
        SELECT t.id, {words}, {stems} FROM ({texts}) t"""


def rebuild_statements(vendor: str) -> Iterator[str]:
    """Statements that empty both tables and fill them from the records."""
    for table in TABLES:
        yield f"DELETE FROM {table}"
        yield _insert_statement(vendor, table, "IS NOT NULL")
        if vendor == "postgresql":
            # Without statistics the planner takes every word for a frequent one.
            yield f"ANALYZE {table}"


def _text_trigger(  # noqa: PLR0913, PLR0917  the parts of a trigger
    vendor: str,
    tables: tuple[str, ...],
    written_table: str,
    operation: Operation,
    claims: str,
    when: str = "",
    lock: str = "",
) -> RefreshTrigger:
    """A trigger that refreshes the texts of the claims that a written row belongs to.

    ``claims`` is a query of their ids, and ``lock`` precedes it on PostgreSQL. In both, ``{row}``
    is the written row.
    """
    claims = for_each_row(operation, claims, " UNION ")
    condition = f"IN ({claims})" if vendor == "sqlite" else "= ANY(ids)"
    column = claim_id_column(vendor)
    body = " ".join(
        f"DELETE FROM {table} WHERE {column} {condition};"
        f" {_insert_statement(vendor, table, condition)};"
        for table in tables
    )
    if vendor == "postgresql":
        body = f"""
            DECLARE ids bigint[];
            BEGIN
                {for_each_row(operation, lock, " ")} ids := ARRAY({claims});
                {LOCK_CLAIMS_SQL}
                {body}
            END;"""
    return RefreshTrigger(written_table, operation, body, when)


def refresh_triggers(vendor: str) -> Iterator[RefreshTrigger]:
    """Triggers on every write that changes a claim's text or who may read it."""

    def each_operation(
        table: str, claims: str, columns: tuple[str, ...], lock: str = ""
    ) -> Iterator[RefreshTrigger]:
        for operation in _OPERATIONS:
            when = columns_changed(*columns) if operation == "UPDATE" else ""
            yield _text_trigger(vendor, TABLES, table, operation, claims, when, lock)

    yield from each_operation("claims_claim", CLAIM_ITSELF_SQL, ("text", "language"))
    yield _text_trigger(
        vendor, (PUBLIC_TABLE,), "claims_claim", "UPDATE", CLAIM_ITSELF_SQL, LISTING_CHANGED_SQL
    )
    # The speaker must not be renamed while the name is read.
    lock_speaker = "PERFORM 1 FROM sources_speaker WHERE id = {row}.speaker_id FOR SHARE;"
    yield from each_operation(
        "claims_statement", CLAIM_OF_ROW_SQL, ("exact", "speaker_id", "claim_id"), lock_speaker
    )
    claims_of_speaker = "SELECT x.claim_id FROM claims_statement x WHERE x.speaker_id = {row}.id"
    yield _text_trigger(
        vendor, TABLES, "sources_speaker", "UPDATE", claims_of_speaker, columns_changed("name")
    )
    yield from each_operation("claims_review", CLAIM_OF_ROW_SQL, ("claim_id",))

    text_changed = columns_changed("headline", "summary", "number", "review_id")
    old_public, new_public = (f"{row}.state IN {PUBLIC_STATES_SQL}" for row in ("OLD", "NEW"))
    state_changed = columns_changed("state")
    # The desk's text has all versions, the public text only those in a public state.
    conditions: dict[Operation, tuple[str, str]] = {
        "INSERT": ("", new_public),
        "UPDATE": (text_changed, f"({old_public} OR {new_public}) AND {state_changed}"),
        "DELETE": ("", old_public),
    }
    for operation, (desk_condition, public_condition) in conditions.items():
        for table, when in ((DESK_TABLE, desk_condition), (PUBLIC_TABLE, public_condition)):
            yield _text_trigger(
                vendor,
                (table,),
                "claims_reviewversion",
                operation,
                CLAIM_OF_VERSION_SQL,
                when,
                LOCK_REVIEW_SQL,
            )
