"""Seed documents: mistakes are named by place, a file loads whole or not at all, and only once."""

import hashlib
import io
import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.apps import apps
from django.conf import settings
from django.contrib.auth.models import Group
from django.core.management import CommandError, call_command

from claims.choices import RelationKind, RelationState, SourceGiven, Stance, VersionState
from claims.models import (
    Claim,
    ClaimRelation,
    Evidence,
    RatingScale,
    Review,
    ReviewVersion,
    Statement,
)
from claimsapi.core.models import User
from sources.models import Document, Publisher, Snapshot
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
def scales(db: None) -> None:
    call_command("loaddata", "roles", "rating_scales", verbosity=0)


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
    assert second["kept"] > 0
    assert dumped() == before
    assert first["made"] >= second["kept"]


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
    "unknown field": ("    name: Ferries", "    name: Ferries\n    colour: red #!", "colour", "no such field"),
    "unknown field at the top": ("case: ferries", "cases: [] #!\ncase: ferries", "cases", "no such field"),
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
    "text for a list": ("    topics: [ferries]", "    topics: ferries #!", "topics", "write a list"),
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
    "huge number": ("        start: 10\n", f"        start: {10**30} #!\n", "start", "whole number"),
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
    "beyond the announced length": ("        end: 90", "        end: 101 #!", "end", "100 characters"),
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
        "not what the snapshot says",
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
    "unknown document": ("      - key: opening\n        document: speech", "      - key: opening\n        document: sermon #!", "document", "no document 'sermon'"),
    "unknown speaker": ("        speaker: cy", "        speaker: eve #!", "speaker", "no speaker 'eve'"),
    "unknown role": ("        affiliation: harbour-master", "        affiliation: pope #!", "affiliation", "'pope'"),
    "role of another speaker": ("        speaker: cy", "        speaker: dee", "", "another speaker"),
    "unknown topic": ("    topics: [ferries]", "    topics: [ferries, boats] #!", "topics", "no topic 'boats'"),
    "unknown claim": ("    to: on-time", "    to: in-time #!", "to", "no claim 'in-time'"),
    "unknown publisher": ("    publisher: harbour-watch\n    snapshot", "    publisher: pier-watch #!\n    snapshot", "publisher", "no publisher 'pier-watch'"),
    "unknown person": ("            editor: ben", "            editor: zoe #!", "editor", "no user 'zoe'"),
    "unknown rating": ('              label: "False"', "              label: Bogus", "rating", "no such rating"),
    "unknown group of permissions": ("    role: researcher", "    role: owner #!", "role", "no such role"),
    "impossible date": ("    published: 2026-05-03", "    published: 2026-02-30 #!", "published", "not a date of the calendar"),
    "malformed date": ("    published: 2026-05-03", "    published: 3 May 2026 #!", "published", "is not a date"),
    "date of the year nought": ("    published: 2026-05-03", "    published: 0000-05-03 #!", "published", "not a date of the calendar"),
    "end before beginning": ("        start: 2019-05", "        start: 2019-05\n        end: 2018", "", "before it starts"),
    "moment without offset": ("recorded: 2026-11-01T00:00:00Z", "recorded: 2026-11-01T00:00:00 #!", "recorded", "write a moment"),
    "moment before computers": ("recorded: 2026-11-01T00:00:00Z", "recorded: 1960-01-01T00:00:00Z #!", "recorded", "write a moment"),
    "moment before time": ("recorded: 2026-11-01T00:00:00Z", "recorded: 0001-01-01T00:00:00+14:00 #!", "recorded", "write a moment"),
    "not a URL": ("    url: https://harbour.example/speech", "    url: javascript:alert(1) #!", "url", "not an http or https URL"),
    "not a site": ("    site: harbourwatch.example", "    site: harbour watch #!", "site", "is not a site"),
    "name too long": ("    name: Dee Pool", f"    name: {'D' * 201} #!", "name", "at most 200"),
    "account's name too long": ("    name: Ada Quill", f"    name: {'A' * 151}", "", "at most 150"),
    "headline too long": ("            headline: None was late", f"            headline: {'H' * 301} #!", "headline", "at most 300"),
    "author is editor": ("author: ada", "author: ben", "", "another person publishes"),
    "editor without the right": ("            editor: ben", "            editor: ada", "", "does not allow"),
    "no evidence": (
        CASE[CASE.index("            evidence:") : CASE.index("  - key: on-time")],
        "",
        "",
        "evidence",
    ),
    "correction of a first version": (
        "            headline: None was late",
        "            headline: None was late\n            correction: #!\n              kind: update\n              note: New.",
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
    "speaker of the document's own voice": ("        quotation: indirect", "        quotation: authorial", "", "without a speaker"),
    "alias": ("    topics: [ferries]", "    topics: *boats #!", "", "no anchors, aliases or tags"),
    "anchor": ("    topics: [ferries]", "    topics: &boats [ferries] #!", "", "no anchors, aliases or tags"),
    "tag": ("    name: Dee Pool", "    name: !!python/object/apply:os.getcwd [] #!", "", "no anchors, aliases or tags"),
    "merge key": ("    name: Ferries", "    <<: {name: Ferries}", "name", "is missing"),
    "mapping as a key": ("    name: Ferries", "    ? {a: b} #!\n    : Ferries", "", "name of a field"),
    "list as a key": ("    name: Ferries", "    ? [a, b] #!\n    : Ferries", "", "name of a field"),
    "not YAML": ("    name: Ferries", "    name: 'Ferries", "", "not YAML: while scanning a quoted scalar from line 16:"),
    "tab as indentation": ("    name: Ferries", "\tname: Ferries #!", "", "not YAML"),
    "two documents": ("topics:\n", "---  #!\ntopics:\n", "", "not YAML"),
    "NUL escaped": ("    name: Dee Pool", r'    name: "Dee\0Pool" #!', "name", "Control character U+0000"),
    "NUL escaped in an account": ("    name: Ada Quill", r'    name: "Ada\0" #!', "name", "Control character U+0000"),
    "NUL escaped in a role": ("    role: editor", r'    role: "editor\0" #!', "role", "Control character U+0000"),
    "NUL escaped in a topic": ("    topics: [ferries]", r'    topics: ["ferries\0"] #!', "topics", "Control character U+0000"),
    "NUL escaped in a quotation": ("        start: 10\n", '        exact: "\\0" #!\n        start: 10\n', "exact", "Control character U+0000"),
    "surrogate escaped": ("    name: Dee Pool", r'    name: "Dee \ud800" #!', "name", "Lone surrogate"),
    "surrogate escaped in a text": (f'      text: "{LOG}"', r'      text: "\udfff" #!', "text", "Lone surrogate"),
    "bidirectional control escaped": ("    name: Dee Pool", r'    name: "Dee \u202e Pool" #!', "name", "Bidirectional control"),
    "bidirectional control": ("    name: Dee Pool", "    name: Dee \u202e Pool #!", "", "Bidirectional control"),
    "NUL": ("    name: Dee Pool", "    name: Dee\0 #!", "", "Control character U+0000"),
    "no character": ("    name: Dee Pool", "    name: Dee \uffff #!", "", "not YAML"),
}  # fmt: skip


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
        (b"[" * 2_000, "nested too deep"),
        (b"{a: " * 2_000, "nested too deep"),
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


