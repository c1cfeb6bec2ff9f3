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
from claimsapi.core.text import find_unprintable, normalize_text
from sources.canonical import canonicalize_url, site_from_url

_LANGUAGE: Final = re.compile(r"[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8})*", re.ASCII)
_ARTICLE: Final = re.compile(r"(Article|Posting|Report|CreativeWork)(,|$)")
_WEB_PAGE: Final = re.compile(r"WebPage(,|$)")
_LONGEST_JSON: Final = 200_000  # characters of one JSON-LD block
_LONGEST_LINE: Final = 10_000  # characters looked at, for a title or name of a few hundred


@dataclass(frozen=True, slots=True)
class PageMetadata:
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
        """One line of printable text in normal form C, without bidirectional controls.

        These are removed, not replaced by spaces: they have no width and may stand within a word.
        """
        kept = "".join(c for c in text[:_LONGEST_LINE] if c.isspace() or not find_unprintable(c))
        return " ".join(normalize_text(kept).split())


class Page:
    """A parsed page, asked for its metadata."""

    def __init__(self, tree: Any) -> None:
        self.tree = tree
        self.warnings: list[str] = []
        self.scripts = [
            script
            for script in tree.iter("script")
            if script.get("type", "").lower().startswith("application/ld+json")
        ]
        self.linked = self._own_linked_data()
        self.stated: dict[str, list[str]] = {}  # by name in lower case, as HTML compares them
        for meta in tree.iter("meta"):
            if (content := meta.get("content", "")).strip():
                for name in {meta.get("property", "").lower(), meta.get("name", "").lower()}:
                    self.stated.setdefault(name, []).append(content)

    def metadata(self) -> PageMetadata:
        """Read all that the page states."""
        url = self._url()
        publisher = self._first(self._from_linked("publisher"), self._meta("og:site_name"))
        authors = ", ".join(dict.fromkeys(self._meta("author")))
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
                site_from_url(url)  # localhost and the like are nobody's public address
            except ValueError as error:
                self.warnings.append(f"The canonical URL was left out: {error}")
            else:
                return url
        return None

    def _language(self) -> str:
        for name in ("lang", "xml:lang"):
            tag = self.tree.get(name, "").strip().replace("_", "-")
            if _LANGUAGE.fullmatch(tag) and len(tag) <= 35:
                return _cased(tag)
            if tag:  # empty means unknown (HTML Standard)
                self.warnings.append(f"The language was left out: {tag[:40]!r} is no language tag.")
        return ""

    def _published(self) -> PartialDate:
        """The day as printed, in the publisher's own time zone.

        A bare ``time`` element is not read: it may date anything.
        """
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
                if "W" in text:  # a week (ISO 8601): taking its Monday would be a false day
                    raise ValueError
                return PartialDate(moment.date(), "day")
            except ValueError:
                self.warnings.append(f"The date was left out: {text[:40]!r} is no date.")
        return PartialDate.UNKNOWN

    def _meta(self, name: str) -> list[str]:
        return self.stated.get(name, [])

    def _texts(self, path: str) -> list[str]:
        return [str(element.text_content()) for element in self.tree.xpath(path)]

    def _first(self, *sources: list[str]) -> str:
        lines = (PageMetadata.line(text) for source in sources for text in source)
        return next((line for line in lines if line), "")

    def _own_linked_data(self) -> list[dict[Any, Any]]:
        """The page's first article in JSON-LD, then its first ``WebPage``, which may add to it.

        Further articles are those that the page points to; their authors and dates are not its own.
        """
        blocks = [(block, _word(block.get("@type"))) for block in self._linked_data()]
        return [
            found
            for kind in (_ARTICLE, _WEB_PAGE)
            if (found := next((block for block, name in blocks if kind.search(name)), None))
        ]

    def _linked_data(self) -> Iterator[dict[Any, Any]]:
        """All JSON-LD objects of the page in their order, out of lists and graphs."""
        for script in self.scripts:
            text = script.text or ""
            if len(text) > _LONGEST_JSON:
                self.warnings.append(
                    f"A block of JSON-LD was left out: over {_LONGEST_JSON} characters."
                )
                continue
            try:
                pending = [json.loads(text)]
            except (ValueError, RecursionError):
                self.warnings.append("A block of JSON-LD was left out: it is not JSON.")
                continue
            while pending:
                match pending.pop():
                    case list() as items:
                        pending += reversed(items)
                    case {"@graph": list() as items}:
                        pending += reversed(items)
                    case dict() as block:
                        yield block

    def _from_linked(self, name: str) -> list[str]:
        return [word for block in self.linked if (word := _word(block.get(name)))]


def _cased(tag: str) -> str:
    """Write a language tag in the customary case, as ``pt-BR`` (RFC 5646, section 2.1.1)."""
    first, *rest = tag.lower().split("-")
    customary = {2: str.upper, 4: str.capitalize}
    return "-".join([first, *(customary.get(len(part), str)(part) for part in rest)])


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
