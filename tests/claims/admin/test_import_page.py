"""The page that imports other publishers' reviews: preview first, then import."""

import base64
import csv
import hashlib
import html
import io
import json
import re
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from django.conf import LazySettings
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import CommandError, call_command
from django.db import OperationalError, connection
from django.http import HttpResponse
from django.test import Client

from claims.admin import import_page
from claims.exchange.importing.importer import ReviewImporter
from claims.exchange.importing.rows import Row
from claims.models import Rating, Review, ReviewVersion
from claimsapi.core.ledger.models import Entry
from tests import factories as make
from tests.claims.admin.pages import client_for, markup_of, text_of
from tests.claims.exchange.claimreview.corpus import page as html_page
from tests.claims.exchange.claimreview.corpus import plain, rated
from tests.claims.exchange.importing.imports import count_records

pytestmark = pytest.mark.django_db

PAGE = "/desk/claims/review/import/"
COMMAND = "manage.py import_claimreview"


@pytest.fixture
def editor() -> Client:
    return client_for(make.UserFactory(role="editor", handle="ada"))


def content_of(*found: Any) -> bytes:
    return json.dumps(list(found)).encode()


def send(client: Client, content: bytes, name: str = "feed.json", tried: str = "") -> HttpResponse:
    return client.post(PAGE, {"file": SimpleUploadedFile(name, content), "tried": tried})


def previewed_digest(response: HttpResponse) -> str:
    """Return the SHA-256 of the previewed file in the page's form."""
    match = re.search(r'name="tried" value="([0-9a-f]{64})"', text_of(response))
    return match[1] if match else ""


def import_content(client: Client, content: bytes) -> HttpResponse:
    """Preview a file and import it."""
    tried = previewed_digest(send(client, content))
    assert tried == hashlib.sha256(content).hexdigest()
    return send(client, content, tried=tried)


def counts(response: HttpResponse) -> dict[str, int]:
    pairs = re.findall(r"<dt>([^<]+)</dt><dd>(\d+)</dd>", markup_of(response))
    return {label: int(number) for label, number in pairs if number != "0"}


def report(response: HttpResponse) -> list[dict[str, str]]:
    """Return the rows of the CSV report that the page offers."""
    match = re.search(r'href="data:text/csv;charset=utf-8;base64,([^"]*)"', text_of(response))
    assert match is not None
    content = base64.b64decode(match[1].replace("&#x3D;", "=")).decode()
    return list(csv.DictReader(io.StringIO(content)))


# --- permissions


@pytest.mark.parametrize("role", ["editor", "administrator"])
def test_editors_and_administrators_see_a_link_to_the_page(role: str) -> None:
    client = client_for(make.UserFactory(role=role))
    assert f'href="{PAGE}"' in text_of(client.get("/desk/claims/review/"))
    assert client.get(PAGE).status_code == 200


@pytest.mark.parametrize("role", ["researcher", "auditor"])
def test_other_roles_get_neither_the_link_nor_the_page(role: str) -> None:
    client = client_for(make.UserFactory(role=role))
    content = content_of(plain())
    assert f'href="{PAGE}"' not in text_of(client.get("/desk/claims/review/"))
    assert client.get(PAGE).status_code == 403
    for tried in ("", hashlib.sha256(content).hexdigest()):
        assert send(client, content, tried=tried).status_code == 403
    assert not Review.objects.exists()


def test_an_anonymous_user_is_redirected_to_the_login() -> None:
    assert Client().get(PAGE).headers["Location"] == f"/desk/login/?next={PAGE}"


def test_a_form_of_another_site_imports_nothing() -> None:
    client = Client(enforce_csrf_checks=True)
    client.force_login(make.UserFactory(role="editor"))
    assert send(client, content_of(plain())).status_code == 403


# --- preview and import


def test_the_first_upload_is_a_preview_and_writes_nothing(editor: Client) -> None:
    before = count_records()
    response = send(editor, content_of(plain(), plain(claimReviewed=""), plain()))
    page = text_of(response)
    assert "Preview: nothing was imported" in page
    assert counts(response) == {"New": 1, "Unchanged": 1, "Rejected": 1}
    assert "Upload it again" in page
    assert count_records() == before


