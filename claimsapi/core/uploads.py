"""Files that people send with a form: into a temporary file, up to a size."""

from typing import Any, Final

from django.conf import settings
from django.core.files.uploadhandler import SkipFile, StopUpload, TemporaryFileUploadHandler

_FORM: Final = 64 * 1024  # bytes for the other fields of a form
_DROPPED: Final = 16  # times the size that is read and dropped, so that the browser hears why


class LimitedUploadHandler(TemporaryFileUploadHandler):
    """Keeps no file of a request that is larger than ``UPLOAD_MAX_BYTES`` and a form around it.

    Such a form comes without its files: a page looks at ``too_large`` to say why.
    """

    def handle_raw_input(
        self,
        input_data: Any,  # noqa: ARG002  Django's
        META: dict[str, Any],  # noqa: ARG002, N803
        content_length: int,
        boundary: str,  # noqa: ARG002
        encoding: str | None = None,  # noqa: ARG002
    ) -> None:
        self._size = content_length

    def new_file(self, *args: Any, **kwargs: Any) -> None:
        most = settings.UPLOAD_MAX_BYTES + _FORM
        if self._size > most * _DROPPED:
            raise StopUpload(connection_reset=True)
        if self._size > most:
            raise SkipFile
        super().new_file(*args, **kwargs)


def is_too_large(content_length: str | int | None) -> bool:
    """Whether a request of this length comes without its files."""
    return int(content_length or 0) > settings.UPLOAD_MAX_BYTES + _FORM
