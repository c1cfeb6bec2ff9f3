"""The limit: no framework, one hand-written statement that yields the same claims as JSON.

A WSGI application, served as the product is. The numbers of its filters are those of the index.
"""

import os
import sqlite3
from collections.abc import Callable, Iterable
from typing import Any
from urllib.parse import parse_qs

import psycopg

URL = os.environ["DATABASE_URL"]
SQLITE = URL.startswith("sqlite:///")

_KEYS = """
SELECT claim_id FROM claims_publicclaim
WHERE speaker = {} AND verdict = {} AND publisher = {} AND topic = {}{}
ORDER BY created_at DESC, public_id DESC LIMIT 50
"""

_ROWS = """
SELECT OBJECT('id', c.public_id, 'text', c.text, 'kind', c.kind, 'status', c.status,
 'language', c.language, 'created_at', c.created_at, 'updated_at', c.updated_at,
 'topics', NESTED((SELECT GROUP(OBJECT('id', t.public_id, 'slug', t.slug, 'name', t.name))
   FROM claims_claim_topics x JOIN claims_topic t ON t.id = x.topic_id WHERE x.claim_id = c.id)),
 'statements', NESTED((SELECT GROUP(OBJECT('id', s.public_id, 'quotation', s.quotation,
   'exact', s.exact, 'stated_on', s.stated_on,
   'speaker', OBJECT('id', p.public_id, 'slug', p.slug, 'name', p.name),
   'document', OBJECT('id', d.public_id, 'title', d.title, 'url', d.url,
     'publisher', OBJECT('id', o.public_id, 'slug', o.slug, 'name', o.name, 'site', o.site))))
   FROM claims_statement s JOIN sources_speaker p ON p.id = s.speaker_id
   JOIN sources_document d ON d.id = s.document_id
   JOIN sources_publisher o ON o.id = d.publisher_id WHERE s.claim_id = c.id)),
 'reviews', NESTED((SELECT GROUP(OBJECT('id', w.public_id, 'publisher', b.name,
   'headline', v.headline,
   'summary', v.summary, 'published_at', v.published_at, 'rating', g.label, 'verdict', g.verdict))
   FROM claims_review w JOIN sources_publisher b ON b.id = w.publisher_id
   JOIN claims_reviewversion v ON v.review_id = w.id AND v.state = 'published'
   JOIN claims_rating g ON g.id = v.rating_id WHERE w.claim_id = c.id)))
FROM claims_claim c WHERE """

_OBJECT, _GROUP = (
    ("json_object", "json_group_array") if SQLITE else ("json_build_object", "json_agg")
)
ROWS = _ROWS.replace("OBJECT", _OBJECT).replace("GROUP", _GROUP)
# Newer versions of SQLite would write what is nested as a string.
ROWS = ROWS.replace("NESTED", "json" if SQLITE else "")


def connected() -> Callable[[str], list[str]]:
    """Connect, and return what runs a statement."""
    if SQLITE:
        base = sqlite3.connect(URL.removeprefix("sqlite:///"))
        return lambda sql: [row[0] for row in base.execute(sql)]
    other = psycopg.connect(URL, autocommit=True)
    return lambda sql: [row[0] for row in other.execute(sql)]


if not SQLITE:
    # As text: to parse what is to be written again would be no limit.
    ROWS = ROWS.replace("SELECT json_build_object", "SELECT (json_build_object", 1).replace(
        "\nFROM claims_claim c WHERE ", ")::text\nFROM claims_claim c WHERE "
    )
run = connected()


def application(environ: dict[str, Any], start: Callable[..., Any]) -> Iterable[bytes]:
    """Answer with a page or, if ``id`` is given, with one claim."""
    asked = {name: values[0] for name, values in parse_qs(environ["QUERY_STRING"]).items()}
    if "id" in asked:
        body = run(f"{ROWS}c.id = {int(asked['id'])}")[0]
    else:
        numbers = [int(asked.get(f, "0")) for f in ("speaker", "verdict", "publisher", "topic")]
        before = ""
        if "before" in asked:
            place = int(asked["before"])
            row = "SELECT created_at, public_id FROM claims_claim WHERE id ="
            before = f" AND (created_at, public_id) < ({row} {place})"
        keys = _KEYS.format(*numbers, before)
        order = " ORDER BY c.created_at DESC, c.public_id DESC"
        body = '{"results":[' + ",".join(run(f"{ROWS}c.id IN ({keys}){order}")) + "]}"
    start("200 OK", [("Content-Type", "application/json")])
    return [body.encode()]
