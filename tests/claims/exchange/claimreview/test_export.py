"""Export command: round trip, markup, and files that cannot be written."""

import errno
import io
import json
import os
import sys
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from claims.exchange.claimreview.normalizer import normalize
from claims.exchange.claimreview.serializer import serialize_review
from claims.management import export_command
from claims.models import Review
from claims.public_urls import review_url
from tests import factories as make
from tests.claims.exchange.claimreview.reviews import (
    make_reviews,
    publish_review,
)


def export_reviews(path: Path) -> bytes:
    call_command("export_claimreview", path, stderr=io.StringIO())
    return path.read_bytes()


def test_an_imported_export_is_exported_as_the_same_bytes(
    transactional_db: None, tmp_path: Path, settings: Any
) -> None:
    settings.SITE_URL = "https://desk.example.org"
    make_reviews()
    first = export_reviews(tmp_path / "a.json")
    assert first.count(b'"DataFeedItem"') == 5
    call_command("flush", interactive=False, verbosity=0)
    settings.SITE_URL = "https://other.example.org"
    call_command(
        "import_claimreview", tmp_path / "a.json", stdout=io.StringIO(), stderr=io.StringIO()
    )
    assert Review.objects.filter(origin="imported").count() == 5
    assert export_reviews(tmp_path / "b.json") == first


def test_a_new_installation_with_the_same_url_imports_its_export_as_archive(
    transactional_db: None, tmp_path: Path, settings: Any
) -> None:
    settings.SITE_URL = "https://desk.example.org"
    settings.FACTCHECK_SITES = ["desk.example.org"]
    make_reviews()
    first = export_reviews(tmp_path / "a.json")
    call_command("flush", interactive=False, verbosity=0)
    quiet = {"stdout": io.StringIO(), "stderr": io.StringIO()}
    with pytest.raises(CommandError, match=r"3 row\(s\) rejected"):
        call_command("import_claimreview", tmp_path / "a.json", **quiet)
    call_command("flush", interactive=False, verbosity=0)
    call_command("import_claimreview", tmp_path / "a.json", archive=True, **quiet)
    assert export_reviews(tmp_path / "b.json") == first


def test_own_reviews_are_not_imported_again(db: None, tmp_path: Path) -> None:
    publish_review()
    export_reviews(tmp_path / "a.json")
    out = io.StringIO()
    call_command("import_claimreview", tmp_path / "a.json", stdout=out, stderr=io.StringIO())
    assert json.loads(out.getvalue())["same"] == 1
    assert Review.objects.count() == 1


@pytest.mark.django_db
def test_exported_markup_is_normalized_and_complete() -> None:
    make_reviews()
    for review in Review.objects.current().for_markup():
        markup = serialize_review(review, f"https://desk.example.org/reviews/{review.slug}/")
        assert markup is not None
        normalized, notes = normalize(markup)
        assert notes == []
        assert json.dumps(normalized) == json.dumps(markup)
    review = Review.objects.filter(versions__number=2).for_markup().get()
    markup = serialize_review(review, "https://desk.example.org/x/")
    assert markup is not None
    assert markup["reviewRating"] | {"ratingExplanation": ""} == {
        "@type": "Rating",
        "ratingValue": 1,
        "bestRating": 5,
        "worstRating": 1,
        "alternateName": "False &amp;lt;",
        "ratingExplanation": "",
    }
    assert [comment["text"] for comment in markup["correction"]] == ["We had the wrong ferry."]
    assert markup["keywords"] == ["Ports, and ferries"]
    assert len(markup["itemReviewed"]["author"]) == 2
    assert markup["itemReviewed"]["datePublished"] == "2024-05"
    assert markup["dateModified"] >= markup["datePublished"]


@pytest.mark.django_db
def test_markup_contains_no_draft_and_no_confidential_evidence() -> None:
    draft = make.submitted_version()
    review = Review.objects.for_markup().get(pk=draft.review.pk)
    assert serialize_review(review, "https://desk.example.org/x/") is None
    version = make.ReviewVersionFactory()
    make.EvidenceFactory(version=version, is_confidential=True, confidential_reason="Life.")
    public = make.EvidenceFactory(version=version)
    make.move(version, make.workflow.SUBMIT, version.author)
    make.move(version, make.workflow.PUBLISH, make.UserFactory(role="editor"))
    review = Review.objects.for_markup().get(pk=version.review.pk)
    markup = serialize_review(review, "https://desk.example.org/x/")
    assert markup is not None
    assert markup["citation"]["url"] == public.document.url


