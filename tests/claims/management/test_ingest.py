"""Taking files in: what becomes of each, what is refused, how passages get their words."""

import codecs
import hashlib
import io
import json
import os
import subprocess
import sys
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from django.conf import LazySettings, settings
from django.core.management import CommandError, call_command

from claims import workflow
from claims.models import Evidence, Statement
from sources.models import Document, Publisher, Snapshot
from tests.factories import (
    DocumentFactory,
    EvidenceFactory,
    PublisherFactory,
    ReviewVersionFactory,
    SnapshotFactory,
    StatementFactory,
    UserFactory,
    move,
)
from tests.test_fixtures import dumped

pytestmark = pytest.mark.django_db

ROOT = Path(__file__).resolve().parents[3]
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
    """Take in what can be taken in without a remark; return the lines of standard output."""
    out, err = io.StringIO(), io.StringIO()
    call_command("ingest", *map(str, arguments), stdout=out, stderr=err, **options)
    assert err.getvalue() == ""
    return [json.loads(line) for line in out.getvalue().splitlines()]


def refused(*arguments: Any, **options: Any) -> tuple[list[dict[str, Any]], list[str], str]:
    """Take in what cannot be taken in; return what was, the complaints and the last word."""
    out, err = io.StringIO(), io.StringIO()
    with pytest.raises(CommandError) as failure:
        call_command("ingest", *map(str, arguments), stdout=out, stderr=err, **options)
    assert failure.value.returncode == 2
    done = [json.loads(line) for line in out.getvalue().splitlines()]
    return done, err.getvalue().splitlines(), str(failure.value)


@pytest.fixture
def file(tmp_path: Path) -> Callable[..., Path]:
    """Write a file; it holds the text above unless a test has another."""

    def write(content: str | bytes = TEXT, name: str = "ferries.txt") -> Path:
        path = tmp_path / name
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        return path

    return write


def test_a_text_becomes_a_document_with_a_snapshot(file: Callable[..., Path]) -> None:
    path = file()
    [line] = ingest(path)
    document, snapshot = Document.objects.get(), Snapshot.objects.get()
    assert line == {
        "path": str(path),
        "outcome": "created",
        "document": str(document.public_id),
        "snapshot": str(snapshot.public_id),
        "title": "Ferries on time",
        "sha256": hashlib.sha256(TEXT.encode()).hexdigest(),
        "length": len(TEXT),
        "anchored": 0,
    }
    assert snapshot.document == document
    assert (snapshot.text, snapshot.size) == (TEXT, len(TEXT.encode()))
    assert snapshot.media_type == "text/plain"
    assert snapshot.retrieved_at is not None
    assert (document.kind, document.url, document.publisher) == ("article", None, None)
    assert document.published_precision == "unknown"
    document.full_clean()
    snapshot.full_clean()


def test_each_file_has_one_line_in_the_order_given(file: Callable[..., Path]) -> None:
    first, second = file("One.", "1.txt"), file("Two.", "2.txt")
    assert [line["title"] for line in ingest(second, first)] == ["Two.", "One."]


def test_the_same_bytes_again_change_nothing(file: Callable[..., Path]) -> None:
    [first] = ingest(file())
    before = dumped()
    [again] = ingest(file(TEXT, "copy.txt"))
    assert again["outcome"] == "same"
    assert again["document"] == first["document"]
    assert again["snapshot"] == first["snapshot"]
    assert dumped() == before


def test_another_text_at_the_same_url_is_the_documents_next_snapshot(
    file: Callable[..., Path],
) -> None:
    url = "https://harbour.example/ferries"
    [first] = ingest(file(), url=url)
    [second] = ingest(file("Ferries late\n\nWe err."), url=f"{url}?utm_source=x#top")
    assert [first["outcome"], second["outcome"]] == ["created", "new_snapshot"]
    document = Document.objects.get()
    assert document.title == "Ferries on time"
    assert document.snapshots.count() == 2
    [back] = ingest(file(), url=url)
    assert (back["outcome"], back["snapshot"]) == ("same", first["snapshot"])


