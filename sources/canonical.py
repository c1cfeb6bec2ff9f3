"""Canonical forms of addresses and sites, so that one document has one URL."""

from urllib.parse import unquote_plus, urlsplit, urlunsplit

from claimsapi.core.i18n.messages import Message
from claimsapi.core.text import find_unprintable

_PORTS = {"http": 80, "https": 443}
_TRACKING = {"fbclid", "gclid", "dclid", "msclkid", "mc_cid", "mc_eid", "igshid"}
MAX_URL_LENGTH = 2000


def canonicalize_url(url: str) -> str:
    """Return the URL in the form under which a document is kept.

    Scheme and host in lower case (RFC 3986, section 6.2.2), the host in its ASCII form, without
    default port, fragment, credentials and the parameters that only track readers. Raises
    ``ValueError`` with a sentence for what is not an ``http`` or ``https`` address.
    """
    text, shown = url.strip(), repr(url[:80])
    if len(text) > MAX_URL_LENGTH or find_unprintable(text) or len(text.split()) > 1:
        fault = Message(
            "{given} is not a URL of at most {most} characters.", given=shown, most=MAX_URL_LENGTH
        )
        raise ValueError(fault)
    try:
        parts = urlsplit(text)
        port = parts.port
        host = (parts.hostname or "").encode("idna").decode("ascii").lower().rstrip(".")
    except (ValueError, UnicodeError):
        raise ValueError(Message("{given} is not a URL.", given=shown)) from None
    scheme = parts.scheme.lower()
    if scheme not in _PORTS or not host:
        raise ValueError(Message("{given} is not an http or https URL.", given=shown))
    netloc = f"[{host}]" if ":" in host else host
    if port not in {None, _PORTS[scheme]}:
        netloc += f":{port}"
    # Left as written: encoded anew, the parameters that stay could mean something else to the site.
    query = "&".join(pair for pair in parts.query.split("&") if not _tracks(pair))
    return urlunsplit((scheme, netloc, parts.path or "/", query, ""))


def _tracks(pair: str) -> bool:
    """Whether a parameter, as it is written in the query, only tracks readers."""
    name = unquote_plus(pair.partition("=")[0]).lower()
    return name in _TRACKING or name.startswith("utm_")


def site_from_url(url: str) -> str:
    """Return the site of a URL: its host without ``www.``."""
    return canonicalize_site(urlsplit(canonicalize_url(url)).hostname or "")


def canonicalize_site(site: str) -> str:
    """Return a site as publishers are identified by: a host in lower case without ``www.``.

    Raises ``ValueError`` with a sentence for what is not a host name.
    """
    text = site.strip().lower().rstrip(".").removeprefix("www.")
    try:
        host = text.encode("idna").decode("ascii")
    except UnicodeError:
        host = ""
    labels = host.split(".")
    if len(labels) < 2 or not all(
        label and label.replace("-", "").isalnum() and not label.startswith("-") for label in labels
    ):
        fault = Message(
            "{given} is not a site: write a host such as example.org.", given=repr(site[:80])
        )
        raise ValueError(fault)
    return host
