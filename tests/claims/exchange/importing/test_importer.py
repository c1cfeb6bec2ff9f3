"""Bringing in the reviews of others: once, again, changed, and in doubt."""

import errno
import io
import json
from collections import Counter
from datetime import timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from django.utils import timezone

from claims.choices import ClaimStatus, ReviewOrigin, Verdict, VersionState
from claims.exchange.claimreview.extractor import Item, extract_items
from claims.exchange.importing.author import import_author
from claims.exchange.importing.entity_resolver import EntityResolver
from claims.exchange.importing.importer import ReviewImporter
from claims.exchange.importing.rows import Outcome, Row, read_rows
from claims.management.commands import import_claimreview
from claims.models import (
    Claim,
    ClaimRelation,
    Correction,
    Evidence,
    LabelVerdict,
    Rating,
    RatingScale,
    Review,
    ReviewVersion,
    Statement,
)
from claims.rating_labels import label_key, map_verdict
from claims.services.reviews import prepare_next_version
from claimsapi.core.errors import Conflict
from claimsapi.core.ledger import progress
from claimsapi.core.ledger.models import Entry, Leaf, Pending
from sources.models import Document, Identifier, Publisher, Speaker
from tests import factories as make
from tests.claims.exchange.claimreview.corpus import item, plain

pytestmark = pytest.mark.django_db


def bring_in(*found: Any, dry: bool = False) -> list[Row]:
    run = ReviewImporter(author=import_author(), dry=dry)
    made = list(run.run(read_rows(iter([Item(one) for one in found])), source="feed.json"))
    assert run.counts == Counter(row.outcome for row in made)
    return made


def met(speaker: Speaker) -> Speaker:
    """A speaker whom the public knows, by a claim that is listed."""
    make.StatementFactory(speaker=speaker, claim=make.ClaimFactory(listed_at=timezone.now()))
    return speaker


def outcomes(*found: Any) -> list[str]:
    return [str(row.outcome) for row in bring_in(*found)]


def contents() -> dict[str, int]:
    models = (Claim, Statement, Review, ReviewVersion, Rating, Speaker, Publisher, Document)
    return {m.__name__: m._default_manager.count() for m in models} | {
        "entries": Entry.objects.exclude(kind="core.user").count()
    }


def named(claimant: Any, number: int) -> Any:
    return item(author=claimant) | {"url": f"https://checker.example/{number}"}


FULL = plain(
    name="Most ferries are on time",
    inLanguage="en-GB",
    reviewBody="The log.\n\nIt shows it.",
    keywords=["Ports", "ferries"],
    citation=[
        {
            "@type": "Dataset",
            "url": "https://log.example/",
            "name": "The log",
            "text": "78 %",
            "description": "The year.",
        }
    ],
    reviewRating={
        "@type": "Rating",
        "alternateName": "Mostly false",
        "ratingExplanation": "One month only.",
    },
    itemReviewed={
        "@type": "Claim",
        "datePublished": "2024-04",
        "author": {
            "@type": "Person",
            "name": "Ada Quill",
            "jobTitle": "Mayor",
            "sameAs": "https://www.wikidata.org/wiki/Q1",
        },
        "appearance": [
            {"@type": "Article", "url": "https://news.example/1", "headline": "Late!"},
            "https://news.example/2",
        ],
    },
)


def test_a_review_comes_in_with_all_that_it_says() -> None:
    [row] = bring_in(FULL)
    assert row.outcome == Outcome.CREATED
    review = Review.objects.get(public_id=row.review)
    [version] = review.versions.all()
    assert (review.origin, review.identifier) == ("imported", "https://checker.example/1")
    assert review.publisher.site == "checker.example"
    assert (version.state, version.number, version.editor) == ("published", 1, None)
    assert version.headline == "Most ferries are on time"
    assert version.summary == "One month only."
    assert version.body == "The log.\n\nIt shows it."
    assert str(version.published_at.date()) == "2024-05-03"
    assert version.author.handle == "import"
    assert version.rating.scale.origin == ReviewOrigin.IMPORTED
    claim = review.claim
    assert (claim.text, claim.status, claim.kind) == ("Ferries are late", "reviewed", "")
    assert {topic.name for topic in claim.topics.all()} == {"Ports", "ferries"}
    said = list(claim.statements.order_by("pk"))
    assert [s.document.url for s in said] == ["https://news.example/1", "https://news.example/2"]
    assert {s.speaker.name for s in said} == {"Ada Quill"}
    assert {s.affiliation.role for s in said} == {"Mayor"}
    assert {str(s.stated) for s in said} == {"2024-04"}
    [evidence] = version.evidence.all()
    assert (evidence.document.title, evidence.exact, evidence.note) == (
        "The log",
        "78 %",
        "The year.",
    )
    assert claim in Claim.objects.public()
    for model in (Claim, Statement, Review, ReviewVersion, Evidence, Rating, RatingScale, Speaker):
        for record in model._default_manager.all():
            record.full_clean()