def test_the_same_bytes_at_two_urls_are_two_documents(file: Callable[..., Path]) -> None:
    for url in ("https://a.example/x", "https://b.example/x"):
        [line] = ingest(file(), url=url)
        assert line["outcome"] == "created"
    assert Document.objects.count() == 2


def test_a_page_brings_the_metadata_that_it_states(file: Callable[..., Path]) -> None:
    [line] = ingest(file(PAGE, "page.html"))
    document = Document.objects.select_related("publisher").get()
    assert line["title"] == document.title == "Every ferry of May was on time"
    assert document.url == "https://www.harbourwatch.example/ferries"
    assert document.byline == "Ada Quill"
    assert (document.published_on, document.published_precision) == (date(2026, 6, 1), "day")
    assert document.language == "en-GB"
    assert document.publisher is not None
    assert document.publisher.site == "harbourwatch.example"
    assert document.publisher.name == "Harbour Watch"
    snapshot = document.snapshots.get()
    assert snapshot.media_type == "text/html"
    assert snapshot.sha256 == hashlib.sha256(PAGE.encode()).hexdigest()
    assert "two ferries had been late" in snapshot.text
    assert "Imprint" not in snapshot.text


def test_a_page_is_known_by_how_it_begins(file: Callable[..., Path]) -> None:
    ingest(file(PAGE, "page"))
    assert Snapshot.objects.get().media_type == "text/html"


def test_malformed_metadata_is_left_out_with_a_note(file: Callable[..., Path]) -> None:
    page = PAGE.replace("2026-06-01T08:30:00+02:00", "2026-13-99")
    out, err = io.StringIO(), io.StringIO()
    call_command("ingest", str(file(page, "page.html")), stdout=out, stderr=err)
    assert err.getvalue().count("\n") == 1
    assert "note: The date was left out: '2026-13-99' is no date." in err.getvalue()
    assert Document.objects.get().published_on is None


def test_an_existing_publisher_with_the_same_site_is_kept(file: Callable[..., Path]) -> None:
    publisher = PublisherFactory(name="The Watch", site="harbourwatch.example")
    ingest(file(PAGE, "page.html"))
    assert Publisher.objects.get().name == "The Watch"
    assert Document.objects.get().publisher_id == publisher.pk


@pytest.mark.parametrize("said", ["www.Watch.example", "The Watch"])
def test_a_publisher_is_named_by_site_or_name(said: str, file: Callable[..., Path]) -> None:
    publisher = PublisherFactory(name="The Watch", site="watch.example")
    ingest(file(), publisher=said)
    assert Document.objects.get().publisher_id == publisher.pk
    assert Publisher.objects.count() == 1


def test_a_new_site_makes_a_publisher_with_a_free_slug(file: Callable[..., Path]) -> None:
    PublisherFactory(slug="watch", site="elsewhere.example")
    ingest(file(), url="https://www.watch.example/1", publisher="Watch")
    publisher = Publisher.objects.get(site="watch.example")
    assert (publisher.name, publisher.slug) == ("Watch", "watch-2")
    publisher.full_clean()


def test_what_the_command_line_says_comes_before_what_the_file_says(
    file: Callable[..., Path],
) -> None:
    [line] = ingest(
        file(PAGE, "page.html"),
        title=" Cafe\u0301 ferries ",
        url="HTTPS://Other.example:443/p",
        publisher="other.example",
        published="2026-05",
        kind="report",
        language="fr",
    )
    document = Document.objects.select_related("publisher").get()
    assert line["title"] == document.title == "Café ferries"
    assert document.url == "https://other.example/p"
    assert document.publisher is not None
    assert document.publisher.site == "other.example"
    assert (document.published_on, document.published_precision) == (date(2026, 5, 1), "month")
    assert (document.kind, document.language) == ("report", "fr")
    assert document.byline == "Ada Quill"


def test_a_dash_reads_standard_input(
    monkeypatch: pytest.MonkeyPatch, file: Callable[..., Path]
) -> None:
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(TEXT.encode())))
    [line] = ingest("-")
    assert (line["path"], line["outcome"]) == ("-", "created")
    [again] = ingest(file())
    assert again["outcome"] == "same"


