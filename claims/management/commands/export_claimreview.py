"""``manage.py export_claimreview``: everything that is published, as a feed of ClaimReviews."""

import json
from typing import Any

from claims.exchange.claimreview.serializer import serialize_feed_item
from claims.exchange.claimreview.vocabulary import CONTEXT, Json
from claims.management.export_command import ExportCommand


class Command(ExportCommand):
    help = (
        "Write every review that stands as a DataFeed of ClaimReviews, own and imported, in the "
        "order in which they came: one a line. Read into an empty installation, at the same "
        "address with --archive, it is written again as the same bytes."
    )

    def begin(self, options: dict[str, Any]) -> str:  # noqa: ARG002
        head = json.dumps({"@context": CONTEXT, "@type": "DataFeed"}, separators=(",", ":"))
        return f'{head[:-1]},"dataFeedElement":['

    def written(self, found: Json, *, first: bool, markup: str) -> str:  # noqa: ARG002
        item = json.dumps(serialize_feed_item(found), ensure_ascii=False, separators=(",", ":"))
        return f"\n{item}" if first else f",\n{item}"

    def end(self) -> str:
        return "\n]}\n"
