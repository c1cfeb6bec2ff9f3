"""What goes out: the feed that comes back as the same bytes, and linked data in the API."""

import errno
import io
import json
import os
import sys
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from claims.exchange.claimreview.dates import format_timestamp
from claims.exchange.claimreview.extractor import Item, extract_from_json
from claims.exchange.claimreview.normalizer import normalize
from claims.exchange.claimreview.serializer import serialize_review
from claims.exchange.importing.importer import ReviewImporter
from claims.exchange.importing.rows import read_rows
from claims.exchange.importing.service import get_import_author
from claims.management import export_command
from claims.models import Claim, Review, ReviewVersion, Topic
from claims.public_urls import review_url
from claimsapi.core.models import User
from tests import factories as make
from tests.claims.exchange.claimreview.corpus import plain

HOSTILE = "</script><!-- &amp; &quot;x&quot; <b>&lt;i></b> \u2028 \u05d0"


def published(**values: Any) -> Any:
    """A review that stands, with all that a ClaimReview can say."""
    values = {"body": f"Because.\n\n{HOSTILE}", "summary": HOSTILE, **values}
    version = make.published_version(**values)
    claim = version.review.claim
    topic = Topic.objects.filter(slug="ports").first()
    claim.topics.add(topic or make.TopicFactory(slug="ports", name="Ports, and ferries"))
    speaker = make.IdentifierFactory().speaker
    make.StatementFactory(
        claim=claim, speaker=speaker, stated_on="2024-05-01", stated_precision="month"
    )
    make.StatementFactory(claim=claim, document=None)
    return version.review


def world() -> None:
    scale = make.RatingScaleFactory()
    best = make.RatingFactory(scale=scale, label="True", position=1, value=5)
    worst = make.RatingFactory(scale=scale, label="False &lt;", position=2, value=1)
    published(rating=best)
    make.corrected_version(published(rating=worst).versions.get(), headline=HOSTILE)
    published(rating=best, review__claim__text=f"Claim {HOSTILE.replace(chr(0x2028), ' ')}")
    make.retracted_version()
    make.submitted_version()
    found = [plain(), plain(url="https://checker.example/2", license="https://cc.example/")]
    list(
        ReviewImporter(author=get_import_author()).run(
            read_rows(iter([Item(one) for one in found]))
        )
    )


def export(path: Path) -> bytes:
    call_command("export_claimreview", path, stderr=io.StringIO())
    return path.read_bytes()


def test_what_is_exported_comes_back_as_the_same_bytes(
    transactional_db: None, tmp_path: Path, settings: Any
) -> None:
    settings.SITE_URL = "https://desk.example.org"
    world()
    first = export(tmp_path / "a.json")
    assert first.count(b'"DataFeedItem"') == 5
    call_command("flush", interactive=False, verbosity=0)
    settings.SITE_URL = "https://other.example.org"
    call_command(
        "import_claimreview", tmp_path / "a.json", stdout=io.StringIO(), stderr=io.StringIO()
    )
    assert Review.objects.filter(origin="imported").count() == 5
    assert export(tmp_path / "b.json") == first


def test_a_desk_that_begins_anew_at_its_address_takes_its_own_back_as_its_archive(
    transactional_db: None, tmp_path: Path, settings: Any
) -> None:
    settings.SITE_URL = "https://desk.example.org"
    settings.FACTCHECK_SITES = ["desk.example.org"]
    world()
    first = export(tmp_path / "a.json")
    call_command("flush", interactive=False, verbosity=0)
    quiet = {"stdout": io.StringIO(), "stderr": io.StringIO()}
    with pytest.raises(CommandError, match=r"3 row\(s\) rejected"):
        call_command("import_claimreview", tmp_path / "a.json", **quiet)
    call_command("flush", interactive=False, verbosity=0)
    call_command("import_claimreview", tmp_path / "a.json", archive=True, **quiet)
    assert export(tmp_path / "b.json") == first


def test_what_we_published_ourselves_does_not_come_in_again(db: None, tmp_path: Path) -> None:
    published()
    export(tmp_path / "a.json")
    out = io.StringIO()
    call_command("import_claimreview", tmp_path / "a.json", stdout=out, stderr=io.StringIO())
    assert json.loads(out.getvalue())["same"] == 1
    assert Review.objects.count() == 1


@pytest.mark.django_db
def test_what_is_written_is_in_the_agreed_form_and_says_everything() -> None:
    world()
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
def test_confidential_evidence_and_drafts_are_in_no_markup() -> None:
    draft = make.submitted_version()
    found = Review.objects.for_markup().get(pk=draft.review.pk)
    assert serialize_review(found, "https://desk.example.org/x/") is None
    version = make.ReviewVersionFactory()
    make.EvidenceFactory(version=version, is_confidential=True, confidential_reason="Life.")
    shown = make.EvidenceFactory(version=version)
    make.move(version, make.workflow.SUBMIT, version.author)
    make.move(version, make.workflow.PUBLISH, make.UserFactory(role="editor"))
    found = Review.objects.for_markup().get(pk=version.review.pk)
    markup = serialize_review(found, "https://desk.example.org/x/")
    assert markup is not None
    assert markup["citation"]["url"] == shown.document.url


def test_a_file_that_is_there_is_not_written_over(db: None, tmp_path: Path) -> None:
    path = tmp_path / "feed.json"
    path.write_text("mine")
    with pytest.raises(CommandError, match="already exists"):
        export(path)
    assert path.read_text() == "mine"