def test_the_same_feed_twice_changes_nothing() -> None:
    found = [FULL, plain(url="https://checker.example/2"), plain(url="https://other.example/1")]
    assert outcomes(*found) == ["created"] * 3
    before = contents()
    assert outcomes(*found) == ["same"] * 3
    assert outcomes(*reversed(found)) == ["same"] * 3
    # What is written otherwise and says the same is the same.
    assert outcomes(
        {**FULL, "@type": ["http://schema.org/ClaimReview"], "datePublished": "May 3, 2024"}
    ) == ["same"]
    assert contents() == before


def test_the_same_review_twice_in_one_feed_is_one() -> None:
    assert outcomes(FULL, FULL, plain(url=FULL["url"])) == ["created", "same", "rejected"]
    assert Review.objects.count() == 1


def test_a_changed_review_becomes_a_version_with_a_public_note() -> None:
    bring_in(FULL)
    changed = {**FULL, "reviewRating": {"alternateName": "False"}, "reviewBody": "Another."}
    [row] = bring_in(changed)
    assert row.outcome == Outcome.UPDATED
    first, second = ReviewVersion.objects.order_by("number")
    assert (first.state, second.state) == (VersionState.SUPERSEDED, VersionState.PUBLISHED)
    assert first.closed_at is not None
    assert second.correction_kind == "update"
    assert second.correction_note == (
        "The publisher changed its review: the rating or its explanation, the reasoning; "
        "the rating was “Mostly false” and is “False”."
    )
    assert second.evidence.count() == 1
    assert Correction.objects.get().after == second
    assert outcomes(changed) == ["same"]
    assert Claim.objects.count() == 1
    assert Statement.objects.count() == 2


def test_a_claim_that_is_put_otherwise_is_another_claim_to_which_the_first_leads() -> None:
    bring_in(plain())
    before = Claim.objects.get()
    [row] = bring_in(plain(claimReviewed="All ferries are late"))
    assert row.outcome == Outcome.UPDATED
    review = Review.objects.get()
    before.refresh_from_db()
    assert review.claim.text == "All ferries are late"
    assert (before.status, before.text) == (ClaimStatus.REJECTED, "Ferries are late")
    relation = ClaimRelation.objects.get()
    assert (relation.from_claim, relation.to_claim) == (before, review.claim)
    assert Claim.objects.find_same_as_target(before.public_id, make.UserFactory()) == review.claim


def test_a_claim_with_another_comma_is_put_otherwise_too() -> None:
    bring_in(plain())
    assert outcomes(plain(claimReviewed="Ferries are late!")) == ["updated"]
    assert Review.objects.get().claim.text == "Ferries are late!"


def test_a_review_that_the_desk_gave_another_claim_keeps_it() -> None:
    other = plain(claimReviewed="Ferries are dear")
    bring_in(plain(), other)
    ours = make.ClaimFactory(text="The ferries of May were late.")
    review = Review.objects.order_by("pk").first()
    assert review is not None
    review.claim = ours
    review.save()
    assert outcomes(plain(), other) == ["same", "same"]
    assert outcomes(plain(reviewBody="New."), other) == ["updated", "same"]
    review.refresh_from_db()
    assert review.claim == ours


def test_two_reviews_of_one_page_are_two() -> None:
    other = plain(claimReviewed="Ferries are dear")
    assert outcomes(plain(), other) == ["created", "created"]
    assert outcomes(other, plain()) == ["same", "same"]
    assert outcomes(plain(), other, plain(claimReviewed="Ferries are slow")) == [
        "same",
        "same",
        "created",
    ]