def test_a_second_upload_of_the_same_file_is_imported(editor: Client) -> None:
    response = import_content(editor, content_of(plain(), plain(claimReviewed="")))
    page = text_of(response)
    assert "Imported</h2>" in page
    assert "<bdi>feed.json</bdi>" in page
    assert counts(response) == {"New": 1, "Rejected": 1}
    assert previewed_digest(response) == ""
    review = Review.objects.get()
    assert f'href="/desk/claims/review/{review.pk}/change/"' in page
    assert ReviewVersion.objects.get().author.handle == "import"
    entry = Entry.objects.filter(kind="claims.review").get()
    assert (entry.actor, entry.action, entry.reason) == ("@ada", "import", "feed.json")


def test_another_file_is_previewed_instead_of_imported(editor: Client) -> None:
    tried = previewed_digest(send(editor, content_of(plain())))
    other = content_of(plain(url="https://checker.example/2"))
    response = send(editor, other, tried=tried)
    assert "This is not the file that you previewed" in text_of(response)
    assert not Review.objects.exists()
    send(editor, other, tried=previewed_digest(response))
    assert Review.objects.get().identifier == "https://checker.example/2"


def test_a_repeated_import_writes_changed_reviews_only(editor: Client) -> None:
    content = content_of(plain())
    import_content(editor, content)
    before = count_records()
    again = send(editor, content)
    assert counts(again) == {"Unchanged": 1}
    assert "The file has nothing to import." in text_of(again)
    assert previewed_digest(again) == ""
    send(editor, content, tried=hashlib.sha256(content).hexdigest())
    assert count_records() == before
    changed = import_content(editor, content_of(plain(name="Another headline")))
    assert counts(changed) == {"Changed": 1}
    assert "The publisher changed its review: the headline." in text_of(changed)
    assert ReviewVersion.objects.count() == 2


def row_of(response: HttpResponse, number: int) -> str:
    """Return the visible text of a row of the table."""
    match = re.search(rf"<tr><td>{number}</td>(.*?)</tr>", markup_of(response), re.DOTALL)
    assert match is not None
    return " ".join(html.unescape(re.sub(r"<[^>]*>", " ", match[1])).split())


def test_each_row_shows_claim_claimants_label_and_verdict(editor: Client) -> None:
    make.LabelVerdictFactory(label="Pants on fire", key="pants on fire", verdict="false")
    authors = [{"@type": "Person", "name": name} for name in ("Ada", "Ben", "Cem", "Dan")]
    odd = "<b>Ferries</b> & late"
    response = send(
        editor,
        content_of(
            plain(
                url="https://checker.example/1",
                claimReviewed="Ferries sink",
                itemReviewed={"@type": "Claim", "author": authors[:2]},
                reviewRating={"@type": "Rating", "alternateName": "Pants on fire!"},
            ),
            plain(
                url="https://checker.example/2",
                claimReviewed=f"{odd} {'and late ' * 100}",
                itemReviewed={"@type": "Claim", "author": authors},
                reviewRating={"@type": "Rating", "alternateName": "Unheard of"},
                inLanguage="en-gb",
            ),
            7,
        ),
    )
    first, second, third = (row_of(response, number) for number in (1, 2, 3))
    assert first.startswith("New https://checker.example/1 Ferries sink Said by: Ada, Ben Label: ")
    assert re.search(r"Label: Pants on fire! \( .+ \) Verdict: False$", first)
    assert "Said by: Ada, Ben, Cem, … Label: Unheard of" in second
    assert "Verdict: Not mapped yet" in second
    assert len(second) < 700
    assert third.startswith("Rejected")
    assert "Label:" not in third
    assert '<p dir="auto" lang="en-GB"><b>' in text_of(response)
    assert "<b>Ferries</b>" not in text_of(response)


def test_a_row_shows_the_current_verdict_of_its_label(editor: Client) -> None:
    import_content(editor, content_of(plain()))
    Rating.objects.update(verdict="satire")
    again = send(editor, content_of(plain(), plain(url="https://checker.example/2")))
    for number in (1, 2):
        assert row_of(again, number).find("Verdict: Satire") > 0


def test_imported_rows_link_to_their_reviews(editor: Client) -> None:
    urls = [f"https://checker.example/{number}" for number in (1, 2)]
    import_content(editor, content_of(plain(url=urls[0])))
    changed = plain(url=urls[0], name="Another headline")
    response = import_content(editor, content_of(changed, plain(url=urls[1])))
    assert counts(response) == {"Changed": 1, "New": 1}
    for url in urls:
        review = Review.objects.get(identifier=url)
        link = f'<a href="/desk/claims/review/{review.pk}/change/"><bdi>{url}</bdi></a>'
        assert link in text_of(response)


