"""Errors in seed documents: file, line, field and message."""

import hashlib
from collections.abc import Callable
from pathlib import Path

import pytest
from django.apps import apps

from tests.claims.exchange.seeds.documents import CASE, LOG, replace_in_case, seed_error

pytestmark = pytest.mark.django_db


def count_records() -> dict[str, int]:
    models = apps.get_models(include_auto_created=True)
    return {model._meta.label: model._base_manager.count() for model in models}


def marked_line(text: str) -> int:
    return next(n for n, line in enumerate(text.splitlines(), 1) if "#!" in line)


# Each: the replaced text, the new text ('#!' marks the line of the error), the field in the error,
# and a part of its message.
ERRORS = {
    "unknown field": (
        "    name: Ferries",
        "    name: Ferries\n    colour: red #!",
        "colour",
        "unknown field",
    ),
    "unknown field at the top": (
        "case: ferries",
        "cases: [] #!\ncase: ferries",
        "cases",
        "unknown field",
    ),
    "unknown field below": (
        "        role: Harbour master",
        "        role: Harbour master\n        rank: 1 #!",
        "rank",
        "unknown field",
    ),
    "missing field": (
        "  - slug: harbour-watch\n    name: Harbour Watch",
        "  - slug: harbour-watch #!",
        "name",
        "is missing",
    ),
    "missing key": ("  - key: on-time\n    text", "  - text", "key", "is missing"),
    "empty field": ("    name: Dee Pool", "    name: #!", "name", "write a text"),
    "list for a text": ("    name: Dee Pool", "    name: [Dee, Pool] #!", "name", "write a text"),
    "text for a list": (
        "    topics: [ferries]",
        "    topics: ferries #!",
        "topics",
        "write a list",
    ),
    "text for a mapping": (
        "  - slug: dee\n    name: Dee Pool\n    kind: person",
        "  - dee #!",
        "speakers",
        "write a mapping",
    ),
    "wrong choice": ("    kind: dataset", "    kind: spreadsheet #!", "kind", "is not one of"),
    "wrong flag": ("    listed: true", "    listed: maybe #!", "listed", "true or false"),
    "not a slug": ("  - handle: ada", "  - handle: Ada Q #!", "handle", "is not a slug"),
    "key in another case": ("  - key: on-time", "  - key: On-Time #!", "key", "is not a slug"),
    "negative number": ("        start: 10\n", "        start: -10 #!\n", "start", "whole number"),
    "fraction": ("        start: 10\n", "        start: 1.5 #!\n", "start", "whole number"),
    "huge number": (
        "        start: 10\n",
        f"        start: {10**30} #!\n",
        "start",
        "whole number",
    ),
    "field twice": (
        "    name: Ferries",
        "    name: Ferries\n    name: Boats #!",
        "name",
        "is repeated",
    ),
    "entry twice": (
        "  - slug: dee\n",
        "  - slug: cy #!\n",
        "",
        "is repeated",
    ),
    "claim twice": ("  - key: on-time", "  - key: late #!", "", "is repeated"),
    "start without end": ("        end: 90\n", "", "end", "is missing"),
    "beyond the announced length": (
        "        end: 90",
        "        end: 101 #!",
        "end",
        "100 characters",
    ),
    "beyond the text": (
        f"                end: {len(LOG)}",
        f"                end: {len(LOG) + 1} #!",
        "end",
        f"{len(LOG)} characters",
    ),
    "end before start": ("        end: 90", "        end: 9", "", "0 <= start < end"),
    "exact that differs": (
        f'                exact: "{LOG}"',
        '                exact: "Every ferry was on time." #!',
        "exact",
        "differs at this position",
    ),
    "wrong hash": (
        hashlib.sha256(LOG.encode()).hexdigest(),
        f"{'cd' * 32} #!",
        "sha256",
        hashlib.sha256(LOG.encode()).hexdigest(),
    ),
    "not a hash": (f"      sha256: {'ab' * 32}", "      sha256: abab #!", "", "64 hexadecimal"),
    "wrong length": (
        f'      text: "{LOG}"',
        f'      text: "{LOG}"\n      length: 7 #!',
        "length",
        f"{len(LOG)} characters",
    ),
    "unknown document": (
        "      - key: opening\n        document: speech",
        "      - key: opening\n        document: sermon #!",
        "document",
        "no document 'sermon'",
    ),
    "unknown speaker": (
        "        speaker: cy",
        "        speaker: eve #!",
        "speaker",
        "no speaker 'eve'",
    ),
    "unknown role": (
        "        affiliation: harbour-master",
        "        affiliation: pope #!",
        "affiliation",
        "'pope'",
    ),
    "role of another speaker": (
        "        speaker: cy",
        "        speaker: dee",
        "",
        "another speaker",
    ),
    "unknown topic": (
        "    topics: [ferries]",
        "    topics: [ferries, boats] #!",
        "topics",
        "no topic 'boats'",
    ),
    "unknown claim": ("    to: on-time", "    to: in-time #!", "to", "no claim 'in-time'"),
    "unknown publisher": (
        "    publisher: harbour-watch\n    snapshot",
        "    publisher: pier-watch #!\n    snapshot",
        "publisher",
        "no publisher 'pier-watch'",
    ),
    "unknown person": (
        "            editor: ben",
        "            editor: zoe #!",
        "editor",
        "no user 'zoe'",
    ),
    "unknown rating": (
        '              label: "False"',
        "              label: Bogus",
        "rating",
        "unknown rating",
    ),
    "unknown group of permissions": (
        "    role: researcher",
        "    role: owner #!",
        "role",
        "unknown role",
    ),
    "impossible date": (
        "    published: 2026-05-03",
        "    published: 2026-02-30 #!",
        "published",
        "not a calendar date",
    ),
    "malformed date": (
        "    published: 2026-05-03",
        "    published: 3 May 2026 #!",
        "published",
        "is not a date",
    ),
    "date of the year 0": (
        "    published: 2026-05-03",
        "    published: 0000-05-03 #!",
        "published",
        "not a calendar date",
    ),
    "end before beginning": (
        "        start: 2019-05",
        "        start: 2019-05\n        end: 2018",
        "",
        "before it starts",
    ),
    "timestamp without offset": (
        "recorded: 2026-11-01T00:00:00Z",
        "recorded: 2026-11-01T00:00:00 #!",
        "recorded",
        "write a timestamp",
    ),
    "timestamp before 1970": (
        "recorded: 2026-11-01T00:00:00Z",
        "recorded: 1960-01-01T00:00:00Z #!",
        "recorded",
        "write a timestamp",
    ),
    "timestamp before year 1": (
        "recorded: 2026-11-01T00:00:00Z",
        "recorded: 0001-01-01T00:00:00+14:00 #!",
        "recorded",
        "write a timestamp",
    ),
    "not a URL": (
        "    url: https://harbour.example/speech",
        "    url: javascript:alert(1) #!",
        "url",
        "not an http or https URL",
    ),
    "not a site": (
        "    site: harbourwatch.example",
        "    site: harbour watch #!",
        "site",
        "is not a site",
    ),
    "name too long": ("    name: Dee Pool", f"    name: {'D' * 201} #!", "name", "at most 200"),
    "account's name too long": ("    name: Ada Quill", f"    name: {'A' * 151}", "", "at most 150"),
    "headline too long": (
        "            headline: None was late",
        f"            headline: {'H' * 301} #!",
        "headline",
        "at most 300",
    ),
    "author is editor": ("author: ada", "author: ben", "", "must publish it"),
    "editor without the right": (
        "            editor: ben",
        "            editor: ada",
        "",
        "does not allow",
    ),
    "no evidence": (
        CASE[CASE.index("            evidence:") : CASE.index("  - key: on-time")],
        "",
        "",
        "evidence",
    ),
    "correction of a first version": (
        "            headline: None was late",
        (
            "            headline: None was late\n            correction: #!\n"
            "              kind: update\n              note: New."
        ),
        "correction",
        "has no correction",
    ),
    "review without versions": (
        CASE[CASE.index("        versions:") : CASE.index("  - key: on-time")],
        "",
        "versions",
        "is missing",
    ),
    "claim against itself": ("    to: on-time", "    to: late", "", "itself"),
    "authorial statement with a speaker": (
        "        quotation: indirect",
        "        quotation: authorial",
        "",
        "unless it is authorial",
    ),
    "alias": ("    topics: [ferries]", "    topics: *boats #!", "", "no anchors, aliases or tags"),
    "anchor": (
        "    topics: [ferries]",
        "    topics: &boats [ferries] #!",
        "",
        "no anchors, aliases or tags",
    ),
    "tag": (
        "    name: Dee Pool",
        "    name: !!python/object/apply:os.getcwd [] #!",
        "",
        "no anchors, aliases or tags",
    ),
    "merge key": ("    name: Ferries", "    <<: {name: Ferries}", "name", "is missing"),
    "mapping as a key": (
        "    name: Ferries",
        "    ? {a: b} #!\n    : Ferries",
        "",
        "field name",
    ),
    "list as a key": ("    name: Ferries", "    ? [a, b] #!\n    : Ferries", "", "field name"),
    "not YAML": (
        "    name: Ferries",
        "    name: 'Ferries",
        "",
        "not YAML: while scanning a quoted scalar from line 16:",
    ),
    "tab as indentation": ("    name: Ferries", "\tname: Ferries #!", "", "not YAML"),
    "two documents": ("topics:\n", "---  #!\ntopics:\n", "", "not YAML"),
    "NUL escaped": (
        "    name: Dee Pool",
        r'    name: "Dee\0Pool" #!',
        "name",
        "Control character U+0000",
    ),
    "NUL escaped in an account": (
        "    name: Ada Quill",
        r'    name: "Ada\0" #!',
        "name",
        "Control character U+0000",
    ),
    "NUL escaped in a role": (
        "    role: editor",
        r'    role: "editor\0" #!',
        "role",
        "Control character U+0000",
    ),
    "NUL escaped in a topic": (
        "    topics: [ferries]",
        r'    topics: ["ferries\0"] #!',
        "topics",
        "Control character U+0000",
    ),
    "NUL escaped in a quotation": (
        "        start: 10\n",
        '        exact: "\\0" #!\n        start: 10\n',
        "exact",
        "Control character U+0000",
    ),
    "surrogate escaped": (
        "    name: Dee Pool",
        r'    name: "Dee \ud800" #!',
        "name",
        "Lone surrogate",
    ),
    "surrogate escaped in a text": (
        f'      text: "{LOG}"',
        r'      text: "\udfff" #!',
        "text",
        "Lone surrogate",
    ),
    "bidirectional control escaped": (
        "    name: Dee Pool",
        r'    name: "Dee \u202e Pool" #!',
        "name",
        "Bidirectional control",
    ),
    "bidirectional control": (
        "    name: Dee Pool",
        "    name: Dee \u202e Pool #!",
        "",
        "Bidirectional control",
    ),
    "NUL": ("    name: Dee Pool", "    name: Dee\0 #!", "", "Control character U+0000"),
    "noncharacter": ("    name: Dee Pool", "    name: Dee \uffff #!", "", "not YAML"),
}


