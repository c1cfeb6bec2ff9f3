"""Seed documents: mistakes are named by place, a file loads whole or not at all, and only once."""

import hashlib
import io
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.apps import apps
from django.contrib.auth.models import Group
from django.core.management import CommandError, call_command

from claims.choices import VersionState
from claims.models import (
    Claim,
    RatingScale,
    ReviewVersion,
    Statement,
)
from claimsapi.core.models import User
from sources.models import Document
from tests.factories import RatingFactory, RatingScaleFactory
from tests.test_fixtures import dumped

pytestmark = pytest.mark.django_db

ARTICLE_SHA256 = "3ddcc5022a602cc7aaae469abbb25e5c71ced73d07c2f62c02d4d80c4f98ff8f"
LOG = "Every ferry of May was on time."

# One of everything that a seed document can hold.
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


@pytest.fixture(autouse=True)
def false(db: None) -> None:
    """The rating that the case above uses; the shipped cases load the shipped scales."""
    scale = RatingScaleFactory(slug="desk", version=1)
    RatingFactory(scale=scale, label="False", position=1)


@pytest.fixture
def write(tmp_path: Path) -> Callable[..., Path]:
    """Write a seed document; its text is the case above unless a test has another."""

    def write(content: str | bytes = CASE, name: str = "ferries.yaml") -> Path:
        path = tmp_path / name
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        return path

    return write


def seed(*paths: Path) -> list[dict[str, Any]]:
    out, err = io.StringIO(), io.StringIO()
    call_command("seed", *paths, stdout=out, stderr=err)
    assert err.getvalue() == ""
    return [json.loads(line) for line in out.getvalue().splitlines()]


def refused(*paths: Path) -> str:
    """Load what must not load; return what the command says of it."""
    out, err = io.StringIO(), io.StringIO()
    with pytest.raises(CommandError) as failure:
        call_command("seed", *paths, stdout=out, stderr=err)
    assert failure.value.returncode == 2
    return err.getvalue()


def counts() -> dict[str, int]:
    models = apps.get_models(include_auto_created=True)
    return {model._meta.label: model._base_manager.count() for model in models}


def changed(old: str, new: str) -> str:
    """The case with one place changed; '#!' in the new text marks the line of the mistake."""
    assert CASE.count(old) == 1, f"{old!r} stands {CASE.count(old)} times"
    return CASE.replace(old, new)


def marked_line(text: str) -> int:
    return next(n for n, line in enumerate(text.splitlines(), 1) if "#!" in line)


def test_a_case_loads_and_says_what_it_made(write: Callable[..., Path]) -> None:
    [line] = seed(write())
    assert line["file"] == "ferries.yaml"
    assert (line["made"] > 0, line["kept"]) == (True, 0)
    [version] = ReviewVersion.objects.all()
    assert version.state == VersionState.PUBLISHED
    assert (version.author.handle, version.editor.handle) == ("ada", "ben")
    assert version.evidence.get().exact == LOG
    assert Claim.objects.public().count() == 1
    assert Statement.objects.get().exact == ""


def test_a_case_loads_again_and_changes_nothing(write: Callable[..., Path]) -> None:
    path = write()
    [first] = seed(path)
    before = dumped()
    [second] = seed(path)
    assert second["made"] == 0
    assert second["kept"] == first["made"] > 0
    assert dumped() == before


def test_public_ids_are_the_same_on_every_installation(write: Callable[..., Path]) -> None:
    seed(write())
    assert str(Claim.objects.get(text="A ferry of May was late.").public_id) == (
        "01a19467-e800-75ca-a621-7ade5baf1a7f"
    )


def test_seeded_accounts_cannot_sign_in(write: Callable[..., Path]) -> None:
    seed(write())
    for user in User.objects.all():
        assert not user.has_usable_password()
        assert not user.is_staff
        assert user.groups.count() == 1


def test_loading_again_keeps_what_people_have_changed(write: Callable[..., Path]) -> None:
    path = write()
    seed(path)
    Claim.objects.filter(text="Every ferry of May was on time.").update(
        text="Ferries were on time."
    )
    seed(path)
    assert Claim.objects.filter(text="Ferries were on time.").exists()
    assert Claim.objects.count() == 2


