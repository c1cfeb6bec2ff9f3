"""The ingest command stores files as documents with snapshots."""

import codecs
import hashlib
import io
import sys
from collections.abc import Callable
from datetime import date
from pathlib import Path

import pytest
from django.core.management import call_command

from sources.models import Document, Publisher, Snapshot
from tests.claims.management.ingestion import PAGE, TEXT, ingest
from tests.factories import (
    PublisherFactory,
)
from tests.test_fixtures import dump_records

pytestmark = pytest.mark.django_db


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


def test_each_file_has_one_line_in_the_order_of_the_arguments(file: Callable[..., Path]) -> None:
    first, second = file("One.", "1.txt"), file("Two.", "2.txt")
    assert [line["title"] for line in ingest(second, first)] == ["Two.", "One."]


def test_the_same_bytes_again_change_nothing(file: Callable[..., Path]) -> None:
    [first] = ingest(file())
    before = dump_records()
    [again] = ingest(file(TEXT, "copy.txt"))
    assert again["outcome"] == "same"
    assert again["document"] == first["document"]
    assert again["snapshot"] == first["snapshot"]
    assert dump_records() == before


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


def test_a_page_fills_the_metadata_of_its_document(file: Callable[..., Path]) -> None:
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


def test_a_page_without_a_suffix_is_detected_by_its_first_bytes(file: Callable[..., Path]) -> None:
    ingest(file(PAGE, "page"))
    assert Snapshot.objects.get().media_type == "text/html"


def test_malformed_metadata_is_omitted_with_a_note(file: Callable[..., Path]) -> None:
    page = PAGE.replace("2026-06-01T08:30:00+02:00", "2026-13-99")
    out, err = io.StringIO(), io.StringIO()
    call_command("ingest", str(file(page, "page.html")), stdout=out, stderr=err)
    assert err.getvalue().count("\n") == 1
    assert "note: The date was omitted: '2026-13-99' is not a date." in err.getvalue()
    assert Document.objects.get().published_on is None


def test_an_existing_publisher_with_the_same_site_is_used(file: Callable[..., Path]) -> None:
    publisher = PublisherFactory(name="The Watch", site="harbourwatch.example")
    ingest(file(PAGE, "page.html"))
    assert Publisher.objects.get().name == "The Watch"
    assert Document.objects.get().publisher_id == publisher.pk


@pytest.mark.parametrize("publisher_option", ["www.Watch.example", "The Watch"])
def test_the_publisher_option_takes_a_site_or_a_name(
    publisher_option: str, file: Callable[..., Path]
) -> None:
    publisher = PublisherFactory(name="The Watch", site="watch.example")
    ingest(file(), publisher=publisher_option)
    assert Document.objects.get().publisher_id == publisher.pk
    assert Publisher.objects.count() == 1


def test_a_new_site_creates_a_publisher_with_a_free_slug(file: Callable[..., Path]) -> None:
    PublisherFactory(slug="watch", site="elsewhere.example")
    ingest(file(), url="https://www.watch.example/1", publisher="Watch")
    publisher = Publisher.objects.get(site="watch.example")
    assert (publisher.name, publisher.slug) == ("Watch", "watch-2")
    publisher.full_clean()


def test_options_override_the_metadata_of_the_file(
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


def test_a_title_from_the_name_of_the_file_omits_its_folder(
    file: Callable[..., Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    paragraph = "word " * 100
    [line] = ingest(file(paragraph, "long.txt"))
    assert line["title"] == "long.txt"
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(b"other " + paragraph.encode())))
    [line] = ingest("-")
    assert line["title"] == "Untitled"


def test_combining_marks_and_line_ends_of_a_text_stay_unchanged(file: Callable[..., Path]) -> None:
    text = "Cafe\u0301\r\nof\u2028ferries\x0c \u202bשלום\u202c\r"
    ingest(file(codecs.BOM_UTF16_LE + text.encode("utf-16-le")))
    snapshot = Snapshot.objects.get()
    assert snapshot.text == text
    assert snapshot.length == len(text)