def test_what_was_retracted_here_does_not_come_back() -> None:
    bring_in(plain())
    version = ReviewVersion.objects.get()
    editor = make.UserFactory(role="editor")
    make.move(version, make.workflow.RETRACT, editor, "We do not trust them.")
    [row] = bring_in(plain(reviewBody="Other."))
    assert row.outcome == Outcome.SAME
    assert row.notes
    assert ReviewVersion.objects.count() == 1


def test_an_imported_review_is_not_edited_here() -> None:
    bring_in(plain())
    with pytest.raises(Conflict, match="in the same way"):
        prepare_next_version(review=Review.objects.get(), author=make.UserFactory(), kind="update")


def test_a_row_that_fails_does_not_stop_the_others() -> None:
    found = [
        plain(url=f"https://checker.example/{n}", claimReviewed=f"Ferry {n} is late")
        for n in range(6)
    ]
    found[2]["claimReviewed"] = "REFUSED"
    found[4]["reviewRating"] = None
    with connection.cursor() as cursor:  # a rule of the database that no reader knows of
        if connection.vendor == "sqlite":
            cursor.execute(
                "CREATE TRIGGER refuse BEFORE INSERT ON claims_claim WHEN NEW.text = 'REFUSED'"
                " BEGIN SELECT RAISE(ABORT, 'refused'); END"
            )
        else:
            cursor.execute(
                "ALTER TABLE claims_claim ADD CONSTRAINT refuse CHECK (text <> 'REFUSED')"
            )
    made = bring_in(*found)
    assert [str(row.outcome) for row in made] == [
        *("created", "created", "rejected", "created", "rejected", "created")
    ]
    assert all(row.reason for row in made if row.outcome == Outcome.REJECTED)
    assert Review.objects.count() == Claim.objects.count() == 4
    assert Publisher.objects.count() == RatingScale.objects.count() == 1


def test_a_dry_run_says_the_same_and_writes_nothing() -> None:
    found = [FULL, FULL, plain(url="https://other.example/1"), plain(reviewRating=None)]
    import_author()
    before = contents()
    dry = [row.outcome for row in bring_in(*found, dry=True)]
    assert contents() == before
    assert dry == [row.outcome for row in bring_in(*found)]


def test_the_ledger_says_who_brought_it_in_and_from_where() -> None:
    bring_in(FULL)
    entries = Entry.objects.filter(kind="claims.reviewversion")
    assert {(entry.action, entry.reason) for entry in entries} == {("import", "feed.json")}


# --- who and what is known


def test_no_reader_of_the_ledger_waits_for_what_was_imported() -> None:
    found = [plain(url=f"https://checker.example/{n}") for n in range(60)]
    run = ReviewImporter(author=import_author()).run(read_rows(iter([Item(one) for one in found])))
    for _ in range(21):  # into the second lot
        next(run)
    assert not Pending.objects.exists()
    assert Leaf.objects.count() == Entry.objects.count() > 60


def test_a_publisher_is_known_by_its_site_and_not_by_its_name() -> None:
    known = make.PublisherFactory(name="Checker", site="checker.example")
    bring_in(plain(author="Another name"), plain(url="https://elsewhere.example/1"))
    assert Review.objects.filter(publisher__slug=known.slug).count() == 1
    assert Publisher.objects.count() == 2
    known.refresh_from_db()
    assert known.name == "Checker"


def test_a_speaker_is_known_by_an_address_before_the_name() -> None:
    ada = met(make.SpeakerFactory(name="Ada Quill"))
    other = met(make.IdentifierFactory(url="https://www.wikidata.org/wiki/Q7").speaker)
    bring_in(named({"name": "Ada Quill", "sameAs": "http://wikidata.org/wiki/Q7/"}, 1))
    assert Statement.objects.latest("pk").speaker == other
    bring_in(named("ADA  QUILL", 2))
    assert Statement.objects.latest("pk").speaker == ada
    assert Speaker.objects.count() == 2


