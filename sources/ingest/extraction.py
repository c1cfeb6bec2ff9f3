"""From a file to its text and to what it says of itself."""

from dataclasses import dataclass

import trafilatura

from claimsapi.core.partial_date import PartialDate
from sources.ingest.decoding import Unreadable, declared_encoding, decode
from sources.ingest.page import Page, PageMetadata

_LONGEST_TITLE = 200  # a longer first line is a paragraph


@dataclass(frozen=True, slots=True)
class Extract:
    """What was read from a file. Empty strings and unknown dates are what it does not state.

    ``site`` is the publisher's host without ``www.``; ``warnings`` are sentences about statements
    of the file that were left out because they are malformed.
    """

    text: str
    media_type: str
    title: str
    byline: str = ""
    publisher_name: str = ""
    site: str = ""
    url: str | None = None
    language: str = ""
    published: PartialDate = PartialDate.UNKNOWN
    warnings: tuple[str, ...] = ()


def extract_plain_text(content: bytes, *, name: str) -> Extract:
    """Read plain text: the title is its first line if that is short, else the file's name."""
    text = decode(content)
    first = next(line for line in text.splitlines() if line.strip())
    cleaned = PageMetadata.line(first)
    title = cleaned if 0 < len(cleaned) <= _LONGEST_TITLE else PageMetadata.line(name)
    return Extract(text=text, media_type="text/plain", title=title or "Untitled")


def extract_html(content: bytes) -> Extract:
    """Read a page: its main text, and the metadata that it states. Raises ``Unreadable``.

    The text is what readers see: trafilatura would take that of a short page from its JSON-LD,
    which is shown to nobody and may differ.
    """
    html = decode(content, declared=declared_encoding(content))
    try:
        tree = trafilatura.load_html(html)
        page = Page(tree) if tree is not None else None
        stated = page.metadata() if page else None
        for script in page.scripts if page else ():
            script.drop_tree()
        text = trafilatura.extract(tree, include_comments=False, include_tables=True)
    except (RecursionError, ValueError, AttributeError, TypeError, AssertionError) as error:
        raise Unreadable(f"The page's HTML cannot be read ({type(error).__name__}).") from None
    if stated is None or not text or not text.strip():
        raise Unreadable("No text was found in the page: save its article as plain text.")
    decode(text.encode("utf-8", "surrogatepass"))  # a character reference can name what is no text
    return Extract(
        text=text,
        media_type="text/html",
        title=stated.title
        or PageMetadata.line(text.strip().splitlines()[0])[:_LONGEST_TITLE].strip()
        or "Untitled",
        byline=stated.byline,
        publisher_name=stated.publisher_name,
        site=stated.site,
        url=stated.url,
        language=stated.language,
        published=stated.published,
        warnings=stated.warnings,
    )
