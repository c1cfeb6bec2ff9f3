"""The requirement locks pin every package by hash and name no machine or index."""

import re
import tomllib
from collections.abc import Iterator
from importlib.metadata import requires
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).resolve().parent.parent
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
RUN = PROJECT["dependencies"]
DEV = RUN + PROJECT["optional-dependencies"]["dev"]

PIN = re.compile(r"(?P<name>[a-z0-9]+(?:[._-][a-z0-9]+)*)==(?P<version>[0-9][\w.+!]*)")
HASH = re.compile(r"--hash=sha256:[0-9a-f]{64}")
# Comments of pip-compile about the origin of a package. They contain names of packages only.
COMMENT = re.compile(
    r"    # via( [\w.-]+( \(pyproject\.toml\))?)?|    #   [\w.-]+( \(pyproject\.toml\))?"
    r"|# The following packages are considered to be unsafe in a requirements file:"
)


def read_entries(lock: str) -> list[list[str]]:
    """Return each requirement of a lock with its options: ['name==1.0', '--hash=…', …]."""
    lines = (ROOT / "requirements" / lock).read_text().splitlines()
    text = "\n".join(line for line in lines if not line.lstrip().startswith("#"))
    return [entry.split() for entry in text.replace("\\\n", " ").splitlines() if entry.strip()]


def read_versions(lock: str) -> dict[str, str]:
    matches = (PIN.fullmatch(requirement) for requirement, *_ in read_entries(lock))
    return {match["name"]: match["version"] for match in matches if match}


def iterate_dependencies(declared: list[str]) -> Iterator[Requirement]:
    """Yield the declared requirements and their dependencies, including those of extras."""
    queue = [Requirement(text) for text in declared]
    visited: set[tuple[str, frozenset[str]]] = set()
    while queue:
        requirement = queue.pop()
        yield requirement
        key = (canonicalize_name(requirement.name), frozenset(requirement.extras))
        if key in visited:
            continue
        visited.add(key)
        for needed in map(Requirement, requires(requirement.name) or []):
            extras = ("", *requirement.extras)
            if not needed.marker or any(needed.marker.evaluate({"extra": e}) for e in extras):
                queue.append(needed)


@pytest.mark.parametrize("lock", ["run.txt", "dev.txt"])
def test_every_requirement_is_one_exact_version_with_hashes(lock: str) -> None:
    assert read_entries(lock)
    for requirement, *hashes in read_entries(lock):
        assert PIN.fullmatch(requirement), requirement
        assert hashes, f"{requirement} has no hash"
        for text in hashes:
            assert HASH.fullmatch(text), f"{requirement}: {text}"


@pytest.mark.parametrize("lock", ["run.txt", "dev.txt"])
def test_no_comment_names_an_index_a_host_or_a_folder(lock: str) -> None:
    for line in (ROOT / "requirements" / lock).read_text().splitlines():
        if line.lstrip().startswith("#"):
            assert COMMENT.fullmatch(line), line


@pytest.mark.parametrize(("lock", "declared"), [("run.txt", RUN), ("dev.txt", DEV)])
def test_every_dependency_is_locked_at_an_allowed_version(lock: str, declared: list[str]) -> None:
    locked = read_versions(lock)
    for needed in iterate_dependencies(declared):
        version = locked.get(canonicalize_name(needed.name))
        assert version, f"{needed} is not in {lock}: run 'make lock'"
        assert needed.specifier.contains(version), f"{needed}, but {lock} has {version}"


def test_both_locks_agree_on_every_version() -> None:
    assert read_versions("run.txt").items() <= read_versions("dev.txt").items()