def test_namesakes_are_never_merged_on_doubt() -> None:
    for _ in range(2):
        met(make.SpeakerFactory(name="Ada Quill"))
    first, second = bring_in(named("Ada Quill", 1), named("Ada Quill", 2))
    assert "2 speakers have this name" in first.notes[0]
    assert Speaker.objects.count() == 3  # one for the whole run
    assert "made just now" in second.notes[0]
    assert second.outcome == Outcome.CREATED


def test_two_pages_at_one_register_are_two_people_of_one_name() -> None:
    one, two = ({"name": "Ada Quill", "sameAs": f"https://wikidata.org/wiki/Q{n}"} for n in (1, 2))
    bring_in(named(one, 1), named(two, 2), named(one, 3))
    assert Speaker.objects.count() == 2
    assert Identifier.objects.count() == 2


def test_addresses_that_mean_several_make_a_speaker_of_their_own() -> None:
    urls = [f"https://viaf.org/viaf/{n}" for n in (1, 2)]
    for url in urls:
        met(make.IdentifierFactory(url=url).speaker)
    [row] = bring_in(named({"name": "Ada Quill", "sameAs": urls}, 1))
    assert "several" in row.notes[0]
    assert Speaker.objects.count() == 3


def test_a_new_address_of_a_known_speaker_is_kept() -> None:
    ada = met(make.SpeakerFactory(name="Ada Quill"))
    bring_in(named({"name": "Ada Quill", "sameAs": "https://ada.example/"}, 1))
    assert list(ada.identifiers.values_list("url", flat=True)) == ["https://ada.example/"]


# --- ratings


def test_each_publisher_has_its_own_scale_and_its_labels_are_mapped_or_listed() -> None:
    LabelVerdict(label="Nope", verdict=Verdict.FALSE, key="nope").save()
    LabelVerdict(label="Nope", site="b.example", verdict=Verdict.SATIRE, key="nope").save()
    found = [
        plain(url=f"https://{site}.example/{label}", reviewRating={"alternateName": label})
        for site in ("a", "b")
        for label in ("NOPE!", "Hm", "NOPE!")
    ]
    noted = [row.notes for row in bring_in(*found)]
    told = ["Hm: a new label, whose verdict an editor has to decide."]
    assert noted == [[], told, [], [], told, []]
    ratings = Rating.objects.values_list("scale__publisher__site", "label", "verdict")
    assert set(ratings) == {
        ("a.example", "NOPE!", "false"),
        ("a.example", "Hm", "unmapped"),
        ("b.example", "NOPE!", "satire"),
        ("b.example", "Hm", "unmapped"),
    }
    assert RatingScale.objects.count() == 2


def test_every_entry_of_the_shipped_table_is_reached_by_the_label_as_it_is_printed() -> None:
    call_command("loaddata", "label_verdicts", verbosity=0)
    decided = EntityResolver().decided
    entries = list(LabelVerdict.objects.all())
    assert len(entries) > 200
    assert len(decided) == len(entries)
    for entry in entries:
        entry.full_clean()
        assert entry.key == label_key(entry.label)
        for printed in (entry.label, entry.label.upper(), f" {entry.label}. ", f"“{entry.label}”"):
            assert map_verdict(printed, entry.site, decided) == entry.verdict, printed


def test_a_label_of_one_publisher_means_nothing_at_another() -> None:
    call_command("loaddata", "label_verdicts", verbosity=0)
    decided = EntityResolver().decided
    own = LabelVerdict.objects.exclude(site="").exclude(
        key__in=LabelVerdict.objects.filter(site="").values("key")
    )
    assert own
    for entry in own:
        assert map_verdict(entry.label, "other.example", decided) == "unmapped"


# --- the commands


def run_command(name: str, *args: Any, **options: Any) -> str:
    out = io.StringIO()
    call_command(name, *args, stdout=out, stderr=io.StringIO(), **options)
    return out.getvalue()


