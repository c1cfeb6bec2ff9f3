"""Canonical forms of URLs and sites, so that each document has one URL."""

from urllib.parse import unquote_plus, urlsplit, urlunsplit

from claimsapi.core.i18n.messages import Message
from claimsapi.core.text import find_unprintable

_PORTS = {"http": 80, "https": 443}
_TRACKING = {"fbclid", "gclid", "dclid", "msclkid", "mc_cid", "mc_eid", "igshid"}
MAX_URL_LENGTH = 2000


def canonicalize_url(url: str) -> str:
    """Return the canonical form of a URL.

    Scheme and host become lower case (RFC 3986, section 6.2.2), and the host becomes ASCII. The
    default port, the fragment, credentials and tracking parameters are removed. Raises
    ``ValueError`` with a message if the URL is not an ``http`` or ``https`` URL.
    """
    text, quoted = url.strip(), repr(url[:80])
    if len(text) > MAX_URL_LENGTH or find_unprintable(text) or len(text.split()) > 1:
        message = Message(
            "{given} is not a URL of at most {most} characters.", given=quoted, most=MAX_URL_LENGTH
        )
        raise ValueError(message)
    try:
        parts = urlsplit(text)
        port = parts.port
        host = (parts.hostname or "").encode("idna").decode("ascii").lower().rstrip(".")
    except (ValueError, UnicodeError):
        raise ValueError(Message("{given} is not a URL.", given=quoted)) from None
    scheme = parts.scheme.lower()
    if scheme not in _PORTS or not host:
        raise ValueError(Message("{given} is not an http or https URL.", given=quoted))
    # urlsplit removes the brackets of IPv6 addresses.
    netloc = f"[{host}]" if ":" in host else host
    if port not in {None, _PORTS[scheme]}:
        netloc += f":{port}"
    # Do not re-encode the remaining parameters: the site could read them differently.
    query = "&".join(pair for pair in parts.query.split("&") if not _is_tracking_parameter(pair))
    return urlunsplit((scheme, netloc, parts.path or "/", query, ""))


def _is_tracking_parameter(pair: str) -> bool:
    """Return whether a parameter of a query string only tracks readers."""
    name = unquote_plus(pair.partition("=")[0]).lower()
    return name in _TRACKING or name.startswith("utm_")


def site_from_url(url: str) -> str:
    """Return the site of a URL, which is its host without ``www.``."""
    return canonicalize_site(urlsplit(canonicalize_url(url)).hostname or "")


def canonicalize_site(site: str) -> str:
    """Return the canonical form of a site: its host in lower-case ASCII without ``www.``.

    Raises ``ValueError`` with a message if the site is not a host name.
    """
    text = site.strip().lower().rstrip(".").removeprefix("www.")
    try:
        # The idna codec rejects labels over 63 characters and empty labels, too.
        host = text.encode("idna").decode("ascii")
    except UnicodeError:
        host = ""
    labels = host.split(".")
    if len(labels) < 2 or not all(
        label and label.replace("-", "").isalnum() and not label.startswith("-") for label in labels
    ):
        message = Message(
            "{given} is not a site: write a host such as example.org.", given=repr(site[:80])
        )
        raise ValueError(message)
    return host
