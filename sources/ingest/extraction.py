"""Extraction of text and metadata from files."""

from dataclasses import dataclass

import trafilatura

from claimsapi.core.partial_date import PartialDate
from sources.ingest.decoding import Unreadable, declared_encoding, decode
from sources.ingest.page import Page, clean_line

_MAX_TITLE_LENGTH = 200  # a longer first line is a paragraph


@dataclass(frozen=True, slots=True)
class Extract:
    """Text and metadata of a file. Missing metadata are empty strings and unknown dates.

    ``site`` is the publisher's host without ``www.``. ``warnings`` are messages about malformed
    metadata, which are omitted.
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
    """Extract plain text. The title is the first line if it is short, else the name of the file."""
    text = decode(content)
    first = next(line for line in text.splitlines() if line.strip())
    line = clean_line(first)
    title = line if 0 < len(line) <= _MAX_TITLE_LENGTH else clean_line(name)
    return Extract(text=text, media_type="text/plain", title=title or "Untitled")


def extract_html(content: bytes) -> Extract:
    """Extract the main text and the metadata of an HTML page, or raise ``Unreadable``."""
    html = decode(content, declared=declared_encoding(content))
    try:
        tree = trafilatura.load_html(html)
        page = Page(tree) if tree is not None else None
        metadata = page.metadata() if page else None
        # trafilatura takes the text of a short page from its JSON-LD, which readers do not see and
        # which may differ. Drop these scripts first.
        for script in page.scripts if page else ():
            script.drop_tree()
        text = trafilatura.extract(tree, include_comments=False, include_tables=True)
    except (RecursionError, ValueError, AttributeError, TypeError, AssertionError) as error:
        raise Unreadable(f"The HTML of the page is unreadable ({type(error).__name__}).") from None
    if metadata is None or not text or not text.strip():
        raise Unreadable("The page has no text. Save its article as plain text.")
    decode(text.encode("utf-8", "surrogatepass"))  # character references can be control characters
    return Extract(
        text=text,
        media_type="text/html",
        title=metadata.title
        or clean_line(text.strip().splitlines()[0])[:_MAX_TITLE_LENGTH].strip()
        or "Untitled",
        byline=metadata.byline,
        publisher_name=metadata.publisher_name,
        site=metadata.site,
        url=metadata.url,
        language=metadata.language,
        published=metadata.published,
        warnings=metadata.warnings,
    )