def test_the_report_has_a_line_for_each_row_and_its_sums_are_those_printed(tmp_path: Path) -> None:
    feed, report = tmp_path / "feed.json", tmp_path / "report.ndjson"
    feed.write_text(json.dumps([FULL, FULL, plain(reviewRating=None), plain(url="x y"), 7]))
    out = io.StringIO()
    with pytest.raises(CommandError, match=r"3 row\(s\)") as refusal:
        call_command(
            "import_claimreview", feed, report=str(report), stdout=out, stderr=io.StringIO()
        )
    assert refusal.value.returncode == 2
    lines = [json.loads(line) for line in report.read_text().splitlines()]
    assert [line["row"] for line in lines] == [1, 2, 3, 4, 5]
    counts = Counter(line["outcome"] for line in lines)
    assert json.loads(out.getvalue()) == {"updated": 0} | counts
    assert all(line["why"] for line in lines if line["outcome"] == "rejected")


@pytest.mark.parametrize(
    ("content", "words"),
    [("", "empty"), ('{"@graph": []}', "no ClaimReview"), (None, "No such file")],
)
def test_a_file_that_cannot_be_read_is_an_error_that_says_why(
    content: str | None, words: str, tmp_path: Path
) -> None:
    feed, err = tmp_path / "feed.json", io.StringIO()
    if content is not None:
        feed.write_text(content)
    with pytest.raises(CommandError) as refusal:
        call_command("import_claimreview", feed, stdout=io.StringIO(), stderr=err)
    assert words in str(refusal.value) + err.getvalue()


def test_an_account_that_is_named_stands_for_what_it_brings_in(tmp_path: Path) -> None:
    feed, ada = tmp_path / "feed.json", make.UserFactory(handle="ada")
    feed.write_text(json.dumps(plain()))
    run_command("import_claimreview", feed, handle="@ada")
    assert ReviewVersion.objects.get().author == ada
    with pytest.raises(CommandError, match="no account"):
        run_command("import_claimreview", feed, handle="bob")


def test_a_run_that_was_broken_off_is_taken_up_where_it_ended() -> None:
    found = [plain(url=f"https://checker.example/{n}") for n in range(200)]
    run = ReviewImporter(author=import_author()).run(read_rows(iter([Item(one) for one in found])))
    for _ in range(21):
        next(run)
    run.close()
    assert 20 < Review.objects.count() < 100
    counts = Counter(outcomes(*found))
    assert counts["same"] + counts["created"] == 200
    assert Review.objects.count() == 200


# --- what is not taken on trust


def test_a_review_that_a_feed_says_twice_differently_is_taken_once() -> None:
    other = {**FULL, "reviewRating": {"alternateName": "False"}}
    for outcome in ("created", "same"):
        first, second = bring_in(FULL, other)
        assert (first.outcome, second.outcome) == (outcome, Outcome.REJECTED)
        assert second.reason == "A row before says something else of the same review."
    assert ReviewVersion.objects.count() == 1


def test_of_two_that_say_when_they_were_changed_the_later_one_stands() -> None:
    before = {**FULL, "dateModified": "2024-06-01"}
    after = {**FULL, "dateModified": "2024-06-02", "reviewBody": "Another."}
    assert outcomes(after, before) == ["created", "same"]
    assert outcomes(before, after) == ["same", "same"]
    assert outcomes({**after, "dateModified": "2024-06-03"}) == ["updated"]
    [row] = bring_in(before)
    assert row.notes[-1] == "What is here was changed later, on 2024-06-03."


def test_two_claims_of_one_page_in_two_files_are_two_reviews() -> None:
    other = plain(claimReviewed="Buses cost more than ever before")
    assert [*outcomes(plain()), *outcomes(other), *outcomes(plain())] == [
        "created",
        "created",
        "same",
    ]
    assert Review.objects.count() == 2


def test_a_sign_makes_another_claim() -> None:
    found = [plain(claimReviewed=f"Output changed by {by}%") for by in ("5", "-5")]
    assert outcomes(*found) == ["created", "created"]
    assert outcomes(*found) == ["same", "same"]


def test_an_address_is_the_same_however_it_is_written() -> None:
    found = [plain(url=url) for url in ("http://www.checker.example/1/", "checker.example/1")]
    assert outcomes(found[0]) == ["created"]
    assert outcomes(found[1]) == ["same"]
    assert Review.objects.count() == ReviewVersion.objects.count() == 1


