"""Writing a folder that is there as a whole or not at all.

It grows beside its place, under a name that nobody takes for it, and moves there when every file
has reached the disk.
"""

import fcntl
import hashlib
import os
import shutil
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from claimsapi.core.files import sync_file, sync_folder
from claimsapi.core.ledger.progress import Output


class FolderError(Exception):
    """The folder cannot be written there."""


class PartialFolder:
    """A folder in the making; ``sums`` are the SHA-256 of its files by name."""

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
        """Bring what the folders list to the disk."""
        for folder in {self.path, *((self.path / name).parent for name in self.sums)}:
            sync_folder(folder)


@contextmanager
def create_folder(target: Path, *, mode: int, output: Output) -> Iterator[PartialFolder]:
    """Yield a folder that becomes ``target`` when the block ends well, and else is removed.

    ``target`` is absent or empty: ``FolderError`` if it is not. What a killed run left of it is
    named to ``tell`` and removed.
    """
    # The last part of the path as it stands: resolving it would follow a link.
    target = target.parent.resolve() / target.name
    _require_free_path(target)
    _remove_leftovers(target, output)
    partial = target.with_name(f".{target.name}.{os.getpid()}.partial")
    try:
        partial.mkdir(mode=mode)
    except FileExistsError:
        raise FolderError(f"{partial} is being written by this process already.") from None
    mine = os.open(partial, os.O_RDONLY)
    try:
        fcntl.flock(mine, fcntl.LOCK_EX | fcntl.LOCK_NB)
        growing = PartialFolder(partial)
        yield growing
        growing.sync()
        _require_free_path(target)
        partial.rename(target)  # over an empty folder, never over one that is not
        sync_folder(target.parent)
    except BaseException:
        shutil.rmtree(partial, ignore_errors=True)
        raise
    finally:
        os.close(mine)


def _require_free_path(target: Path) -> None:
    if not target.parent.is_dir():
        raise FolderError(f"{target.parent} is not a folder: make it first.")
    if target.is_symlink() or (target.exists() and not target.is_dir()):
        raise FolderError(f"{target} is not a folder. Name one that is not there yet.")
    if target.is_dir() and any(target.iterdir()):
        raise FolderError(f"{target} is not empty. Name a folder that is not there yet.")


def _remove_leftovers(target: Path, output: Output) -> None:
    """Remove what earlier runs for this folder left; whoever still writes holds a lock."""
    prefix, suffix = f".{target.name}.", ".partial"
    for path in sorted(target.parent.iterdir()):
        number = path.name.removeprefix(prefix).removesuffix(suffix)
        if path.name != f"{prefix}{number}{suffix}" or not number.isdecimal():
            continue
        with suppress(FileNotFoundError, NotADirectoryError):
            theirs = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW)
            try:
                fcntl.flock(theirs, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                output(f"{path} is being written by another run just now.")
            else:
                shutil.rmtree(path)
                output(f"Removed {path}, which a run that was killed had left.")
            finally:
                os.close(theirs)
