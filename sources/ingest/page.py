"""What a page states of itself: Open Graph, JSON-LD (schema.org), ``meta`` and ``link`` elements.

Only what is stated counts: a date is never guessed from the page's text or address.
"""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from claimsapi.core.partial_date import PartialDate
from claimsapi.core.text import normalised, unprintable
from sources.canonical import canonical_url, site_of

_LANGUAGE: Final = re.compile(r"[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8})*", re.ASCII)
_ARTICLE: Final = re.compile(r"(Article|Posting|Report|WebPage|CreativeWork)$")
_LONGEST_JSON: Final = 200_000  # characters of one JSON-LD block


@dataclass(frozen=True, slots=True)
class StatedMetadata:
    """What a page states of itself, cleaned; empty where it states nothing usable."""

    title: str
    byline: str
    publisher_name: str
    site: str
    url: str | None
    language: str
    published: PartialDate
    warnings: tuple[str, ...]

    @staticmethod
    def line(text: str) -> str:
        """One line of printable text in normal form C, without bidirectional controls."""
        kept = "".join(c if not unprintable(c) else " " for c in text)
        return " ".join(normalised(kept).split())


class Page:
    """A parsed page, asked for its metadata."""

    def __init__(self, tree: Any) -> None:
        self.tree = tree
        self.warnings: list[str] = []
        self.linked = list(self._linked_data())

    def metadata(self) -> StatedMetadata:
        """Read all that the page states."""
        url = self._url()
        publisher = self._first(self._from_linked("publisher"), self._meta("og:site_name"))
        return StatedMetadata(
            title=self._first(
                self._meta("og:title"),
                self._from_linked("headline"),
                self._texts("//head/title"),
                self._texts("//h1"),
            )[:500].strip(),
            byline=self._first(self._from_linked("author"), self._meta("author"))[:300].strip(),
            publisher_name=publisher[:200].strip(),
            site=site_of(url) if url and publisher else "",
            url=url,
            language=self._language(),
            published=self._published(),
            warnings=tuple(self.warnings),
        )

    def _url(self) -> str | None:
        stated = [*self.tree.xpath("//link[@rel='canonical']/@href"), *self._meta("og:url")]
        for candidate in stated:
            try:
                return canonical_url(str(candidate))
            except ValueError as error:
                self.warnings.append(f"The canonical URL was left out: {error}")
        return None

    def _language(self) -> str:
        for candidate in self.tree.xpath("/html/@lang | /html/@xml:lang"):
            tag = str(candidate).strip().replace("_", "-")
            if _LANGUAGE.fullmatch(tag) and len(tag) <= 35:
                return tag
            self.warnings.append(f"The language was left out: {tag[:40]!r} is no language tag.")
        return ""

    def _published(self) -> PartialDate:
        for candidate in (
            *self._meta("article:published_time"),
            *self._from_linked("datePublished"),
            *self._meta("date"),
            *self._meta("dc.date"),
            *self.tree.xpath("//article//time[@pubdate]/@datetime"),
        ):
            text = str(candidate).strip()
            try:
                return PartialDate.parse(text)
            except ValueError:
                pass
            try:
                return PartialDate(datetime.fromisoformat(text).date(), "day")
            except ValueError:
                self.warnings.append(f"The date was left out: {text[:40]!r} is no date.")
        return PartialDate.UNKNOWN

    def _meta(self, name: str) -> list[str]:
        found = self.tree.xpath("//meta[@property=$name or @name=$name]/@content", name=name)
        return [str(value) for value in found]

    def _texts(self, path: str) -> list[str]:
        return [str(element.text_content()) for element in self.tree.xpath(path)]

    def _first(self, *sources: list[str]) -> str:
        lines = (StatedMetadata.line(text) for source in sources for text in source)
        return next((line for line in lines if line), "")

    def _linked_data(self) -> Iterator[dict[Any, Any]]:
        """The articles among the page's JSON-LD objects, whatever they are wrapped in."""
        for script in self.tree.xpath("//script[@type='application/ld+json']/text()"):
            try:
                pending = [json.loads(str(script)[:_LONGEST_JSON])]
            except (ValueError, RecursionError):
                self.warnings.append("A block of JSON-LD was left out: it is not JSON.")
                continue
            while pending:
                match pending.pop(0):
                    case list() as items:
                        pending = items + pending
                    case {"@graph": list() as items}:
                        pending = items + pending
                    case {"@type": kind, **rest} if _ARTICLE.search(_word(kind)):
                        yield rest

    def _from_linked(self, name: str) -> list[str]:
        return [word for block in self.linked if (word := _word(block.get(name)))]


def _word(value: Any) -> str:
    """The text of a JSON-LD value: itself, its name, or those of a list's members."""
    match value:
        case str():
            return value
        case {"name": str(name)}:
            return name
        case list():
            return ", ".join(
                word for item in value if isinstance(item, str | dict) and (word := _word(item))
            )
    return ""
