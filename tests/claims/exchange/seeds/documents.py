"""A seed document for tests, and its variants."""

import hashlib
import io
import json
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command

LOG = "Every ferry of May was on time."

# Has every kind of entry of a seed document.
CASE = f"""\
case: ferries
recorded: 2026-11-01T00:00:00Z
description: A case for tests.
accounts:
  - handle: ada
    role: researcher
    name: Ada Quill
  - handle: ben
    role: editor
publishers:
  - slug: harbour-watch
    name: Harbour Watch
    site: harbourwatch.example
topics:
  - slug: ferries
    name: Ferries
speakers:
  - slug: cy
    name: Cy Moor
    kind: person
    affiliations:
      - key: harbour-master
        role: Harbour master
        start: 2019-05
  - slug: dee
    name: Dee Pool
    kind: person
documents:
  - key: speech
    kind: speech
    title: On ferries
    url: https://harbour.example/speech
    published: 2026-05-03
    snapshot:
      sha256: {"ab" * 32}
      media_type: text/plain
      length: 100
  - key: log
    kind: dataset
    title: The log
    publisher: harbour-watch
    snapshot:
      sha256: {hashlib.sha256(LOG.encode()).hexdigest()}
      media_type: text/plain
      text: "{LOG}"
claims:
  - key: late
    text: A ferry of May was late.
    kind: event
    topics: [ferries]
    listed: true
    statements:
      - key: opening
        document: speech
        speaker: cy
        affiliation: harbour-master
        quotation: indirect
        start: 10
        end: 90
    reviews:
      - publisher: harbour-watch
        versions:
          - author: ada
            editor: ben
            rating:
              scale: desk
              version: 1
              label: "False"
            headline: None was late
            summary: The log shows none.
            evidence:
              - document: log
                stance: refutes
                start: 0
                end: {len(LOG)}
                exact: "{LOG}"
  - key: on-time
    text: Every ferry of May was on time.
    kind: event
relations:
  - from: late
    to: on-time
    kind: contradicts
    state: confirmed
"""


def seed(*paths: Path) -> list[dict[str, Any]]:
    """Load valid documents; return the printed lines."""
    out, err = io.StringIO(), io.StringIO()
    call_command("seed", *paths, stdout=out, stderr=err)
    assert err.getvalue() == ""
    return [json.loads(line) for line in out.getvalue().splitlines()]


def seed_error(*paths: Path) -> str:
    """Load invalid documents; return the printed error."""
    out, err = io.StringIO(), io.StringIO()
    with pytest.raises(CommandError) as failure:
        call_command("seed", *paths, stdout=out, stderr=err)
    assert failure.value.returncode == 2
    return err.getvalue()


def replace_in_case(old: str, new: str) -> str:
    """Return the case with one replaced text, which must occur once."""
    assert CASE.count(old) == 1, f"{old!r} occurs {CASE.count(old)} times"
    return CASE.replace(old, new)
