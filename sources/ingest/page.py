"""Metadata of an HTML page from Open Graph, JSON-LD (schema.org), ``meta`` and ``link`` elements.

Only explicit metadata count: no date is guessed from the text or the URL of the page.
"""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from claimsapi.core.partial_date import PartialDate
from claimsapi.core.text import find_unprintable, normalize_text
from sources.canonical import canonicalize_url, site_from_url

_LANGUAGE: Final = re.compile(r"[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8})*", re.ASCII)
_ARTICLE: Final = re.compile(r"(Article|Posting|Report|CreativeWork)(,|$)")
_WEB_PAGE: Final = re.compile(r"WebPage(,|$)")
_MAX_JSON_LENGTH: Final = 200_000  # characters of one JSON-LD block
_MAX_LINE_LENGTH: Final = 10_000  # characters; titles and names have a few hundred


@dataclass(frozen=True, slots=True)
class PageMetadata:
    """Cleaned metadata of a page. Missing and malformed values are empty."""

    title: str
    byline: str
    publisher_name: str
    site: str
    url: str | None
    language: str
    published: PartialDate
    warnings: tuple[str, ...]


def clean_line(text: str) -> str:
    """Return the text as one line of printable characters in normalization form C.

    Bidirectional controls are removed, not replaced by spaces: they have no width and may occur
    inside a word.
    """
    # A limit first: the check of each character is slow for a text of megabytes.
    text = text[:_MAX_LINE_LENGTH]
    printable = "".join(c for c in text if c.isspace() or not find_unprintable(c))
    return " ".join(normalize_text(printable).split())


class Page:
    """Reader of the metadata of a parsed page."""

    def __init__(self, tree: Any) -> None:
        self.tree = tree
        self.warnings: list[str] = []
        self.scripts = [
            script
            for script in tree.iter("script")
            if script.get("type", "").lower().startswith("application/ld+json")
        ]
        self.linked_data = self._own_linked_data()
        # Values of meta elements by their names in lower case, as HTML compares names.
        self.meta_values: dict[str, list[str]] = {}
        for meta in tree.iter("meta"):
            if (content := meta.get("content", "")).strip():
                for name in {meta.get("property", "").lower(), meta.get("name", "").lower()}:
                    self.meta_values.setdefault(name, []).append(content)

    def metadata(self) -> PageMetadata:
        """Return the metadata of the page."""
        url = self._url()
        publisher = self._first(self._from_linked("publisher"), self._meta("og:site_name"))
        authors = ", ".join(dict.fromkeys(self._meta("author")))
        # Without a publisher's name, the host may belong to an aggregator: leave the site empty.
        return PageMetadata(
            title=self._first(
                self._meta("og:title"),
                self._from_linked("headline"),
                self._texts("//head/title"),
                self._texts("//h1"),
            )[:500].strip(),
            byline=self._first(self._from_linked("author"), [authors])[:300].strip(),
            publisher_name=publisher[:200].strip(),
            site=site_from_url(url) if url and publisher else "",
            url=url,
            language=self._language(),
            published=self._published(),
            warnings=tuple(dict.fromkeys(self.warnings)),
        )

    def _url(self) -> str | None:
        links = [
            link.get("href", "")
            for link in self.tree.iter("link")
            if "canonical" in link.get("rel", "").lower().split()
        ]
        for candidate in (*links, *self._meta("og:url"), *self._from_linked("url")):
            if not candidate.strip():
                continue
            try:
                url = canonicalize_url(candidate)
                site_from_url(url)  # rejects localhost and other hosts without a domain
            except ValueError as error:
                self.warnings.append(f"The canonical URL was omitted: {error}")
            else:
                return url
        return None

    def _language(self) -> str:
        for name in ("lang", "xml:lang"):
            tag = self.tree.get(name, "").strip().replace("_", "-")
            if _LANGUAGE.fullmatch(tag) and len(tag) <= 35:
                return _format_language_tag(tag)
            if tag:  # empty means unknown (HTML Standard)
                self.warnings.append(f"The language was omitted: {tag[:40]!r} is not a tag.")
        return ""

    def _published(self) -> PartialDate:
        """Return the publication date in the publisher's own time zone.

        A ``time`` element without ``pubdate`` does not count: it may date anything.
        """
        # The most explicit source comes first: the first valid date wins.
        for candidate in (
            *self._meta("article:published_time"),
            *self._from_linked("datePublished"),
            *self.tree.xpath("//@content[../@itemprop='datePublished']"),
            *self.tree.xpath("//@datetime[../@itemprop='datePublished']"),
            *self._meta("date"),
            *self._meta("dc.date"),
            *self.tree.xpath("//article//time[@pubdate]/@datetime"),
        ):
            text = str(candidate).strip()
            if not text:
                continue
            try:
                return PartialDate.parse(text)
            except ValueError:
                pass
            try:
                moment = datetime.fromisoformat(text)
                if "W" in text:  # an ISO 8601 week, which Python reads as its Monday
                    raise ValueError
                return PartialDate(moment.date(), "day")
            except ValueError:
                self.warnings.append(f"The date was omitted: {text[:40]!r} is not a date.")
        return PartialDate.UNKNOWN

    def _meta(self, name: str) -> list[str]:
        return self.meta_values.get(name, [])

    def _texts(self, path: str) -> list[str]:
        return [str(element.text_content()) for element in self.tree.xpath(path)]

    def _first(self, *sources: list[str]) -> str:
        lines = (clean_line(text) for source in sources for text in source)
        return next((line for line in lines if line), "")

    def _own_linked_data(self) -> list[dict[Any, Any]]:
        """Return the first article in JSON-LD, and the first ``WebPage`` as its supplement.

        Further articles are links to other pages, with other authors and dates.
        """
        blocks = [(block, _text(block.get("@type"))) for block in self._linked_data()]
        candidates = (
            next((block for block, name in blocks if kind.search(name)), None)
            for kind in (_ARTICLE, _WEB_PAGE)
        )
        return [block for block in candidates if block]

    def _linked_data(self) -> Iterator[dict[Any, Any]]:
        """Yield all JSON-LD objects of the page in their order, also those in lists and graphs."""
        for script in self.scripts:
            text = script.text or ""
            if len(text) > _MAX_JSON_LENGTH:
                self.warnings.append(
                    f"A block of JSON-LD was omitted: more than {_MAX_JSON_LENGTH} characters."
                )
                continue
            try:
                pending = [json.loads(text)]
            except (ValueError, RecursionError):
                self.warnings.append("A block of JSON-LD was omitted: it is not JSON.")
                continue
            # A stack instead of recursion: the nesting of a page's JSON has no limit.
            while pending:
                match pending.pop():
                    case list() as items:
                        pending += reversed(items)
                    case {"@graph": list() as items}:
                        pending += reversed(items)
                    case dict() as block:
                        yield block

    def _from_linked(self, name: str) -> list[str]:
        return [text for block in self.linked_data if (text := _text(block.get(name)))]


def _format_language_tag(tag: str) -> str:
    """Return a language tag in conventional case, such as ``pt-BR`` (RFC 5646, section 2.1.1)."""
    first, *rest = tag.lower().split("-")
    conventions = {2: str.upper, 4: str.capitalize}  # regions and scripts
    return "-".join([first, *(conventions.get(len(part), str)(part) for part in rest)])


def _text(value: Any) -> str:
    """Return the text of a JSON-LD value: a string, the name of an object, or those of a list."""
    match value:
        case str():
            return value
        case {"name": str(name)}:
            return name
        case list():
            return ", ".join(
                text for item in value if isinstance(item, str | dict) and (text := _text(item))
            )
    return ""
