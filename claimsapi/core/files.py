"""Atomic creation of files: a file is complete and on the disk, or absent."""

import errno
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from secrets import token_hex
from typing import IO, Any, Final, TextIO

# How file systems without hard links, such as those of memory sticks, refuse to make one.
_NO_HARD_LINKS: Final = frozenset({errno.EPERM, errno.ENOTSUP, errno.ENOSYS, errno.EMLINK})


@contextmanager
def create_file(path: Path, *, mode: int = 0o666) -> Iterator[TextIO]:
    """Yield a UTF-8 file that appears at ``path`` when the block succeeds, and otherwise nowhere.

    The file grows as ``.NAME.….partial`` beside its final path; only a killed process leaves it.
    ``mode`` is reduced by the umask. Raises ``FileExistsError`` if the path exists, even as a
    dangling link, and leaves that file unchanged.
    """
    if os.path.lexists(path):
        raise FileExistsError(errno.EEXIST, os.strerror(errno.EEXIST), str(path))
    partial = path.with_name(f".{path.name}.{token_hex(4)}.partial")
    descriptor = os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode)
    try:
        with os.fdopen(descriptor, "w", encoding="utf-8", newline="") as file:
            yield file
            sync_file(file)
        _publish(partial, path)
    finally:
        partial.unlink(missing_ok=True)
    sync_folder(path.parent)


def sync_file(file: IO[Any]) -> None:
    """Write a file's buffer and its content to the disk, so that it survives a power failure."""
    file.flush()
    os.fsync(file.fileno())


def sync_folder(path: Path) -> None:
    """Write a folder's names to the disk, so that they survive a power failure."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _publish(partial: Path, path: Path) -> None:
    """Give a complete file its final path, or raise ``FileExistsError``."""
    try:
        # A link fails if the path exists. A rename would replace a file that appeared meanwhile.
        path.hardlink_to(partial)
    except OSError as error:
        if error.errno not in _NO_HARD_LINKS:
            raise
        # Creating an empty file claims the path; only then is it safe to replace it.
        path.touch(exist_ok=False)
        partial.replace(path)