def test_a_title_taken_from_the_files_name_does_not_tell_its_folder(
    file: Callable[..., Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    paragraph = "word " * 100
    [line] = ingest(file(paragraph, "long.txt"))
    assert line["title"] == "long.txt"
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(b"other " + paragraph.encode())))
    [line] = ingest("-")
    assert line["title"] == "Untitled"


def test_marks_and_line_ends_of_a_text_stay_as_they_are(file: Callable[..., Path]) -> None:
    text = "Cafe\u0301\r\nof\u2028ferries\x0c \u202bשלום\u202c\r"
    ingest(file(codecs.BOM_UTF16_LE + text.encode("utf-16-le")))
    snapshot = Snapshot.objects.get()
    assert snapshot.text == text
    assert snapshot.length == len(text)


BAD = {
    "empty": (b"", "empty"),
    "only space": (b" \n\t\r\n", "empty"),
    "image": (b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR", "PNG image"),
    "PDF": (b"%PDF-1.7\n", "PDF"),
    "archive": (b"PK\x03\x04\x14\0", "ZIP"),
    "random bytes": (bytes(range(128, 256)), "Not utf-8"),
    "Latin-1": ("Zürich".encode("latin-1"), "Convert the file to UTF-8"),
    "UTF-32": ("Zürich".encode("utf-32"), "UTF-32"),
    "cut UTF-16": (codecs.BOM_UTF16_LE + b"a\0b", "utf-16-le"),
    "NUL": (b"Zu\0rich", "NUL at character 2"),
    "control character": (b"Zu\x1brich", "U+001B at character 2"),
    "lone surrogate": (b"Zu\xed\xa0\x80rich", "lone surrogate at byte 2"),
    "larger than the limit": (b"a" * 1001, "Larger than 1000 bytes"),
}


@pytest.mark.parametrize("bad", BAD)
def test_a_bad_file_is_named_with_one_line_and_the_others_go_on(
    bad: str, file: Callable[..., Path], settings: LazySettings
) -> None:
    settings.INGEST_MAX_BYTES = 1000
    content, words = BAD[bad]
    wrong = file(content, "wrong.txt")
    done, complaints, last = refused(file("One.", "1.txt"), wrong, file("Two.", "2.txt"))
    assert [line["title"] for line in done] == ["One.", "Two."]
    [complaint] = complaints
    assert complaint.startswith(f"{wrong}: ")
    assert words in complaint
    assert complaint.endswith(".")
    assert last == "1 of 3 file(s) not taken in."
    assert Document.objects.count() == Snapshot.objects.count() == 2


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ("<html><body></body></html>", "No text was found"),
        ("<html><head><meta charset=utf-7></head><body><p>+ADw-</p></body></html>", "'utf-7'"),
        ("<div>" * 5000, "No text was found"),
    ],
)
def test_a_bad_page_is_named_with_one_line(
    content: str, words: str, file: Callable[..., Path]
) -> None:
    _done, [complaint], _last = refused(file(content, "page.html"))
    assert words in complaint
    assert not Document.objects.exists()


def test_a_missing_file_and_a_folder_are_named(file: Callable[..., Path], tmp_path: Path) -> None:
    done, complaints, last = refused(tmp_path / "absent.txt", tmp_path, file())
    assert [line["outcome"] for line in done] == ["created"]
    assert complaints == [
        f"{tmp_path / 'absent.txt'}: No such file or directory",
        f"{tmp_path}: Is a directory",
    ]
    assert last == "2 of 3 file(s) not taken in."


