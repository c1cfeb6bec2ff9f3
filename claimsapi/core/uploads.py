"""Upload handler for files of forms: temporary files up to a size limit."""

from typing import Any, Final

from django.conf import settings
from django.core.files.uploadhandler import SkipFile, StopUpload, TemporaryFileUploadHandler

_FORM_BYTES: Final = 64 * 1024  # for the other fields of a form
_DISCARD_FACTOR: Final = 16  # multiple of the limit that the server still reads and discards


class LimitedUploadHandler(TemporaryFileUploadHandler):
    """Discards the files of a request that exceeds ``UPLOAD_MAX_BYTES`` plus 64 KiB of fields.

    The form then arrives without files, and ``is_too_large`` tells the view the reason.
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
        limit = settings.UPLOAD_MAX_BYTES + _FORM_BYTES
        # A browser shows the response only after it has sent the whole body. So the handler reads
        # and discards moderate excess, and resets the connection for more.
        if self._size > limit * _DISCARD_FACTOR:
            raise StopUpload(connection_reset=True)
        if self._size > limit:
            raise SkipFile
        super().new_file(*args, **kwargs)


def is_too_large(content_length: str | int | None) -> bool:
    """Return whether a request of this length lost its files to the limit."""
    return int(content_length or 0) > settings.UPLOAD_MAX_BYTES + _FORM_BYTES