# Each: what is replaced, by what ('#!' marks the line that the error names), the field that it
# names, and words of what it says.
MISTAKES = {
    "unknown field": (
        "    name: Ferries",
        "    name: Ferries\n    colour: red #!",
        "colour",
        "no such field",
    ),
    "unknown field at the top": (
        "case: ferries",
        "cases: [] #!\ncase: ferries",
        "cases",
        "no such field",
    ),
    "unknown field below": (
        "        role: Harbour master",
        "        role: Harbour master\n        rank: 1 #!",
        "rank",
        "no such field",
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
        "stands twice",
    ),
    "entry twice": (
        "  - slug: dee\n",
        "  - slug: cy #!\n",
        "",
        "stands twice",
    ),
    "claim twice": ("  - key: on-time", "  - key: late #!", "", "stands twice"),
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
        "no such rating",
    ),
    "unknown group of permissions": (
        "    role: researcher",
        "    role: owner #!",
        "role",
        "no such role",
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
    "date of the year nought": (
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
    "moment without offset": (
        "recorded: 2026-11-01T00:00:00Z",
        "recorded: 2026-11-01T00:00:00 #!",
        "recorded",
        "write a moment",
    ),
    "moment before computers": (
        "recorded: 2026-11-01T00:00:00Z",
        "recorded: 1960-01-01T00:00:00Z #!",
        "recorded",
        "write a moment",
    ),
    "moment before time": (
        "recorded: 2026-11-01T00:00:00Z",
        "recorded: 0001-01-01T00:00:00+14:00 #!",
        "recorded",
        "write a moment",
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
        "corrects nothing",
    ),
    "review without versions": (
        CASE[CASE.index("        versions:") : CASE.index("  - key: on-time")],
        "",
        "versions",
        "is missing",
    ),
    "claim against itself": ("    to: on-time", "    to: late", "", "itself"),
    "speaker of the document's own voice": (
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
        "name of a field",
    ),
    "list as a key": ("    name: Ferries", "    ? [a, b] #!\n    : Ferries", "", "name of a field"),
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
    "no character": ("    name: Dee Pool", "    name: Dee \uffff #!", "", "not YAML"),
}


@pytest.mark.parametrize("mistake", MISTAKES)
def test_a_mistake_is_named_by_file_line_and_field_and_nothing_loads(
    mistake: str, write: Callable[..., Path]
) -> None:
    old, new, field, words = MISTAKES[mistake]
    text = changed(old, new)
    before = counts()
    said = refused(write(text))
    assert said.count("\n") == 1, "one line says it"
    place, _, problem = said.partition(": ")
    file, _, line = place.partition(":")
    assert file == "ferries.yaml"
    assert line.isdigit()
    if "#!" in new:
        assert int(line) == marked_line(text), said
    if field:
        assert problem.startswith(f"{field}: "), said
    assert words in problem
    assert counts() == before


def test_a_bomb_of_aliases_is_refused_before_it_grows(write: Callable[..., Path]) -> None:
    lines = ["case: &a0 [x, x, x, x, x, x, x, x, x]"]
    lines += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]" for n in range(1, 40)]
    assert "no anchors, aliases or tags" in refused(write("\n".join(lines)))


@pytest.mark.parametrize(
    ("content", "words"),
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
def test_what_is_no_seed_document_is_refused(
    content: bytes, words: str, write: Callable[..., Path]
) -> None:
    said = refused(write(content))
    assert words in said
    assert said.count("\n") == 1


def test_a_byte_order_mark_and_windows_line_ends_are_read(write: Callable[..., Path]) -> None:
    content = b"\xef\xbb\xbf" + CASE.replace("\n", "\r\n").encode()
    [line] = seed(write(content))
    assert line["made"] > 0


def test_a_case_is_named_like_its_file(write: Callable[..., Path]) -> None:
    said = refused(write(CASE, "boats.yaml"))
    assert said.startswith("boats.yaml:1: case: ")


def test_the_other_files_load_when_one_is_wrong(write: Callable[..., Path], tmp_path: Path) -> None:
    broken = write(changed("    kind: dataset", "    kind: spreadsheet"))
    other = write(
        "case: boats\nrecorded: 2026-11-01T00:00:00Z\ntopics:\n  - {slug: boats, name: Boats}\n",
        "boats.yaml",
    )
    out, err = io.StringIO(), io.StringIO()
    with pytest.raises(CommandError, match="2 file") as failure:
        call_command("seed", broken, tmp_path / "absent.yaml", other, stdout=out, stderr=err)
    assert failure.value.returncode == 2
    assert json.loads(out.getvalue()) == {"file": "boats.yaml", "made": 1, "kept": 0}
    assert err.getvalue().count("\n") == 2
    assert "absent.yaml: No such file" in err.getvalue()
    assert not Document.objects.exists()


def test_a_folder_is_not_a_seed_document(tmp_path: Path) -> None:
    assert "directory" in refused(tmp_path).lower()


def test_without_roles_or_scales_it_says_what_to_load(write: Callable[..., Path]) -> None:
    RatingScale.objects.all().delete()
    Group.objects.all().delete()
    assert "manage.py loaddata roles" in refused(write())
    call_command("loaddata", "roles", verbosity=0)
    assert "manage.py loaddata rating_scales" in refused(write())
