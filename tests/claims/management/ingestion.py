"""Runs of the ingest command for tests, and the files that they ingest."""

import io
import json
from typing import Any

import pytest
from django.core.management import CommandError, call_command

TEXT = "Ferries on time\n\nEvery ferry of May was on time, said the harbour’s log. 🛳\n"
PAGE = """<!doctype html>
<html lang="en-GB"><head>
<title>Ferries on time | Harbour Watch</title>
<meta property="og:title" content="Every ferry of May was on time">
<meta property="og:site_name" content="Harbour Watch">
<meta property="article:published_time" content="2026-06-01T08:30:00+02:00">
<meta name="author" content="Ada Quill">
<link rel="canonical" href="https://www.HarbourWatch.example/ferries?utm_source=mail#top">
</head><body><nav>Home About</nav><article><h1>Every ferry of May was on time</h1>
<p>The harbour’s log of departures shows that every ferry of the month of May left the quay at the
minute that its timetable gave, the authority said in a report on Monday.</p>
<p>In April, two ferries had been late by an hour or more, and passengers had complained of it.</p>
</article><footer>Imprint</footer></body></html>
"""


def ingest(*arguments: Any, **options: Any) -> list[dict[str, Any]]:
    """Ingest files without any message on standard error; return the lines of standard output."""
    out, err = io.StringIO(), io.StringIO()
    call_command("ingest", *map(str, arguments), stdout=out, stderr=err, **options)
    assert err.getvalue() == ""
    return [json.loads(line) for line in out.getvalue().splitlines()]


def ingest_with_errors(
    *arguments: Any, **options: Any
) -> tuple[list[dict[str, Any]], list[str], str]:
    """Ingest files with at least one error; return the output, the errors and the summary."""
    out, err = io.StringIO(), io.StringIO()
    with pytest.raises(CommandError) as failure:
        call_command("ingest", *map(str, arguments), stdout=out, stderr=err, **options)
    assert failure.value.returncode == 2
    lines = [json.loads(line) for line in out.getvalue().splitlines()]
    return lines, err.getvalue().splitlines(), str(failure.value)
