"""The TypeScript client that is generated from the OpenAPI document compiles and works."""

import json
import os
import shutil
import subprocess
from pathlib import Path

import pytest
from pytest_django.live_server_helper import LiveServer

from tests import factories as make
from tests.one_database import once

pytestmark = once

ROOT = Path(__file__).parents[2]
EXAMPLE = ROOT / "docs" / "examples" / "typescript"
NODE = shutil.which("node")
NPM = shutil.which("npm")


def test_the_clients_lock_has_hashes_and_names_no_registry() -> None:
    text = (EXAMPLE / "package-lock.json").read_text()
    packages = json.loads(text)["packages"]
    assert "://" not in text
    assert all(package.get("integrity") for name, package in packages.items() if name)
    assert json.loads((EXAMPLE / "package.json").read_text())["dependencies"]


@pytest.fixture(scope="session")
def program(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Compile the example from the committed document in a temporary folder; return the program."""
    if NODE is None or NPM is None:
        pytest.skip("The TypeScript client needs Node.js and npm: apt-get install nodejs npm")
    folder = tmp_path_factory.mktemp("client") / "docs" / "examples" / "typescript"
    shutil.copytree(
        EXAMPLE, folder, ignore=shutil.ignore_patterns("node_modules", "generated", "built")
    )
    shutil.copy(ROOT / "docs" / "openapi.yaml", folder.parents[1])
    for step in (["ci"], ["run", "generate"], ["run", "compile"]):
        process = subprocess.run(
            [NPM, *step], cwd=folder, capture_output=True, text=True, check=False
        )
        assert process.returncode == 0, process.stdout + process.stderr
    return folder / "built" / "example.js"


def run_program(program: Path, *arguments: str) -> "subprocess.CompletedProcess[str]":
    environment = {**os.environ, "NO_PROXY": "localhost,127.0.0.1"}
    return subprocess.run(
        [str(NODE), str(program), *arguments],
        env=environment,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def test_the_client_lists_filters_pages_and_reads_errors(
    program: Path, live_server: LiveServer
) -> None:
    untrue, true = (make.RatingFactory(verdict=verdict) for verdict in ("false", "true"))
    texts = [make.published_version(rating=untrue).review.claim.text for _ in range(5)]
    make.published_version(rating=true)
    process = run_program(program, live_server.url, "false")
    assert process.returncode == 0, process.stderr
    *lines, again, absent = process.stdout.splitlines()
    assert lines == [f"{untrue.label} | {text}" for text in reversed(texts)]
    assert again == f"Again by its id: {texts[0]}"
    assert absent == "Nobody's id: not found"

    refused = run_program(program, live_server.url, "rumour")
    assert refused.returncode == 1
    assert refused.stderr.startswith("/api/problems/malformed-parameter verdict:")
    assert "mostly_false" in refused.stderr