@pytest.mark.django_db
def test_where_no_file_can_be_is_said_with_its_reason(tmp_path: Path) -> None:
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
def test_a_run_that_breaks_off_leaves_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    published()
    published()
    path, found = tmp_path / "feed.json", []

    def break_off(review: Review, page: str) -> Any:
        found.append(review)
        if len(found) == 2:
            assert not path.exists()
            raise KeyboardInterrupt
        return serialize_review(review, page)

    monkeypatch.setattr(export_command, "serialize_review", break_off)
    with pytest.raises(KeyboardInterrupt):
        export(path)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.django_db
def test_a_disk_that_is_full_is_said_and_nothing_is_left(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(_number: int) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(CommandError, match=r"feed\.json: No space left"):
        export(tmp_path / "feed.json")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.django_db
def test_a_standard_output_that_is_full_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    class Full(io.StringIO):
        def flush(self) -> None:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(sys, "stdout", Full())
    with pytest.raises(CommandError, match="standard output: No space left"):
        call_command("export_claimreview", "-", stderr=io.StringIO())


@pytest.mark.django_db
@pytest.mark.parametrize("refusal", [0, errno.EPERM, errno.ENOTSUP])
def test_a_file_that_came_meanwhile_is_not_written_over(
    refusal: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    published()
    path = tmp_path / "feed.json"

    def meanwhile(review: Review, page: str) -> Any:
        path.write_text("mine")
        return serialize_review(review, page)

    def none(_path: Path, _target: Path) -> None:
        raise OSError(refusal, os.strerror(refusal))

    if refusal:  # as on the file system of most memory sticks
        monkeypatch.setattr(Path, "hardlink_to", none)
        assert export(tmp_path / "other.json").endswith(b"]}\n")
    monkeypatch.setattr(export_command, "serialize_review", meanwhile)
    with pytest.raises(CommandError, match="already exists"):
        export(path)
    assert path.read_text() == "mine"
    assert not list(tmp_path.glob("*partial"))


# --- in the API

LD: dict[str, Any] = {"HTTP_ACCEPT": "application/ld+json"}


@pytest.mark.django_db
def test_a_review_is_given_as_linked_data_to_who_asks_for_it(client: Client) -> None:
    review = published()
    url = f"/api/v1/reviews/{review.public_id}/"
    response = client.get(url, **LD)
    assert response["Content-Type"] == "application/ld+json"
    markup = response.json()
    assert markup["@type"] == "ClaimReview"
    assert markup["url"].endswith(f"/reviews/{Review.objects.get().slug}/")
    assert "<" not in response.content.decode()
    again = client.get(url, HTTP_IF_NONE_MATCH=response["ETag"], **LD)
    assert again.status_code == 304
    assert client.get(url)["Content-Type"] == "application/json"


@pytest.mark.django_db
@pytest.mark.parametrize("make_one", [make.submitted_version, make.retracted_version])
def test_what_does_not_stand_has_no_linked_data(client: Client, make_one: Any) -> None:
    url = f"/api/v1/reviews/{make_one().review.public_id}/"
    assert client.get(url, **LD).status_code == 404


@pytest.mark.django_db
def test_what_was_retracted_while_it_was_read_is_not_found(
    client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Between the query that finds it and the one that reads its versions."""
    review = published()
    retracted = make.retracted_version().review
    found = Review.objects.public().for_markup().get(pk=retracted.pk)
    monkeypatch.setattr("claims.api.views.linked_data.get_object_or_404", lambda *_, **__: found)
    answer = client.get(f"/api/v1/reviews/{review.public_id}/", **LD)
    assert answer.status_code == 404
    assert answer["Content-Type"] == "application/problem+json"


@pytest.mark.django_db
def test_the_list_is_a_feed_in_pages_that_ends(client: Client) -> None:
    world()
    url, seen, deleted = "/api/v1/reviews/?page_size=2&ordering=created_at", [], []
    while url:
        response = client.get(url, **LD)
        feed = response.json()
        assert feed["@type"] == "DataFeed"
        for element in feed["dataFeedElement"]:
            (seen if "item" in element else deleted).append(element["url"])
            assert list(extract_from_json(element))
        links = dict(
            reversed(link.split("; ")) for link in response.get("Link", "").split(", ") if link
        )
        url = links.get('rel="next"', "").strip("<>").removeprefix("http://testserver")
    standing = Review.objects.current()
    assert len(seen) == len(set(seen)) == standing.count()
    assert len(deleted) == 1


@pytest.mark.django_db
def test_the_feed_of_what_changed_has_that_and_what_was_retracted(client: Client) -> None:
    world()
    version = ReviewVersion.objects.get(state="retracted")
    since = version.review.updated_at
    expected = {
        review.original or review_url(review)
        for review in Review.objects.public().filter(updated_at__gte=since)
    }
    assert review_url(version.review) in expected
    asked = {"updated_at__gte": f"{since:%Y-%m-%dT%H:%M:%S.%fZ}"}
    feed = client.get("/api/v1/reviews/", asked, **LD).json()
    assert {element["url"] for element in feed["dataFeedElement"]} == expected
    deleted = [element for element in feed["dataFeedElement"] if "item" not in element]
    assert deleted == [
        {
            "@type": "DataFeedItem",
            "url": review_url(version.review),
            "dateDeleted": format_timestamp(version.closed_at),
        }
    ]


@pytest.mark.django_db
@pytest.mark.parametrize("number", [1, 12])
def test_the_feed_takes_the_same_queries_for_few_and_for_many(
    number: int, client: Client, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    for _ in range(number):
        published()
    with django_assert_num_queries(9):
        client.get("/api/v1/reviews/", **LD)


@pytest.mark.django_db
def test_staff_get_no_more_linked_data_than_the_public(client: Client) -> None:
    world()
    url = "/api/v1/reviews/"
    before = client.get(url, **LD).json()
    staff: User = make.UserFactory(role="editor")
    client.force_login(staff)
    after = client.get(url, **LD).json()
    assert after == before
    assert Claim.objects.count() > Review.objects.public().count()
