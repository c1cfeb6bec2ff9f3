"""Imported reviews, and readers of page content, for the tests of public pages."""

from typing import Any

from lxml import html

from claims.exchange.claimreview.extractor import Item, extract_from_html
from claims.exchange.importing.importer import ReviewImporter
from claims.exchange.importing.rows import read_rows
from claims.exchange.importing.service import get_import_author
from claims.models import Review
from tests.claims.exchange.claimreview.corpus import plain

HOSTILE = "</script><script>alert(1)</script><!-- \u2028 &amp; \u05d0"
SITE_URL = "http://localhost:8000"


def page_path(review: Any) -> str:
    """Return the URL path of the review's page."""
    review.refresh_from_db()
    return f"/reviews/{review.slug}/"


def read_markup(content: bytes) -> Any:
    """Return the ClaimReview markup of a page."""
    [item] = list(extract_from_html(content))
    return item.value


def import_review(**members: Any) -> Review:
    """Import a review of another publisher with these members."""
    [row] = ReviewImporter(author=get_import_author()).run(
        read_rows(iter([Item(plain(**members))]))
    )
    return Review.objects.get(public_id=row.review)


def visible_text(content: bytes) -> str:
    """Return the text of a page without scripts, with single spaces."""
    tree = html.document_fromstring(content)
    # The markup is in a script, so it must not count as visible text.
    for script in tree.xpath("//script"):
        script.getparent().remove(script)
    return " ".join(tree.text_content().split())