@pytest.mark.parametrize(
    ("option", "value", "words"),
    [
        ("published", "2026-02-30", "not a calendar date"),
        ("published", "0000", "not a calendar date"),
        ("published", "yesterday", "write YYYY"),
        ("published", "٢٠٢٦", "write YYYY"),
        ("url", "ftp://harbour.example/x", "not an http or https URL"),
        ("url", "harbour.example/x", "not an http or https URL"),
        ("url", "https://harbour.example:99999/", "not a URL"),
        ("url", "https://harbour.example/\udcff", "not a URL"),
        ("url", f"https://harbour.example/{'x' * 2000}", "at most 2000"),
        ("title", "Ferries\0", "--title: Control character U+0000"),
        ("title", "\udcff", "--title: Lone surrogate"),
        ("title", "Fer\u202eries", "--title: Bidirectional control"),
        ("publisher", "Watch\udcff", "--publisher: Lone surrogate"),
        ("language", "en\0", "--language: Control character"),
    ],
)
def test_a_bad_option_is_refused_before_any_file_is_read(
    option: str, value: str, words: str, tmp_path: Path
) -> None:
    done, complaints, last = refused(tmp_path / "absent.txt", **{option: value})
    assert (done, complaints) == ([], [])
    assert words in last
    assert "\n" not in last


@pytest.mark.parametrize(
    ("option", "value", "words"),
    [
        ("title", "T" * 501, "title: Ensure this value has at most 500 characters"),
        ("publisher", "Nobody's Watch", "No one publisher is named"),
        ("publisher", "p" * 64 + ".example", "give its site"),
        ("language", "english language", "language: Enter a language tag"),
        ("language", "en-" + "-".join(["abcdefgh"] * 5), "language: Ensure this value"),
    ],
)
def test_an_option_that_no_document_can_have_is_named(
    option: str, value: str, words: str, file: Callable[..., Path]
) -> None:
    _done, [complaint], _last = refused(file(), **{option: value})
    assert words in complaint
    assert not Document.objects.exists()
    assert not Publisher.objects.exists()


def test_an_unknown_kind_is_refused(file: Callable[..., Path]) -> None:
    with pytest.raises(CommandError, match="invalid choice: 'rumour'"):
        call_command("ingest", str(file()), "--kind=rumour")


