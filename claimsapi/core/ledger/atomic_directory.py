"""Atomic creation of folders: a folder is complete and on the disk, or absent.

It grows beside its final path under a name that nobody takes for the folder, and moves there when
every file is on the disk.
"""

import fcntl
import hashlib
import os
import shutil
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from claimsapi.core.files import sync_file, sync_folder
from claimsapi.core.progress import Output


class FolderError(Exception):
    """The folder cannot be created at its path."""


class PartialFolder:
    """A growing folder; ``sums`` maps the names of its files to their SHA-256."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.sums: dict[str, str] = {}

    def write(self, name: str, pieces: Iterable[bytes]) -> None:
        """Write a file from pieces, to the disk."""
        path = self.path / name
        path.parent.mkdir(exist_ok=True)
        digest = hashlib.sha256()
        with path.open("xb", buffering=1 << 20) as file:
            for piece in pieces:
                digest.update(piece)
                file.write(piece)
            sync_file(file)
        self.sums[name] = digest.hexdigest()

    def sync(self) -> None:
        """Write the names of all files to the disk."""
        for folder in {self.path, *((self.path / name).parent for name in self.sums)}:
            sync_folder(folder)


@contextmanager
def create_folder(target: Path, *, mode: int, output: Output) -> Iterator[PartialFolder]:
    """Yield a folder that becomes ``target`` when the block succeeds, and otherwise disappears.

    ``target`` must be absent or an empty folder, or ``FolderError`` explains why not. Leftovers of
    a killed run are removed and reported to ``output``.
    """
    # Resolve the parent only. Resolving the last part would follow a link at the target.
    target = target.parent.resolve() / target.name
    _require_free_path(target)
    _remove_leftovers(target, output)
    partial = target.with_name(f".{target.name}.{os.getpid()}.partial")
    try:
        partial.mkdir(mode=mode)
    except FileExistsError:
        raise FolderError(f"This process is already writing {partial}.") from None
    descriptor = os.open(partial, os.O_RDONLY)
    try:
        # The lock tells other runs that this folder is no leftover. A killed process loses it.
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        folder = PartialFolder(partial)
        yield folder
        folder.sync()
        _require_free_path(target)
        # A rename replaces an empty folder, but fails if someone has filled it meanwhile.
        partial.rename(target)
        sync_folder(target.parent)
    except BaseException:
        shutil.rmtree(partial, ignore_errors=True)
        raise
    finally:
        os.close(descriptor)


def _require_free_path(target: Path) -> None:
    if not target.parent.is_dir():
        raise FolderError(f"{target.parent} is not a folder: make it first.")
    if target.is_symlink() or (target.exists() and not target.is_dir()):
        raise FolderError(f"{target} is not a folder: name a new one.")
    if target.is_dir() and any(target.iterdir()):
        raise FolderError(f"{target} is not empty: name a new folder.")


def _remove_leftovers(target: Path, output: Output) -> None:
    """Remove partial folders of killed runs for this target; a running one holds a lock."""
    prefix, suffix = f".{target.name}.", ".partial"
    for path in sorted(target.parent.iterdir()):
        number = path.name.removeprefix(prefix).removesuffix(suffix)
        if path.name != f"{prefix}{number}{suffix}" or not number.isdecimal():
            continue
        with suppress(FileNotFoundError, NotADirectoryError):
            descriptor = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW)
            try:
                fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                output(f"Another run is writing {path}.")
            else:
                shutil.rmtree(path)
                output(f"Removed {path}, the leftover of a killed run.")
            finally:
                os.close(descriptor)
