"""Keys that compare imported names and URLs with existing records. Pure."""

import re
import unicodedata
from typing import Final

_SCHEME: Final = re.compile(r"\Ahttps?://(www\.)?")
# Sites on which anybody publishes: a URL there does not tell whose it is.
_SHARED_PLATFORMS: Final = frozenset(
    {
        # Social networks, and sites on which people publish under their own names.
        *("bsky.app", "facebook.com", "instagram.com", "linkedin.com", "medium.com", "reddit.com"),
        *("t.me", "telegra.ph", "threads.net", "tiktok.com", "twitter.com", "vk.com", "x.com"),
        *("youtu.be", "youtube.com"),
        # Archives, and hosts of files.
        *("archive.is", "archive.org", "archive.ph", "archive.today", "docs.google.com"),
        *("drive.google.com", "sites.google.com", "web.archive.org"),
        # URL shorteners.
        *("bit.ly", "goo.gl", "t.co", "tinyurl.com"),
    }
)
# Authority files of people and organizations: a URL there identifies one, however its name is
# spelled.
_AUTHORITY_FILES: Final = (
    *("d-nb.info", "id.loc.gov", "isni.org", "orcid.org", "ror.org", "viaf.org"),
    *("wikidata.org", "wikipedia.org"),
)


def name_key(name: str) -> str:
    """Return a name without case, width and punctuation.

    Combining marks stay: in many scripts they are the vowels.
    """
    folded = unicodedata.normalize("NFKC", name).casefold()
    signs = (c if unicodedata.category(c)[0] in "LNM" else " " for c in folded)
    return " ".join("".join(signs).split()) or folded


def url_key(url: str) -> str:
    """Return a URL without scheme, ``www.`` and trailing slash."""
    return _SCHEME.sub("", url).rstrip("/")


def url_spellings(identifier: str) -> set[str]:
    """Return all URLs with the same key: http or https, with and without ``www.`` and slash."""
    if not _SCHEME.match(identifier):
        return {identifier}
    key = url_key(identifier)
    starts = ("https://", "http://", "https://www.", "http://www.")
    return {f"{start}{key}{end}" for start in starts for end in ("", "/")}


def is_plausible_match(key: str, existing_name: str, name: str) -> bool:
    """Whether a speaker with this URL may be the speaker of a claimant with the same URL.

    A URL in an authority file identifies one speaker, however the name is spelled. Other pages may
    list several people, so the names must share a word. On the front page of a site all words of
    the names must be the same.
    """
    site, _, path = key.partition("/")
    if is_authority_file(site):
        return True
    existing_words, words = (set(name_key(text).split()) for text in (existing_name, name))
    return bool(existing_words & words) if path else existing_words == words


def is_shared_platform(site: str) -> bool:
    """Whether a host, without ``www.``, is a platform or its mobile version."""
    first, _, rest = site.partition(".")
    return site in _SHARED_PLATFORMS or (
        first in {"m", "mobile", "web"} and rest in _SHARED_PLATFORMS
    )


def is_authority_file(site: str) -> bool:
    """Whether a host is an authority file, in any of its languages."""
    return any(site == host or site.endswith(f".{host}") for host in _AUTHORITY_FILES)