def test_a_name_that_is_no_utf_8_is_printed_as_far_as_it_can_be(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Names of files are bytes; standard output is strict."""
    path = Path(os.fsdecode(os.fsencode(tmp_path) + b"/\xff.txt"))
    path.write_text("word " * 100)
    written = io.BytesIO()
    strict = io.TextIOWrapper(written, encoding="utf-8", write_through=True)
    call_command("ingest", str(path), stdout=strict)
    line = json.loads(written.getvalue())
    assert line["path"].endswith(r"/\udcff.txt")
    assert line["title"] == ".txt"


def test_the_process_ends_with_2(tmp_path: Path) -> None:
    """As a script sees it that calls the command."""
    ran = subprocess.run(
        [sys.executable, "manage.py", "ingest", "--published=2026-02-30", "absent.txt"],
        cwd=ROOT,
        env={**os.environ, "DATABASE_URL": "sqlite://:memory:"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert (ran.returncode, ran.stdout) == (2, "")
    assert ran.stderr == "CommandError: '2026-02-30' is not a calendar date.\n"


# --- passages that wait for their text ------------------------------------------------------------
@pytest.fixture
def announced() -> Snapshot:
    """A snapshot of the text above whose text is not held here."""
    snapshot: Snapshot = SnapshotFactory(
        document=DocumentFactory(url=None),
        sha256=hashlib.sha256(TEXT.encode()).hexdigest(),
        text=None,
        length=len(TEXT),
    )
    return snapshot


def test_passages_get_their_words_when_the_text_comes(
    announced: Snapshot, file: Callable[..., Path]
) -> None:
    place = {"document": announced.document, "snapshot": announced, "start": 17, "end": 49}
    statement, elsewhere = StatementFactory(**place), StatementFactory()
    unplaced = StatementFactory(document=announced.document, snapshot=announced)
    [line] = ingest(file())
    assert (line["outcome"], line["anchored"]) == ("text_received", 1)
    assert line["document"] == str(announced.document.public_id)
    statement.refresh_from_db()
    assert statement.exact == "Every ferry of May was on time, "
    assert statement.prefix == TEXT[:17]
    assert statement.suffix == TEXT[49:81]
    for other in (elsewhere, unplaced):
        revision = other.revision
        other.refresh_from_db()
        assert (other.exact, other.revision) == ("", revision)
    before = dumped()
    [again] = ingest(file())
    assert (again["outcome"], again["anchored"]) == ("same", 0)
    assert dumped() == before


def test_evidence_of_a_published_review_gets_its_words_too(
    announced: Snapshot, file: Callable[..., Path]
) -> None:
    version = ReviewVersionFactory()
    place = {"document": announced.document, "snapshot": announced, "start": 0, "end": 7}
    evidence = EvidenceFactory(version=version, **place)
    move(version, workflow.SUBMIT, version.author)
    move(version, workflow.PUBLISH, UserFactory(role="editor"))
    [line] = ingest(file())
    assert line["anchored"] == 1
    evidence.refresh_from_db()
    assert evidence.exact == "Ferries"


def test_a_text_that_is_not_the_one_announced_is_refused_whole(file: Callable[..., Path]) -> None:
    SnapshotFactory(
        document=DocumentFactory(url=None),
        sha256=hashlib.sha256(TEXT.encode()).hexdigest(),
        text=None,
        length=len(TEXT) + 1,
    )
    before = dumped()
    _done, [complaint], _last = refused(file())
    assert f"The text has {len(TEXT)} characters" in complaint
    assert dumped() == before


@pytest.mark.parametrize(
    "place",
    [
        {"start": 17, "end": 10_000},
        {"start": 17, "end": 22, "exact": "Never"},
    ],
)
def test_a_passage_that_does_not_fit_keeps_the_text_out(
    place: dict[str, Any], announced: Snapshot, file: Callable[..., Path]
) -> None:
    StatementFactory(document=announced.document, snapshot=announced, **place)
    StatementFactory(document=announced.document, snapshot=announced, start=0, end=7)
    before = dumped()
    _done, [complaint], _last = refused(file())
    assert "The text contradicts a passage that quotes this snapshot." in complaint
    assert dumped() == before


# --- the shipped cases ----------------------------------------------------------------------------
FIRST, SECOND = (settings.SEEDS_DIR / f"{n}.yaml" for n in ("ceasefire-gamble", "harbour-ferries"))


def seed(path: Path) -> None:
    call_command("seed", path, stdout=io.StringIO())


def assert_anchored(text: str) -> None:
    snapshot = Snapshot.objects.get()
    assert snapshot.text == text
    statements = Statement.objects.filter(snapshot=snapshot)
    assert statements.count() == Statement.objects.count() >= 20
    for statement in statements:
        assert statement.start is not None
        assert statement.exact == text[statement.start : statement.end] != ""
        assert text.index(statement.prefix + statement.exact + statement.suffix) >= 0
        statement.full_clean()
    speech = statements.filter(quotation="direct")
    assert speech.exists()
    for statement in speech:
        assert text[statement.start - 1] + text[statement.end] in ('""', "“”")


def test_the_seeded_statements_get_their_words_when_the_article_is_taken_in(article: Path) -> None:
    seed(FIRST)
    [line] = ingest(article)
    assert line["outcome"] == "text_received"
    assert_anchored(article.read_bytes().decode())
    before = dumped()
    seed(FIRST)
    assert ingest(article)[0]["outcome"] == "same"
    assert dumped() == before


def test_the_statements_have_their_words_at_once_if_the_article_was_there_before(
    article: Path,
) -> None:
    [line] = ingest(article)
    assert line["outcome"] == "created"
    seed(FIRST)
    assert Document.objects.count() == 1
    assert_anchored(article.read_bytes().decode())
    before = dumped()
    [again] = ingest(article)
    assert (again["outcome"], again["anchored"]) == ("same", 0)
    assert dumped() == before


def test_the_invented_case_needs_no_ingest() -> None:
    call_command("loaddata", "rating_scales", verbosity=0)
    seed(SECOND)
    passages = [*Statement.objects.exclude(start=None), *Evidence.objects.exclude(start=None)]
    assert len(passages) >= 5
    for passage in passages:
        assert passage.snapshot is not None
        assert passage.exact == passage.snapshot.text[passage.start : passage.end] != ""