# --- the shipped cases ----------------------------------------------------------------------------
@pytest.fixture
def shipped() -> list[dict[str, Any]]:
    return seed()


def test_the_shipped_cases_load_without_a_remark(shipped: list[dict[str, Any]]) -> None:
    assert len(shipped) == len(list(settings.SEEDS_DIR.glob("*.yaml"))) == 2
    for line in shipped:
        assert line["made"] > 0
        assert line["kept"] == 0


def test_the_shipped_cases_load_twice_with_the_same_result(shipped: list[dict[str, Any]]) -> None:
    before = dumped()
    again = seed()
    assert [line["made"] for line in again] == [0, 0]
    assert dumped() == before


def test_every_shipped_record_is_valid(shipped: list[dict[str, Any]]) -> None:
    for label in ("sources", "claims"):
        for model in apps.get_app_config(label).get_models():
            for record in model._default_manager.all():
                record.full_clean()


def test_the_shipped_cases_load_in_either_order() -> None:
    files = sorted(settings.SEEDS_DIR.glob("*.yaml"), reverse=True)
    assert [line["kept"] for line in seed(*files)] == [0, 0]


@pytest.fixture
def first_case(shipped: list[dict[str, Any]]) -> Document:
    """The article whose text is not ours to publish."""
    document: Document = Snapshot.objects.get(sha256=ARTICLE_SHA256).document
    return document


def test_the_first_case_is_one_document_that_names_bytes_and_holds_no_text(
    first_case: Document,
) -> None:
    [snapshot] = first_case.snapshots.all()
    assert snapshot.text is None
    assert snapshot.length
    assert first_case.url is None
    assert first_case.publisher is None
    assert first_case.byline == ""
    assert first_case.published_precision == "unknown"