def test_an_existing_file_is_not_overwritten(db: None, tmp_path: Path) -> None:
    path = tmp_path / "feed.json"
    path.write_text("mine")
    with pytest.raises(CommandError, match="already exists"):
        export_reviews(path)
    assert path.read_text() == "mine"


@pytest.mark.django_db
def test_an_impossible_path_is_an_error_with_a_reason(tmp_path: Path) -> None:
    mapping = tmp_path / "m.yaml"
    mapping.write_text("members: {claimReviewed: claim}")
    (tmp_path / "full").symlink_to("nowhere")
    faults = {
        "none/x.json": "No such file or directory",
        "m.yaml/x.json": "Not a directory",
        ".": "already exists",
        "full": "already exists",
        "x" * 300: "File name too long",
    }
    for name, words in faults.items():
        path = str(tmp_path / name)
        with pytest.raises(CommandError, match=words) as claim_review_fault:
            call_command("export_claimreview", path, stderr=io.StringIO())
        with pytest.raises(CommandError, match=words):
            call_command("export_table", path, mapping, stderr=io.StringIO())
        assert str(Path(path)) in str(claim_review_fault.value)
    assert {file.name for file in tmp_path.iterdir()} == {"m.yaml", "full"}


@pytest.mark.django_db
def test_an_interrupted_export_leaves_no_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    publish_review()
    publish_review()
    path, reviews = tmp_path / "feed.json", []

    def interrupt(review: Review, page: str) -> Any:
        reviews.append(review)
        if len(reviews) == 2:
            assert not path.exists()
            raise KeyboardInterrupt
        return serialize_review(review, page)

    monkeypatch.setattr(export_command, "serialize_review", interrupt)
    with pytest.raises(KeyboardInterrupt):
        export_reviews(path)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.django_db
def test_a_full_disk_is_an_error_and_leaves_no_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(_number: int) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(CommandError, match=r"feed\.json: No space left"):
        export_reviews(tmp_path / "feed.json")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.django_db
def test_a_full_standard_output_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    class Full(io.StringIO):
        def flush(self) -> None:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(sys, "stdout", Full())
    with pytest.raises(CommandError, match="standard output: No space left"):
        call_command("export_claimreview", "-", stderr=io.StringIO())


@pytest.mark.django_db
@pytest.mark.parametrize("refusal", [0, errno.EPERM, errno.ENOTSUP])
def test_a_file_created_meanwhile_is_not_overwritten(
    refusal: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    publish_review()
    path = tmp_path / "feed.json"

    def meanwhile(review: Review, page: str) -> Any:
        path.write_text("mine")
        return serialize_review(review, page)

    def none(_path: Path, _target: Path) -> None:
        raise OSError(refusal, os.strerror(refusal))

    if refusal:  # as on the file system of most memory sticks
        monkeypatch.setattr(Path, "hardlink_to", none)
        assert export_reviews(tmp_path / "other.json").endswith(b"]}\n")
    monkeypatch.setattr(export_command, "serialize_review", meanwhile)
    with pytest.raises(CommandError, match="already exists"):
        export_reviews(path)
    assert path.read_text() == "mine"
    assert not list(tmp_path.glob("*partial"))


@pytest.mark.django_db
def test_a_review_retracted_during_the_export_leaves_valid_json(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, second = publish_review(), publish_review()

    def serialize_second(review: Review, page: str) -> Any:
        return None if review.pk == first.pk else serialize_review(review, page)

    monkeypatch.setattr(export_command, "_BATCH", 1)
    monkeypatch.setattr(export_command, "serialize_review", serialize_second)
    feed = json.loads(export_reviews(tmp_path / "feed.json"))
    assert [item["url"] for item in feed["dataFeedElement"]] == [review_url(second)]