def test_what_a_publisher_takes_back_goes_and_what_people_wrote_stays() -> None:
    bring_in(FULL)
    claim = Claim.objects.get()
    ours = make.StatementFactory(claim=claim)
    item_of = FULL["itemReviewed"]
    john = {"@type": "Person", "name": "John Doe"}
    assert outcomes(
        {**FULL, "itemReviewed": {**item_of, "author": john, "datePublished": "2024-03"}}
    ) == ["updated"]
    said = claim.statements.exclude(pk=ours.pk)
    assert {str(s.speaker) for s in said} == {"John Doe"}
    assert {str(s.stated) for s in said} == {"2024-03"}
    assert claim.statements.filter(pk=ours.pk).exists()
    assert outcomes({**FULL, "itemReviewed": {**item_of, "author": john}}) == ["updated"]
    assert {str(s.stated) for s in said.all()} == {"2024-04"}


def test_a_statement_that_a_person_changed_is_no_longer_the_imports() -> None:
    bring_in(named("Ada Quill", 1))
    said = Statement.objects.get()
    said.attributed_as = "the mayor"
    said.save()
    assert outcomes(named("John Doe", 1)) == ["updated"]
    assert Statement.objects.filter(pk=said.pk).exists()
    assert Statement.objects.count() == 2


def test_language_and_topics_follow_the_publisher_but_for_what_people_chose() -> None:
    bring_in(FULL)
    claim = Claim.objects.get()
    claim.topics.add(make.TopicFactory(name="Harbours"))
    changed = {**FULL, "keywords": ["ferries", "Farming"], "inLanguage": "de"}
    assert outcomes(changed) == ["updated"]
    claim.refresh_from_db()
    assert {topic.name for topic in claim.topics.all()} == {"Harbours", "ferries", "Farming"}
    assert claim.language == "de"
    claim.language = "fr"
    claim.save()
    assert outcomes({**changed, "inLanguage": "en"}) == ["updated"]
    claim.refresh_from_db()
    assert claim.language == "fr"


def test_a_place_without_an_address_is_not_made_again() -> None:
    found = item(appearance={"@type": "Event", "name": "A speech"}, author="Ada Quill")
    bring_in(found)
    assert outcomes({**found, "reviewBody": "More."}) == ["updated"]
    assert Document.objects.count() == Statement.objects.count() == 1


def test_what_an_import_changes_is_among_what_changed_since(client: Any) -> None:
    bring_in(FULL)
    before = Review.objects.get()
    bring_in({**FULL, "reviewBody": "Another."})
    since = {"updated_at__gte": (before.updated_at + timedelta(microseconds=1)).isoformat()}
    [found] = client.get("/api/v1/reviews/", since).json()["results"]
    assert found["id"] == str(before.public_id)


def test_a_document_that_nobody_was_shown_stays_unseen(client: Any) -> None:
    secret = make.DocumentFactory(url="https://secret.example/doc", title="From our informant")
    found = item(appearance={"url": secret.url, "headline": "A paper"}, author="Ada Quill")
    assert outcomes(found) == ["created"]
    [statement] = Statement.objects.select_related("document")
    assert statement.document is not None
    assert (statement.document.title, statement.document.url) == ("A paper", None)
    assert client.get(f"/api/v1/documents/{secret.public_id}/").status_code == 404
    assert secret.title not in client.get("/api/v1/documents/").content.decode()
    assert outcomes(found) == ["same"]
    assert outcomes({**found, "reviewBody": "More."}) == ["updated"]
    assert Document.objects.count() == 2


@pytest.mark.parametrize(
    "url", ["http://localhost:8000/reviews/not-ours/", "https://harbour.example/archive/1"]
)
def test_no_feed_publishes_in_the_name_of_this_desk(url: str) -> None:
    make.published_version(review__publisher__site="harbour.example")
    found = plain(url=url, author={"name": "X", "url": "https://harbour.example/"})
    [row] = bring_in(found)
    assert row.outcome == Outcome.REJECTED
    assert row.reason.startswith("url: ")


def test_a_publisher_brings_in_its_own_archive_if_that_is_said() -> None:
    make.published_version(review__publisher__site="harbour.example")
    run = ReviewImporter(author=import_author(), archive=True)
    [row] = run.run(read_rows(iter([Item(plain(url="https://harbour.example/archive/1"))])))
    assert row.outcome == Outcome.CREATED
    assert Review.objects.filter(publisher__site="harbour.example").count() == 2


