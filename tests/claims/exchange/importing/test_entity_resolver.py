"""Entity resolver: publishers, speakers, topics, documents and ratings."""

from typing import Any

import pytest
from django.core.management import call_command

from claims.choices import Verdict
from claims.exchange.importing.entity_resolver import EntityResolver
from claims.exchange.importing.rows import Outcome
from claims.models import (
    LabelVerdict,
    Rating,
    RatingScale,
    Review,
    Statement,
)
from claims.rating_labels import label_key, map_verdict
from sources.models import Document, Identifier, Publisher, Speaker
from tests import factories as make
from tests.claims.exchange.claimreview.corpus import item, plain
from tests.claims.exchange.importing.imports import (
    get_outcomes,
    import_objects,
    make_public,
    with_claimant,
)

pytestmark = pytest.mark.django_db


def test_a_publisher_is_identified_by_its_site() -> None:
    existing = make.PublisherFactory(name="Checker", site="checker.example")
    import_objects(plain(author="Another name"), plain(url="https://elsewhere.example/1"))
    assert Review.objects.filter(publisher__slug=existing.slug).count() == 1
    assert Publisher.objects.count() == 2
    existing.refresh_from_db()
    assert existing.name == "Checker"


def test_another_name_of_an_existing_publisher_is_noted() -> None:
    import_objects(plain())
    [row] = import_objects(plain(url="https://checker.example/2", author={"name": "Somebody Else"}))
    assert "the existing name of checker.example is kept: Checker" in row.notes[0]


def test_a_url_identifies_a_speaker_before_the_name() -> None:
    ada = make_public(make.SpeakerFactory(name="Ada Quill"))
    other = make_public(make.IdentifierFactory(url="https://www.wikidata.org/wiki/Q7").speaker)
    import_objects(
        with_claimant({"name": "Ada Quill", "sameAs": "http://wikidata.org/wiki/Q7/"}, 1)
    )
    assert Statement.objects.latest("pk").speaker == other
    import_objects(with_claimant("ADA  QUILL", 2))
    assert Statement.objects.latest("pk").speaker == ada
    assert Speaker.objects.count() == 2


def test_ambiguous_namesakes_are_never_merged() -> None:
    for _ in range(2):
        make_public(make.SpeakerFactory(name="Ada Quill"))
    first, second = import_objects(with_claimant("Ada Quill", 1), with_claimant("Ada Quill", 2))
    assert "2 speakers have this name" in first.notes[0]
    assert Speaker.objects.count() == 3  # one for the whole run
    assert "the one that this import uses" in second.notes[0]
    assert second.outcome == Outcome.CREATED


def test_two_urls_in_one_authority_file_are_two_people() -> None:
    one, two = ({"name": "Ada Quill", "sameAs": f"https://wikidata.org/wiki/Q{n}"} for n in (1, 2))
    import_objects(with_claimant(one, 1), with_claimant(two, 2), with_claimant(one, 3))
    assert Speaker.objects.count() == 2
    assert Identifier.objects.count() == 2


def test_urls_of_several_speakers_create_a_new_speaker() -> None:
    urls = [f"https://viaf.org/viaf/{n}" for n in (1, 2)]
    for url in urls:
        make_public(make.IdentifierFactory(url=url).speaker)
    [row] = import_objects(with_claimant({"name": "Ada Quill", "sameAs": urls}, 1))
    assert "several" in row.notes[0]
    assert Speaker.objects.count() == 3


def test_an_existing_speaker_without_url_gets_one() -> None:
    ada = make_public(make.SpeakerFactory(name="Ada Quill"))
    import_objects(with_claimant({"name": "Ada Quill", "sameAs": "https://ada.example/"}, 1))
    assert list(ada.identifiers.values_list("url", flat=True)) == ["https://ada.example/"]


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
def test_people_with_similar_names_are_not_merged(one: Any, other: Any) -> None:
    import_objects(with_claimant(one, 1), with_claimant(other, 2))
    assert Speaker.objects.count() == 2


def test_a_speaker_with_a_url_gets_no_other_url_from_a_feed() -> None:
    existing = make_public(make.IdentifierFactory(url="https://www.wikidata.org/wiki/Q7").speaker)
    urls = ["https://wikidata.org/wiki/Q7", "https://evil.example/pills"]
    for number, name in enumerate(("Zed", existing.name), 1):
        import_objects(with_claimant({"name": name, "sameAs": urls}, number))
    import_objects(with_claimant({"name": existing.name, "sameAs": urls[1]}, 3))
    assert {statement.speaker for statement in Statement.objects.all()} == {existing}
    assert existing.identifiers.count() == 1