def test_the_first_case_has_its_statements_in_place_and_without_a_source(
    first_case: Document,
) -> None:
    statements = list(first_case.statements.all())
    assert len(statements) >= 20
    for statement in statements:
        assert statement.snapshot is not None
        assert statement.start is not None
        assert statement.source_given == SourceGiven.NONE
        # 'Wednesday', 'last year' of an undated article must not become false days.
        assert statement.stated_precision == "unknown"


def test_the_first_case_quotes_direct_speech_only(first_case: Document) -> None:
    """Other people's words: nothing beyond a short quotation is in the repository."""
    quoted = [s for s in first_case.statements.all() if s.exact or s.prefix or s.suffix]
    assert {statement.quotation for statement in quoted} <= {"direct", "mixed"}
    assert sum(len(statement.exact) for statement in quoted) < 300
    assert not any(statement.prefix or statement.suffix for statement in quoted)


def test_the_first_case_is_listed_and_has_a_contradiction(first_case: Document) -> None:
    claims = Claim.objects.filter(statements__document=first_case).distinct()
    assert claims.filter(listed_at__isnull=True).count() == 0
    pairs = ClaimRelation.objects.filter(kind=RelationKind.CONTRADICTS)
    assert pairs.filter(from_claim__in=claims, to_claim__in=claims).exists()
    assert set(claims) <= set(Claim.objects.public())


def test_the_first_cases_places_and_quotations_are_those_of_the_article(
    first_case: Document, article: Path
) -> None:
    content = article.read_bytes()
    assert hashlib.sha256(content).hexdigest() == ARTICLE_SHA256
    [snapshot] = first_case.snapshots.all()
    for statement in first_case.statements.all():
        assert 0 <= statement.start < statement.end <= snapshot.length


def test_nothing_of_the_articles_words_is_in_the_shipped_cases(article: Path) -> None:
    """Save what is direct speech, and the headline, which is the name of the work."""
    seeds = [" ".join(path.read_text().split()) for path in settings.SEEDS_DIR.glob("*.yaml")]
    headline, *paragraphs = article.read_text().splitlines()
    for paragraph in paragraphs:
        speech = paragraph.partition('"')[2].rpartition('"')[0]
        words = paragraph.split()
        for first in range(len(words) - 8):
            run = " ".join(words[first : first + 8])
            if run.strip('",.') in speech or run.strip('",.') in headline:
                continue
            assert not any(run in seed for seed in seeds), run


@pytest.fixture
def second_case(shipped: list[dict[str, Any]]) -> Review:
    """The invented case, which shows a review."""
    review: Review = ReviewVersion.objects.filter(state=VersionState.PUBLISHED)[0].review
    return review


def test_the_second_case_has_a_published_review_with_a_verdict(second_case: Review) -> None:
    version = second_case.versions.get(state=VersionState.PUBLISHED)
    assert version.rating is not None
    assert version.rating.verdict not in {"", "unmapped"}
    assert version.editor is not None
    assert version.editor != version.author
    assert version.summary
    assert second_case.claim in Claim.objects.public()
    assert second_case in Review.objects.public()


def test_the_second_case_has_evidence_that_refutes_in_words_of_its_text(
    second_case: Review,
) -> None:
    evidence = Evidence.objects.filter(version__review=second_case, stance=Stance.REFUTES)
    assert evidence.exists()
    placed = Evidence.objects.exclude(start=None)
    assert placed.exists()
    for passage in placed:
        assert passage.snapshot is not None
        assert passage.snapshot.text is not None
        assert passage.exact == passage.snapshot.text[passage.start : passage.end] != ""


def test_the_second_case_has_a_claim_that_the_public_does_not_see(second_case: Review) -> None:
    hidden = Claim.objects.filter(listed_at__isnull=True).difference(Claim.objects.public())
    assert hidden.exists()


def test_every_relation_of_the_shipped_cases_has_been_decided_or_waits(
    shipped: list[dict[str, Any]],
) -> None:
    for relation in ClaimRelation.objects.all():
        assert relation.state in RelationState
        assert relation.decided_by is None
        assert relation.method == "seed"


def test_a_copy_of_the_shipped_cases_under_another_name_is_refused(tmp_path: Path) -> None:
    [first, *_] = sorted(settings.SEEDS_DIR.glob("*.yaml"))
    copy = shutil.copy(first, tmp_path / "copy.yaml")
    assert "copy.yaml:" in refused(Path(copy))
    assert not Publisher.objects.exists()
