"""``manage.py export_claimreview``: exports all published reviews as a feed of ClaimReviews."""

import json
from typing import Any

from claims.exchange.claimreview.serializer import serialize_feed_item
from claims.exchange.claimreview.vocabulary import CONTEXT, Json
from claims.management.export_command import ExportCommand


class Command(ExportCommand):
    help = (
        "Write all published reviews, own and imported, as a DataFeed of ClaimReviews: one per "
        "line, in the order of their creation. Import the feed with --archive into an empty "
        "installation with the same URL, and its export has the same bytes."
    )

    def format_head(self, options: dict[str, Any]) -> str:  # noqa: ARG002
        head = json.dumps({"@context": CONTEXT, "@type": "DataFeed"}, separators=(",", ":"))
        return f'{head[:-1]},"dataFeedElement":['

    def format_review(self, review: Json, *, is_first: bool, markup: str) -> str:  # noqa: ARG002
        item = json.dumps(serialize_feed_item(review), ensure_ascii=False, separators=(",", ":"))
        return f"\n{item}" if is_first else f",\n{item}"

    def format_tail(self) -> str:
        return "\n]}\n"