@pytest.mark.parametrize(
    ("url", "page", "outcome"),
    [
        ("https://checker.example/1", "https://evil.example/a", "rejected"),
        ("https://checker.example/1", "https://www.checker.example/1", "created"),
        ("https://m.checker.example/1", "https://checker.example/1", "created"),
        ("https://nochecker.example/1", "https://checker.example/1", "rejected"),
    ],
)
def test_a_page_speaks_for_its_own_site(url: str, page: str, outcome: str) -> None:
    run = ReviewImporter(author=import_author())
    [row] = run.run(read_rows(iter([Item(plain(url=url), base=page)])))
    assert row.outcome == outcome


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("राम कुमार", "रीमा कुमारी"),
        ({"@type": "Person", "name": "Jordan"}, {"@type": "Organization", "name": "Jordan"}),
        (
            {"name": "Alice Adams", "sameAs": "https://www.facebook.com/"},
            {"name": "Bob Brown", "sameAs": "https://facebook.com"},
        ),
    ],
)
def test_people_who_only_look_alike_are_not_merged(one: Any, other: Any) -> None:
    bring_in(named(one, 1), named(other, 2))
    assert Speaker.objects.count() == 2


def test_a_speaker_who_is_known_by_an_address_gets_no_other_from_a_feed() -> None:
    known = met(make.IdentifierFactory(url="https://www.wikidata.org/wiki/Q7").speaker)
    said = ["https://wikidata.org/wiki/Q7", "https://evil.example/pills"]
    for number, name in enumerate(("Zed", known.name), 1):
        bring_in(named({"name": name, "sameAs": said}, number))
    bring_in(named({"name": known.name, "sameAs": said[1]}, 3))
    assert {statement.speaker for statement in Statement.objects.all()} == {known}
    assert known.identifiers.count() == 1


def test_an_address_that_several_share_merges_nobody() -> None:
    shared = "https://parliament.example/members.html"
    made = bring_in(
        named({"name": "Cleo Marten", "sameAs": shared}, 1),
        named({"name": "Dora Quist", "sameAs": shared}, 2),
    )
    names = Statement.objects.order_by("pk").values_list("speaker__name", flat=True)
    assert list(names) == ["Cleo Marten", "Dora Quist"]
    assert "is Cleo Marten here" in made[1].notes[0]
    bring_in(named({"name": "Ann Lee", "sameAs": "https://twitter.com/"}, 3))
    assert not Identifier.objects.filter(url__contains="twitter").exists()


def test_whom_and_what_nobody_was_shown_no_feed_shows(client: Any) -> None:
    secret = make.SpeakerFactory(name="Jane Roe", description="Our informant")
    make.IdentifierFactory(speaker=secret, url="https://private.example/jane")
    topic = make.TopicFactory(name="Sting", slug="sting-of-minister-x")
    said = {"name": "Jane Roe", "sameAs": ["https://private.example/jane", "https://a.example/j"]}
    found = {**named(said, 1), "keywords": ["sting", "Ports"]}
    [row] = bring_in(found)
    assert row.outcome == Outcome.CREATED
    assert "the public has not been shown: left out" in " ".join(row.notes)
    assert "for the public was not shown that of here" in " ".join(row.notes)
    for record in (secret, topic):
        kind = f"{record._meta.model_name}s"
        assert client.get(f"/{kind}/{record.slug}/").status_code == 404
        assert client.get(f"/api/v1/{kind}/{record.public_id}/").status_code == 404
    assert "informant" not in client.get("/api/v1/speakers/").content.decode()
    assert outcomes(found) == ["same"]
    assert outcomes({**found, "keywords": ["sting", "Piers"]}) == ["updated"]
    assert client.get(f"/topics/{topic.slug}/").status_code == 404