@pytest.mark.parametrize("case", ERRORS)
def test_an_error_names_file_line_and_field_and_nothing_loads(
    case: str, write: Callable[..., Path]
) -> None:
    old, new, field, message = ERRORS[case]
    text = replace_in_case(old, new)
    before = count_records()
    error = seed_error(write(text))
    assert error.count("\n") == 1, "the error is one line"
    position, _, problem = error.partition(": ")
    file, _, line = position.partition(":")
    assert file == "ferries.yaml"
    assert line.isdigit()
    if "#!" in new:
        assert int(line) == marked_line(text), error
    if field:
        assert problem.startswith(f"{field}: "), error
    assert message in problem
    assert count_records() == before


def test_nested_aliases_are_rejected_before_they_expand(write: Callable[..., Path]) -> None:
    lines = ["case: &a0 [x, x, x, x, x, x, x, x, x]"]
    lines += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]" for n in range(1, 40)]
    assert "no anchors, aliases or tags" in seed_error(write("\n".join(lines)))


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "the file is empty"),
        (b"# only a remark\n", "the file is empty"),
        (b"- case: ferries\n", "write a mapping"),
        (b"ferries\n", "write a mapping"),
        (b"case: ferries\nname: Z\xfcrich\n", "ferries.yaml:2: not UTF-8"),
        ("case: ferries\n".encode("utf-16"), "ferries.yaml:1: not UTF-8"),
        (b"case: ferries\nname: \xed\xa0\x80\n", "ferries.yaml:2: not UTF-8"),
        (b"[" * 500, "nested too deep"),
        (b"{a: " * 500, "nested too deep"),
        (b"\x89PNG\r\n\x1a\n", "not UTF-8"),
    ],
)
def test_a_file_that_is_not_a_seed_document_is_rejected(
    content: bytes, message: str, write: Callable[..., Path]
) -> None:
    error = seed_error(write(content))
    assert message in error
    assert error.count("\n") == 1