def test_a_shared_url_merges_nobody() -> None:
    shared = "https://parliament.example/members.html"
    rows = import_objects(
        with_claimant({"name": "Cleo Marten", "sameAs": shared}, 1),
        with_claimant({"name": "Dora Quist", "sameAs": shared}, 2),
    )
    names = Statement.objects.order_by("pk").values_list("speaker__name", flat=True)
    assert list(names) == ["Cleo Marten", "Dora Quist"]
    assert "belongs to Cleo Marten" in rows[1].notes[0]
    import_objects(with_claimant({"name": "Ann Lee", "sameAs": "https://twitter.com/"}, 3))
    assert not Identifier.objects.filter(url__contains="twitter").exists()


def test_a_private_document_stays_private(client: Any) -> None:
    secret = make.DocumentFactory(url="https://secret.example/doc", title="From our informant")
    review = item(appearance={"url": secret.url, "headline": "A paper"}, author="Ada Quill")
    assert get_outcomes(review) == ["created"]
    [statement] = Statement.objects.select_related("document")
    assert statement.document is not None
    assert (statement.document.title, statement.document.url) == ("A paper", None)
    assert client.get(f"/api/v1/documents/{secret.public_id}/").status_code == 404
    assert secret.title not in client.get("/api/v1/documents/").content.decode()
    assert get_outcomes(review) == ["same"]
    assert get_outcomes({**review, "reviewBody": "More."}) == ["updated"]
    assert Document.objects.count() == 2


def test_private_speakers_and_topics_stay_private(client: Any) -> None:
    secret = make.SpeakerFactory(name="Jane Roe", description="Our informant")
    make.IdentifierFactory(speaker=secret, url="https://private.example/jane")
    topic = make.TopicFactory(name="Sting", slug="sting-of-minister-x")
    claimant = {
        "name": "Jane Roe",
        "sameAs": ["https://private.example/jane", "https://a.example/j"],
    }
    review = {**with_claimant(claimant, 1), "keywords": ["sting", "Ports"]}
    [row] = import_objects(review)
    assert row.outcome == Outcome.CREATED
    assert "the topic with this name is not public" in " ".join(row.notes)
    assert "the existing one is not public" in " ".join(row.notes)
    for record in (secret, topic):
        kind = f"{record._meta.model_name}s"
        assert client.get(f"/{kind}/{record.slug}/").status_code == 404
        assert client.get(f"/api/v1/{kind}/{record.public_id}/").status_code == 404
    assert "informant" not in client.get("/api/v1/speakers/").content.decode()
    assert get_outcomes(review) == ["same"]
    assert get_outcomes({**review, "keywords": ["sting", "Piers"]}) == ["updated"]
    assert client.get(f"/topics/{topic.slug}/").status_code == 404


def test_each_publisher_has_its_own_scale_with_mapped_or_unmapped_labels() -> None:
    LabelVerdict(label="Nope", verdict=Verdict.FALSE, key="nope").save()
    LabelVerdict(label="Nope", site="b.example", verdict=Verdict.SATIRE, key="nope").save()
    reviews = [
        plain(url=f"https://{site}.example/{label}", reviewRating={"alternateName": label})
        for site in ("a", "b")
        for label in ("NOPE!", "Hm", "NOPE!")
    ]
    notes = [row.notes for row in import_objects(*reviews)]
    note = ["Hm: new label. An editor has to map it to a verdict."]
    assert notes == [[], note, [], [], note, []]
    ratings = Rating.objects.values_list("scale__publisher__site", "label", "verdict")
    assert set(ratings) == {
        ("a.example", "NOPE!", "false"),
        ("a.example", "Hm", "unmapped"),
        ("b.example", "NOPE!", "satire"),
        ("b.example", "Hm", "unmapped"),
    }
    assert RatingScale.objects.count() == 2


def test_every_entry_of_the_shipped_table_matches_its_printed_label() -> None:
    call_command("loaddata", "label_verdicts", verbosity=0)
    verdicts = EntityResolver().verdicts_by_label
    entries = list(LabelVerdict.objects.all())
    assert len(entries) > 200
    assert len(verdicts) == len(entries)
    for entry in entries:
        entry.full_clean()
        assert entry.key == label_key(entry.label)
        for printed in (entry.label, entry.label.upper(), f" {entry.label}. ", f"“{entry.label}”"):
            assert map_verdict(printed, entry.site, verdicts) == entry.verdict, printed


def test_a_publishers_label_has_no_verdict_at_another_publisher() -> None:
    call_command("loaddata", "label_verdicts", verbosity=0)
    verdicts = EntityResolver().verdicts_by_label
    own = LabelVerdict.objects.exclude(site="").exclude(
        key__in=LabelVerdict.objects.filter(site="").values("key")
    )
    assert own
    for entry in own:
        assert map_verdict(entry.label, "other.example", verdicts) == "unmapped"