def test_a_changed_review_keeps_its_claimants_who_have_namesakes() -> None:
    def speaker_of(number: int) -> Any:
        address = f"https://checker.example/{number}"
        return Statement.objects.get(claim__reviews__identifier=address).speaker

    bring_in(named("Zoe Smith", 1))
    for n in (2, 3):
        bring_in(named({"name": "Zoe Smith", "sameAs": f"https://wikidata.org/wiki/Q{n}"}, n))
    bring_in(named("Zoe Smith", 4))
    before = [speaker_of(n) for n in (1, 4)]
    found = [{**named("Zoe Smith", n), "reviewBody": "More."} for n in (1, 4)]
    assert outcomes(*found) == ["updated", "updated"]
    for one in found:
        one["itemReviewed"] = {**one["itemReviewed"], "datePublished": "2024-02"}
    assert outcomes(*found) == ["updated", "updated"]
    assert [speaker_of(n) for n in (1, 4)] == before


def test_what_stands_on_a_platform_is_nobody_s_in_particular() -> None:
    url = "https://m.facebook.com/alpha/1"
    [row] = bring_in(plain(url=url, author={"name": "Alpha"}))
    assert (row.outcome, row.report()["identifier"]) == ("rejected", url)
    assert "anybody publishes on m.facebook.com" in row.reason


def test_another_name_of_a_known_publisher_is_noted() -> None:
    bring_in(plain())
    [row] = bring_in(plain(url="https://checker.example/2", author={"name": "Somebody Else"}))
    assert "the publisher of checker.example is Checker here" in row.notes[0]


def test_an_identifier_that_no_index_holds_is_a_row_that_was_rejected() -> None:
    long = plain(url=None, identifier="\u6d77" * 2000)
    assert outcomes(plain(), long, plain(url="https://checker.example/2")) == [
        "created",
        "rejected",
        "created",
    ]


def test_a_reason_cannot_steer_the_terminal_that_it_is_printed_on() -> None:
    [row] = bring_in({"@type": "\x1b]0;x\x07News"})
    assert "News" in row.reason
    assert "\x1b" not in row.reason


def test_several_files_are_brought_in_one_after_the_other(tmp_path: Path) -> None:
    first, second, report = (tmp_path / name for name in ("a.json", "b.json", "report.ndjson"))
    first.write_text(json.dumps([FULL, plain(url="https://checker.example/2")]))
    second.write_text(json.dumps([plain(claimReviewed="Grass is blue", url="https://a.example/2")]))
    err = io.StringIO()
    with pytest.raises(CommandError, match=r"1 of 3 file\(s\) not read"):
        call_command(
            *("import_claimreview", first, tmp_path / "none.json", second),
            report=str(report),
            stdout=io.StringIO(),
            stderr=err,
        )
    assert "none.json: No such file" in err.getvalue()
    lines = [json.loads(line) for line in report.read_text().splitlines()]
    assert [(line["file"], line["row"]) for line in lines] == [
        *(("a.json", 1), ("a.json", 2)),
        ("b.json", 1),
    ]
    # What a later file says otherwise is a change, as if the command were run again.
    second.write_text(json.dumps({**FULL, "name": "Another headline"}))
    counts = json.loads(run_command("import_claimreview", first, second))
    assert (counts["same"], counts["updated"], counts["rejected"]) == (2, 1, 0)


def test_a_report_never_takes_the_place_of_what_is_read(tmp_path: Path) -> None:
    feed = tmp_path / "feed.json"
    feed.write_text(json.dumps(plain()))
    with pytest.raises(CommandError, match="Name another"):
        run_command("import_claimreview", feed, report=str(feed))
    assert json.loads(feed.read_text()) == plain()


def test_a_file_that_breaks_off_while_it_is_read_stops_no_other(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def found(stream: Any) -> Any:
        if stream.name.endswith("bad.json"):
            raise OSError(errno.EIO, "Input/output error")
        return extract_items(stream)

    for name in ("bad.json", "good.json"):
        (tmp_path / name).write_text(json.dumps(plain()))
    monkeypatch.setattr(import_claimreview, "extract_items", found)
    monkeypatch.setattr(progress, "_EVERY", 0)
    err = io.StringIO()
    with (tmp_path / "good.json").open("rb") as given:
        monkeypatch.setattr("sys.stdin", SimpleNamespace(buffer=given))
        with pytest.raises(CommandError, match=r"1 of 2 file\(s\) not read"):
            call_command(
                *("import_claimreview", tmp_path / "bad.json", "-"),
                stdout=io.StringIO(),
                stderr=err,
            )
    assert "bad.json: Input/output error" in err.getvalue()
    assert Review.objects.count() == 1
