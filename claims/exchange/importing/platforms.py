"""Sites on which anybody publishes: an address there does not say whose it is. Pure."""

from typing import Final

_SHARED: Final = frozenset(
    {
        # Networks, and where people publish under their own names.
        *("bsky.app", "facebook.com", "instagram.com", "linkedin.com", "medium.com", "reddit.com"),
        *("t.me", "telegra.ph", "threads.net", "tiktok.com", "twitter.com", "vk.com", "x.com"),
        *("youtu.be", "youtube.com"),
        # Copies of the pages of others, and files.
        *("archive.is", "archive.org", "archive.ph", "archive.today", "docs.google.com"),
        *("drive.google.com", "sites.google.com", "web.archive.org"),
        # Addresses that lead elsewhere.
        *("bit.ly", "goo.gl", "t.co", "tinyurl.com"),
    }
)
# Registers of people and organizations: an address there means one, however its name is written.
_REGISTERS: Final = (
    *("d-nb.info", "id.loc.gov", "isni.org", "orcid.org", "ror.org", "viaf.org"),
    *("wikidata.org", "wikipedia.org"),
)


def is_shared_platform(site: str) -> bool:
    """Whether a host, without ``www.``, is a platform; of its own form for telephones too."""
    first, _, rest = site.partition(".")
    return site in _SHARED or (first in {"m", "mobile", "web"} and rest in _SHARED)


def is_register(site: str) -> bool:
    """Whether a host is a register's, in any of its languages."""
    return any(site == known or site.endswith(f".{known}") for known in _REGISTERS)
