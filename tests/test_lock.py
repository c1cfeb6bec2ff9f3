"""The locks pin everything by hash and say nothing of the machine that made them."""

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
# What pip-compile writes about where a package comes from: names of packages, and nothing else.
COMMENT = re.compile(
    r"    # via( [\w.-]+( \(pyproject\.toml\))?)?|    #   [\w.-]+( \(pyproject\.toml\))?"
    r"|# The following packages are considered to be unsafe in a requirements file:"
)


def entries(lock: str) -> list[list[str]]:
    """Each requirement of a lock with what belongs to it: ['name==1.0', '--hash=…', …]."""
    lines = (ROOT / "requirements" / lock).read_text().splitlines()
    kept = "\n".join(line for line in lines if not line.lstrip().startswith("#"))
    return [entry.split() for entry in kept.replace("\\\n", " ").splitlines() if entry.strip()]


def pins(lock: str) -> dict[str, str]:
    matches = (PIN.fullmatch(requirement) for requirement, *_ in entries(lock))
    return {match["name"]: match["version"] for match in matches if match}


def closure(declared: list[str]) -> Iterator[Requirement]:
    """What is declared and all that it needs in turn, with what the extras bring along."""
    waiting = [Requirement(text) for text in declared]
    met: set[tuple[str, frozenset[str]]] = set()
    while waiting:
        requirement = waiting.pop()
        yield requirement
        key = (canonicalize_name(requirement.name), frozenset(requirement.extras))
        if key in met:
            continue
        met.add(key)
        for needed in map(Requirement, requires(requirement.name) or []):
            extras = ("", *requirement.extras)
            if not needed.marker or any(needed.marker.evaluate({"extra": e}) for e in extras):
                waiting.append(needed)


@pytest.mark.parametrize("lock", ["run.txt", "dev.txt"])
def test_every_requirement_is_one_exact_version_with_hashes(lock: str) -> None:
    assert entries(lock)
    for requirement, *hashes in entries(lock):
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
def test_everything_needed_is_locked_at_a_version_that_fits(lock: str, declared: list[str]) -> None:
    locked = pins(lock)
    for needed in closure(declared):
        version = locked.get(canonicalize_name(needed.name))
        assert version, f"{needed} is not in {lock}: run 'make lock'"
        assert needed.specifier.contains(version), f"{needed}, but {lock} has {version}"


def test_both_locks_agree_on_every_version() -> None:
    assert pins("run.txt").items() <= pins("dev.txt").items()
