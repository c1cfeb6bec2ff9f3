"""Contracts cover every package, imports have no circles, and test files are short."""

import tomllib
from pathlib import Path
from typing import Any

import grimp
import pytest

ROOT = Path(__file__).parents[1]
APPS = ("claimsapi", "sources", "claims")
MOST_LINES = 500  # of a test file
# Packages that Django loads by itself, each with the reason why it has no layer.
WITHOUT_LAYER = {
    "migrations": "Django imports them, and they import models of the past",
    "templatetags": "templates import them by name",
    "commands": "Django imports them by name; 'management' is the layer",
}


def read_contracts() -> list[dict[str, Any]]:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    return project["tool"]["importlinter"]["contracts"]  # type: ignore[no-any-return]


def packages_in_layers(contracts: list[dict[str, Any]]) -> set[str]:
    """Return the packages that the contracts name, as a layer or as a container of layers."""
    covered: set[str] = set()
    for contract in contracts:
        if contract["type"] != "layers":
            continue
        names = [name.strip() for layer in contract["layers"] for name in layer.split("|")]
        for container in contract.get("containers", [""]):
            covered |= {container} | {f"{container}.{name}".lstrip(".") for name in names}
    return covered


def packages() -> set[str]:
    folders = [file.parent for app in APPS for file in (ROOT / app).rglob("__init__.py")]
    return {".".join(folder.relative_to(ROOT).parts) for folder in folders}


def is_covered(package: str, covered: set[str]) -> bool:
    return package in covered or package.rpartition(".")[2] in WITHOUT_LAYER


def test_every_package_is_under_an_import_contract() -> None:
    covered = packages_in_layers(read_contracts()) | set(APPS)
    assert {package for package in packages() if not is_covered(package, covered)} == set()
    assert all(
        contract.get("exhaustive") for contract in read_contracts() if contract.get("containers")
    )


def test_a_package_that_no_contract_names_is_reported() -> None:
    covered = packages_in_layers(read_contracts()) | set(APPS)
    assert not is_covered("claims.new_package", covered)
    assert not is_covered("claimsapi.core.new_package", covered)


@pytest.fixture(scope="module")
def graph() -> grimp.ImportGraph:
    return grimp.build_graph(*APPS, exclude_type_checking_imports=True)


@pytest.mark.parametrize("package", sorted(packages()))
def test_no_modules_of_a_package_import_each_other_in_a_circle(
    graph: grimp.ImportGraph, package: str
) -> None:
    assert graph.nominate_cycle_breakers(package) == set()


def test_no_test_file_is_longer_than_the_limit() -> None:
    lengths = {
        str(path.relative_to(ROOT)): len(path.read_text(encoding="utf-8").splitlines())
        for path in (ROOT / "tests").rglob("*.py")
    }
    assert {path: lines for path, lines in lengths.items() if lines > MOST_LINES} == {}
