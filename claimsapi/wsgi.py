"""The WSGI application that a production server loads."""

import os
from collections.abc import Iterable
from email.message import Message
from typing import Any

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "claimsapi.settings")

_django = get_wsgi_application()


def application(environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
    """Serve a request, and answer 415 to a request with a charset other than UTF-8.

    Django resolves the charset before its error handling starts. A codec that decodes no text,
    such as ``hex``, would raise an unhandled exception there.
    """
    message = Message()
    message["Content-Type"] = environ.get("CONTENT_TYPE", "")
    if str(message.get_param("charset", "utf-8")).lower() not in {"utf-8", "utf8"}:
        body = b'{"type":"/api/problems/unsupported-media-type","status":415,"detail":"Use UTF-8."}'
        start_response(
            "415 Unsupported Media Type",
            [("Content-Type", "application/problem+json"), ("Content-Length", str(len(body)))],
        )
        return [body]
    return _django(environ, start_response)
