"""Schemathesis finds no failure in a few cases; ``make fuzz`` runs many more."""

from pathlib import Path

import pytest
from django.conf import LazySettings
from django.core.management import call_command
from knox.models import AuthToken
from pytest_django.live_server_helper import LiveServer

from tests.claims.exchange.claimreview.corpus import plain
from tests.claims.exchange.importing.imports import import_objects
from tests.core.ledger.sample_history import use_key
from tests.factories import UserFactory, published_version
from tests.fuzz import count_cases, run_schemathesis
from tests.one_database import once

pytestmark = once


@pytest.mark.parametrize("caller", ["anonymous", "an editor"])
def test_schemathesis_finds_no_failure(
    live_server: LiveServer, settings: LazySettings, tmp_path: Path, caller: str
) -> None:
    use_key(settings, tmp_path)
    call_command("loaddata", "roles", "rating_scales", "label_verdicts", verbosity=0)
    call_command("seed", verbosity=0)
    published_version()
    import_objects(plain())
    token = ""
    if caller == "an editor":
        token = f"Token {AuthToken.objects.create(user=UserFactory(role='editor'))[1]}"
    report = tmp_path / "report.json"
    # A fixed number of cases from a fixed seed: the load of the machine does not change the result.
    # The phase "coverage" has too many cases for a test: `make fuzz` runs it.
    options = ("--phases=examples,fuzzing", "--max-examples=1", "--seed=1")
    process = run_schemathesis(live_server.url, token, *options, report=report)
    assert process.returncode == 0, process.stdout + process.stderr
    assert count_cases(report) > 100