def test_the_page_needs_as_many_queries_for_twenty_rows_as_for_one(editor: Client) -> None:
    def queries(ask: Callable[[], HttpResponse]) -> int:
        queries_run = []

        def note(execute: Any, sql: str, *arguments: Any) -> Any:
            queries_run.append(sql)
            return execute(sql, *arguments)

        # Not by those that Django keeps: an import forgets them.
        with connection.execute_wrapper(note):
            assert ask().status_code == 200
        return len(queries_run)

    def of(number: int) -> bytes:
        reviews = [
            plain(
                url=f"https://checker.example/{n}",
                itemReviewed={"@type": "Claim", "author": {"@type": "Person", "name": f"P {n}"}},
                reviewRating={"@type": "Rating", "alternateName": f"Label {n}"},
            )
            for n in range(number)
        ]
        return content_of(*reviews)

    send(editor, of(1))
    assert queries(lambda: editor.get(PAGE)) == 4
    for_one = queries(lambda: send(editor, of(1)))
    assert for_one < 45
    assert queries(lambda: send(editor, of(20))) == for_one
    import_content(editor, of(20))
    for_one = queries(lambda: send(editor, of(1)))
    assert for_one < 45
    assert queries(lambda: send(editor, of(20))) == for_one


def test_the_report_equals_the_report_of_the_command(editor: Client, tmp_path: Path) -> None:
    other = rated(ratingValue=99, bestRating=5) | {"url": "https://checker.example/2"}
    content = content_of(plain(), plain(claimReviewed=""), other, 7)
    lines = report(send(editor, content, "a.json"))
    (tmp_path / "a.json").write_bytes(content)
    with pytest.raises(CommandError, match="2 row"):
        call_command(
            "import_claimreview",
            tmp_path / "a.json",
            dry_run=True,
            report=tmp_path / "report.jsonl",
            stdout=io.StringIO(),
            stderr=io.StringIO(),
        )
    report_lines = [
        json.loads(line) for line in (tmp_path / "report.jsonl").read_text().splitlines()
    ]
    assert len(report_lines) == len(lines) == 4
    for report_line, line in zip(report_lines, lines, strict=True):
        assert line["row"] == str(report_line["row"])
        assert line["outcome"] == report_line["outcome"]
        assert line["identifier"] == report_line.get("identifier", "")
        assert line["why"] == report_line.get("why", "")
        assert line["notes"] == " ".join(report_line.get("notes", ()))


def test_a_report_is_escaped_for_the_page_and_for_spreadsheets(editor: Client) -> None:
    hostile = '=HYPERLINK("x")</td><script>alert(1)</script>'
    response = send(editor, content_of(plain(url=None, identifier=hostile)))
    assert "<script>alert(1)" not in text_of(response)
    [line] = report(response)
    assert line["outcome"] == "created"
    assert line["identifier"].startswith("'=")


def zipped() -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("feed.json", content_of(plain()))
    return buffer.getvalue()


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "The submitted file is empty."),
        (b" \n ", "The file is empty."),
        (b"[]", "The file contains no ClaimReview."),
        (b"\x00" * 1000, "This is not JSON"),
        (content_of(plain())[:-5] + b"\x00\x00", "This is not JSON"),
        (json.dumps(plain(name="Caf\u00e9"), ensure_ascii=False).encode("latin-1"), "is not UTF-8"),
        (zipped(), "is not UTF-8"),
        (b"\x1f\x8b\x08" + b"\x00" * 50, "is not UTF-8"),
        (b"[" * 100_000, "nested too deep"),
        (b"<" * 1000, "no JSON-LD script"),
        (html_page("{broken").encode(), "This is not JSON"),
        (content_of(plain())[:-40], "This is not JSON"),
    ],
)
def test_an_unreadable_file_is_rejected_with_a_reason(
    editor: Client, content: bytes, said: str
) -> None:
    for tried in ("", hashlib.sha256(content).hexdigest()):
        response = send(editor, content, tried=tried)
        assert response.status_code == 200
        assert said in text_of(response)
        assert previewed_digest(response) == ""
    assert not Review.objects.exists()


