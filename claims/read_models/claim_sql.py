"""SQL fragments about claims that the read models share.

``c`` is a row of ``claims_claim``. ``{row}`` is the trigger's ``OLD`` or ``NEW`` row.
"""

from typing import Final

from claims.choices import PUBLIC_STATES_SQL

# The database's form of ``Claim.objects.public()``.
IS_PUBLIC_SQL: Final = f"""(
    c.listed_at IS NOT NULL OR EXISTS (
        SELECT 1 FROM claims_review w
        JOIN claims_reviewversion v ON v.review_id = w.id AND v.state IN {PUBLIC_STATES_SQL}
        WHERE w.claim_id = c.id))"""  # noqa: S608  constants

LISTING_CHANGED_SQL: Final = "(OLD.listed_at IS NULL) IS DISTINCT FROM (NEW.listed_at IS NULL)"

# Queries of the claims that a row belongs to.
CLAIM_ITSELF_SQL: Final = "SELECT {row}.id"
CLAIM_OF_ROW_SQL: Final = "SELECT {row}.claim_id"
CLAIM_OF_VERSION_SQL: Final = "SELECT w.claim_id FROM claims_review w WHERE w.id = {row}.review_id"

# Locks for PL/pgSQL. SQLite has one writer at a time and needs none.
# The review must not move to another claim while its claim is read.
LOCK_REVIEW_SQL: Final = (
    "PERFORM 1 FROM claims_review WHERE id = {row}.review_id FOR NO KEY UPDATE;"
)
# Writers of one claim's rows wait for each other. The order by id prevents deadlocks.
LOCK_CLAIMS_SQL: Final = (
    "PERFORM 1 FROM claims_claim WHERE id = ANY(ids) ORDER BY id FOR NO KEY UPDATE;"
)
