"""The worked example of an audit export is a real one: it loads, and comes out as it was."""

import json
from io import StringIO
from pathlib import Path

import pytest
from django.core.management import call_command

from claims.models import Claim, ReviewVersion

EXAMPLE = Path(__file__).parents[1] / "fixtures" / "examples" / "audit_export.json"


def export() -> str:
    """Export as docs/auditor.md says."""
    out = StringIO()
    call_command(
        "dumpdata",
        "core.user",
        "sources",
        "claims",
        natural_foreign=True,
        natural_primary=True,
        indent=1,
        stdout=out,
    )
    return out.getvalue()


@pytest.mark.django_db(transaction=True)
def test_the_example_loads_and_comes_out_byte_for_byte() -> None:
    call_command("loaddata", "roles", str(EXAMPLE), verbosity=0)
    assert export() == EXAMPLE.read_text()
    assert ReviewVersion.objects.filter(state="published").count() == 2
    assert Claim.objects.count() == 48


def test_the_example_holds_nothing_that_is_not_ours_to_publish() -> None:
    records = json.loads(EXAMPLE.read_text())
    texts = [r["fields"] for r in records if r["model"] == "sources.snapshot"]
    assert {text["text"] is None for text in texts} == {True, False}
    for text in texts:
        assert text["text"] is None or "invented" in text["text"]
    for user in (r["fields"] for r in records if r["model"] == "core.user"):
        assert user["password"].startswith("!")
        assert (user["email"], user["last_name"]) == ("", "")
