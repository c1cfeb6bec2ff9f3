"""Files are created completely or not at all."""

import errno
import os
import stat
from pathlib import Path

import pytest

from claimsapi.core.files import create_file


def test_a_file_appears_with_its_content_and_mode(tmp_path: Path) -> None:
    path = tmp_path / "key"
    with create_file(path, mode=0o600) as file:
        file.write("é\r\n")
        assert not path.exists()
    assert path.read_bytes() == "é\r\n".encode()
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert [each.name for each in tmp_path.iterdir()] == ["key"]


def test_an_interrupted_write_leaves_nothing(tmp_path: Path) -> None:
    with pytest.raises(KeyboardInterrupt), create_file(tmp_path / "key"):
        raise KeyboardInterrupt
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("error", [0, errno.EPERM, errno.ENOTSUP])
def test_an_existing_file_stays_unchanged(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, error: int
) -> None:
    def refuse(_path: Path, _target: Path) -> None:
        raise OSError(error, os.strerror(error))

    if error:  # a file system without hard links
        monkeypatch.setattr(Path, "hardlink_to", refuse)
    path = tmp_path / "key"
    with pytest.raises(FileExistsError), create_file(path):
        path.write_text("first")
    with pytest.raises(FileExistsError), create_file(path):
        pytest.fail("The block runs although the file exists.")
    assert path.read_text() == "first"
    assert [each.name for each in tmp_path.iterdir()] == ["key"]


def test_a_dangling_link_counts_as_existing(tmp_path: Path) -> None:
    (tmp_path / "key").symlink_to("nowhere")
    with pytest.raises(FileExistsError), create_file(tmp_path / "key"):
        pytest.fail("The block runs although the link exists.")
    assert not (tmp_path / "nowhere").exists()


def test_a_file_system_without_hard_links_gets_the_file_too(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(_path: Path, _target: Path) -> None:
        raise OSError(errno.EPERM, os.strerror(errno.EPERM))

    monkeypatch.setattr(Path, "hardlink_to", refuse)
    with create_file(tmp_path / "key") as file:
        file.write("content")
    assert (tmp_path / "key").read_text() == "content"
    assert [each.name for each in tmp_path.iterdir()] == ["key"]