def test_a_saved_page_with_one_broken_script_yields_its_other_review(editor: Client) -> None:
    content = html_page("{broken", json.dumps(plain())).encode()
    assert counts(import_content(editor, content)) == {"New": 1, "Rejected": 1}


@pytest.mark.parametrize("name", ["a\u202eb.json", "a\x00b.json", "../../etc/x.json", "x" * 300])
def test_a_file_name_may_have_any_characters(editor: Client, name: str) -> None:
    content = content_of(plain())
    send(editor, content, name, tried=hashlib.sha256(content).hexdigest())
    assert Review.objects.count() == 1
    entry = Entry.objects.filter(kind="claims.review").get()
    assert "/" not in entry.reason
    assert len(entry.reason) <= 255


def test_a_missing_file_is_reported_and_the_next_file_is_previewed(editor: Client) -> None:
    tried = previewed_digest(send(editor, content_of(plain())))
    for sent in ({}, {"file": "words"}, {"tried": tried}, {"tried": "\x00"}):
        response = editor.post(PAGE, sent)
        assert "This field is required." in text_of(response)
        assert previewed_digest(response) == ""


# --- limits


@pytest.mark.parametrize("size", [1001, 100_000, 1_500_000])
def test_a_file_that_is_too_large_is_rejected_with_the_command(
    editor: Client, settings: LazySettings, tmp_path: Path, size: int
) -> None:
    settings.UPLOAD_MAX_BYTES = 1000
    settings.FILE_UPLOAD_TEMP_DIR = tmp_path
    content = content_of(plain()).ljust(size)
    response = send(editor, content, tried=hashlib.sha256(content).hexdigest())
    page = text_of(response)
    assert "The file is larger than 1000" in page
    assert COMMAND in page
    assert "This field is required" not in page
    assert not Review.objects.exists()
    response.close()
    assert list(tmp_path.iterdir()) == []


def test_a_file_lies_in_the_temporary_folder_while_it_is_read(
    editor: Client,
    settings: LazySettings,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    settings.FILE_UPLOAD_TEMP_DIR = tmp_path
    there = []

    def extract_items(stream: Any) -> Iterator[Any]:
        there.extend(tmp_path.iterdir())
        assert stream.read(1) == b"["
        return iter(())

    monkeypatch.setattr(import_page, "extract_items", extract_items)
    send(editor, content_of(plain()))
    assert len(there) == 1


def test_a_file_with_too_many_rows_cannot_be_imported(
    editor: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(import_page, "MAX_ROWS", 2)
    two = [plain(url=f"https://checker.example/{n}") for n in (1, 2)]
    response = send(editor, content_of(*two, *[0] * 1000))
    assert "more than 2 rows" in text_of(response)
    assert COMMAND in text_of(response)
    assert previewed_digest(response) == ""
    assert counts(import_content(editor, content_of(*two))) == {"New": 2}


def test_a_busy_database_is_reported_and_saved_rows_stay(
    editor: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    def run(self: ReviewImporter, rows: Iterator[Row], **options: str) -> Iterator[Row]:
        yield from original(self, [next(rows)], **options)
        raise OperationalError("database is locked")

    original = ReviewImporter.run
    content = content_of(plain(), plain(url="https://checker.example/2"))
    monkeypatch.setattr(ReviewImporter, "run", run)
    response = send(editor, content, tried=hashlib.sha256(content).hexdigest())
    assert "The database did not accept the next rows." in text_of(response)
    assert counts(response) == {"New": 1}
    monkeypatch.setattr(ReviewImporter, "run", original)
    assert counts(import_content(editor, content)) == {"New": 1, "Unchanged": 1}


# --- in German


def test_the_page_is_german_and_marks_reasons_as_english(editor: Client) -> None:
    german: Any = {"headers": {"accept-language": "de"}}
    content = content_of(plain(), 7)
    response = editor.post(PAGE, {"file": SimpleUploadedFile("a.json", content)}, **german)
    page = text_of(response)
    assert "Vorschau: Nichts wurde importiert" in page
    assert counts(response) == {"Neu": 1, "Abgelehnt": 1}
    assert '<p dir="auto" lang="en">' in page
    assert [line["outcome"] for line in report(response)] == ["created", "rejected"]
